//! Equal work is done once: who asks for what is being made already waits for that.
//!
//! Work runs in a task of its own, so that it is nobody's in particular: when the client that asked
//! first hangs up, the others still get their answer. While work has not started and nobody waits
//! for it any more, it is dropped; once started it runs to its end.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use tokio::time::Instant;

/// Work in the making, by what it makes.
pub struct SingleFlight<K, V> {
    open: Arc<Mutex<HashMap<K, InFlight<V>>>>,
}

struct InFlight<V> {
    landing: Arc<watch::Sender<Option<V>>>,
    /// Whether it has started; from there on it may be joined even if everybody has left.
    started: bool,
    /// When the last of those who have joined gives up waiting.
    deadline: Instant,
}

impl<K, V> Default for SingleFlight<K, V> {
    fn default() -> Self {
        Self { open: Arc::default() }
    }
}

/// One who waits for work; leaves by dropping it.
pub struct Waiter<V>(watch::Receiver<Option<V>>);

/// The work's own side of it.
pub struct Leader<K: Eq + Hash, V> {
    key: K,
    open: Arc<Mutex<HashMap<K, InFlight<V>>>>,
    landing: Arc<watch::Sender<Option<V>>>,
}

impl<K, V> SingleFlight<K, V>
where
    K: Eq + Hash + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Joins the work on `key`, or begins it if `admit` lets it in; waits until `deadline`. Says
    /// whether it was joined. Whoever is not let in has cost nothing but the question.
    ///
    /// `work` gives `None` if it was [dropped](Crew::start).
    ///
    /// # Errors
    /// Those of `admit`, which is asked for new work only, and must not wait.
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
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = open.get_mut(&key)
            && (found.started || found.landing.receiver_count() > 0)
        {
            found.deadline = found.deadline.max(deadline);
            return Ok((Waiter(found.landing.subscribe()), true));
        }
        let place = admit()?;
        let (landing, passenger) = watch::channel(None);
        let landing = Arc::new(landing);
        let mine = InFlight { landing: Arc::clone(&landing), started: false, deadline };
        open.insert(key.clone(), mine);
        drop(open);
        let crew = Arc::new(Leader { key, open: Arc::clone(&self.open), landing });
        let work = work(Arc::clone(&crew), place);
        tokio::spawn(async move {
            let made = work.await;
            crew.close();
            if let Some(made) = made {
                crew.landing.send_replace(Some(made));
            }
        });
        Ok((Waiter(passenger), false))
    }

    /// How much is in the making.
    pub fn len(&self) -> usize {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether nothing is in the making.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<V: Clone> Waiter<V> {
    /// Waits for what is made. `None`: the work panicked.
    pub async fn result(mut self) -> Option<V> {
        self.0.wait_for(Option::is_some).await.ok()?.clone()
    }
}

impl<K: Eq + Hash, V> Leader<K, V> {
    /// Resolves when nobody waits any more.
    pub async fn abandoned(&self) {
        self.landing.closed().await;
    }

    /// When the last of those who wait gives up. `None`: newer work on the same key took over.
    pub fn deadline(&self) -> Option<Instant> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = open.get(&self.key);
        mine.filter(|mine| Arc::ptr_eq(&mine.landing, &self.landing)).map(|mine| mine.deadline)
    }

    /// To be called where the work really starts. False: nobody waits for it, drop it.
    pub fn start(&self) -> bool {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = self.landing.receiver_count() > 0;
        if let Some(mine) = open.get_mut(&self.key)
            && Arc::ptr_eq(&mine.landing, &self.landing)
        {
            mine.started = wanted;
        }
        wanted
    }

    /// Takes the work out of the list, unless newer work on the same key stands there.
    fn close(&self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.get(&self.key).is_some_and(|mine| Arc::ptr_eq(&mine.landing, &self.landing)) {
            open.remove(&self.key);
        }
    }
}

/// Also when the work panicked: whoever comes next begins anew.
impl<K: Eq + Hash, V> Drop for Leader<K, V> {
    fn drop(&mut self) {
        self.close();
    }
}
