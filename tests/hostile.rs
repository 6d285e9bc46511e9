//! Hostile files cost a bounded time and a bounded memory, and never a thread. Some hundreds are
//! made from a fixed seed and decoded under a watchdog, and the largest photos in a process of
//! their own whose memory is read back.

#[allow(dead_code, reason = "the other tests' painter, of which these need a part")]
#[path = "codec/paint.rs"]
mod paint;

use std::num::NonZeroU32;
use std::process::Command;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use std::{env, fs, thread};

use bytes::Bytes;
use double_exposure::codec::{
    Fit, ImageCodec, ImageError, Size, ThumbnailRequest, ThumbnailSpec, compress, limits, luma,
    silence_decoder_panics,
};
use double_exposure::pipeline::{Owned, Pipeline};
use image::ExtendedColorType;
use jpeg_encoder::{ColorType, SamplingFactor};
use paint::{Picture, jpeg, mix, png, png_chunk, png_header};

/// How long one file may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A thumbnail of a photo, all of its steps.
fn convert(photo: &Bytes, size: Size, fit: Fit) -> Result<Bytes, ImageError> {
    let bands = NonZeroU32::new(4).unwrap();
    Owned::new(ImageCodec::new(bands))
        .convert(&ThumbnailRequest { photo: photo.clone(), spec: ThumbnailSpec { size, fit } })
}

/// Does the work for each file, on a thread that must say after each that it is alive.
fn each_in_time(files: Vec<(String, Bytes)>, work: fn(&Bytes)) {
    let (done, watch) = mpsc::channel();
    let names: Vec<_> = files.iter().map(|(name, _)| name.clone()).collect();
    let worker = thread::spawn(move || {
        for (_, file) in files {
            work(&file);
            done.send(()).unwrap();
        }
    });
    for name in names {
        match watch.recv_timeout(PATIENCE) {
            Ok(()) => {}
            Err(RecvTimeoutError::Timeout) => panic!("{name} takes longer than {PATIENCE:?}"),
            Err(RecvTimeoutError::Disconnected) => panic!("{name} panicked"),
        }
    }
    worker.join().unwrap();
}

/// One file of each kind.
fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let picture = Picture::busy(70, 50, 9);
    let wide = Picture::busy(300, 20, 9);
    let grey: Vec<u8> = picture.rgb.iter().step_by(3).copied().collect();
    let cmyk: Vec<u8> = picture.rgb.iter().flat_map(|&c| [c, 255 - c]).take(70 * 50 * 4).collect();
    let exif = paint::exif(6);
    vec![
        ("baseline", picture.jpeg(|e| e.add_exif_metadata(&exif).unwrap()).into()),
        ("wide", wide.jpeg(|e| e.set_sampling_factor(SamplingFactor::R_4_2_2)).into()),
        ("restarts", picture.jpeg(|e| e.set_restart_interval(3)).into()),
        ("progressive", wide.jpeg(|e| e.set_progressive_scans(9)).into()),
        ("refined", include_bytes!("codec/refined.jpg").to_vec()),
        ("grey", jpeg(&grey, 70, 50, ColorType::Luma, |_| ()).into()),
        ("ycck", jpeg(&cmyk, 70, 50, ColorType::CmykAsYcck, |e| e.set_progressive(true)).into()),
        ("png", picture.png().into()),
        ("deep png", png(&cmyk, 35, 50, ExtendedColorType::Rgba16, Some(exif)).into()),
        ("webp", picture.webp(None).into()),
        ("lossless webp", paint::LOSSLESS_WEBP.to_vec()),
        ("lossy webp", paint::LOSSY_WEBP.to_vec()),
        ("lossy webp with alpha", paint::LOSSY_ALPHA_WEBP.to_vec()),
    ]
}

/// The file with some bytes wrong, moved, lost, or doubled, as the seed says.
fn mutated(file: &[u8], seed: u64) -> Vec<u8> {
    let mut file = file.to_vec();
    // Half of the changes fall among the headers.
    let place = |random: u64, length: usize| {
        let length = if random.is_multiple_of(2) { length.min(300) } else { length };
        (random / 2 % length as u64) as usize
    };
    for change in 0..1 + mix(seed) % 6 {
        let random = mix(seed ^ (change + 1) << 40);
        let at = place(random, file.len());
        let other = place(mix(random), file.len());
        let length = ((random >> 40) as usize % 40).min(file.len() - at.max(other));
        match random >> 33 & 7 {
            0..=2 => file[at] = (random >> 50) as u8,
            3 => file[at] ^= 1 << (random >> 50 & 7),
            4 => file.copy_within(at..at + length, other),
            5 => drop(file.drain(at..at + length)),
            6 => file[at] = 0xFF,
            _ => {
                let piece = file[at..at + length].to_vec();
                drop(file.splice(other..other, piece));
            }
        }
        if file.is_empty() {
            break;
        }
    }
    if file.starts_with(b"\x89PNG") && !seed.is_multiple_of(4) {
        with_right_checksums(&file)
    } else {
        file
    }
}

/// A PNG whose chunks' checksums are right again, so that the decoder sees what is wrong.
fn with_right_checksums(file: &[u8]) -> Vec<u8> {
    let mut right = file.to_vec();
    let mut at = 8;
    while let Some(&header) = right.get(at..).and_then(<[u8]>::first_chunk::<4>) {
        let end = at + 8 + u32::from_be_bytes(header) as usize;
        if end + 4 > right.len() {
            break;
        }
        let checksum = crc32fast::hash(&right[at + 4..end]);
        right[end..end + 4].copy_from_slice(&checksum.to_be_bytes());
        at = end + 4;
    }
    right
}

