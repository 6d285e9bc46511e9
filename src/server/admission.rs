//! Limits concurrent conversions, queues a bounded number of further ones, and rejects the rest.
//!
//! Overload must be rejected before it costs anything. An admitted conversion holds a [`Permit`]
//! and gives it back by dropping it. So the permit belongs wherever the conversion's buffers are:
//! in the closure that converts, and never in the future of the client that waits for the result.
//!
//! People take turns. Before the queue that all share, each person has one of their own, of which
//! at most [`max_running_per_person`](AdmissionLimits::max_running_per_person) go on at a time. So
//! each other person has at most this number of conversions ahead of a person's next one.

use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::Arc;

use super::byte_budget::{ByteBudget, BytePermit, units};
use super::shares::{Share, Shares};
use crate::album::PersonId;
use crate::runtime::{Mutex, Notify, OwnedSemaphorePermit, Semaphore};

/// Holds the limits of an [`AdmissionControl`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdmissionLimits {
    /// Upper bound of the conversions that run at once.
    pub max_running: NonZeroUsize,
    /// Upper bound of the conversions of one person that run at once. With as many as there are
    /// processors, one person can use them all, and two people get half each.
    pub max_running_per_person: NonZeroUsize,
    /// Upper bound of the conversions that wait.
    pub max_queued: usize,
    /// Upper bound of the memory that all running conversions hold together, in bytes. Several
    /// conversions of one person hold at most half of it together.
    pub max_bytes: u64,
}

/// Describes why a conversion was not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// Conversion that found the queue full.
    #[error("{running} conversions run and {queued} wait: try again in a moment")]
    QueueFull {
        /// Number of running conversions.
        running: usize,
        /// Number of waiting conversions.
        queued: usize,
    },
    /// Conversion that needs more than the whole memory budget, and so could never begin.
    #[error(
        "this photo needs {} MiB of memory; the server has {} for all conversions (--max-memory): \
         make it smaller, or save it as a baseline JPEG",
        needed_bytes.div_ceil(1 << 20), max_bytes >> 20
    )]
    ExceedsBudget {
        /// Bytes that the conversion needs.
        needed_bytes: u64,
        /// Bytes of the whole budget.
        max_bytes: u64,
    },
}

/// Identifies the person that a conversion is charged to, or background work as `None`.
type Account = Option<PersonId>;

/// Admits the conversions of each person in the order in which they were enqueued, and lets people
/// take turns.
#[derive(Debug)]
pub struct AdmissionControl {
    limits: AdmissionLimits,
    turns: Shares<Account>,
    memory_shares: Shares<Account>,
    /// One permit for each conversion that runs or waits.
    admitted: Arc<Semaphore>,
    running: Arc<Semaphore>,
    memory: ByteBudget,
    /// Lock of the conversion at the head of the queue. Without this lock small conversions would
    /// overtake a large one that waits for memory, and the large one would wait for ever.
    head: Mutex<()>,
    /// Notifies waiters whenever a conversion ends or leaves the queue.
    left: Arc<Notify>,
}

impl AdmissionControl {
    /// Creates an admission control with nothing running.
    pub fn new(limits: AdmissionLimits) -> Self {
        let max_each = u32::try_from(limits.max_running_per_person.get()).unwrap_or(u32::MAX);
        Self {
            limits,
            turns: Shares::new(max_each),
            memory_shares: Shares::new(units(limits.max_bytes / 2).max(1)),
            admitted: Arc::new(Semaphore::new(limits.max_running.get() + limits.max_queued)),
            running: Arc::new(Semaphore::new(limits.max_running.get())),
            memory: ByteBudget::new(limits.max_bytes),
            head: Mutex::new(()),
            left: Arc::default(),
        }
    }

    /// Enqueues a conversion for a person, or for background work, that needs `bytes` of memory,
    /// without waiting.
    ///
    /// # Errors
    /// Returns [`Rejected`] if the queue is full or the conversion can never run. Nothing is taken
    /// then.
    pub fn try_enqueue(
        self: &Arc<Self>,
        account: Option<PersonId>,
        bytes: u64,
    ) -> Result<Enqueued, Rejected> {
        self.check(bytes)?;
        match Arc::clone(&self.admitted).try_acquire_owned() {
            Ok(admitted) => {
                let left = NotifyOnDrop(Arc::clone(&self.left));
                Ok(Enqueued { control: Arc::clone(self), account, bytes, admitted, left })
            }
            Err(_) => Err(Rejected::QueueFull { running: self.running(), queued: self.queued() }),
        }
    }

