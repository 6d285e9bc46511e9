//! Runs one pipeline at one number of requests in flight, and classifies every finished thumbnail.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use serde::{Serialize, Serializer};

use super::load_generator::LoadGenerator;
use super::{MAX_EXHIBITS, PhotoSet, ReproPlan};
use crate::codec::{self, ImageCodec};
use crate::pipelines::{AnyPipeline, MAX_KEPT_FRAME_BYTES, PipelineKind};
use crate::provenance::{Classified, MixStats, Numbered, TaggingCodec, Traced};
use crate::schedule::Outcome;

/// Holds the result of one run.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    /// Kind of the pipeline.
    #[serde(rename = "pipeline")]
    pub kind: PipelineKind,
    /// Slots in the ring.
    pub slots: NonZeroUsize,
    /// Bands of a thumbnail.
    pub bands: u32,
    /// Requests in flight.
    pub in_flight: usize,
    /// Planned thumbnails. The run made fewer if its time ended.
    pub planned: u64,
    /// Counts of clean and mixed thumbnails.
    #[serde(flatten)]
    pub stats: MixStats,
    /// Thumbnails per second of conversion time, without the time of the classification.
    #[serde(serialize_with = "serialize_tenths")]
    pub per_second: f64,
    /// Thumbnails per second in the slowest and in the fastest fifth of the run.
    #[serde(serialize_with = "serialize_range")]
    pub per_second_range: [f64; 2],
}

fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

/// Serializes a number with one decimal.
fn serialize_tenths<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(tenths(*number))
}

/// Serializes two numbers with one decimal each.
fn serialize_range<S: Serializer>(range: &[f64; 2], serializer: S) -> Result<S::Ok, S::Error> {
    range.map(tenths).serialize(serializer)
}

impl Run {
    /// Returns the share of mixed thumbnails, in percent; 0 if the run made none.
    pub fn percent_mixed(&self) -> f64 {
        100.0 * self.stats.mixed() as f64 / self.stats.thumbnails.max(1) as f64
    }
}

/// Holds a mixed thumbnail for the report.
#[derive(Clone, Debug)]
pub struct Exhibit {
    /// Kind of the run's pipeline.
    pub kind: PipelineKind,
    /// Requests in flight of the run.
    pub in_flight: usize,
    /// Requested photo, as an index into [`PhotoSet::requests`].
    pub photo: usize,
    /// Class of the thumbnail: torn or swapped.
    pub outcome: Outcome,
    /// Rows of each band, with the owner whose photo they show as an index into
    /// [`PhotoSet::owners`].
    pub bands: Vec<(Range<u32>, Option<usize>)>,
    /// Mixed thumbnail, as JPEG.
    pub thumbnail: Bytes,
}

/// Runs one pipeline, and returns its counts with at most [`MAX_EXHIBITS`] torn thumbnails and as
/// many swapped ones. Calls `admit` with the number of each request before it begins.
pub(super) fn measure(
    plan: &ReproPlan,
    photo_set: &PhotoSet,
    kind: PipelineKind,
    in_flight: usize,
    admit: impl Fn(u64) -> bool,
) -> std::io::Result<(Run, Vec<Exhibit>)> {
    let codec = TaggingCodec::new(ImageCodec::new(plan.bands));
    let pipeline = AnyPipeline::new(kind, codec, plan.slots, MAX_KEPT_FRAME_BYTES);
    let order = shuffled_rounds(plan.seed, photo_set.requests.len(), plan.thumbnails);
    let requests = order
        .iter()
        .enumerate()
        .map(|(number, &photo)| Numbered { number, request: photo_set.requests[photo].clone() });
    let admitted = std::cell::Cell::new(0);
    let keep_going = || {
        admitted.set(admitted.get() + 1);
        admit(admitted.get())
    };
    let mut stats = MixStats::default();
    let (mut torn, mut swapped) = (Vec::new(), Vec::new());
    let load = LoadGenerator::new(in_flight)?.run(
        &Arc::new(pipeline),
        requests,
        keep_going,
        |_, result| {
            let traced = result.expect("every photo was decoded whole before the run");
            let photo = order[traced.own.number];
            let rows = || codec::band_rows(photo_set.heights[photo], plan.bands);
            let classified = classify(&mut stats, photo_set, &order, &traced, rows());
            let exhibits = match classified.outcome {
                Outcome::Clean => return,
                Outcome::Torn => &mut torn,
                Outcome::Swapped => &mut swapped,
            };
            if exhibits.len() < MAX_EXHIBITS {
                exhibits.push(Exhibit {
                    kind,
                    in_flight,
                    photo,
                    outcome: classified.outcome,
                    bands: rows().zip(classified.owners).collect(),
                    thumbnail: traced.output,
                });
            }
        },
    );
    let run = Run {
        kind,
        slots: plan.slots,
        bands: plan.bands.get(),
        in_flight,
        planned: plan.thumbnails,
        stats,
        per_second: load.per_second(),
        per_second_range: load.per_second_range,
    };
    // Torn thumbnails first: they show the failure by themselves, swapped ones need an explanation.
    torn.extend(swapped);
    Ok((run, torn))
}

fn classify(
    stats: &mut MixStats,
    photo_set: &PhotoSet,
    order: &[usize],
    traced: &Traced<Bytes>,
    rows: impl ExactSizeIterator<Item = Range<u32>>,
) -> Classified {
    let photo_of = |number: usize| order[number];
    let owner_of = |photo: usize| photo_set.owner_of[photo];
    stats
        .classify(&photo_set.oracle, traced, rows, photo_of, owner_of)
        .expect("a thumbnail of these photos has the dimensions of one of their truths")
}

/// Returns the order of the requests, as indices of photos: rounds of all photos, each shuffled.
fn shuffled_rounds(seed: u64, photos: usize, thumbnails: u64) -> Vec<usize> {
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
