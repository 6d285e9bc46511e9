//! The door: how much may be at work at once, how much may wait for it, and no more.
//!
//! Overload must be refused before it costs anything. Whoever gets in holds a [`Permit`] and gives
//! it back by dropping it, so it belongs wherever the work's buffers are: inside the closure that
//! works, and never in the future of the client who waits for it.

use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::Arc;

use tokio::sync::{Mutex, Notify, OwnedSemaphorePermit, Semaphore};

/// How much the house holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdmissionLimits {
    /// Conversions begun and not finished, at most.
    pub workers: NonZeroUsize,
    /// Conversions that wait to begin, at most.
    pub queue: usize,
    /// Bytes of pixels that all conversions at work may hold together.
    pub memory_bytes: u64,
}

/// Why one was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// As many are at work and waiting as may be.
    #[error("{at_work} conversions are at work and {waiting} wait: try again in a moment")]
    QueueFull {
        /// Conversions at work.
        at_work: usize,
        /// Conversions waiting.
        waiting: usize,
    },
    /// One conversion that needs more than the whole budget could never begin.
    #[error("this photo needs {needed_bytes} bytes of pixels; the house has {budget_bytes}")]
    ExceedsBudget {
        /// Bytes needed.
        needed_bytes: u64,
        /// Bytes that there are in all.
        budget_bytes: u64,
    },
}

/// Bytes are counted in these units, so that any budget fits a semaphore.
const UNIT_BYTES: u64 = 64 << 10;

/// Lets conversions in, in the order in which they came.
#[derive(Debug)]
pub struct AdmissionControl {
    bounds: AdmissionLimits,
    /// One for each that is at work or waits.
    places: Arc<Semaphore>,
    workers: Arc<Semaphore>,
    memory: Arc<Semaphore>,
    /// Held by the first in the queue, so that a small conversion never overtakes a large one that
    /// waits for memory: it would wait for ever.
    turn: Mutex<()>,
    /// Told whenever somebody leaves.
    left: Arc<Notify>,
}

impl AdmissionControl {
    /// A door with nobody inside.
    pub fn new(bounds: AdmissionLimits) -> Self {
        Self {
            bounds,
            places: Arc::new(Semaphore::new(bounds.workers.get() + bounds.queue)),
            workers: Arc::new(Semaphore::new(bounds.workers.get())),
            memory: Arc::new(Semaphore::new(units(bounds.memory_bytes) as usize)),
            turn: Mutex::new(()),
            left: Arc::default(),
        }
    }

    /// Takes a place in the queue, or is refused at once.
    ///
    /// # Errors
    /// [`Refused`]; nothing was taken then.
    pub fn try_enqueue(self: &Arc<Self>, bytes: u64) -> Result<Enqueued, Rejected> {
        let needed = units(bytes);
        if bytes > self.bounds.memory_bytes {
            let budget_bytes = self.bounds.memory_bytes;
            return Err(Rejected::ExceedsBudget { needed_bytes: bytes, budget_bytes });
        }
        match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) => {
                let left = Left(Arc::clone(&self.left));
                Ok(Enqueued { door: Arc::clone(self), place, needed, left })
            }
            Err(_) => Err(Rejected::QueueFull { at_work: self.at_work(), waiting: self.waiting() }),
        }
    }

    /// Waits until nobody is at work and nobody waits: for work that yields to all other.
    pub async fn idle(&self) {
        loop {
            let mut left = pin!(self.left.notified());
            left.as_mut().enable();
            if self.at_work() == 0 && self.waiting() == 0 {
                return;
            }
            left.await;
        }
    }

    /// The budget of bytes.
    pub fn memory_bytes(&self) -> u64 {
        self.bounds.memory_bytes
    }

    /// Conversions at work.
    pub fn at_work(&self) -> usize {
        self.bounds.workers.get() - self.workers.available_permits()
    }

    /// Conversions that wait.
    pub fn waiting(&self) -> usize {
        let all = self.bounds.workers.get() + self.bounds.queue;
        (all - self.places.available_permits()).saturating_sub(self.at_work())
    }

    /// Bytes of pixels that the conversions at work may hold.
    pub fn bytes_at_work(&self) -> u64 {
        u64::from(units(self.bounds.memory_bytes))
            .saturating_sub(self.memory.available_permits() as u64)
            * UNIT_BYTES
    }
}

/// A place in the queue; given up by dropping it.
#[derive(Debug)]
pub struct Enqueued {
    door: Arc<AdmissionControl>,
    needed: u32,
    place: OwnedSemaphorePermit,
    left: Left,
}

