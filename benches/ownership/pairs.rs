//! Owned and pooled against shared, in pairs: the same photos in the same order through the same
//! steps, one after the other, the first of a pair in turns. What a machine that others use does
//! meanwhile falls on both, so the ratio of a pair is what is reported, as if it were seconds:
//! `0.98 s` is 0.98 s of owned for each second of shared.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, SamplingMode};
use double_exposure::codec::{Fit, ImageCodec, Size, ThumbnailRequest, ThumbnailSpec};
use double_exposure::pipeline::{Bounds, Owned, Pipeline, Pooled, Shared};
use double_exposure::repro::load_generator::LoadGenerator;
use double_exposure::sample_photos;

const SLOTS: NonZeroUsize = NonZeroUsize::new(8).unwrap();
const BANDS: NonZeroU32 = NonZeroU32::new(4).unwrap();
/// Conversions of one run for each in flight, and at least so many: most of it is at full load.
const ROUNDS: usize = 3;
const LEAST: usize = 48;

pub(crate) fn measure(criterion: &mut Criterion, allocator: &str) {
    let photos: Vec<ThumbnailRequest> = sample_photos::default_set()
        .into_iter()
        .map(|photo| ThumbnailRequest {
            photo: photo.bytes,
            spec: ThumbnailSpec { size: Size::default(), fit: Fit::default() },
        })
        .collect();
    let codec = || ImageCodec::new(BANDS);
    let bounds = Bounds { frames: SLOTS.get(), frame_bytes: 2048 * 2048 * 3 };
    let shared = Arc::new(Shared::new(codec(), SLOTS));
    let owned = Arc::new(Owned::new(codec()));
    let pooled = Arc::new(Pooled::new(codec(), bounds));
    for in_flight in [1, 2, 8, 64] {
        let load = LoadGenerator::new(in_flight).expect("the system gives threads");
        let conversions = LEAST.max(ROUNDS * in_flight);
        let requests: Vec<ThumbnailRequest> =
            photos.iter().cycle().take(conversions).cloned().collect();
        let name = format!("ownership, {allocator} allocator/{in_flight} in flight");
        let mut group = criterion.benchmark_group(name);
        group.sample_size(20).sampling_mode(SamplingMode::Flat);
        group.warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(10));
        let shared = || time(&load, &shared, &requests);
        group.bench_function("owned for 1 s of shared", |bencher| {
            bencher.iter_custom(|pairs| ratios(pairs, || time(&load, &owned, &requests), shared));
        });
        group.bench_function("pooled for 1 s of shared", |bencher| {
            bencher.iter_custom(|pairs| ratios(pairs, || time(&load, &pooled, &requests), shared));
        });
        group.finish();
    }
}

/// The sum of so many ratios, each of one run of ours and one of theirs.
fn ratios(pairs: u64, ours: impl Fn() -> Duration, theirs: impl Fn() -> Duration) -> Duration {
    let ratio = |pair: u64| {
        let (ours, theirs) = if pair.is_multiple_of(2) {
            let first = ours();
            (first, theirs())
        } else {
            let first = theirs();
            (ours(), first)
        };
        Duration::from_secs_f64(ours.as_secs_f64() / theirs.as_secs_f64())
    };
    (0..pairs).map(ratio).sum()
}

fn time<P>(load: &LoadGenerator, pipeline: &Arc<P>, requests: &[ThumbnailRequest]) -> Duration
where
    P: Pipeline<Codec = ImageCodec> + Send + Sync + 'static,
{
    let requests = requests.iter().cloned();
    let made = |_, made: Result<_, _>| {
        made.expect("the photos of the default set are whole");
    };
    load.run(pipeline, requests, || true, made).elapsed
}
