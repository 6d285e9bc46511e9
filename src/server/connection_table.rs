//! Keeps a bounded number of connections, also of each peer address, and makes room for a new
//! connection by closing one that only waits for its client.
//!
//! A client without a valid token cannot hold the table: its connections are closed first, also if
//! it keeps sending. Among
//! clients with a token, the one with the most connections gives one up. A connection whose request
//! is being worked on is never closed. Nor is one that was just opened, or has just begun to wait
//! for a client with a token, whose request may be on its way, unless its client has others.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
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
pub struct TableLimits {
    /// Upper bound of all connections.
    pub max_all: usize,
    /// Upper bound of the connections of one peer address.
    pub max_per_peer: usize,
    /// Shortest time before a connection is closed: since its client last moved a byte, or, as long
    /// as it has carried no valid token, since it was opened.
    pub min_idle_time: Duration,
}

/// Lists the open connections.
pub struct ConnectionTable {
    limits: TableLimits,
    places: Mutex<Places>,
    /// Notifies when a connection ends, or begins to wait for its client.
    changed: Arc<Notify>,
    /// Number of open connections of the server, of this table and of others.
    count: watch::Sender<usize>,
    /// Metric that counts the connections that were told to close.
    evicted: Counter,
}

#[derive(Default)]
struct Places {
    next: u64,
    open: BTreeMap<u64, Arc<Activity>>,
}

/// Tells what a connection does, so that the table knows if it can be closed.
pub struct Activity {
    peer: IpAddr,
    opened: Instant,
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
pub struct Place {
    table: Arc<ConnectionTable>,
    id: u64,
    activity: Arc<Activity>,
}

/// Marks a connection as worked for until it is dropped.
pub struct Working(Arc<Activity>);

/// Names those whose connections are counted together when the table is full.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Holder {
    Peer(IpAddr),
    Client(ClientKey),
}

/// Describes the outcome of one attempt to take a place.
enum Attempt {
    Admitted(Place),
    /// The peer has all its places, and works on each.
    Refused,
    /// A place becomes free when a connection ends.
    Full,
}

impl ConnectionTable {
    /// Creates an empty table, which also counts its connections in `count`, and those that it
    /// closes in `evicted`.
    pub fn new(limits: TableLimits, count: watch::Sender<usize>, evicted: Counter) -> Self {
        let (places, changed) = Default::default();
        Self { limits, places, changed, count, evicted }
    }

