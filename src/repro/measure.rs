//! One run: one pipeline, one number in flight, every finished thumbnail judged.

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{MOST_EXHIBITS, Plan, Subjects};
use crate::codec::{self, ImageCodec};
use crate::load::Load;
use crate::pipeline::{Bounds, Owned, Pipeline, Pooled, Shared};
use crate::schedule::Outcome;
use crate::witness::{Asked, Judged, Tally, Witness, Witnessed};

/// Bytes that a frame kept by `pooled` holds at most: those of 2048 × 2048 px.
const KEPT_FRAME_BYTES: usize = 2048 * 2048 * 3;

/// The pipelines by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A ring of buffers that requests share: the failure
    Shared,
    /// A buffer in each request: the repair
    Owned,
    /// A buffer in each request, given back for the next: the repair that reuses memory
    Pooled,
}

impl Kind {
    /// Whether it promises never to mix.
    pub fn is_repair(self) -> bool {
        !matches!(self, Self::Shared)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Shared => "shared",
            Self::Owned => "owned",
            Self::Pooled => "pooled",
        })
    }
}

/// What one run showed.
#[derive(Clone, Debug)]
pub struct Run {
    /// Which pipeline.
    pub kind: Kind,
    /// Slots in the ring.
    pub slots: NonZeroUsize,
    /// Bands of a thumbnail.
    pub bands: u32,
    /// Requests in flight.
    pub in_flight: usize,
    /// Thumbnails that were to be made; fewer if time ran out.
    pub asked: u64,
    /// What was counted.
    pub tally: Tally,
    /// Thumbnails per second of conversion, the judging left out.
    pub per_second: f64,
}

/// A mixed thumbnail, for people to look at.
#[derive(Clone, Debug)]
pub struct Exhibit {
    /// The run's pipeline.
    pub kind: Kind,
    /// The run's requests in flight.
    pub in_flight: usize,
    /// The photo that was asked for: a place in [`Subjects::requests`].
    pub asked: usize,
    /// Torn or swapped.
    pub outcome: Outcome,
    /// Rows of the thumbnail, and the owner they show: a place in [`Subjects::owners`].
    pub bands: Vec<(Range<u32>, Option<usize>)>,
    /// What was made, as JPEG.
    pub made: Bytes,
}

pub(super) fn measure(
    plan: &Plan,
    subjects: &Subjects,
    kind: Kind,
    in_flight: usize,
    admit: impl Fn(u64) -> bool,
) -> std::io::Result<(Run, Vec<Exhibit>)> {
    let codec = Witness::new(ImageCodec::new(plan.bands));
    let bounds = Bounds { frames: plan.slots.get(), frame_bytes: KEPT_FRAME_BYTES };
    let bench = Bench { plan, subjects, kind, in_flight, admit };
    match kind {
        Kind::Shared => bench.run(Shared::new(codec, plan.slots)),
        Kind::Owned => bench.run(Owned::new(codec)),
        Kind::Pooled => bench.run(Pooled::new(codec, bounds)),
    }
}

struct Bench<'a, A> {
    plan: &'a Plan,
    subjects: &'a Subjects,
    kind: Kind,
    in_flight: usize,
    admit: A,
}

impl<A: Fn(u64) -> bool> Bench<'_, A> {
    fn run<P>(&self, pipeline: P) -> std::io::Result<(Run, Vec<Exhibit>)>
    where
        P: Pipeline<Codec = Witness<ImageCodec>> + Send + Sync + 'static,
    {
        let Self { plan, subjects, kind, in_flight, ref admit } = *self;
        let order = order(plan.seed, subjects.requests.len(), plan.thumbnails);
        let requests = order
            .iter()
            .enumerate()
            .map(|(number, &photo)| Asked { number, request: subjects.requests[photo].clone() });
        let admitted = std::cell::Cell::new(0);
        let go_on = || {
            admitted.set(admitted.get() + 1);
            admit(admitted.get())
        };
        let mut tally = Tally::default();
        let (mut torn, mut swapped) = (Vec::new(), Vec::new());
        let driven =
            Load::new(in_flight)?.drive(&Arc::new(pipeline), requests, go_on, |_, result| {
                let made = result.expect("every photo was decoded whole before the run");
                let judged = judge(&mut tally, subjects, &order, plan, &made);
                let exhibits = match judged.outcome {
                    Outcome::Clean => return,
                    Outcome::Torn => &mut torn,
                    Outcome::Swapped => &mut swapped,
                };
                if exhibits.len() < MOST_EXHIBITS {
                    exhibits.push(self.exhibit(order[made.own.number], judged, made));
                }
            });
        let run = Run {
            kind,
            slots: plan.slots,
            bands: plan.bands.get(),
            in_flight,
            asked: plan.thumbnails,
            tally,
            per_second: driven.per_second(),
        };
        // Torn ones first: they show what happened, where swapped ones need to be told.
        torn.extend(swapped);
        Ok((run, torn))
    }

    fn exhibit(&self, asked: usize, judged: Judged, made: Witnessed<Bytes>) -> Exhibit {
        let Self { plan, kind, in_flight, .. } = *self;
        let rows = rows_of(self.subjects, asked, plan);
        Exhibit {
            kind,
            in_flight,
            asked,
            outcome: judged.outcome,
            bands: rows.zip(judged.owners).collect(),
            made: made.output,
        }
    }
}

fn judge(
    tally: &mut Tally,
    subjects: &Subjects,
    order: &[usize],
    plan: &Plan,
    made: &Witnessed<Bytes>,
) -> Judged {
    let rows = rows_of(subjects, order[made.own.number], plan);
    tally
        .judge(
            &subjects.oracle,
            made,
            rows,
            |number| order[number],
            |photo| subjects.owner_of[photo],
        )
        .expect("a thumbnail of these photos has the dimensions of one of their truths")
}

/// The rows of each band of a photo's thumbnail.
fn rows_of(
    subjects: &Subjects,
    photo: usize,
    plan: &Plan,
) -> impl ExactSizeIterator<Item = Range<u32>> {
    codec::band_rows(subjects.heights[photo], plan.bands)
}

/// The photos in the order in which they are asked for: rounds of all of them, each shuffled.
fn order(seed: u64, photos: usize, thumbnails: u64) -> Vec<usize> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut order = Vec::new();
    while (order.len() as u64) < thumbnails {
        let mut round: Vec<usize> = (0..photos).collect();
        random.shuffle(&mut round);
        order.extend(round);
    }
    order.truncate(thumbnails as usize);
    order
}
