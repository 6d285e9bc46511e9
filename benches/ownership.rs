//! What does safety cost? Thumbnails per second of shared, owned and pooled buffers, at the loads
//! below and above the one that triggers the mix-up. All three run the same photos in the same
//! order through the same steps; read the figures as ratios to `shared` at the same load.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use double_exposure::codec::{Fit, ImageCodec, Request, Size};
use double_exposure::load::Load;
use double_exposure::photos;
use double_exposure::pipeline::{Bounds, Owned, Pipeline, Pooled, Shared};

const SLOTS: NonZeroUsize = NonZeroUsize::new(8).unwrap();
const BANDS: NonZeroU32 = NonZeroU32::new(4).unwrap();
/// Conversions of one sample: enough that 64 can be in flight for most of it.
const CONVERSIONS: usize = 256;

fn ownership(c: &mut Criterion) {
    let requests: Vec<Request> = photos::default_set()
        .into_iter()
        .map(|photo| Request { photo: photo.bytes, size: Size::default(), fit: Fit::default() })
        .collect();
    let codec = || ImageCodec::new(BANDS);
    let bounds = Bounds { frames: SLOTS.get(), frame_bytes: 2048 * 2048 * 3 };
    for in_flight in [1, 2, 8, 64] {
        let mut group = c.benchmark_group(format!("ownership/{in_flight} in flight"));
        group.throughput(Throughput::Elements(CONVERSIONS as u64)).sample_size(10);
        group.warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(8));
        measure(&mut group, "shared", Shared::new(codec(), SLOTS), &requests, in_flight);
        measure(&mut group, "owned", Owned::new(codec()), &requests, in_flight);
        measure(&mut group, "pooled", Pooled::new(codec(), bounds), &requests, in_flight);
        group.finish();
    }
}

fn measure<P>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    pipeline: P,
    requests: &[Request],
    in_flight: usize,
) where
    P: Pipeline<Codec = ImageCodec> + Send + Sync + 'static,
{
    let pipeline = Arc::new(pipeline);
    let load = Load::new(in_flight).expect("the system gives threads");
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            let requests = requests.iter().cycle().take(CONVERSIONS).cloned();
            load.drive(
                &pipeline,
                requests,
                || true,
                |_, made| {
                    made.expect("the photos of the default set are whole");
                },
            )
        });
    });
}

criterion_group!(benches, ownership);
criterion_main!(benches);
