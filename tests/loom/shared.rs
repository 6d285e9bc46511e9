//! The ring of buffers: with fewer slots than requests some order mixes two, and loom finds it.

use crate::claims::{ring, ring_mixes};
use crate::crowd::{Crowd, Switch};
use crate::explore::Limits;

#[test]
fn shared_mixes_when_there_are_fewer_slots_than_requests() {
    for (requests, slots) in [(2, 1), (3, 2), (4, 3)] {
        ring_mixes(Limits::ALL, &Crowd::of(requests, 2), slots);
    }
}

#[test]
fn shared_mixes_two_in_flight_when_one_is_slow_and_the_other_sends_as_many_as_there_are_slots() {
    for quick in [&b"BC"[..], b"BCD"] {
        let crowd = Crowd { clients: vec![b"A", quick], ..Crowd::of(2, 2) };
        ring_mixes(Limits::ALL, &crowd, quick.len());
    }
}

/// Slots that nobody else uses leave loom little to try at the locks: no order of steps in two
/// of them differs from another. So it is made to stop at bands too.
#[test]
fn shared_is_clean_when_every_request_has_a_slot() {
    for (requests, bands) in [(2, 2), (3, 1)] {
        let locks = Crowd::of(requests, bands);
        ring(Limits::ALL, &locks, requests).0.proof();
        let crowd = Crowd { switch: Switch::Bands, ..locks };
        let (ending, reached) = ring(Limits::ALL, &crowd, requests);
        ending.proof();
        reached.overlap();
        assert_eq!(reached.lapped, 0, "{reached}");
    }
}

/// loom counts every deviation from its default choice against the bound. The mix behind a
/// semaphore takes two: one stalls a request, one lets the next take the permit. So a bound of one
/// ends clean and has proved nothing, a bound of two is the cheapest that finds it.
#[test]
fn shared_mixes_behind_a_semaphore_that_lets_in_as_many_as_there_are_slots() {
    let crowd = Crowd { door: Some(2), ..Crowd::of(3, 2) };
    let bound = |preemptions| Limits { preemptions, ..Limits::ALL };
    ring_mixes(bound(None), &crowd, 2);
    ring_mixes(bound(Some(2)), &crowd, 2);
    ring(bound(Some(1)), &crowd, 2).0.proof();
}

#[test]
fn a_bound_of_one_misses_the_mix_of_three_requests_on_two_slots() {
    let bound = |preemptions| Limits { preemptions: Some(preemptions), ..Limits::ALL };
    ring(bound(1), &Crowd::of(3, 2), 2).0.proof();
    ring_mixes(bound(2), &Crowd::of(3, 2), 2);
}
