//! Checks the repairs: no order of threads mixes two requests, and each claim has its control.

use crate::claims::{explore_clients, ring_mixes};
use crate::explore::Limits;
use crate::model::clients::{Clients, Switch};
use crate::model::pool_invariant::check_pool;
use crate::model::recorder::{Reached, Recorder, Run};
use crate::pipeline::{Bounds, Owned, Pipeline, Pooled};

/// Upper bound of a kept frame in bytes, far more than a frame of a model takes.
const MAX_FRAME_BYTES: usize = 64;

/// Proves that a repair is clean in every execution, and finds the failure with the same clients on
/// a ring with one slot (buffer) fewer than requests.
#[track_caller]
fn clean_where_the_ring_mixes<P>(
    name: &str,
    parameters: &str,
    clients: &Clients,
    make: impl Fn(Recorder) -> P + Send + Sync + 'static,
    inspect: impl Fn(&P, &Run) -> Result<(), String> + Send + Sync + 'static,
) -> Reached
where
    P: Pipeline<Codec = Recorder> + Send + Sync + 'static,
{
    let (exploration, reached) =
        explore_clients(name, parameters, Limits::ALL, clients, make, inspect);
    exploration.proof();
    ring_mixes(Limits::ALL, clients, clients.requests() - 1);
    reached
}

/// Proves that `pooled` is clean, keeps its bounds and loses no frame.
#[track_caller]
fn pooled_is_clean(clients: &Clients, max_frames: usize) -> Reached {
    let bounds = Bounds { max_frames, max_frame_bytes: MAX_FRAME_BYTES };
    let make = move |codec| Pooled::new(codec, bounds);
    let inspect = move |pipeline: &Pooled<Recorder>, run: &Run| {
        check_pool(pipeline.pool().kept(), bounds, run)
    };
    let kept = format!(", kept {max_frames}");
    let reached = clean_where_the_ring_mixes("pooled", &kept, clients, make, inspect);
    assert!(reached.second_frame > 0, "no two frames were leased at once: {reached}");
    assert!(reached.reused > 0, "no frame was reused: {reached}");
    reached
}

#[test]
fn pooled_is_clean_with_two_and_three_requests_and_one_and_two_kept_frames() {
    for (requests, frames) in [(2, 1), (2, 2), (3, 1), (3, 2)] {
        pooled_is_clean(&Clients::of(requests, 2), frames);
    }
}

#[test]
fn pooled_is_clean_when_other_requests_come_between_any_two_steps() {
    for frames in [1, 2] {
        for clients in [
            Clients { switch: Switch::Steps, ..Clients::of(2, 2) },
            Clients { switch: Switch::Bands, ..Clients::of(3, 1) },
        ] {
            let reached = pooled_is_clean(&clients, frames);
            reached.assert_overlap();
        }
    }
}

#[test]
fn pooled_gets_its_frame_back_when_a_photo_cannot_be_decoded() {
    for frames in [1, 2] {
        let photos = vec![&b"Ax"[..], b"B"];
        let clients = Clients { photos, switch: Switch::Bands, ..Clients::of(2, 2) };
        let reached = pooled_is_clean(&clients, frames);
        assert!(reached.failed > 0, "every photo was decoded: {reached}");
    }
}

#[test]
fn pooled_keeps_no_frame_that_is_larger_than_its_bound() {
    let bounds = Bounds { max_frames: 2, max_frame_bytes: 1 };
    let make = move |codec| Pooled::new(codec, bounds);
    let inspect = |pipeline: &Pooled<Recorder>, _: &Run| match pipeline.pool().kept() {
        (0, 0) => Ok(()),
        kept => Err(format!("(frames, bytes) kept: {kept:?}")),
    };
    let parameters = ", kept of 1 byte";
    clean_where_the_ring_mixes("pooled", parameters, &Clients::of(2, 2), make, inspect);
}

/// Confirms the proof of `owned`, which is its type. `owned` has no primitive at which a checker
/// can switch threads, so the codec touches an atomic at each step.
#[test]
fn owned_is_clean_when_other_requests_come_between_any_two_steps() {
    let clients = Clients { switch: Switch::Steps, ..Clients::of(2, 2) };
    let reached = clean_where_the_ring_mixes("owned", "", &clients, Owned::new, |_, _| Ok(()));
    reached.assert_overlap();
}
