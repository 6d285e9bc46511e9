//! One run: one pipeline, one number in flight, every finished thumbnail judged.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use super::{MAX_EXHIBITS, PhotoSet, ReproPlan};
use crate::codec::{self, ImageCodec};
use crate::pipelines::{AnyPipeline, MAX_KEPT_FRAME_BYTES, PipelineKind};
use crate::provenance::{Classified, MixStats, Numbered, TaggingCodec, Traced};
use crate::repro::load_generator::LoadGenerator;
use crate::schedule::Outcome;

/// What one run showed.
#[derive(Clone, Debug)]
pub struct Run {
    /// Which pipeline.
    pub kind: PipelineKind,
    /// Slots in the ring.
    pub slots: NonZeroUsize,
    /// Bands of a thumbnail.
    pub bands: u32,
    /// Requests in flight.
    pub in_flight: usize,
    /// Thumbnails that were to be made; fewer if time ran out.
    pub asked: u64,
    /// What was counted.
    pub tally: MixStats,
    /// Thumbnails per second of conversion, the judging left out.
    pub per_second: f64,
}

/// A mixed thumbnail, for people to look at.
#[derive(Clone, Debug)]
pub struct Exhibit {
    /// The run's pipeline.
    pub kind: PipelineKind,
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
    plan: &ReproPlan,
    subjects: &PhotoSet,
    kind: PipelineKind,
    in_flight: usize,
    admit: impl Fn(u64) -> bool,
) -> std::io::Result<(Run, Vec<Exhibit>)> {
    let codec = TaggingCodec::new(ImageCodec::new(plan.bands));
    let pipeline = AnyPipeline::new(kind, codec, plan.slots, MAX_KEPT_FRAME_BYTES);
    Bench { plan, subjects, kind, in_flight, admit }.run(pipeline)
}

struct Bench<'a, A> {
    plan: &'a ReproPlan,
    subjects: &'a PhotoSet,
    kind: PipelineKind,
    in_flight: usize,
    admit: A,
}

impl<A: Fn(u64) -> bool> Bench<'_, A> {
    fn run(
        &self,
        pipeline: AnyPipeline<TaggingCodec<ImageCodec>>,
    ) -> std::io::Result<(Run, Vec<Exhibit>)> {
        let Self { plan, subjects, kind, in_flight, ref admit } = *self;
        let order = order(plan.seed, subjects.requests.len(), plan.thumbnails);
        let requests = order
            .iter()
            .enumerate()
            .map(|(number, &photo)| Numbered { number, request: subjects.requests[photo].clone() });
        let admitted = std::cell::Cell::new(0);
        let go_on = || {
            admitted.set(admitted.get() + 1);
            admit(admitted.get())
        };
        let mut tally = MixStats::default();
        let (mut torn, mut swapped) = (Vec::new(), Vec::new());
        let driven = LoadGenerator::new(in_flight)?.drive(
            &Arc::new(pipeline),
            requests,
            go_on,
            |_, result| {
                let made = result.expect("every photo was decoded whole before the run");
                let judged = judge(&mut tally, subjects, &order, plan, &made);
                let exhibits = match judged.outcome {
                    Outcome::Clean => return,
                    Outcome::Torn => &mut torn,
                    Outcome::Swapped => &mut swapped,
                };
                if exhibits.len() < MAX_EXHIBITS {
                    exhibits.push(self.exhibit(order[made.own.number], judged, made));
                }
            },
        );
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

    fn exhibit(&self, asked: usize, judged: Classified, made: Traced<Bytes>) -> Exhibit {
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
    tally: &mut MixStats,
    subjects: &PhotoSet,
    order: &[usize],
    plan: &ReproPlan,
    made: &Traced<Bytes>,
) -> Classified {
    let rows = rows_of(subjects, order[made.own.number], plan);
    tally
        .classify(
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
    subjects: &PhotoSet,
    photo: usize,
    plan: &ReproPlan,
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
