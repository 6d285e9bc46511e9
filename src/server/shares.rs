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
pub struct Shares<K: Eq + Hash> {
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
pub struct Share<K: Eq + Hash> {
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
    pub fn new(max_each: u32) -> Self {
        Self { max_each, keys: Arc::new(Keys(Mutex::default())) }
    }

    /// Waits, in the order of the key's calls, until the key has `permits` free, and takes them. A
    /// call for more than the whole limit takes the whole limit.
    pub async fn acquire(&self, key: K, permits: u32) -> Share<K> {
        let user = self.user(key, usize::MAX).expect("any number may wait");
        let free = Arc::clone(&user.free);
        let permit = free.acquire_many_owned(permits.min(self.max_each)).await;
        Share { _permit: permit.expect("the semaphore is never closed"), _user: user }
    }

    /// Waits like [`Shares::acquire`] for one permit. Returns `None` at once if the key has
    /// `max_users` already that hold a permit or wait.
    pub async fn acquire_bounded(&self, key: K, max_users: usize) -> Option<Share<K>> {
        let user = self.user(key, max_users)?;
        let permit = Arc::clone(&user.free).acquire_owned().await;
        Some(Share { _permit: permit.expect("the semaphore is never closed"), _user: user })
    }

    /// Takes `permits` of the key, or returns `None` if the key has fewer free.
    pub fn try_acquire(&self, key: K, permits: u32) -> Option<Share<K>> {
        let user = self.user(key, usize::MAX)?;
        let free = Arc::clone(&user.free);
        let permit = free.try_acquire_many_owned(permits.min(self.max_each)).ok()?;
        Some(Share { _permit: permit, _user: user })
    }

    /// Returns the number of keys of which a request holds a part of the limit or waits for one.
    pub fn len(&self) -> usize {
        self.keys.lock().len()
    }

    /// Returns true if no request holds or waits for anything.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
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
