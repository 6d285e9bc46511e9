//! Measures the cost of detecting watermarks in one thumbnail of 256 px. Decoding is not measured.
//! The cases are a clean thumbnail, a half of another photo, a blend, and noise, which is the
//! slowest.

use double_exposure::codec::Fit;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use double_exposure::audit::watermark::{
    Codebook, Detector, ExpectedImage, MAX_IDS, Raster, YCbCrImage, embed,
};
use jpeg_encoder::SamplingFactor;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

const SIDE: u32 = 256;

/// Encodes a thumbnail as JPEG and decodes it, as an auditor receives it.
fn sent(thumbnail: &Raster) -> YCbCrImage {
    let jpeg = thumbnail.to_jpeg(60, SamplingFactor::F_2_2).expect("JPEG holds the thumbnail");
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::YCbCr);
    let pixels = JpegDecoder::new_with_options(ZCursor::new(&jpeg), options).decode();
    YCbCrImage::from_ycbcr(SIDE, SIDE, &pixels.expect("the encoder writes a valid JPEG"))
}

fn watermark(c: &mut Criterion) {
    let codebook = Codebook::new(MAX_IDS, 1).expect("a codebook holds MAX_IDS");
    let [own, other] = [0, 1].map(|index| {
        embed(codebook.ids()[index], SIDE, SIDE, None).expect("256 px are enough for a watermark")
    });
    let (mut torn, mut blended) = (own.clone(), own.clone());
    torn.splice(&other, SIDE / 2..SIDE);
    blended.blend(&other, 0.06);
    let grey = |at: u32| [(at.wrapping_mul(0x9e37_79b9) >> 24) as u8, 128, 128];
    let noise: Vec<u8> = (0..SIDE * SIDE).flat_map(grey).collect();
    let image = ExpectedImage { width: SIDE, height: SIDE, fit: Some(Fit::Cover) };
    let detector = Detector::new(&codebook, image);
    let mut group = c.benchmark_group("watermark/256 px");
    group.throughput(Throughput::Elements(1));
    for (name, thumbnail) in [
        ("clean", sent(&own)),
        ("half of another photo", sent(&torn)),
        ("blend of 6 %", sent(&blended)),
        ("noise", YCbCrImage::from_ycbcr(SIDE, SIDE, &noise)),
    ] {
        group.bench_function(name, |bencher| {
            let expected = black_box(codebook.ids()[0]);
            bencher.iter(|| detector.detect(expected, black_box(&thumbnail)));
        });
    }
    group.finish();
}

criterion_group!(benches, watermark);
criterion_main!(benches);
