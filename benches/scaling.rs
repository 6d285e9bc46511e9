//! Measures how cost grows: thumbnails per second on one core and on two, memory for each
//! conversion in flight, and time by the pixels of a photo, from 1 to 50 megapixels.
//!
//! The number of cores and the peak of memory belong to a process. So the bench starts itself again
//! for each of these figures. Rounds are interleaved, and medians are printed.

use std::num::NonZeroU32;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use double_exposure::codec::{
    Fit, ImageCodec, InspectedPixels, Size, ThumbnailRequest, ThumbnailSpec, inspect_pixels,
    normalize,
};
use double_exposure::pipeline::{Owned, Pipeline};
use double_exposure::repro::load_generator::LoadGenerator;
use double_exposure::sample_photos;
use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

const BANDS: NonZeroU32 = NonZeroU32::new(4).unwrap();

/// Conversions in flight for the comparison of cores: enough to keep two cores busy.
const IN_FLIGHT: usize = 8;

/// Holds the amount of work: for reliable figures, or only to check that the bench runs.
#[derive(Clone, Copy)]
struct Scale {
    rounds: usize,
    conversions: usize,
    megapixels: &'static [u32],
}

const FULL: Scale = Scale { rounds: 9, conversions: 300, megapixels: &[1, 2, 5, 12, 24, 50] };
const SMOKE: Scale = Scale { rounds: 1, conversions: 8, megapixels: &[1] };

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [child, cores, in_flight, conversions] = &arguments[..]
        && child == "child"
    {
        let number = |text: &str| text.parse().expect("the parent sends numbers");
        return child_of(number(cores), number(in_flight), number(conversions));
    }
    // `cargo bench` passes this flag; `cargo test --benches` does not.
    let scale = if arguments.iter().any(|argument| argument == "--bench") { FULL } else { SMOKE };
    cores(scale);
    memory(scale);
    growth(scale);
}

/// Converts in this process, and prints its rate and its peak of memory.
fn child_of(cores: usize, in_flight: usize, conversions: usize) {
    keep_to(cores);
    let photos = sample_photos::default_set();
    let request = |photo: Bytes| ThumbnailRequest {
        photo,
        spec: ThumbnailSpec { size: Size::default(), fit: Fit::Contain },
    };
    let requests = photos.iter().cycle().take(conversions).map(|p| request(p.bytes.clone()));
    let load = LoadGenerator::new(in_flight).expect("the system provides threads");
    let whole = |_, made: Result<Bytes, _>| {
        made.expect("the photos of the default set are whole");
    };
    let result = load.run(&Arc::new(Owned::new(ImageCodec::new(BANDS))), requests, || true, whole);
    println!("{} {}", result.per_second(), peak_bytes());
}

#[cfg(target_os = "linux")]
fn keep_to(cores: usize) {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    let allowed = sched_getaffinity(None).expect("a thread may read its affinity");
    let mut kept = CpuSet::new();
    let cpus = (0..CpuSet::MAX_CPU).filter(|&cpu| allowed.is_set(cpu));
    cpus.take(cores).for_each(|cpu| kept.set(cpu));
    sched_setaffinity(None, &kept).expect("fewer cores may always be chosen");
}

#[cfg(not(target_os = "linux"))]
fn keep_to(_: usize) {
    eprintln!(
        "this system cannot limit a process to some cores: the figures for one and two are alike"
    );
}

/// Returns the peak of this process's memory, in bytes; 0 if the system does not report it.
fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) << 10
}

/// Runs a process that converts, and returns its thumbnails per second and its peak of memory in
/// bytes.
fn run(cores: usize, in_flight: usize, conversions: usize) -> (f64, f64) {
    let program = std::env::current_exe().expect("a program knows its path");
    let output = Command::new(program)
        .args(["child", &cores.to_string(), &in_flight.to_string(), &conversions.to_string()])
        .output()
        .expect("the program starts again");
    let text = String::from_utf8_lossy(&output.stdout);
    let mut numbers = text.split_whitespace().map(|word| word.parse().expect("a number"));
    let mut next = || numbers.next().expect("two numbers");
    (next(), next())
}

