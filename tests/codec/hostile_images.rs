//! Hostile files take bounded time, and never end a thread. Hundreds of files are made from a fixed
//! seed and decoded under a watchdog.

use bytes::Bytes;
use double_exposure::codec::{
    Fit, ImageError, Size, limits, luma, normalize, silence_decoder_panics,
};
use double_exposure::pipeline::{Owned, Pipeline};
use image::ExtendedColorType;
use jpeg_encoder::{ColorType, SamplingFactor};

use crate::images::{
    self, CODEC, TestImage, jpeg, png, png_chunk, png_header, request, splitmix64,
};
use crate::run_on_each;

/// Converts a photo to a thumbnail on the pipeline that owns its frame.
fn convert(photo: &Bytes, size: Size, fit: Fit) -> Result<Bytes, ImageError> {
    Owned::new(CODEC).convert(&request(photo, size, fit))
}

/// Returns a file of each kind.
fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let picture = TestImage::busy(70, 50, 9);
    let wide = TestImage::busy(300, 20, 9);
    let grey: Vec<u8> = picture.rgb.iter().step_by(3).copied().collect();
    let cmyk: Vec<u8> = picture.rgb.iter().flat_map(|&c| [c, 255 - c]).take(70 * 50 * 4).collect();
    let exif = images::exif(6);
    vec![
        ("baseline", picture.jpeg(|e| e.add_exif_metadata(&exif).unwrap()).into()),
        ("wide", wide.jpeg(|e| e.set_sampling_factor(SamplingFactor::R_4_2_2)).into()),
        ("restarts", picture.jpeg(|e| e.set_restart_interval(3)).into()),
        ("progressive", wide.jpeg(|e| e.set_progressive_scans(9)).into()),
        ("refined", include_bytes!("refined.jpg").to_vec()),
        ("grey", jpeg(&grey, 70, 50, ColorType::Luma, |_| ()).into()),
        ("ycck", jpeg(&cmyk, 70, 50, ColorType::CmykAsYcck, |e| e.set_progressive(true)).into()),
        ("png", picture.png().into()),
        ("deep png", png(&cmyk, 35, 50, ExtendedColorType::Rgba16, Some(exif)).into()),
        ("webp", picture.webp(None).into()),
        ("lossless webp", images::LOSSLESS_WEBP.to_vec()),
        ("lossy webp", images::LOSSY_WEBP.to_vec()),
        ("lossy webp with alpha", images::LOSSY_ALPHA_WEBP.to_vec()),
    ]
}

/// Changes, moves, removes or doubles some bytes of a file, as the seed decides.
fn mutated(file: &[u8], seed: u64) -> Vec<u8> {
    let mut file = file.to_vec();
    // Half of the changes fall among the headers.
    let position = |random: u64, length: usize| {
        let length = if random.is_multiple_of(2) { length.min(300) } else { length };
        (random / 2 % length as u64) as usize
    };
    for change in 0..1 + splitmix64(seed) % 6 {
        let random = splitmix64(seed ^ (change + 1) << 40);
        let at = position(random, file.len());
        let other = position(splitmix64(random), file.len());
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
        with_correct_checksums(&file)
    } else {
        file
    }
}

/// Corrects the checksums of a PNG's chunks, so that the decoder reads the damaged data.
fn with_correct_checksums(file: &[u8]) -> Vec<u8> {
    let mut corrected = file.to_vec();
    let mut at = 8;
    while let Some(&header) = corrected.get(at..).and_then(<[u8]>::first_chunk::<4>) {
        let end = at + 8 + u32::from_be_bytes(header) as usize;
        if end + 4 > corrected.len() {
            break;
        }
        let checksum = crc32fast::hash(&corrected[at + 4..end]);
        corrected[end..end + 4].copy_from_slice(&checksum.to_be_bytes());
        at = end + 4;
    }
    corrected
}

#[test]
fn hundreds_of_hostile_files_are_refused_or_decoded_in_time() {
    silence_decoder_panics();
    let mut files = Vec::new();
    for (kind, seed_file) in seeds() {
        for seed in 0..64 {
            let file = mutated(&seed_file, splitmix64(seed ^ (kind.len() as u64) << 50));
            files.push((format!("{kind}, seed {seed}"), Bytes::from(file)));
        }
    }
    assert!(files.len() >= 800);
    run_on_each(files, |file| {
        let _ = convert(file, Size::default(), Fit::Cover);
        let _ = normalize(file);
        let _ = luma(file);
    });
}

/// Returns a whole, grey, progressive JPEG of 50 megapixels with the maximum of scans, all of which
/// refine empty blocks: the most work for the fewest bytes.
fn refining_grey() -> Bytes {
    let blocks: usize = 10_000 / 8 * 5_000 / 8;
    // The one code is a run of at least 2^14 empty blocks. Its 14 bits of ones make the run 32,767.
    let mut file = images::grey_progressive(10_000, 5_000, &[0xE0]);
    let runs = vec![(0x3FFF, 15); blocks.div_ceil(32_767)];
    file.extend(images::grey_scan([0, 0], 0, &vec![(0, 1); blocks]));
    let bits = [0x07, 0x76, 0x65, 0x54, 0x43, 0x32, 0x21].into_iter();
    for bits in bits.chain(std::iter::repeat_n(0x10, 12)) {
        file.extend(images::grey_scan([1, 63], bits, &runs));
    }
    file.extend([0xFF, 0xD9]);
    file.into()
}

#[test]
fn files_that_require_the_most_work_are_done_in_time() {
    let refining = refining_grey();
    assert_eq!(convert(&refining, Size::default(), Fit::Cover).err(), None);
    // The file is full of Huffman tables, one to a segment, with one image behind them.
    let small = TestImage::busy(16, 16, 1).jpeg(|_| ());
    let table = &small[images::segment(&small, 0xC4)];
    let mut tables = small[..2].to_vec();
    while tables.len() + small.len() + table.len() < limits::MAX_FILE_BYTES as usize {
        tables.extend(table);
    }
    tables.extend(&small[2..]);
    // The next files are a PNG of 50 megapixels in some kilobytes, and a PNG full of empty chunks.
    let flat = TestImage::flat(10_000, 5_000, [8; 3]).png();
    let mut chunks = png_header(1, 1, 8, 0);
    let empty = png_chunk(b"tEXt", b"");
    chunks.extend(empty.repeat((limits::MAX_FILE_BYTES as usize - chunks.len()) / empty.len()));
    let files = [("scans", refining), ("tables", tables.into()), ("flat", flat)];
    let files = files.into_iter().chain([("chunks", chunks.into())]);
    run_on_each(files.map(|(name, file)| (name.to_owned(), file)).collect(), |file| {
        let _ = convert(file, Size::MAX, Fit::Contain);
    });
}
