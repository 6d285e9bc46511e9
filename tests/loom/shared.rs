//! Checks the ring: with fewer slots (buffers) than requests some order mixes two photos, and loom
//! finds it.

use crate::claims::{ring, ring_mixes};
use crate::explore::Limits;
use crate::model::clients::{Clients, Switch};
use crate::model::requests::End;

#[test]
fn shared_mixes_when_there_are_fewer_slots_than_requests() {
    for (requests, slots) in [(2, 1), (3, 2), (4, 3)] {
        ring_mixes(Limits::ALL, &Clients::of(requests, 2), slots);
    }
}

#[test]
fn shared_mixes_two_in_flight_when_one_is_slow_and_the_other_sends_as_many_as_there_are_slots() {
    for quick in ["BC", "BCD"] {
        let clients = Clients::ending(&["A", quick], End::Thumbnail, 2, Switch::Locks);
        ring_mixes(Limits::ALL, &clients, quick.len());
    }
}

/// Explores with switch points at bands too. With a slot for each request, the orders of steps in
/// two slots do not differ for loom, so its own switch points at locks leave few orders.
#[test]
fn shared_is_clean_when_every_request_has_a_slot() {
    for (requests, bands) in [(2, 2), (3, 1)] {
        let locks = Clients::of(requests, bands);
        ring(Limits::ALL, &locks, requests).0.proof();
        let clients = Clients { switch: Switch::Bands, ..locks };
        let (exploration, reached) = ring(Limits::ALL, &clients, requests);
        exploration.proof();
        reached.assert_overlap();
        assert_eq!(reached.lapped, 0, "{reached}");
    }
}

/// Explores with different bounds. loom counts every deviation from its default choice against the
/// bound. A mix behind a semaphore takes two deviations: one stalls a request, and one lets the
/// next request take the permit. So a bound of 1 finds nothing, and a bound of 2 is the cheapest
/// that finds the mix.
#[test]
fn shared_mixes_behind_a_semaphore_that_lets_in_as_many_as_there_are_slots() {
    let clients = Clients { permits: Some(2), ..Clients::of(3, 2) };
    let bound = |max_preemptions| Limits { max_preemptions, ..Limits::ALL };
    ring_mixes(bound(None), &clients, 2);
    ring_mixes(bound(Some(2)), &clients, 2);
    ring(bound(Some(1)), &clients, 2).0.proof();
}

#[test]
fn a_bound_of_one_misses_the_mix_of_three_requests_on_two_slots() {
    let bound = |bound| Limits { max_preemptions: Some(bound), ..Limits::ALL };
    ring(bound(1), &Clients::of(3, 2), 2).0.proof();
    ring_mixes(bound(2), &Clients::of(3, 2), 2);
}
