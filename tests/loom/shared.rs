//! The ring of buffers: with fewer slots than requests some interleaving mixes, and loom finds it.

use std::num::NonZeroUsize;

use crate::crowd::{Crowd, Fault};
use crate::explore::{Limits, explore};
use crate::outcome::Outcome;
use crate::pipeline::Shared;

/// Explores the ring, stopping at the first mix, and prints how that ended.
pub(crate) fn ring(what: &str, limits: Limits, crowd: Crowd, slots: usize) -> Outcome<Fault> {
    let slots = NonZeroUsize::new(slots).expect("a ring has a slot");
    let outcome = explore(limits, move || {
        crowd.serve(|codec| Shared::new(codec, slots), |_, _| Ok(())).map(drop)
    });
    line("shared", &format!("{what}, {slots} slots"), limits, &outcome);
    outcome
}

/// Prints one line of the table.
pub(crate) fn line(pipeline: &str, what: &str, limits: Limits, outcome: &Outcome<Fault>) {
    let bound = limits.preemptions.map_or_else(|| "unbounded".into(), |n| format!("bound {n}"));
    println!("{pipeline:<7} {what:<60} {bound:<10} {outcome}");
}

#[test]
fn a_ring_with_fewer_slots_than_requests_mixes_them() {
    for (requests, slots) in [(2, 1), (3, 2), (4, 3)] {
        let crowd = Crowd::of(requests, 2);
        ring(&format!("{requests} requests, 2 bands"), Limits::ALL, crowd, slots).fault();
    }
}

#[test]
fn sc() {
    for photos in [&b"BC"[..], b"BCD"] {
        let crowd = Crowd { clients: vec![b"A", photos], ..Crowd::of(2, 2) };
        ring("slow and quick", Limits::ALL, crowd, photos.len()).fault();
    }
}

#[test]
fn clean() {
    for n in [2, 3] {
        ring(&format!("{n} requests, 2 bands"), Limits::ALL, Crowd::of(n, 2), n).proof();
    }
}

#[test]
fn semaphore() {
    for preemptions in [Some(1), Some(2), Some(3), Some(4), None] {
        let limits = Limits { preemptions, ..Limits::ALL };
        let start = std::time::Instant::now();
        ring("3 requests 2 bands behind 2", limits, Crowd { door: Some(2), ..Crowd::of(3, 2) }, 2);
        println!("{:?}", start.elapsed());
        ring("3 requests 2 bands", limits, Crowd::of(3, 2), 2);
    }
}
