//! The repairs: no order of threads mixes two requests, and each claim has its control.

use crate::claims::{crowded, ring_mixes};
use crate::crowd::{Crowd, Switch};
use crate::explore::Limits;
use crate::kept::all_given_back;
use crate::pipeline::{Bounds, Owned, Pipeline, Pooled};
use crate::record::{Reached, Recorder, Run};

/// Far more than a frame of a model takes.
const FRAME_BYTES: usize = 64;

/// Proves a repair clean over every execution, and finds the failure with the same crowd on a ring
/// with one slot fewer than requests.
#[track_caller]
fn clean_where_the_ring_mixes<P>(
    name: &str,
    what: &str,
    crowd: &Crowd,
    make: impl Fn(Recorder) -> P + Send + Sync + 'static,
    inspect: impl Fn(&P, &Run) -> Result<(), String> + Send + Sync + 'static,
) -> Reached
where
    P: Pipeline<Codec = Recorder> + Send + Sync + 'static,
{
    let (ending, reached) = crowded(name, what, Limits::ALL, crowd, make, inspect);
    ending.proof();
    ring_mixes(Limits::ALL, crowd, crowd.requests() - 1);
    reached
}

/// The same for `pooled`, which also keeps its bounds and loses no frame.
#[track_caller]
fn pooled_is_clean(crowd: &Crowd, frames: usize) -> Reached {
    let bounds = Bounds { frames, frame_bytes: FRAME_BYTES };
    let make = move |codec| Pooled::new(codec, bounds);
    let inspect = move |pipeline: &Pooled<Recorder>, run: &Run| {
        all_given_back(pipeline.pool().kept(), bounds, run)
    };
    let kept = format!(", kept {frames}");
    let reached = clean_where_the_ring_mixes("pooled", &kept, crowd, make, inspect);
    assert!(reached.second > 0, "no two frames were ever out at once: {reached}");
    assert!(reached.reused > 0, "no frame was ever used again: {reached}");
    reached
}

#[test]
fn pooled_is_clean_with_two_and_three_requests_and_one_and_two_kept_frames() {
    for (requests, frames) in [(2, 1), (2, 2), (3, 1), (3, 2)] {
        pooled_is_clean(&Crowd::of(requests, 2), frames);
    }
}

#[test]
fn pooled_is_clean_when_other_requests_come_between_any_two_steps() {
    for frames in [1, 2] {
        for crowd in [
            Crowd { switch: Switch::Steps, ..Crowd::of(2, 2) },
            Crowd { switch: Switch::Bands, ..Crowd::of(3, 1) },
        ] {
            let reached = pooled_is_clean(&crowd, frames);
            reached.overlap();
        }
    }
}

#[test]
fn pooled_gets_its_frame_back_when_a_photo_is_refused() {
    for frames in [1, 2] {
        let clients = vec![&b"Ax"[..], b"B"];
        let crowd = Crowd { clients, switch: Switch::Bands, ..Crowd::of(2, 2) };
        let reached = pooled_is_clean(&crowd, frames);
        assert!(reached.refused > 0, "no photo was ever refused: {reached}");
    }
}

#[test]
fn pooled_keeps_no_frame_that_is_larger_than_its_bound() {
    let bounds = Bounds { frames: 2, frame_bytes: 1 };
    let make = move |codec| Pooled::new(codec, bounds);
    let inspect = |pipeline: &Pooled<Recorder>, _: &Run| match pipeline.pool().kept() {
        (0, 0) => Ok(()),
        kept => Err(format!("(frames, bytes) kept: {kept:?}")),
    };
    let what = ", kept of 1 byte";
    clean_where_the_ring_mixes("pooled", what, &Crowd::of(2, 2), make, inspect);
}

/// `owned` has nothing that a checker could stop at, which is the point of it: its proof is the
/// type. The model confirms it, with an atomic that the codec touches at each step.
#[test]
fn owned_is_clean_when_other_requests_come_between_any_two_steps() {
    let crowd = Crowd { switch: Switch::Steps, ..Crowd::of(2, 2) };
    let reached = clean_where_the_ring_mixes("owned", "", &crowd, Owned::new, |_, _| Ok(()));
    reached.overlap();
}
