//! Keeps a bounded number of connections, also of each peer address, and makes room for a new
//! connection by closing one that only waits for its client.
//!
//! A client without a valid token cannot hold the table: its connections are closed first. Among
//! clients with a token, the one with the most connections gives one up. A connection whose request
//! is being worked on is never closed, nor one that has just begun to wait: a request may be on its
//! way.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;

use super::transit::ClientKey;
use crate::runtime::blocking::{Mutex, MutexGuard};
use crate::runtime::{Instant, Notify, timeout, watch};

/// Shortest time after which a full table is looked at again, if nothing changed meanwhile.
const MIN_RETRY_INTERVAL: Duration = Duration::from_millis(10);

/// Holds the bounds of a [`ConnectionTable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TableLimits {
    /// Upper bound of all connections.
    pub(super) max_all: usize,
    /// Upper bound of the connections of one peer address.
    pub(super) max_per_peer: usize,
    /// Shortest time that a connection has waited for its client before it is closed.
    pub(super) min_idle_time: Duration,
}

/// Lists the open connections.
pub(super) struct ConnectionTable {
    limits: TableLimits,
    entries: Mutex<Entries>,
    /// Notifies when a connection ends, or begins to wait for its client.
    changed: Arc<Notify>,
    /// Number of open connections of the server, of this table and of others.
    count: watch::Sender<usize>,
    /// Metric that counts the connections that were told to close.
    evicted: Counter,
}

#[derive(Default)]
struct Entries {
    next: u64,
    open: HashMap<u64, Arc<Activity>>,
}

/// Tells what a connection does, so that the table knows if it can be closed.
pub(super) struct Activity {
    peer: IpAddr,
    state: Mutex<ActivityState>,
    close: Notify,
    changed: Arc<Notify>,
}

struct ActivityState {
    /// Client whose valid token the connection has carried.
    client: Option<ClientKey>,
    /// Number of requests that are being worked on.
    working: usize,
    /// Time at which the client last sent or took a byte, or was last worked for.
    since: Instant,
    /// True if the connection was told to close.
    is_evicted: bool,
}

/// Holds a connection's place in the table until it is dropped.
pub(super) struct Entry {
    table: Arc<ConnectionTable>,
    id: u64,
    activity: Arc<Activity>,
}

/// Marks a connection as worked for until it is dropped.
pub(super) struct Working(Arc<Activity>);

/// Names those whose connections are counted together when the table is full.
#[derive(PartialEq, Eq, Hash)]
enum Holder {
    Peer(IpAddr),
    Client(ClientKey),
}

/// Describes the outcome of one attempt to take a place.
enum Attempt {
    Admitted(Entry),
    /// The peer has all its places, and works on each.
    Refused,
    /// A place becomes free when a connection ends.
    Full,
}

impl ConnectionTable {
    /// Creates an empty table, which also counts its connections in `count`, and those that it
    /// closes in `evicted`.
    pub(super) fn new(limits: TableLimits, count: watch::Sender<usize>, evicted: Counter) -> Self {
        let (entries, changed) = Default::default();
        Self { limits, entries, changed, count, evicted }
    }

