//! Tests the parts that share out the server's room by their own types: shares of a key, bytes in
//! transit, and places for connections. The tests poll the futures by hand, so that the order is
//! the one written here.

use std::net::{IpAddr, Ipv4Addr};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use double_exposure::album::{ContentHash, PersonId};
use double_exposure::codec::limits::MAX_FILE_BYTES;
use double_exposure::server::connection_table::{ConnectionTable, Place, TableLimits};
use double_exposure::server::shares::Shares;
use double_exposure::server::transit::{ClientKey, DownloadBudget, UploadBudget, hold};
use prometheus_client::metrics::counter::Counter;
use tokio::sync::watch;

/// Bytes by which an upload's room grows.
const STEP_BYTES: u64 = 256 << 10;

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
    assert_eq!(shares.len(), 1);
    drop(held);
    assert_eq!(shares.len(), 0);
}

const MIB: u64 = 1 << 20;

fn client(name: &str) -> ClientKey {
    ContentHash::of(name.as_bytes())
}

#[test]
fn bytes_are_booked_until_the_last_reference_to_them_is_dropped() {
    let budget = DownloadBudget::new(MIB);
    let booking = budget.try_book(client("ann"), 128 << 10).expect("there is room");
    let piece = hold(Bytes::from(vec![7; 128 << 10]), booking);
    let in_a_write_buffer = piece.slice(100..200);
    drop(piece);
    assert_eq!(budget.taken_bytes(), 128 << 10);
    assert_eq!(in_a_write_buffer[..], [7; 100]);
    drop(in_a_write_buffer);
    assert_eq!(budget.taken_bytes(), 0);
}

#[test]
fn one_client_books_at_most_a_quarter_and_leaves_the_rest_to_others() {
    let budget = DownloadBudget::new(MIB);
    let _held = budget.try_book(client("ann"), MIB / 4).expect("there is room");
    assert!(budget.try_book(client("ann"), 1).is_none());
    let mut waiting = pin!(budget.book(client("ann"), 1));
    assert!(poll(waiting.as_mut()).is_pending());
    let others = ["ben", "eve", "kim"].map(|name| budget.try_book(client(name), MIB / 4));
    assert!(others.iter().all(Option::is_some));
    assert!(budget.try_book(client("zoe"), 1).is_none(), "the whole budget is taken");
}

#[test]
fn an_upload_takes_room_for_what_arrived_and_not_for_what_it_announced() {
    let budget = UploadBudget::new(MAX_FILE_BYTES + 4 * MIB);
    let Poll::Ready(mut room) = poll(pin!(budget.begin(PersonId::random(), MAX_FILE_BYTES))) else {
        panic!("the person has no other upload")
    };
    assert_eq!(budget.taken_bytes(), 0);
    assert!(poll(pin!(room.grow_to(1))).is_ready());
    assert_eq!(budget.taken_bytes(), STEP_BYTES);
    drop(room);
    assert_eq!(budget.taken_bytes(), 0);
}

#[test]
fn with_the_pool_taken_one_upload_at_a_time_goes_on_to_its_end() {
    let budget = UploadBudget::new(MAX_FILE_BYTES + 2 * STEP_BYTES);
    let mut rooms = [(); 3].map(|()| {
        let Poll::Ready(room) = poll(pin!(budget.begin(PersonId::random(), MAX_FILE_BYTES))) else {
            panic!("each person has one upload")
        };
        room
    });
    for room in &mut rooms[..2] {
        assert!(poll(pin!(room.grow_to(1))).is_ready());
    }
    let [first, second, third] = rooms;
    let (mut first, mut second, mut third) = (first, second, third);
    assert!(poll(pin!(first.grow_to(MAX_FILE_BYTES))).is_ready(), "it takes the reserve");
    let mut waiting = pin!(second.grow_to(MAX_FILE_BYTES));
    assert!(poll(waiting.as_mut()).is_pending());
    assert!(poll(pin!(third.grow_to(1))).is_pending());
    let all = budget.taken_bytes();
    assert_eq!(all, MAX_FILE_BYTES + 2 * STEP_BYTES, "never more than the budget");
    drop(first);
    assert!(poll(waiting.as_mut()).is_ready());
}

fn peer(number: u8) -> IpAddr {
    Ipv4Addr::new(192, 0, 2, number).into()
}

fn table(max_all: usize, max_per_peer: usize) -> Arc<ConnectionTable> {
    let limits = TableLimits { max_all, max_per_peer, min_idle_time: Duration::ZERO };
    Arc::new(ConnectionTable::new(limits, watch::Sender::new(0), Counter::default()))
}

fn admit(table: &Arc<ConnectionTable>, number: u8) -> Place {
    match poll(pin!(table.admit(peer(number)))) {
        Poll::Ready(Some(place)) => place,
        _ => panic!("there is a place"),
    }
}

/// Returns true if the table told the connection to close, and forgets that it did.
fn is_evicted(place: &Place) -> bool {
    poll(pin!(place.activity().evicted())).is_ready()
}

