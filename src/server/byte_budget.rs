//! Limits how many bytes are held in memory at once, with a weighted semaphore.

use std::sync::Arc;

use crate::runtime::{OwnedSemaphorePermit, Semaphore};

/// Bytes that one permit of the semaphore stands for. A semaphore counts permits in a `u32`, and
/// single bytes would limit the budget to 4 GiB.
const UNIT_BYTES: u64 = 64 << 10;

/// Limits the bytes that all holders of a [`BytePermit`] use together.
#[derive(Debug)]
pub(super) struct ByteBudget {
    semaphore: Arc<Semaphore>,
    units: u32,
}

/// Holds a part of a [`ByteBudget`] until the permit is dropped.
pub(super) type BytePermit = OwnedSemaphorePermit;

impl ByteBudget {
    /// Creates a budget of `bytes`, rounded up to 64 KiB.
    pub(super) fn new(bytes: u64) -> Self {
        let units = units(bytes);
        Self { semaphore: Arc::new(Semaphore::new(units as usize)), units }
    }

    /// Waits, in the order of the calls, until `bytes` are free, and takes them. The caller limits
    /// the wait, and asks for at most the whole budget.
    pub(super) async fn acquire(&self, bytes: u64) -> BytePermit {
        let permit = Arc::clone(&self.semaphore).acquire_many_owned(units(bytes)).await;
        permit.expect("the semaphore is never closed")
    }

    /// Takes `bytes` if they are free and no earlier call waits for them.
    pub(super) fn try_acquire(&self, bytes: u64) -> Option<BytePermit> {
        Arc::clone(&self.semaphore).try_acquire_many_owned(units(bytes)).ok()
    }

    /// Returns the bytes that are taken, in steps of 64 KiB.
    pub(super) fn taken_bytes(&self) -> u64 {
        let free = self.semaphore.available_permits() as u64;
        u64::from(self.units).saturating_sub(free) * UNIT_BYTES
    }
}

/// Returns the number of permits that stand for `bytes`.
pub(super) fn units(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX >> 3)
}