    /// Takes a place for a connection of a peer, and closes another connection for it if the table
    /// is full. Waits if every other connection is being worked on. Returns `None` if the peer has
    /// the most places that one address may have, and works on all of them.
    pub(super) async fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Entry> {
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            match self.try_admit(peer) {
                Attempt::Admitted(entry) => return Some(entry),
                Attempt::Refused => return None,
                // A connection may also wait long enough by then.
                Attempt::Full => {
                    let longest = self.limits.min_idle_time.max(MIN_RETRY_INTERVAL);
                    let _ = timeout(longest, changed).await;
                }
            }
        }
    }

    /// Closes the connection that is least worth keeping, if any waits for its client.
    pub(super) fn evict_one(&self) -> bool {
        self.evict(&self.lock(), None)
    }

    fn evict(&self, entries: &Entries, peer: Option<IpAddr>) -> bool {
        let evicted = entries.evict(peer, self.limits.min_idle_time);
        self.evicted.inc_by(u64::from(evicted));
        evicted
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn try_admit(self: &Arc<Self>, peer: IpAddr) -> Attempt {
        let TableLimits { max_all, max_per_peer, .. } = self.limits;
        let mut entries = self.lock();
        let (of_peer, staying_of_peer) = entries.count(Some(peer));
        if staying_of_peer >= max_per_peer && !self.evict(&entries, Some(peer)) {
            return Attempt::Refused;
        }
        let (all, staying) = entries.count(None);
        if staying >= max_all {
            self.evict(&entries, None);
        }
        // A connection that was told to close keeps its place until it has closed.
        if of_peer >= max_per_peer || all >= max_all {
            return Attempt::Full;
        }
        let id = entries.next;
        entries.next += 1;
        let activity = Arc::new(Activity::new(peer, Arc::clone(&self.changed)));
        entries.open.insert(id, Arc::clone(&activity));
        self.count.send_modify(|count| *count += 1);
        Attempt::Admitted(Entry { table: Arc::clone(self), id, activity })
    }
}

impl Entries {
    /// Counts the connections of a peer, or of all, and those among them that were not told to
    /// close.
    fn count(&self, peer: Option<IpAddr>) -> (usize, usize) {
        let of_peer = self.open.values().filter(|activity| peer.is_none_or(|p| activity.peer == p));
        of_peer.fold((0, 0), |(all, staying), activity| {
            (all + 1, staying + usize::from(!activity.lock().is_evicted))
        })
    }

    /// Tells one connection to close, of a peer or of all: first one without a valid token, then
    /// one of the holder with the most connections, then the one that has waited longest. Returns
    /// false if all are worked for, or have not waited for the shortest time.
    fn evict(&self, peer: Option<IpAddr>, min_idle_time: Duration) -> bool {
        let mut sizes: HashMap<Holder, usize> = HashMap::new();
        for activity in self.open.values() {
            *sizes.entry(activity.holder()).or_default() += 1;
        }
        let waiting = self.open.values().filter(|activity| {
            let state = activity.lock();
            let waits = state.working == 0 && state.since.elapsed() >= min_idle_time;
            waits && !state.is_evicted && peer.is_none_or(|peer| activity.peer == peer)
        });
        let rank = |activity: &&Arc<Activity>| {
            let size = sizes.get(&activity.holder()).copied().unwrap_or_default();
            let state = activity.lock();
            (state.client.is_some(), Reverse(size), state.since)
        };
        let Some(evicted) = waiting.min_by_key(rank) else { return false };
        evicted.lock().is_evicted = true;
        evicted.close.notify_one();
        true
    }
}

impl Entry {
    /// Returns what the connection does.
    pub(super) fn activity(&self) -> &Arc<Activity> {
        &self.activity
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.table.lock().open.remove(&self.id);
        self.table.count.send_modify(|count| *count -= 1);
        self.table.changed.notify_waiters();
    }
}

impl Activity {
    fn new(peer: IpAddr, changed: Arc<Notify>) -> Self {
        let state =
            ActivityState { client: None, working: 0, since: Instant::now(), is_evicted: false };
        Self { peer, state: Mutex::new(state), close: Notify::default(), changed }
    }

    /// Notes that the client sent or took bytes.
    pub(super) fn moved(&self) {
        self.lock().since = Instant::now();
    }

    /// Notes that the connection carried the valid token of a client.
    pub(super) fn authenticated(&self, client: ClientKey) {
        self.lock().client = Some(client);
    }

    /// Keeps the connection from being closed while a request is worked on.
    pub(super) fn work(self: &Arc<Self>) -> Working {
        self.lock().working += 1;
        Working(Arc::clone(self))
    }

    /// Resolves once the table has told the connection to close.
    pub(super) async fn evicted(&self) {
        self.close.notified().await;
    }

    fn holder(&self) -> Holder {
        self.lock().client.map_or(Holder::Peer(self.peer), Holder::Client)
    }

    fn lock(&self) -> MutexGuard<'_, ActivityState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.working -= 1;
        state.since = Instant::now();
        drop(state);
        self.0.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::task::{Context, Poll, Waker};