    /// Takes a place for a connection of a peer, and closes another connection for it if the table
    /// is full. Waits if every other connection is being worked on. Returns `None` if the peer has
    /// the most places that one address may have, and works on all of them.
    pub async fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            match self.try_admit(peer) {
                Attempt::Admitted(place) => return Some(place),
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
    pub fn evict_one(&self) -> bool {
        self.evict(&self.lock(), None)
    }

    fn evict(&self, places: &Places, peer: Option<IpAddr>) -> bool {
        let evicted = places.evict(peer, self.limits.min_idle_time);
        self.evicted.inc_by(u64::from(evicted));
        evicted
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn try_admit(self: &Arc<Self>, peer: IpAddr) -> Attempt {
        let TableLimits { max_all, max_per_peer, .. } = self.limits;
        let mut places = self.lock();
        let (of_peer, staying_of_peer) = places.count(Some(peer));
        if staying_of_peer >= max_per_peer && !self.evict(&places, Some(peer)) {
            // One that waits for its client can be closed soon.
            return if places.any_waits(peer) { Attempt::Full } else { Attempt::Refused };
        }
        let (all, staying) = places.count(None);
        if staying >= max_all {
            self.evict(&places, None);
        }
        // A connection that was told to close keeps its place until it has closed.
        if of_peer >= max_per_peer || all >= max_all {
            return Attempt::Full;
        }
        let id = places.next;
        places.next += 1;
        let activity = Arc::new(Activity::new(peer, Arc::clone(&self.changed)));
        places.open.insert(id, Arc::clone(&activity));
        self.count.send_modify(|count| *count += 1);
        Attempt::Admitted(Place { table: Arc::clone(self), id, activity })
    }
}

impl Places {
    /// Counts the connections of a peer, or of all, and those among them that were not told to
    /// close.
    fn count(&self, peer: Option<IpAddr>) -> (usize, usize) {
        let of_peer = self.open.values().filter(|activity| peer.is_none_or(|p| activity.peer == p));
        of_peer.fold((0, 0), |(all, staying), activity| {
            (all + 1, staying + usize::from(!activity.lock().is_evicted))
        })
    }

    /// Returns true if a connection of the peer waits for its client.
    fn any_waits(&self, peer: IpAddr) -> bool {
        let mut open = self.open.values();
        open.any(|activity| activity.peer == peer && activity.waiting_since().is_some())
    }

    /// Tells one connection to close, of a peer or of all: one without a valid token, opened
    /// `min_idle_time` ago or earlier; if no such connection waits at all, one of the client with
    /// the most, among the clients with a waiting one. Among several it is the one that has waited
    /// longest. Returns false if there is none.
    fn evict(&self, peer: Option<IpAddr>, min_idle_time: Duration) -> bool {
        let open = || self.open.values().filter(|activity| peer.is_none_or(|p| activity.peer == p));
        let mut sizes: HashMap<Holder, usize> = HashMap::new();
        let mut waiting = Vec::new();
        for activity in open() {
            let holder = activity.holder();
            *sizes.entry(holder).or_default() += 1;
            waiting.extend(activity.waiting_since().map(|since| (activity, since, holder)));
        }
        let size_of = |holder: &Holder| sizes.get(holder).copied().unwrap_or_default();
        let is_stranger = |holder: &Holder| matches!(holder, Holder::Peer(_));
        let has_stranger = waiting.iter().any(|(.., holder)| is_stranger(holder));
        let clients = waiting.iter().filter(|(.., holder)| !is_stranger(holder));
        let largest = clients.map(|(.., holder)| size_of(holder)).max().unwrap_or_default();
        let mut candidates: Vec<_> = waiting
            .into_iter()
            .filter_map(|(activity, since, holder)| {
                let size = size_of(&holder);
                let is_candidate = match is_stranger(&holder) {
                    // Bytes and requests without a valid token earn no further time.
                    true => activity.opened.elapsed() >= min_idle_time,
                    // Of many connections one may be cut short, and of a single one none.
                    false => {
                        let is_idle = since.elapsed() >= min_idle_time;
                        !has_stranger && size == largest && (size > 1 || is_idle)
                    }
                };
                is_candidate.then_some((Reverse(size), since, activity))
            })
            .collect();
        candidates.sort_by_key(|(size, since, _)| (*size, *since));
        candidates.iter().any(|(.., activity)| activity.evict())
    }
}

impl Place {
    /// Returns what the connection does.
    pub fn activity(&self) -> &Arc<Activity> {
        &self.activity
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.table.lock().open.remove(&self.id);
        self.table.count.send_modify(|count| *count -= 1);
        self.table.changed.notify_waiters();
    }
}

impl Activity {
    fn new(peer: IpAddr, changed: Arc<Notify>) -> Self {
        let opened = Instant::now();
        let state = ActivityState { client: None, working: 0, since: opened, is_evicted: false };
        Self { peer, opened, state: Mutex::new(state), close: Notify::default(), changed }
    }

    /// Notes that the client sent or took bytes.
    pub fn moved(&self) {
        self.lock().since = Instant::now();
    }

    /// Notes that the connection carried the valid token of a client.
    pub fn authenticated(&self, client: ClientKey) {
        self.lock().client = Some(client);
    }

    /// Keeps the connection from being closed while a request is worked on. Never resolves if the
    /// connection was told to close before, so that no request is cut that has begun.
    pub async fn work(self: &Arc<Self>) -> Working {
        if let Some(working) = self.try_work() {
            return working;
        }
        std::future::pending().await
    }

    fn try_work(self: &Arc<Self>) -> Option<Working> {
        let mut state = self.lock();
        if state.is_evicted {
            return None;
        }
        state.working += 1;
        Some(Working(Arc::clone(self)))
    }

    /// Resolves once the table has told the connection to close.
    pub async fn evicted(&self) {
        self.close.notified().await;
    }

    /// Tells the connection to close, unless a request has begun since it was chosen.
    fn evict(&self) -> bool {
        let mut state = self.lock();
        state.is_evicted |= state.working == 0;
        if state.is_evicted {
            self.close.notify_one();
        }
        state.is_evicted
    }

    /// Returns since when the connection waits for its client, or `None` if a request is worked on
    /// or the connection was told to close.
    fn waiting_since(&self) -> Option<Instant> {
        let state = self.lock();
        (state.working == 0 && !state.is_evicted).then_some(state.since)
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