fn cores(scale: Scale) {
    let round = |_| {
        let one = run(1, IN_FLIGHT, scale.conversions).0;
        let two = run(2, IN_FLIGHT, scale.conversions).0;
        (one, two / one)
    };
    let rounds: Vec<(f64, f64)> = (0..scale.rounds).map(round).collect();
    let mut ratios: Vec<f64> = rounds.iter().map(|round| round.1).collect();
    let one = median(&mut rounds.iter().map(|round| round.0).collect::<Vec<_>>());
    let ratio = median(&mut ratios);
    let (min, max) = (ratios[0], ratios[ratios.len() - 1]);
    println!("one core: {one:.0} thumbnails/s; two: {ratio:.2} times that ({min:.2} to {max:.2})");
}

fn memory(scale: Scale) {
    let peak = |in_flight| {
        let peaks = (0..scale.rounds).map(|_| run(usize::MAX, in_flight, scale.conversions).1);
        median(&mut peaks.collect::<Vec<_>>()) / f64::from(1 << 20)
    };
    let one = peak(1);
    println!("memory, 1 in flight: {one:.0} MiB");
    for in_flight in [8, 64] {
        let more = peak(in_flight);
        let each = (more - one) / (in_flight - 1) as f64;
        println!("memory, {in_flight} in flight: {more:.0} MiB, {each:.1} for each more");
    }
}

/// Measures time by pixels, for a thumbnail and for the album's compression.
fn growth(scale: Scale) {
    println!("megapixels: thumbnail, per megapixel; compressed, per megapixel");
    let owned = Owned::new(ImageCodec::new(BANDS));
    for &megapixels in scale.megapixels {
        let photo = photo_of(megapixels);
        let request = ThumbnailRequest {
            photo: photo.clone(),
            spec: ThumbnailSpec { size: Size::default(), fit: Fit::Contain },
        };
        let thumbnail = fastest(scale.rounds, || drop(owned.convert(&request)));
        let compressed = fastest(scale.rounds, || drop(normalize(&photo)));
        let each = |ms: f64| ms / f64::from(megapixels);
        println!(
            "{megapixels:2}: {thumbnail:6.1} ms, {:.2} ms; {compressed:6.1} ms, {:.2} ms",
            each(thumbnail),
            each(compressed)
        );
    }
}

/// Makes a photo of this number of megapixels, 4:3, quality 85, by enlarging a built-in photo.
fn photo_of(megapixels: u32) -> Bytes {
    let built_in = sample_photos::default_set().swap_remove(0).bytes;
    let (width, height, InspectedPixels::YCbCr(small)) =
        inspect_pixels(&built_in, u64::MAX).expect("it is whole")
    else {
        panic!("the built-in photos are JPEGs");
    };
    let across = (f64::from(megapixels) * 1e6 * 4.0 / 3.0).sqrt();
    let (across, down) = (across as u32, (across * 0.75) as u32);
    let mut large = TypedImage::<U8x3>::new(across, down);
    let small = TypedImageRef::<U8x3>::from_buffer(width, height, &small).expect("3 bytes a pixel");
    let bilinear = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    Resizer::new().resize_typed(&small, &mut large, &bilinear).expect("both have pixels");
    let samples: Vec<u8> = large.pixels().iter().flat_map(|pixel| pixel.0).collect();
    let mut jpeg = Vec::new();
    let mut encoder = Encoder::new(&mut jpeg, 85);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    let sides = (across as u16, down as u16);
    encoder.encode(&samples, sides.0, sides.1, ColorType::Ycbcr).expect("within JPEG's sides");
    jpeg.into()
}

/// Returns the shortest time of all rounds, in milliseconds: the one with the least interference.
fn fastest(rounds: usize, work: impl Fn()) -> f64 {
    let time = |_| {
        let began = Instant::now();
        work();
        began.elapsed()
    };
    (0..rounds).map(time).min().unwrap_or(Duration::ZERO).as_secs_f64() * 1e3
}

/// Sorts the numbers, and returns their median.
fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
