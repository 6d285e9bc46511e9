//! Coalesces identical requests: concurrent requests for the same key share one conversion
//! (single flight).
//!
//! The work runs in a task of its own, so that it belongs to no client: when the client that asked
//! first hangs up, the others still get their response. Work that has not started is dropped as
//! soon as no request waits for it. Once started, it runs to its end.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, PoisonError};

use crate::runtime::blocking::{Mutex, MutexGuard};
use crate::runtime::{Instant, spawn, watch};

/// Holds the work that is in flight, by the key of its result.
pub struct SingleFlight<K, V> {
    in_flight: Arc<Flights<K, V>>,
}

/// Maps each key to its work.
struct Flights<K, V>(Mutex<HashMap<K, InFlight<V>>>);

impl<K, V> Flights<K, V> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, InFlight<V>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct InFlight<V> {
    result: Arc<watch::Sender<Option<V>>>,
    /// True if the work has started. Requests may join started work even if none waits for it.
    started: bool,
    /// Latest deadline of the requests that have joined.
    deadline: Instant,
}

impl<K, V> Default for SingleFlight<K, V> {
    fn default() -> Self {
        Self { in_flight: Arc::new(Flights(Mutex::default())) }
    }
}

/// Waits for the result of shared work. Dropping it stops waiting.
pub struct Waiter<V>(watch::Receiver<Option<V>>);

/// Tells the running work which requests still wait for it.
pub struct Leader<K: Eq + Hash, V> {
    key: K,
    in_flight: Arc<Flights<K, V>>,
    result: Arc<watch::Sender<Option<V>>>,
}

impl<K, V> SingleFlight<K, V>
where
    K: Eq + Hash + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Joins the work for `key`, or begins it if `admit` allows new work. Returns the waiter, and
    /// true if other work was joined. A request that is not admitted costs no task.
    ///
    /// `work` ends with `None` if [`Leader::start`] returned false and the work was dropped.
    ///
    /// # Errors
    /// Returns the error of `admit`, which is called for new work only and must not wait.
    pub fn run_or_join<P, E, F>(
        &self,
        key: K,
        deadline: Instant,
        admit: impl FnOnce() -> Result<P, E>,
        work: impl FnOnce(Arc<Leader<K, V>>, P) -> F,
    ) -> Result<(Waiter<V>, bool), E>
    where
        F: Future<Output = Option<V>> + Send + 'static,
    {
        let mut in_flight = self.in_flight.lock();
        if let Some(work) = in_flight.get_mut(&key)
            && (work.started || work.result.receiver_count() > 0)
        {
            work.deadline = work.deadline.max(deadline);
            return Ok((Waiter(work.result.subscribe()), true));
        }
        let admitted = admit()?;
        let (result, waiter) = watch::channel(None);
        let result = Arc::new(result);
        let entry = InFlight { result: Arc::clone(&result), started: false, deadline };
        in_flight.insert(key.clone(), entry);
        drop(in_flight);
        let leader = Arc::new(Leader { key, in_flight: Arc::clone(&self.in_flight), result });
        let work = work(Arc::clone(&leader), admitted);
        spawn(async move {
            let result = work.await;
            leader.remove();
            if result.is_some() {
                leader.result.send_replace(result);
            }
        });
        Ok((Waiter(waiter), false))
    }

    /// Returns how many keys have work in flight.
    pub fn in_flight(&self) -> usize {
        self.in_flight.lock().len()
    }
}

impl<V: Clone> Waiter<V> {
    /// Waits for the result. Returns `None` if the work panicked.
    pub async fn result(mut self) -> Option<V> {
        self.0.wait_for(Option::is_some).await.ok()?.clone()
    }
}

impl<K: Eq + Hash, V> Leader<K, V> {
    /// Resolves when no request waits for the work any more, and none can join it.
    pub async fn abandoned(&self) {
        while self.is_wanted() {
            self.result.closed().await;
        }
    }

    /// Returns true if a request waits for the work, or else removes the work. Both happen under
    /// the lock: a request that found another one waiting may join after that one has left.
    fn is_wanted(&self) -> bool {
        let mut in_flight = self.in_flight.lock();
        let wanted = self.result.receiver_count() > 0;
        if !wanted && in_flight.get(&self.key).is_some_and(|entry| self.owns(entry)) {
            in_flight.remove(&self.key);
        }
        wanted
    }

    /// Returns the latest deadline of the waiting requests, or `None` if newer work for the same
    /// key took over.
    pub fn deadline(&self) -> Option<Instant> {
        self.in_flight
            .lock()
            .get(&self.key)
            .filter(|entry| self.owns(entry))
            .map(|own| own.deadline)
    }

    /// Marks the work as started. The work calls this right before it begins, and is dropped if the
    /// call returns false because no request waits for it.
    pub fn start(&self) -> bool {
        let mut in_flight = self.in_flight.lock();
        let wanted = self.result.receiver_count() > 0;
        if let Some(entry) = in_flight.get_mut(&self.key).filter(|entry| self.owns(entry)) {
            entry.started = wanted;
        }
        wanted
    }

    /// Removes the work from the map, unless newer work for the same key stands there.
    fn remove(&self) {
        let mut in_flight = self.in_flight.lock();
        if in_flight.get(&self.key).is_some_and(|entry| self.owns(entry)) {
            in_flight.remove(&self.key);
        }
    }

    fn owns(&self, entry: &InFlight<V>) -> bool {
        Arc::ptr_eq(&entry.result, &self.result)
    }
}

/// Removes the work also when it panicked, so that the next request begins anew.
impl<K: Eq + Hash, V> Drop for Leader<K, V> {
    fn drop(&mut self) {
        self.remove();
    }
}