    fn check(&self, needed_bytes: u64) -> Result<(), Rejected> {
        let max_bytes = self.limits.max_bytes;
        if needed_bytes > max_bytes {
            return Err(Rejected::ExceedsBudget { needed_bytes, max_bytes });
        }
        Ok(())
    }

    /// Waits until no conversion runs and none waits. Background work calls this to yield to
    /// requests.
    pub async fn idle(&self) {
        loop {
            let mut left = pin!(self.left.notified());
            left.as_mut().enable();
            if self.running() == 0 && self.queued() == 0 {
                return;
            }
            left.await;
        }
    }

    /// Returns the memory budget in bytes.
    pub fn max_bytes(&self) -> u64 {
        self.limits.max_bytes
    }

    /// Returns the number of running conversions.
    pub fn running(&self) -> usize {
        self.limits.max_running.get() - self.running.available_permits()
    }

    /// Returns the number of waiting conversions.
    pub fn queued(&self) -> usize {
        let all = self.limits.max_running.get() + self.limits.max_queued;
        (all - self.admitted.available_permits()).saturating_sub(self.running())
    }

    /// Returns the memory that the running conversions may hold, in bytes.
    pub fn reserved_bytes(&self) -> u64 {
        self.memory.taken_bytes()
    }
}

/// Holds a conversion's position in the queue, and gives it up when dropped.
#[derive(Debug)]
pub struct Enqueued {
    control: Arc<AdmissionControl>,
    account: Account,
    bytes: u64,
    admitted: OwnedSemaphorePermit,
    left: NotifyOnDrop,
}

impl Enqueued {
    /// Waits until fewer of the person's conversions go on than may run at once. Dropping the
    /// future leaves the queue.
    pub async fn turn(self) -> Turn {
        let share = self.control.turns.acquire(self.account, 1).await;
        Turn { share, enqueued: self }
    }

    /// Waits until the conversion may begin. Dropping the future leaves the queue.
    pub async fn acquire(self) -> Permit {
        self.turn().await.acquire().await
    }
}

/// Holds a conversion's position in the queue that all people share.
#[derive(Debug)]
pub struct Turn {
    share: Share<Account>,
    enqueued: Enqueued,
}

impl Turn {
    /// Sets the memory that the conversion needs, once it is known. Nothing is taken yet.
    ///
    /// # Errors
    /// Returns [`Rejected::ExceedsBudget`] if the conversion can never run, and leaves the queue.
    pub fn needing(mut self, bytes: u64) -> Result<Self, Rejected> {
        self.enqueued.control.check(bytes)?;
        self.enqueued.bytes = bytes;
        Ok(self)
    }

    /// Waits until the conversion may begin. Dropping the future leaves the queue.
    ///
    /// # Panics
    /// Never panics: the semaphores are never closed.
    pub async fn acquire(self) -> Permit {
        let Self { share, enqueued } = self;
        let Enqueued { control, account, bytes, admitted, left } = enqueued;
        // Before the head of the queue, where others would wait too.
        let memory_share = control.memory_shares.acquire(account, units(bytes)).await;
        let head = control.head.lock().await;
        let running = Arc::clone(&control.running).acquire_owned().await;
        let running = running.expect("the semaphore is never closed");
        let memory = control.memory.acquire(bytes).await;
        drop(head);
        Permit {
            _memory: memory,
            _memory_share: memory_share,
            _running: running,
            _share: share,
            _admitted: admitted,
            _left: left,
        }
    }
}

/// Allows one conversion to run until it is dropped.
#[derive(Debug)]
pub struct Permit {
    _memory: BytePermit,
    _memory_share: Share<Account>,
    _running: OwnedSemaphorePermit,
    _share: Share<Account>,
    _admitted: OwnedSemaphorePermit,
    /// Notice to the waiters, dropped last, so that they find the other permits given back.
    _left: NotifyOnDrop,
}

/// Notifies the waiters of [`AdmissionControl::idle`] when dropped.
#[derive(Debug)]
struct NotifyOnDrop(Arc<Notify>);

impl Drop for NotifyOnDrop {
    fn drop(&mut self) {
        self.0.notify_waiters();
    }
}