    use super::*;
    use crate::album::ContentHash;

    fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    fn peer(number: u8) -> IpAddr {
        Ipv4Addr::new(192, 0, 2, number).into()
    }

    fn client(name: &str) -> ClientKey {
        ContentHash::of(name.as_bytes())
    }

    fn table(max_all: usize, max_per_peer: usize) -> Arc<ConnectionTable> {
        let limits = TableLimits { max_all, max_per_peer, min_idle_time: Duration::ZERO };
        Arc::new(ConnectionTable::new(limits, watch::Sender::new(0), Counter::default()))
    }

    fn admit(table: &Arc<ConnectionTable>, number: u8) -> Entry {
        match poll(pin!(table.admit(peer(number)))) {
            Poll::Ready(Some(entry)) => entry,
            _ => panic!("there is a place"),
        }
    }

    fn is_evicted(entry: &Entry) -> bool {
        entry.activity.lock().is_evicted
    }

    /// Enters a runtime, whose timers the table waits with.
    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime")
    }

    #[test]
    fn a_connection_that_has_just_begun_to_wait_is_not_closed() {
        let limits = TableLimits { max_all: 1, max_per_peer: 1, min_idle_time: Duration::MAX };
        let table = ConnectionTable::new(limits, watch::Sender::new(0), Counter::default());
        let entry = admit(&Arc::new(table), 1);
        assert!(!entry.table.evict_one());
    }

    #[test]
    fn a_full_table_closes_a_stranger_before_a_client_with_a_token() {
        let runtime = runtime();
        let _entered = runtime.enter();
        let table = table(2, 2);
        let (older, stranger) = (admit(&table, 1), admit(&table, 2));
        older.activity().authenticated(client("ann"));
        let mut third = pin!(table.admit(peer(3)));
        assert!(poll(third.as_mut()).is_pending(), "the stranger keeps the place until it closed");
        assert!(is_evicted(&stranger) && !is_evicted(&older));
        assert!(poll(pin!(stranger.activity().evicted())).is_ready());
        drop(stranger);
        assert!(matches!(poll(third.as_mut()), Poll::Ready(Some(_))));
        assert_eq!(table.evicted.get(), 1);
    }

    #[test]
    fn the_client_with_the_most_connections_gives_up_its_oldest() {
        let table = table(4, 4);
        let entries = [1, 1, 1, 1].map(|number| admit(&table, number));
        for (entry, name) in entries.iter().zip(["ben", "ann", "ann", "ann"]) {
            entry.activity().authenticated(client(name));
        }
        // Ben has waited longest, and Ann has three connections.
        entries[1].activity().moved();
        assert!(table.evict_one());
        assert_eq!(entries.each_ref().map(is_evicted), [false, false, true, false]);
    }

    #[test]
    fn a_connection_that_is_worked_for_is_never_closed() {
        let runtime = runtime();
        let _entered = runtime.enter();
        let table = table(1, 1);
        let entry = admit(&table, 1);
        let working = entry.activity().work();
        let mut second = pin!(table.admit(peer(2)));
        assert!(poll(second.as_mut()).is_pending());
        assert!(!is_evicted(&entry));
        drop(working);
        assert!(poll(second.as_mut()).is_pending());
        assert!(is_evicted(&entry), "it waits for its client now");
        drop(entry);
        assert!(poll(second.as_mut()).is_ready());
    }

    #[test]
    fn a_peer_at_its_limit_gives_up_its_own_connection_or_is_refused() {
        let runtime = runtime();
        let _entered = runtime.enter();
        let table = table(8, 1);
        let entry = admit(&table, 1);
        let working = entry.activity().work();
        assert!(matches!(poll(pin!(table.admit(peer(1)))), Poll::Ready(None)));
        let other = admit(&table, 2);
        drop(working);
        let mut next = pin!(table.admit(peer(1)));
        assert!(poll(next.as_mut()).is_pending());
        assert!(is_evicted(&entry) && !is_evicted(&other));
        drop(entry);
        assert!(matches!(poll(next.as_mut()), Poll::Ready(Some(_))));
    }
}