/// Enters a runtime, whose timers the table waits with.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime")
}

#[test]
fn a_connection_that_has_just_begun_to_wait_is_not_closed() {
    let limits = TableLimits { max_all: 1, max_per_peer: 1, min_idle_time: Duration::MAX };
    let evicted = Counter::default();
    let table = Arc::new(ConnectionTable::new(limits, watch::Sender::new(0), evicted.clone()));
    let place = admit(&table, 1);
    assert!(!table.evict_one());
    assert_eq!((is_evicted(&place), evicted.get()), (false, 0));
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
    assert!(poll(pin!(table.admit(peer(4)))).is_pending(), "the place is not free yet");
    drop(stranger);
    assert!(matches!(poll(third.as_mut()), Poll::Ready(Some(_))));
}

#[test]
fn the_client_with_the_most_connections_gives_up_its_oldest() {
    let table = table(4, 4);
    let places = [1, 1, 1, 1].map(|number| admit(&table, number));
    for (place, name) in places.iter().zip(["ben", "ann", "ann", "ann"]) {
        place.activity().authenticated(client(name));
    }
    // Ben has waited longest, and Ann has three connections.
    places[1].activity().moved();
    assert!(table.evict_one());
    assert_eq!(places.each_ref().map(is_evicted), [false, false, true, false]);
}

#[test]
fn a_stranger_who_keeps_sending_is_closed_and_a_client_with_a_token_is_not() {
    let min_idle_time = Duration::from_millis(500);
    let limits = TableLimits { max_all: 2, max_per_peer: 2, min_idle_time };
    let table = Arc::new(ConnectionTable::new(limits, watch::Sender::new(0), Counter::default()));
    let (member, stranger) = (admit(&table, 1), admit(&table, 2));
    member.activity().authenticated(client("ann"));
    let opened = std::time::Instant::now();
    while opened.elapsed() < min_idle_time {}
    stranger.activity().moved();
    assert!(table.evict_one());
    assert!(is_evicted(&stranger) && !is_evicted(&member));
}

#[test]
fn a_client_whose_connections_are_all_worked_for_does_not_protect_the_others() {
    let table = table(8, 8);
    let places = [1, 1, 1, 1, 1].map(|number| admit(&table, number));
    for (place, name) in places.iter().zip(["ann", "ann", "ann", "ben", "ben"]) {
        place.activity().authenticated(client(name));
    }
    let works = places.each_ref().map(|place| Arc::clone(place.activity()));
    let _working: Vec<_> = works[..3].iter().map(|it| poll(pin!(it.work()))).collect();
    assert!(table.evict_one());
    assert_eq!(places.each_ref().map(is_evicted), [false, false, false, true, false]);
}

#[test]
fn a_peer_at_its_limit_waits_for_a_connection_that_can_be_closed_soon() {
    let runtime = runtime();
    let _entered = runtime.enter();
    let limits = TableLimits { max_all: 8, max_per_peer: 1, min_idle_time: Duration::MAX };
    let table = Arc::new(ConnectionTable::new(limits, watch::Sender::new(0), Counter::default()));
    let place = admit(&table, 1);
    let mut next = pin!(table.admit(peer(1)));
    assert!(poll(next.as_mut()).is_pending(), "neither refused nor at the cost of the first");
    assert!(!is_evicted(&place));
    drop(place);
    assert!(matches!(poll(next.as_mut()), Poll::Ready(Some(_))));
}

#[test]
fn a_connection_that_is_worked_for_is_never_closed() {
    let runtime = runtime();
    let _entered = runtime.enter();
    let table = table(1, 1);
    let place = admit(&table, 1);
    let Poll::Ready(working) = poll(pin!(place.activity().work())) else { panic!("it is open") };
    let mut second = pin!(table.admit(peer(2)));
    assert!(poll(second.as_mut()).is_pending());
    assert!(!is_evicted(&place));
    drop(working);
    assert!(poll(second.as_mut()).is_pending());
    assert!(is_evicted(&place), "it waits for its client now");
    drop(place);
    assert!(poll(second.as_mut()).is_ready());
}

#[test]
fn a_peer_at_its_limit_gives_up_its_own_connection_or_is_refused() {
    let runtime = runtime();
    let _entered = runtime.enter();
    let table = table(8, 1);
    let place = admit(&table, 1);
    let Poll::Ready(working) = poll(pin!(place.activity().work())) else { panic!("it is open") };
    assert!(matches!(poll(pin!(table.admit(peer(1)))), Poll::Ready(None)));
    let other = admit(&table, 2);
    drop(working);
    let mut next = pin!(table.admit(peer(1)));
    assert!(poll(next.as_mut()).is_pending());
    assert!(is_evicted(&place) && !is_evicted(&other));
    drop(place);
    assert!(matches!(poll(next.as_mut()), Poll::Ready(Some(_))));
}
