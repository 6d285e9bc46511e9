//! Limits the bytes of photos and thumbnails that are between the store and a socket.
//!
//! A download books a piece before the piece is read, and the booking lives in the piece's own
//! bytes ([`hold`]). So the bytes are counted for as long as any part of the program can reach
//! them, also in the write buffer of the HTTP library, until the socket has taken the last one.
//!
//! An upload takes room as its bytes arrive. Uploads that each wait for more room could wait for
//! each other, so the last [`MAX_FILE_BYTES`] of the room are given to one upload at a time, which
//! then waits for nothing but its client.

use std::sync::Arc;

use bytes::Bytes;

use super::byte_budget::{ByteBudget, BytePermit, units};
use super::shares::{Share, Shares};
use crate::album::{ContentHash, PersonId};
use crate::codec::limits::MAX_FILE_BYTES;
use crate::runtime::{OwnedSemaphorePermit, Semaphore};

/// Bytes by which an upload's room grows, 256 KiB.
const UPLOAD_STEP_BYTES: u64 = 256 << 10;

/// Number of people among whom a budget is shared: each takes at most this part of it.
const SHARES_OF_A_BUDGET: u64 = 4;

/// Identifies a client by the hash of its token, which is not verified yet. All clients without a
/// token are one client.
pub type ClientKey = ContentHash;

/// Limits the bytes that all clients together have asked for and not taken yet.
#[derive(Debug)]
pub struct DownloadBudget {
    total: ByteBudget,
    shares: Shares<ClientKey>,
}

/// Books the bytes of a piece until it is dropped.
#[derive(Debug)]
pub struct Booking {
    _total: BytePermit,
    _share: Share<ClientKey>,
}

impl DownloadBudget {
    /// Creates a budget of `max_bytes`, a quarter of it for each client.
    pub fn new(max_bytes: u64) -> Self {
        let shares = Shares::new(units(max_bytes / SHARES_OF_A_BUDGET).max(1));
        Self { total: ByteBudget::new(max_bytes), shares }
    }

    /// Waits until the client and all clients together have room for `bytes`, and books them. The
    /// caller limits the wait.
    pub async fn book(&self, client: ClientKey, bytes: u64) -> Booking {
        let share = self.shares.acquire(client, units(bytes)).await;
        Booking { _total: self.total.acquire(bytes).await, _share: share }
    }

    /// Books `bytes` if there is room now.
    pub fn try_book(&self, client: ClientKey, bytes: u64) -> Option<Booking> {
        let share = self.shares.try_acquire(client, units(bytes))?;
        Some(Booking { _total: self.total.try_acquire(bytes)?, _share: share })
    }

    /// Returns the booked bytes, in steps of 64 KiB.
    pub fn taken_bytes(&self) -> u64 {
        self.total.taken_bytes()
    }
}

/// Returns the same bytes, which now hold the booking: it ends when the last reference to them is
/// dropped.
pub fn hold(bytes: Bytes, booking: Booking) -> Bytes {
    Bytes::from_owner(Booked { bytes, _booking: booking })
}

struct Booked {
    // Dropped before the booking.
    bytes: Bytes,
    _booking: Booking,
}

impl AsRef<[u8]> for Booked {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Marks a response whose body books its bytes itself.
#[derive(Clone, Copy, Debug)]
pub struct IsBooked;

/// Limits the bytes of uploads that have arrived and are not stored yet.
#[derive(Debug)]
pub struct UploadBudget {
    pool: Arc<ByteBudget>,
    /// Permit of the one upload that may grow to the largest file without waiting.
    reserve: Arc<Semaphore>,
    shares: Shares<PersonId>,
}

impl UploadBudget {
    /// Creates a budget of `max_bytes`, a quarter of it for each person. Of the whole,
    /// [`MAX_FILE_BYTES`] are kept for one upload.
    pub fn new(max_bytes: u64) -> Self {
        let pool = max_bytes.saturating_sub(MAX_FILE_BYTES).max(UPLOAD_STEP_BYTES);
        Self {
            pool: Arc::new(ByteBudget::new(pool)),
            reserve: Arc::new(Semaphore::new(1)),
            shares: Shares::new(units(max_bytes / SHARES_OF_A_BUDGET).max(1)),
        }
    }

    /// Waits until the person's other uploads leave room in the person's share for `max_bytes`,
    /// the most that this upload can become. Takes no room from others yet. The caller limits the
    /// wait.
    pub async fn begin(&self, person: PersonId, max_bytes: u64) -> UploadRoom {
        let share = self.shares.acquire(person, units(max_bytes)).await;
        let (pool, reserve) = (Arc::clone(&self.pool), Arc::clone(&self.reserve));
        UploadRoom { pool, reserve, taken: None, taken_bytes: 0, reserved: None, _share: share }
    }

    /// Returns the bytes that uploads have taken of the pool, in steps of 64 KiB, and those of the
    /// upload that holds the reserve.
    pub fn taken_bytes(&self) -> u64 {
        let reserved = 1_u64.saturating_sub(self.reserve.available_permits() as u64);
        self.pool.taken_bytes() + reserved * MAX_FILE_BYTES
    }
}

/// Holds the room of one upload until it is dropped.
#[derive(Debug)]
pub struct UploadRoom {
    pool: Arc<ByteBudget>,
    reserve: Arc<Semaphore>,
    taken: Option<BytePermit>,
    taken_bytes: u64,
    reserved: Option<OwnedSemaphorePermit>,
    _share: Share<PersonId>,
}

impl UploadRoom {
    /// Takes room for all of the upload's first `bytes`, at once if there is any. The caller limits
    /// the wait.
    pub async fn grow_to(&mut self, bytes: u64) {
        while self.reserved.is_none() && self.taken_bytes < bytes {
            let taken = match self.pool.try_acquire(UPLOAD_STEP_BYTES) {
                Some(taken) => taken,
                None => {
                    let reserve = Arc::clone(&self.reserve).acquire_owned();
                    tokio::select! {
                        biased;
                        taken = self.pool.acquire(UPLOAD_STEP_BYTES) => taken,
                        reserved = reserve => {
                            self.reserved = Some(reserved.expect("the semaphore is never closed"));
                            return;
                        }
                    }
                }
            };
            self.taken_bytes += UPLOAD_STEP_BYTES;
            match &mut self.taken {
                Some(all) => all.merge(taken),
                None => self.taken = Some(taken),
            }
        }
    }
}
