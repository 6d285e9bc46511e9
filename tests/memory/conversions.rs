//! A conversion takes no more memory than is computed from the photo's header, and not much less.
//! Each conversion runs in a process of its own, whose resident memory is measured at its peak.

use std::num::NonZeroU32;
use std::process::Command;
use std::{env, fs};

use bytes::Bytes;
use double_exposure::codec::{
    Fit, ImageCodec, MAKER_SUFFIX, PhotoLimits, ProbedPhoto, Size, ThumbnailRequest, ThumbnailSpec,
};
use double_exposure::pipeline::{Owned, Pipeline};
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

/// Environment variable with the photo that a child process converts.
const PHOTO_VARIABLE: &str = "DOUBLE_EXPOSURE_MEASURED_PHOTO";

/// Environment variable with the size of the child's thumbnail.
const SIZE_VARIABLE: &str = "DOUBLE_EXPOSURE_MEASURED_SIZE";

/// Width and height of most photos here, in pixels: 9 megapixels, which no decoder scales for the
/// largest thumbnail.
const SIDE: u32 = 3_000;

/// Returns the peak of this process's resident memory so far, in bytes.
pub(crate) fn peak_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() << 10
}

fn spec(size: u32) -> ThumbnailSpec {
    ThumbnailSpec { size: Size::try_from(size).unwrap(), fit: Fit::Contain }
}

/// Converts the photo that a parent process named, and prints the memory that it took.
fn convert_in_child() -> bool {
    let Some(photo) = env::var_os(PHOTO_VARIABLE) else { return false };
    let photo: Bytes = fs::read(photo).unwrap().into();
    let size = env::var(SIZE_VARIABLE).unwrap().parse().unwrap();
    let codec = ImageCodec::new(NonZeroU32::MIN);
    let computed =
        ProbedPhoto::open(photo.clone(), PhotoLimits::MAX).unwrap().memory_bytes(spec(size));
    let before = peak_bytes();
    let file_bytes = photo.len() as u64;
    let thumbnail = Owned::new(codec).convert(&ThumbnailRequest { photo, spec: spec(size) });
    let taken = peak_bytes() - before + file_bytes;
    println!("took {taken} of {computed} bytes: {}", thumbnail.is_ok());
    true
}

/// Holds the memory of a conversion with its photo's file, in bytes.
struct Memory {
    /// Peak of a process.
    measured: u64,
    /// Bound that follows from the photo's header.
    computed: u64,
}

/// Converts a photo in a process of its own, which runs `test` alone.
fn memory(name: &str, photo: &Bytes, size: u32, test: &str) -> Memory {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("photo");
    fs::write(&path, photo).unwrap();
    let child = Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(PHOTO_VARIABLE, path)
        .env(SIZE_VARIABLE, size.to_string())
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&child.stdout);
    let taken = output.split_once("took ").and_then(|(_, rest)| rest.split_once(" bytes: true"));
    let (bytes, _) = taken.unwrap_or_else(|| panic!("{name}: {output}"));
    let (measured, computed) = bytes.split_once(" of ").unwrap();
    let memory =
        Memory { measured: measured.parse().unwrap(), computed: computed.parse().unwrap() };
    println!("{name}: {} MiB of {}", memory.measured >> 20, memory.computed >> 20);
    memory
}

fn jpeg(
    (width, height): (u32, u32),
    color: ColorType,
    set: impl FnOnce(&mut Encoder<&mut Vec<u8>>),
) -> Bytes {
    let bytes = match color {
        ColorType::Luma => 1,
        ColorType::Cmyk => 4,
        _ => 3,
    };
    let samples = pixels((width, height), bytes);
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 85);
    set(&mut encoder);
    encoder.encode(&samples, width as u16, height as u16, color).unwrap();
    file.into()
}

/// Returns pixels of this many bytes, in soft slopes.
fn pixels((width, height): (u32, u32), bytes: usize) -> Vec<u8> {
    let row = width as usize * bytes;
    (0..row * height as usize).map(|at| (at % row / 40 + at / row / 9) as u8).collect()
}

fn turned(encoder: &mut Encoder<&mut Vec<u8>>) {
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([6, 0, 0, 0, 0, 0, 0, 0]);
    encoder.add_app_segment(1, exif).unwrap();
}

fn png(color: ExtendedColorType) -> Bytes {
    let samples = pixels((SIDE, SIDE), usize::from(color.bits_per_pixel()) / 8);
    let mut file = Vec::new();
    PngEncoder::new(&mut file).write_image(&samples, SIDE, SIDE, color).unwrap();
    file.into()
}