#[test]
fn hundreds_of_hostile_files_are_refused_or_decoded_in_time() {
    silence_decoder_panics();
    let mut files = Vec::new();
    for (kind, seed_file) in seeds() {
        for seed in 0..64 {
            let file = mutated(&seed_file, mix(seed ^ (kind.len() as u64) << 50));
            files.push((format!("{kind}, seed {seed}"), Bytes::from(file)));
        }
    }
    assert!(files.len() >= 800);
    each_in_time(files, |file| {
        let _ = convert(file, Size::default(), Fit::Cover);
        let _ = compress(file);
        let _ = luma(file);
    });
}

/// A progressive JPEG of grey, 50 megapixels large and whole, with as many scans as are let
/// through, all of which refine what is nothing: the most work for the fewest bytes.
fn refining_grey() -> Bytes {
    let blocks: usize = 10_000 / 8 * 5_000 / 8;
    // One code: a run of 2^14 blocks and more that have nothing. Its 14 bits of ones: 32,767.
    let mut file = paint::grey_progressive(10_000, 5_000, &[0xE0]);
    let runs = vec![(0x3FFF, 15); blocks.div_ceil(32_767)];
    file.extend(paint::grey_scan([0, 0], 0, &vec![(0, 1); blocks]));
    let bits = [0x07, 0x76, 0x65, 0x54, 0x43, 0x32, 0x21].into_iter();
    for bits in bits.chain(std::iter::repeat_n(0x10, 12)) {
        file.extend(paint::grey_scan([1, 63], bits, &runs));
    }
    file.extend([0xFF, 0xD9]);
    file.into()
}

#[test]
fn files_that_ask_for_the_most_work_are_done_in_time() {
    let refining = refining_grey();
    assert_eq!(convert(&refining, Size::default(), Fit::Cover).err(), None);
    // Tables without end, one to a segment, and one picture behind them.
    let small = Picture::busy(16, 16, 1).jpeg(|_| ());
    let table = &small[paint::segment(&small, 0xC4)];
    let mut tables = small[..2].to_vec();
    while tables.len() + small.len() + table.len() < limits::FILE_BYTES as usize {
        tables.extend(table);
    }
    tables.extend(&small[2..]);
    // A PNG of 50 megapixels in some kilobytes, and chunks without end.
    let flat = Picture::flat(10_000, 5_000, [8; 3]).png();
    let mut chunks = png_header(1, 1, 8, 0);
    let empty = png_chunk(b"tEXt", b"");
    chunks.extend(empty.repeat((limits::FILE_BYTES as usize - chunks.len()) / empty.len()));
    let files = [("scans", refining), ("tables", tables.into()), ("flat", flat)];
    let files = files.into_iter().chain([("chunks", chunks.into())]);
    each_in_time(files.map(|(name, file)| (name.to_owned(), file)).collect(), |file| {
        let _ = convert(file, Size::MAX, Fit::Contain);
    });
}

/// Names the photo that a process of this test is to convert.
const PHOTO: &str = "DOUBLE_EXPOSURE_HOSTILE_PHOTO";

/// The most memory that this process has had so far, in bytes.
fn peak_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

#[cfg(target_os = "linux")]
#[test]
fn conversions_stay_within_the_bound_on_memory() {
    if let Some(photo) = env::var_os(PHOTO) {
        let photo: Bytes = fs::read(photo).unwrap().into();
        let before = peak_bytes();
        let outcome = compress(&photo).map(|file| file.len());
        println!("took {} bytes: {outcome:?}", peak_bytes() - before);
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, file, decodes) in largest() {
        let path = folder.path().join(name);
        fs::write(&path, file).unwrap();
        let child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "conversions_stay_within_the_bound_on_memory", "--nocapture"])
            .env(PHOTO, path)
            .output()
            .unwrap();
        let output = String::from_utf8_lossy(&child.stdout);
        assert!(child.status.success(), "{name}: {output}");
        let taken = output.split_once("took ").unwrap().1;
        let bytes: u64 = taken.split_once(" bytes").unwrap().0.parse().unwrap();
        println!("{name}: {} MiB of {}", bytes >> 20, limits::MEMORY_BYTES >> 20);
        assert!(bytes <= limits::MEMORY_BYTES, "{name}: {bytes}");
        assert_eq!(taken.contains("Ok("), decodes, "{name}: {taken}");
    }
}

/// The largest photo of each kind, and whether it is within the limits.
fn largest() -> Vec<(&'static str, Bytes, bool)> {
    // So that not even twice the largest thumbnail lets the decoder scale.
    let (width, height) = (7_071, 7_071);
    let flat = Picture::flat(width, height, [180, 90, 20]);
    let full = SamplingFactor::F_1_1;
    let cmyk = [10, 20, 30, 40].repeat(7_071 * 7_071);
    let deep = [1; 8].repeat(7_071 * 7_071);
    vec![
        ("baseline", flat.jpeg(|_| ()), true),
        (
            "progressive",
            flat.jpeg(|e| {
                e.set_sampling_factor(full);
                e.set_progressive_scans(2);
            }),
            true,
        ),
        (
            "cmyk",
            jpeg(&cmyk, width, height, ColorType::Cmyk, |e| e.set_sampling_factor(full)),
            true,
        ),
        (
            "progressive cmyk",
            jpeg(&cmyk, width, height, ColorType::Cmyk, |e| {
                e.set_sampling_factor(full);
                e.set_progressive_scans(2);
            }),
            true,
        ),
        ("deep png", png(&deep, width, height, ExtendedColorType::Rgba16, None), true),
        ("webp", flat.webp(None), true),
    ]
}
