//! Limits what each person holds at once, so that one person's load leaves the others theirs (a
//! bulkhead for each key).
//!
//! A key's limit is a semaphore that exists while a request of this key holds a part of it or
//! waits. So the memory of all keys is bounded by the number of requests.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, PoisonError};

use crate::runtime::blocking::{Mutex, MutexGuard};
use crate::runtime::{OwnedSemaphorePermit, Semaphore};

/// Limits each key to the same number of permits.
#[derive(Debug)]
pub(super) struct Shares<K: Eq + Hash> {
    max_each: u32,
    keys: Arc<Keys<K>>,
}

/// Maps each key in use to its limit.
#[derive(Debug)]
struct Keys<K>(Mutex<HashMap<K, Limit>>);

impl<K> Keys<K> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, Limit>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
struct Limit {
    free: Arc<Semaphore>,
    /// Number of requests that hold a part of the limit or wait for one.
    users: usize,
}

/// Holds a part of a key's limit until it is dropped.
#[derive(Debug)]
pub(super) struct Share<K: Eq + Hash> {
    // Dropped before the user, which forgets the limit.
    _permit: OwnedSemaphorePermit,
    _user: User<K>,
}

/// Counts as one user of a key's limit until it is dropped.
#[derive(Debug)]
struct User<K: Eq + Hash> {
    key: K,
    keys: Arc<Keys<K>>,
    free: Arc<Semaphore>,
}

impl<K: Eq + Hash + Clone> Shares<K> {
    /// Creates limits of `max_each` permits for each key, of which none is taken.
    pub(super) fn new(max_each: u32) -> Self {
        Self { max_each, keys: Arc::new(Keys(Mutex::default())) }
    }

    /// Waits, in the order of the key's calls, until the key has `permits` free, and takes them. A
    /// call for more than the whole limit takes the whole limit.
    pub(super) async fn acquire(&self, key: K, permits: u32) -> Share<K> {
        let user = self.user(key, usize::MAX).expect("any number may wait");
        let free = Arc::clone(&user.free);
        let permit = free.acquire_many_owned(permits.min(self.max_each)).await;
        Share { _permit: permit.expect("the semaphore is never closed"), _user: user }
    }

    /// Waits like [`Shares::acquire`] for one permit. Returns `None` at once if the key has
    /// `max_users` already that hold a permit or wait.
    pub(super) async fn acquire_bounded(&self, key: K, max_users: usize) -> Option<Share<K>> {
        let user = self.user(key, max_users)?;
        let permit = Arc::clone(&user.free).acquire_owned().await;
        Some(Share { _permit: permit.expect("the semaphore is never closed"), _user: user })
    }

    /// Takes `permits` of the key, or returns `None` if the key has fewer free.
    pub(super) fn try_acquire(&self, key: K, permits: u32) -> Option<Share<K>> {
        let user = self.user(key, usize::MAX)?;
        let free = Arc::clone(&user.free);
        let permit = free.try_acquire_many_owned(permits.min(self.max_each)).ok()?;
        Some(Share { _permit: permit, _user: user })
    }

    fn user(&self, key: K, max_users: usize) -> Option<User<K>> {
        let mut keys = self.keys.lock();
        let limit = keys.entry(key.clone()).or_insert_with(|| Limit {
            free: Arc::new(Semaphore::new(self.max_each as usize)),
            users: 0,
        });
        if limit.users >= max_users {
            return None;
        }
        limit.users += 1;
        let free = Arc::clone(&limit.free);
        Some(User { key, keys: Arc::clone(&self.keys), free })
    }
}

/// Forgets the limit of a key that no request uses any more.
impl<K: Eq + Hash> Drop for User<K> {
    fn drop(&mut self) {
        let mut keys = self.keys.lock();
        if let Some(limit) = keys.get_mut(&self.key) {
            limit.users -= 1;
            if limit.users == 0 {
                keys.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn a_key_at_its_limit_waits_and_another_key_does_not() {
        let shares = Shares::new(2);
        let held = shares.try_acquire("ann", 2).expect("nothing is taken");
        let mut second = pin!(shares.acquire("ann", 1));
        assert!(poll(second.as_mut()).is_pending());
        assert!(shares.try_acquire("ann", 1).is_none());
        assert!(poll(pin!(shares.acquire("ben", 2))).is_ready());
        drop(held);
        assert!(poll(second.as_mut()).is_ready());
    }

    #[test]
    fn a_call_for_more_than_the_limit_takes_the_whole_limit() {
        let shares = Shares::new(2);
        let _held = shares.try_acquire("ann", 9).expect("nothing is taken");
        assert!(shares.try_acquire("ann", 1).is_none());
    }

    #[test]
    fn a_call_beyond_the_waiting_ones_is_rejected_at_once() {
        let shares = Shares::new(1);
        let _held = shares.try_acquire("ann", 1).expect("nothing is taken");
        let mut waiting = pin!(shares.acquire_bounded("ann", 2));
        assert!(poll(waiting.as_mut()).is_pending());
        assert!(matches!(poll(pin!(shares.acquire_bounded("ann", 2))), Poll::Ready(None)));
        assert!(matches!(poll(pin!(shares.acquire_bounded("ben", 2))), Poll::Ready(Some(_))));
    }

    #[test]
    fn a_key_that_holds_nothing_and_waits_for_nothing_is_forgotten() {
        let shares = Shares::new(1);
        let held = shares.try_acquire("ann", 1).expect("nothing is taken");
        {
            let mut waiting = pin!(shares.acquire("ann", 1));
            assert!(poll(waiting.as_mut()).is_pending());
            assert!(shares.try_acquire("ann", 1).is_none());
        }
        assert_eq!(shares.keys.lock().len(), 1);
        drop(held);
        assert_eq!(shares.keys.lock().len(), 0);
    }
}
