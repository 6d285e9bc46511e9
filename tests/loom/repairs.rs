//! Checks the repairs: no order of threads mixes two requests, and each claim has its control.

use crate::claims::{explore_clients, ring_mixes};
use crate::explore::Limits;
use crate::model::clients::{Clients, Switch};
use crate::model::pool_invariant::check_pool;
use crate::model::recorder::{Reached, Recorder, Run};
use crate::model::requests::{Call, End, Request};
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
    if !panics_under_a_lock(clients) {
        ring_mixes(Limits::ALL, clients, clients.thumbnails() - 1);
    }
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
            Clients { switch: Switch::Calls, ..Clients::of(2, 2) },
            Clients { switch: Switch::Bands, ..Clients::of(2, 3) },
            Clients { switch: Switch::Bands, ..Clients::of(3, 1) },
        ] {
            let reached = pooled_is_clean(&clients, frames);
            reached.assert_overlap();
        }
    }
}

/// Lists the clients of whom one has a request with a fault: each step fails or panics, or the
/// client drops the job.
fn faulty(switch: Switch) -> impl Iterator<Item = Clients> {
    End::faults(2).into_iter().map(move |end| Clients::ending(&["AX", "B"], end, 2, switch))
}

/// Returns true if `shared` panics under a lock with this model. loom's lock panics when a thread
/// locks it after that, so shuttle has these controls.
fn panics_under_a_lock(clients: &Clients) -> bool {
    let under_a_lock = |request: &Request| {
        matches!(request.end, End::Panic(Call::Decode | Call::Fill | Call::Band(_)))
    };
    clients.requests.iter().flatten().any(under_a_lock)
}

#[test]
fn pooled_gets_its_frame_back_however_a_request_ends() {
    for frames in [1, 2] {
        for clients in faulty(Switch::Bands) {
            let reached = pooled_is_clean(&clients, frames);
            let Request { end, .. } = clients.requests[0][1];
            let unfilled = [End::Error(Call::Decode), End::Panic(Call::Decode)].contains(&end);
            assert_eq!(reached.failed > 0, unfilled, "{end}: {reached}");
        }
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
    for clients in [
        Clients { switch: Switch::Steps, ..Clients::of(2, 2) },
        Clients { switch: Switch::Calls, ..Clients::of(2, 2) },
        Clients { switch: Switch::Bands, ..Clients::of(2, 3) },
        Clients { switch: Switch::Bands, ..Clients::of(3, 2) },
        Clients { switch: Switch::Bands, ..Clients::of(4, 1) },
    ] {
        owned_is_clean(&clients);
    }
}

#[test]
fn owned_is_clean_however_a_request_ends() {
    for clients in faulty(Switch::Calls) {
        owned_is_clean(&clients);
    }
}

#[track_caller]
fn owned_is_clean(clients: &Clients) {
    let reached = clean_where_the_ring_mixes("owned", "", clients, Owned::new, |_, _| Ok(()));
    reached.assert_overlap();
}