impl Enqueued {
    /// Waits until the conversion may begin. Dropping the future gives the place up.
    ///
    /// # Panics
    /// Never: nobody closes the door.
    pub async fn acquire(self) -> Permit {
        const OPEN: &str = "nobody closes the door";
        let turn = self.door.turn.lock().await;
        let worker = Arc::clone(&self.door.workers).acquire_owned().await.expect(OPEN);
        let memory = Arc::clone(&self.door.memory);
        let memory = memory.acquire_many_owned(self.needed).await.expect(OPEN);
        drop(turn);
        Permit { _memory: memory, _worker: worker, _place: self.place, _left: self.left }
    }
}

/// The right to be at work, given back by dropping it.
#[derive(Debug)]
pub struct Permit {
    _memory: OwnedSemaphorePermit,
    _worker: OwnedSemaphorePermit,
    _place: OwnedSemaphorePermit,
    /// Last: who is told that somebody left finds the room.
    _left: Left,
}

/// Tells on drop that somebody has left.
#[derive(Debug)]
struct Left(Arc<Notify>);

impl Drop for Left {
    fn drop(&mut self) {
        self.0.notify_waiters();
    }
}

fn units(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX >> 3)
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn door(workers: usize, queue: usize, memory_bytes: u64) -> Arc<AdmissionControl> {
        let workers = NonZeroUsize::new(workers).unwrap();
        Arc::new(AdmissionControl::new(AdmissionLimits { workers, queue, memory_bytes }))
    }

    fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn who_comes_after_the_last_place_is_refused_at_once() {
        let door = door(1, 1, 1 << 30);
        let Poll::Ready(_inside) = poll(pin!(door.try_enqueue(1).unwrap().acquire())) else {
            panic!("the first goes straight in")
        };
        let mut second = pin!(door.try_enqueue(1).unwrap().acquire());
        assert!(poll(second.as_mut()).is_pending());
        assert_eq!(door.try_enqueue(1).err(), Some(Rejected::QueueFull { at_work: 1, waiting: 1 }));
    }

    #[test]
    fn a_permit_is_given_back_by_dropping_it_and_the_next_goes_in() {
        let door = door(1, 1, 1 << 30);
        let Poll::Ready(inside) = poll(pin!(door.try_enqueue(1).unwrap().acquire())) else {
            panic!()
        };
        let mut second = pin!(door.try_enqueue(1).unwrap().acquire());
        assert!(poll(second.as_mut()).is_pending());
        drop(inside);
        assert!(poll(second.as_mut()).is_ready());
    }

    #[test]
    fn who_gives_up_waiting_leaves_nothing_behind() {
        let door = door(1, 1, 1 << 30);
        let Poll::Ready(inside) = poll(pin!(door.try_enqueue(1).unwrap().acquire())) else {
            panic!()
        };
        {
            let mut second = pin!(door.try_enqueue(1).unwrap().acquire());
            assert!(poll(second.as_mut()).is_pending());
            assert_eq!(door.waiting(), 1);
        }
        assert_eq!(door.waiting(), 0);
        drop(inside);
        assert_eq!((door.at_work(), door.bytes_at_work()), (0, 0));
        assert!(poll(pin!(door.try_enqueue(1).unwrap().acquire())).is_ready());
    }

    #[test]
    fn a_large_one_that_waits_for_memory_is_not_overtaken_by_a_small_one() {
        let door = door(8, 8, 10 * UNIT_BYTES);
        let most = 6 * UNIT_BYTES;
        let Poll::Ready(inside) = poll(pin!(door.try_enqueue(most).unwrap().acquire())) else {
            panic!()
        };
        let mut large = pin!(door.try_enqueue(most).unwrap().acquire());
        assert!(poll(large.as_mut()).is_pending());
        let mut small = pin!(door.try_enqueue(1).unwrap().acquire());
        assert!(poll(small.as_mut()).is_pending(), "there is memory, but it is not its turn");
        drop(inside);
        let Poll::Ready(_large) = poll(large.as_mut()) else { panic!("its memory is free") };
        assert!(poll(small.as_mut()).is_ready());
        assert_eq!(door.at_work(), 1);
    }

    #[test]
    fn work_that_yields_waits_until_all_other_has_left() {
        let door = door(1, 1, 1 << 30);
        let mut quiet = pin!(door.idle());
        let Poll::Ready(inside) = poll(pin!(door.try_enqueue(1).unwrap().acquire())) else {
            panic!()
        };
        assert!(poll(quiet.as_mut()).is_pending());
        {
            let mut second = pin!(door.try_enqueue(1).unwrap().acquire());
            assert!(poll(second.as_mut()).is_pending());
            drop(inside);
            assert!(poll(quiet.as_mut()).is_pending(), "the second still waits");
        }
        assert!(poll(quiet.as_mut()).is_ready());
    }

    #[test]
    fn what_needs_more_than_the_whole_budget_is_told_so() {
        let refused = door(1, 1, 1_000).try_enqueue(1_001).err();
        assert_eq!(
            refused,
            Some(Rejected::ExceedsBudget { needed_bytes: 1_001, budget_bytes: 1_000 })
        );
    }
}
