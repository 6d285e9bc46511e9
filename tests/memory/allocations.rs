//! The codec copies no pixels that it could move, and a band allocates no memory for pixels. The
//! tests count allocations while a photo becomes a frame, while bands are made, and over a whole
//! conversion.

use std::num::NonZeroU32;

use allocation_counter::{AllocationInfo, measure};
use double_exposure::codec::{
    Fit, ImageCodec, ImageFrame, Size, ThumbnailRequest, ThumbnailSpec, normalize,
};
use double_exposure::pipeline::{Codec, Frame as _, Owned, Pipeline};
use double_exposure::sample_photos;
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

/// Bytes that a step without pixels allocates, at most. A thumbnail of 256 px has 192 KiB of
/// pixels.
const MAX_OTHER_BYTES: u64 = 64 << 10;

const CODEC: ImageCodec = ImageCodec::new(NonZeroU32::new(4).unwrap());

fn request() -> ThumbnailRequest {
    let photo = sample_photos::default_set().swap_remove(0).bytes;
    ThumbnailRequest { photo, spec: ThumbnailSpec { size: Size::default(), fit: Fit::Cover } }
}

/// Returns the result of a closure, and its allocations.
fn counted<T>(work: impl FnOnce() -> T) -> (T, AllocationInfo) {
    let mut result = None;
    let mut work = Some(work);
    let allocations = measure(|| result = work.take().map(|work| work()));
    (result.expect("the work is done"), allocations)
}

#[test]
fn a_photo_moves_into_an_empty_frame_and_is_copied_into_one_that_has_memory() {
    let request = request();
    let mut frame = ImageFrame::default();
    let photo = CODEC.decode(&request).unwrap();
    let (thumbnail, fresh) = counted(|| CODEC.fill(photo, &mut frame));
    let thumbnail_bytes = thumbnail.rgb().len() as u64;
    assert!(frame.rgb().len() as u64 >= 4 * thumbnail_bytes, "the frame is not small");
    assert!(fresh.bytes_total < thumbnail_bytes + MAX_OTHER_BYTES, "{fresh:?}");

    let photo = CODEC.decode(&request).unwrap();
    frame.clear();
    let (_, reused) = counted(|| CODEC.fill(photo, &mut frame));
    assert!(reused.bytes_total < thumbnail_bytes + MAX_OTHER_BYTES, "{reused:?}");
}

#[test]
fn a_band_after_the_first_allocates_the_weights_of_its_filter_and_no_pixels() {
    let request = request();
    let mut frame = ImageFrame::default();
    let mut thumbnail = CODEC.fill(CODEC.decode(&request).unwrap(), &mut frame);
    CODEC.band(&frame, &mut thumbnail);
    let (_, second) = counted(|| CODEC.band(&frame, &mut thumbnail));
    let (_, third) = counted(|| CODEC.band(&frame, &mut thumbnail));
    assert_eq!(second.count_total, third.count_total);
    assert!(third.bytes_total < 2 * MAX_OTHER_BYTES, "{third:?}");
}

#[test]
fn an_owned_conversion_holds_the_decoders_planes_and_one_image() {
    let request = request();
    let pipeline = Owned::new(CODEC);
    pipeline.convert(&request).unwrap();
    let (_, first) = counted(|| pipeline.convert(&request).unwrap());
    let (_, second) = counted(|| pipeline.convert(&request).unwrap());
    println!("{} allocations, {} KiB at most", first.count_total, first.bytes_max >> 10);
    assert_eq!(first.count_total, second.count_total, "the same work takes the same");
    let pixels = 512 * 512;
    assert!(first.bytes_max < 5 * pixels, "planes of 1.5 and an image of 3 bytes a pixel");
}

#[test]
fn the_36_mb_of_a_cameras_photo_are_not_requested_from_the_allocator() {
    let (width, height) = (4032, 3024);
    let rgb: Vec<u8> = (0..width * height * 3).map(|at| (at / 9000 % 256) as u8).collect();
    let mut jpeg = Vec::new();
    let mut encoder = Encoder::new(&mut jpeg, 85);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.encode(&rgb, width as u16, height as u16, ColorType::Rgb).unwrap();
    let (normalized, allocations) = counted(|| normalize(&jpeg.into()).unwrap());
    assert!(!normalized.is_empty());
    assert!(allocations.bytes_max < 32 << 20, "{allocations:?}");
}
