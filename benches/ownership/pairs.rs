//! Compares owned and pooled with shared in pairs: the same photos in the same order through the
//! same steps, one pipeline after the other, with alternating order.
//!
//! Other work on the machine affects both runs of a pair, so the report is the ratio of a pair,
//! written as seconds: `0.98 s` is 0.98 s of owned for each second of shared.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, SamplingMode};
use double_exposure::codec::{ImageCodec, ThumbnailRequest, ThumbnailSpec};
use double_exposure::pipeline::{Bounds, Owned, Pipeline, Pooled, Shared};
use double_exposure::repro::load_generator::LoadGenerator;
use double_exposure::sample_photos;

const SLOTS: NonZeroUsize = NonZeroUsize::new(8).unwrap();
const BANDS: NonZeroU32 = NonZeroU32::new(4).unwrap();
/// Conversions of one run for each request in flight, so that most of the run is at full load.
const ROUNDS: usize = 3;
/// Lower bound of the conversions of one run.
const MIN_CONVERSIONS: usize = 48;

/// Adds the benchmarks of both repairs at each load.
pub(crate) fn measure(criterion: &mut Criterion, allocator: &str) {
    let photos: Vec<ThumbnailRequest> = sample_photos::default_set()
        .into_iter()
        .map(|photo| ThumbnailRequest { photo: photo.bytes, spec: ThumbnailSpec::default() })
        .collect();
    let codec = || ImageCodec::new(BANDS);
    let bounds = Bounds { max_frames: SLOTS.get(), max_frame_bytes: 2048 * 2048 * 3 };
    let shared = Arc::new(Shared::new(codec(), SLOTS));
    let owned = Arc::new(Owned::new(codec()));
    let pooled = Arc::new(Pooled::new(codec(), bounds));
    for in_flight in [1, 2, 8, 64] {
        let load = LoadGenerator::new(in_flight).expect("the system provides threads");
        let conversions = MIN_CONVERSIONS.max(ROUNDS * in_flight);
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

/// Returns the sum of the ratios of `pairs` pairs, each of one run of the repair and one of shared.
fn ratios(pairs: u64, repair: impl Fn() -> Duration, shared: impl Fn() -> Duration) -> Duration {
    let ratio = |pair: u64| {
        let (repair, shared) = if pair.is_multiple_of(2) {
            let first = repair();
            (first, shared())
        } else {
            let first = shared();
            (repair(), first)
        };
        Duration::from_secs_f64(repair.as_secs_f64() / shared.as_secs_f64())
    };
    (0..pairs).map(ratio).sum()
}

fn time<P>(load: &LoadGenerator, pipeline: &Arc<P>, requests: &[ThumbnailRequest]) -> Duration
where
    P: Pipeline<Codec = ImageCodec> + Send + Sync + 'static,
{
    let requests = requests.iter().cloned();
    let check = |_, result: Result<_, _>| {
        result.expect("the photos of the default set are whole");
    };
    load.run(pipeline, requests, || true, check).elapsed
}