fn lossless_webp(color: ExtendedColorType) -> Bytes {
    let samples = pixels((SIDE, SIDE), usize::from(color.bits_per_pixel()) / 8);
    let mut file = Vec::new();
    WebPEncoder::new_lossless(&mut file).encode(&samples, SIDE, SIDE, color).unwrap();
    file.into()
}

fn lossy_webp(channels: usize) -> Bytes {
    let samples = pixels((SIDE, SIDE), channels);
    let encoder = match channels {
        3 => webp::Encoder::from_rgb(&samples, SIDE, SIDE),
        _ => webp::Encoder::from_rgba(&samples, SIDE, SIDE),
    };
    Bytes::copy_from_slice(&encoder.encode(75.0))
}

/// Encodes a photo.
type Encode = fn() -> Bytes;

const FULL: (u32, u32) = (SIDE, SIDE);

/// Photos of every decoder, each with the size of its thumbnail, and whether libjpeg-turbo decodes
/// it in a build that has it.
const PHOTOS: [(&str, Encode, u32, bool); 16] = [
    ("baseline", || jpeg(FULL, ColorType::Rgb, at_420), 2048, true),
    ("baseline, turned", || jpeg(FULL, ColorType::Rgb, turned), 2048, true),
    ("baseline, grey", || jpeg(FULL, ColorType::Luma, |_| ()), 2048, true),
    ("baseline, scaled", || jpeg((6_000, 4_500), ColorType::Rgb, |_| ()), 2048, true),
    ("baseline, restarts", || jpeg(FULL, ColorType::Rgb, restarts), 2048, false),
    ("baseline, CMYK", || jpeg(FULL, ColorType::Cmyk, |_| ()), 2048, false),
    ("progressive", || jpeg(FULL, ColorType::Rgb, progressive), 2048, false),
    ("progressive, scaled", || jpeg(FULL, ColorType::Rgb, progressive), 256, false),
    ("progressive, CMYK", || jpeg(FULL, ColorType::Cmyk, progressive), 2048, false),
    ("PNG", || png(ExtendedColorType::Rgb8), 256, false),
    ("PNG, alpha", || png(ExtendedColorType::Rgba8), 256, false),
    ("PNG, 16 bits", || png(ExtendedColorType::Rgba16), 256, false),
    ("PNG, grey, 16 bits", || png(ExtendedColorType::L16), 256, false),
    ("WebP", || lossy_webp(3), 256, false),
    ("WebP, alpha", || lossy_webp(4), 256, false),
    ("WebP, lossless", || lossless_webp(ExtendedColorType::Rgb8), 256, false),
];

fn at_420(encoder: &mut Encoder<&mut Vec<u8>>) {
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
}

fn restarts(encoder: &mut Encoder<&mut Vec<u8>>) {
    encoder.set_restart_interval(4);
}

fn progressive(encoder: &mut Encoder<&mut Vec<u8>>) {
    encoder.set_progressive(true);
    encoder.set_sampling_factor(SamplingFactor::F_1_1);
}

#[test]
fn a_conversion_takes_what_its_header_says_and_hardly_less() {
    if convert_in_child() {
        return;
    }
    let test = "conversions::a_conversion_takes_what_its_header_says_and_hardly_less";
    let mut wrong = Vec::new();
    for (name, encode, size, has_planes) in PHOTOS {
        let Memory { measured, computed } = memory(name, &encode(), size, test);
        // The memory is computed for the decoders in Rust, and planes take less.
        let max_ratio = if has_planes && !MAKER_SUFFIX.is_empty() { 4.0 } else { 1.5 };
        if measured > computed || computed as f64 > measured as f64 * max_ratio {
            wrong.push(format!("{name}: {measured} bytes of {computed}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_thumbnail_of_a_baseline_photo_of_108_megapixels_takes_less_than_200_mib_with_its_file() {
    if convert_in_child() {
        return;
    }
    let test = "conversions::a_thumbnail_of_a_baseline_photo_of_108_megapixels_takes_less_than_\
                200_mib_with_its_file";
    let full = |encoder: &mut Encoder<&mut Vec<u8>>| {
        encoder.set_sampling_factor(SamplingFactor::F_1_1);
    };
    let photo = jpeg((12_000, 9_000), ColorType::Rgb, full);
    for size in [256, 1024, 2048] {
        let Memory { measured, computed } = memory(&format!("{size} px"), &photo, size, test);
        assert!(measured <= computed, "{size}");
        assert!(computed < 200 << 20, "{size}: {computed}");
    }
}
