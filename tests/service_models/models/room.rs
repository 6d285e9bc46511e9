//! Models how the server's room is shared out: parts of a key's limit, bytes on their way to a
//! socket, the room of uploads, and places for connections.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use prometheus_client::metrics::counter::Counter;

use super::album::{ContentHash, PersonId};
use super::connection_table::{ConnectionTable, TableLimits};
use super::shares::Shares;
use super::transit::{DownloadBudget, UploadBudget, hold};
use crate::codec::limits::MAX_FILE_BYTES;
use crate::execution::{Bounded, clients, give_up_after, join_all, patience, rest, run};
use crate::runtime::watch;

/// Takes parts of the limits of two keys, with requests that wait, give up, and come again after
/// their key was forgotten.
pub(crate) fn shares() -> Result<(), String> {
    run(async |claims| {
        let shares = Arc::new(Shares::<usize>::new(2));
        let held = [(); 2].map(|()| Bounded::new(claims, "permits of one key are held", 2));
        let requests = clients(6, |number| {
            let (shares, held) = (Arc::clone(&shares), held.clone());
            async move {
                for _ in 0..2 {
                    rest().await;
                    let permits = 1 + number as u32 % 2;
                    let share = shares.acquire(number % 2, permits);
                    let Some(share) = give_up_after(patience(), share).await else { continue };
                    let counted = held[number % 2].hold(permits.into());
                    rest().await;
                    drop(counted);
                    drop(share);
                }
            }
        });
        join_all(claims, requests).await;
        claims.check(shares.is_empty(), || format!("{} keys are left", shares.len()));
    })
}

/// Bytes of a piece of a download: one unit of the budget.
const PIECE: u64 = 64 << 10;

/// Sends pieces to five clients, through write buffers that keep a part of each piece.
pub(crate) fn downloads() -> Result<(), String> {
    run(async |claims| {
        let budget = Arc::new(DownloadBudget::new(4 * PIECE));
        let all = Bounded::new(claims, "bytes are on their way", 4 * PIECE);
        let own = [(); 2].map(|()| Bounded::new(claims, "bytes of one client", PIECE));
        let downloads = clients(5, |number| {
            let (budget, all) = (Arc::clone(&budget), all.clone());
            let (own, claims) = (own[number % 2].clone(), claims.clone());
            async move {
                let client = ContentHash::of(&[number as u8 % 2]);
                let mut write_buffer = VecDeque::new();
                for piece in 0..2 {
                    let booking = budget.book(client, PIECE);
                    let Some(booking) = give_up_after(patience(), booking).await else { return };
                    let counted = (all.hold(PIECE), own.hold(PIECE));
                    let content = vec![number as u8 * 2 + piece; 4];
                    let bytes = hold(Bytes::from(content.clone()), booking);
                    write_buffer.push_back((counted, bytes.slice(1..)));
                    drop(bytes);
                    rest().await;
                    // The socket takes the piece.
                    let (counted, taken) = write_buffer.pop_front().expect("a piece is there");
                    claims.check(taken == content[1..], || format!("{taken:?} was sent"));
                    drop(counted);
                    drop(taken);
                }
            }
        });
        join_all(claims, downloads).await;
        let taken = budget.taken_bytes();
        claims.check(taken == 0, || format!("{taken} bytes are booked by no download"));
    })
}

/// Bytes by which an upload's room grows.
const STEP: u64 = 256 << 10;

/// Grows four uploads to the largest file, with a pool for two steps. All of them end.
pub(crate) fn upload_room() -> Result<(), String> {
    run(async |claims| {
        let max_bytes = MAX_FILE_BYTES + 2 * STEP;
        let budget = Arc::new(UploadBudget::new(max_bytes));
        let held = Bounded::new(claims, "bytes of uploads are held", max_bytes);
        let uploads = clients(4, |_| {
            let (budget, held) = (Arc::clone(&budget), held.clone());
            async move {
                let upload = async {
                    let mut room = budget.begin(PersonId::random(), MAX_FILE_BYTES).await;
                    room.grow_to(STEP).await;
                    let first = held.hold(STEP);
                    rest().await;
                    room.grow_to(MAX_FILE_BYTES).await;
                    let rest_of_it = held.hold(MAX_FILE_BYTES - STEP);
                    rest().await;
                    drop((first, rest_of_it));
                    drop(room);
                };
                give_up_after(patience(), upload).await;
            }
        });
        join_all(claims, uploads).await;
        let taken = budget.taken_bytes();
        claims.check(taken == 0, || format!("{taken} bytes are taken by no upload"));
    })
}

/// Admits six connections to two places. Each works for two requests, and leaves if it is told to.
pub(crate) fn connections() -> Result<(), String> {
    run(async |claims| {
        let (max_all, min_idle_time) = (2, Duration::ZERO);
        let limits = TableLimits { max_all, max_per_peer: 2, min_idle_time };
        let count = watch::Sender::new(0);
        let table = Arc::new(ConnectionTable::new(limits, count.clone(), Counter::default()));
        let open = Bounded::new(claims, "connections are open", 2);
        let connections = clients(6, |number| {
            let (table, open, claims) = (Arc::clone(&table), open.clone(), claims.clone());
            async move {
                rest().await;
                let peer = IpAddr::V4(Ipv4Addr::new(192, 0, 2, number as u8 % 2));
                let admitted = give_up_after(patience(), table.admit(peer)).await;
                let Some(place) = admitted.flatten() else { return };
                let counted = open.hold(1);
                let activity = Arc::clone(place.activity());
                let works = AtomicBool::new(false);
                let serve = async {
                    for request in 0..2 {
                        rest().await;
                        let working = activity.work().await;
                        works.store(true, Ordering::SeqCst);
                        if request == number % 2 {
                            activity.authenticated(ContentHash::of(&[number as u8]));
                        }
                        rest().await;
                        works.store(false, Ordering::SeqCst);
                        drop(working);
                    }
                };
                tokio::select! {
                    biased;
                    () = activity.evicted() => {
                        let is_cut = works.load(Ordering::SeqCst);
                        claims.check(!is_cut, || "a request is cut that has begun".to_owned());
                    }
                    () = serve => {}
                }
                // It takes time to close.
                rest().await;
                rest().await;
                drop(counted);
                drop(place);
            }
        });
        join_all(claims, connections).await;
        let left = *count.borrow();
        claims.check(left == 0, || format!("{left} places are left"));
    })
}
