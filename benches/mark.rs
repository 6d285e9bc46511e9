//! What does judging an answer cost? A thumbnail of 256 px is decoded before the clock starts; what
//! is measured is the reading: clean, with a tail of another, blended, and noise, the slowest case.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use double_exposure::audit::watermark::table::Plant;
use double_exposure::audit::watermark::wear::{Coding, Filter, Service, Touch};
use double_exposure::audit::watermark::{
    Codebook, Detector, ExpectedImage, MAX_IDS, YCbCrImage, embed,
};
use double_exposure::codec::Fit;

const SIDE: u32 = 256;

fn mark(c: &mut Criterion) {
    let issued = Codebook::new(MAX_IDS, 1).expect("so many can be issued");
    let (own, other) = (issued.ids()[0], issued.ids()[1]);
    let service = Service {
        size: SIDE,
        square: true,
        filter: Filter::Lanczos3,
        touch: Touch::Plain,
        coding: Coding::Jpeg420(60),
    };
    let photo = |id| embed(id, 1024, 768, None).expect("it has room");
    let send = |plant: Plant| plant.send(&service, &photo(own), &photo(other));
    let noise = (0..SIDE * SIDE).map(|at| (at.wrapping_mul(0x9e37_79b9) >> 24) as u8).collect();
    let reader =
        Detector::new(&issued, ExpectedImage { width: 1024, height: 768, fit: Some(Fit::Cover) });
    let mut group = c.benchmark_group("mark/256 px");
    group.throughput(Throughput::Elements(1));
    for (name, sent) in [
        ("clean", send(Plant::Clean)),
        ("half another's", send(Plant::Half)),
        ("blend of 6 %", send(Plant::Blend(6))),
        ("noise", YCbCrImage::from_luma(SIDE, SIDE, noise)),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| reader.read(black_box(own), black_box(&sent).planes()));
        });
    }
    group.finish();
}

criterion_group!(benches, mark);
criterion_main!(benches);
