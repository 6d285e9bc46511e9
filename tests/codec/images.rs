//! Makes images, and files of them, for the tests. All pixels follow from a few numbers, so that a
//! test shows its purpose.

use std::io::Cursor;
use std::num::NonZeroU32;

use bytes::Bytes;
use double_exposure::codec::{
    Fit, ImageCodec, ImageError, ImageFrame, MAKER_SUFFIX, Size, Thumbnail, ThumbnailRequest,
    ThumbnailSpec,
};
use double_exposure::pipeline::Codec;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

/// Lossy WebP of 96 by 72 pixels, written by libwebp.
pub(crate) const LOSSY_WEBP: &[u8] = include_bytes!("lossy.webp");

/// Lossy WebP with alpha, of 96 by 72 pixels, written by libwebp.
pub(crate) const LOSSY_ALPHA_WEBP: &[u8] = include_bytes!("lossy-alpha.webp");

/// Lossless WebP with several groups of codes, of 192 by 160 pixels, written by libwebp.
pub(crate) const LOSSLESS_WEBP: &[u8] = include_bytes!("lossless.webp");

/// Codec of four bands.
pub(crate) const CODEC: ImageCodec = ImageCodec::new(NonZeroU32::new(4).unwrap());

/// Greatest difference of a colour in a thumbnail, of 255. The default build keeps colours exactly;
/// a build with planes rounds them.
const MAX_ROUNDING: u8 = if MAKER_SUFFIX.is_empty() { 0 } else { 2 };

/// Holds an image of RGB pixels.
#[derive(Clone)]
pub(crate) struct TestImage {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) rgb: Vec<u8>,
}

impl TestImage {
    /// Makes an image from a function of each pixel's column and row.
    pub(crate) fn new(width: u32, height: u32, pixel: impl Fn(u32, u32) -> [u8; 3]) -> Self {
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let rgb = pixels.flat_map(|(x, y)| pixel(x, y)).collect();
        Self { width, height, rgb }
    }

    /// Makes an image of one colour.
    pub(crate) fn flat(width: u32, height: u32, color: [u8; 3]) -> Self {
        Self { width, height, rgb: color.repeat(width as usize * height as usize) }
    }

    /// Makes an image of slopes, edges and some noise, whose rows all differ and do not compress
    /// well.
    pub(crate) fn busy(width: u32, height: u32, seed: u64) -> Self {
        Self::new(width, height, |x, y| {
            let noise = splitmix64(seed ^ u64::from(x) << 32 ^ u64::from(y)) as u8 >> 3;
            let edge = if (x / 7 + y / 5) % 2 == 0 { 60 } else { 0 };
            let slope = (x * 3 + y * 2 + seed as u32 * 17) as u8 / 2;
            [slope / 2 + noise + edge, noise + edge + (y as u8) / 3, 200 - slope / 2 - noise]
        })
    }

    /// Encodes a PNG.
    pub(crate) fn png(&self) -> Bytes {
        png(&self.rgb, self.width, self.height, ExtendedColorType::Rgb8, None)
    }

    /// Encodes a lossless WebP.
    pub(crate) fn webp(&self, exif: Option<Vec<u8>>) -> Bytes {
        let mut file = Vec::new();
        let mut encoder = WebPEncoder::new_lossless(&mut file);
        if let Some(exif) = exif {
            encoder.set_exif_metadata(exif).unwrap();
        }
        encoder.encode(&self.rgb, self.width, self.height, ExtendedColorType::Rgb8).unwrap();
        file.into()
    }

    /// Encodes a JPEG at 4:2:0 and quality 90, unless `set` changes that.
    pub(crate) fn jpeg(&self, set: impl FnOnce(&mut Encoder<&mut Vec<u8>>)) -> Bytes {
        jpeg(&self.rgb, self.width, self.height, ColorType::Rgb, set)
    }
}

/// Encodes samples as a JPEG at 4:2:0 and quality 90, unless `set` changes that.
pub(crate) fn jpeg(
    samples: &[u8],
    width: u32,
    height: u32,
    color: ColorType,
    set: impl FnOnce(&mut Encoder<&mut Vec<u8>>),
) -> Bytes {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 90);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    set(&mut encoder);
    encoder.encode(samples, width as u16, height as u16, color).unwrap();
    file.into()
}

/// Encodes samples as a PNG.
pub(crate) fn png(
    samples: &[u8],
    width: u32,
    height: u32,
    color: ExtendedColorType,
    exif: Option<Vec<u8>>,
) -> Bytes {
    let mut file = Cursor::new(Vec::new());
    let mut encoder = PngEncoder::new(&mut file);
    if let Some(exif) = exif {
        encoder.set_exif_metadata(exif).unwrap();
    }
    encoder.write_image(samples, width, height, color).unwrap();
    file.into_inner().into()
}

/// Returns a PNG chunk with its checksum.
pub(crate) fn png_chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut chunk = (data.len() as u32).to_be_bytes().to_vec();
    chunk.extend(name);
    chunk.extend(data);
    let checksum = crc32fast::hash(&chunk[4..]);
    chunk.extend(checksum.to_be_bytes());
    chunk
}

/// Returns a PNG's signature and header chunk.
pub(crate) fn png_header(width: u32, height: u32, bits: u8, color: u8) -> Vec<u8> {
    let mut data = width.to_be_bytes().to_vec();
    data.extend(height.to_be_bytes());
    data.extend([bits, color, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    file.extend(png_chunk(b"IHDR", &data));
    file
}

/// Returns an EXIF block that holds only an orientation.
pub(crate) fn exif(orientation: u8) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    tiff.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    tiff
}

/// Returns an EXIF block that holds only an orientation, as an integer of this TIFF type: 1 and 6
/// of one byte, 3 and 8 of two, 4 and 9 of four. More than four bytes follow the directory.
pub(crate) fn exif_of_type(
    orientation: u32,
    tiff_type: u16,
    count: u32,
    is_big_endian: bool,
) -> Vec<u8> {
    let bytes = match tiff_type {
        1 | 6 => 1,
        3 | 8 => 2,
        _ => 4,
    };
    let write = |number: u32, bytes: usize| {
        let digits = number.to_be_bytes()[4 - bytes..].to_vec();
        if is_big_endian { digits } else { digits.into_iter().rev().collect() }
    };
    let values: Vec<u8> = (0..count).flat_map(|_| write(orientation, bytes)).collect();
    let start: &[u8] = if is_big_endian { b"MM\0*" } else { b"II*\0" };
    let mut tiff = [start, &write(8, 4), &write(1, 2), &write(0x112, 2)].concat();
    tiff.extend([write(tiff_type.into(), 2), write(count, 4)].concat());
    let is_inside = values.len() <= 4;
    let field = if is_inside { values.clone() } else { write(26, 4) };
    tiff.extend(field.into_iter().chain([0; 4]).take(4));
    tiff.extend([0; 4]);
    tiff.extend(if is_inside { &[] } else { &values[..] });
    tiff
}

/// Returns a WebP of these chunks.
pub(crate) fn webp_of(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut file = b"RIFF\0\0\0\0WEBP".to_vec();
    file.extend(chunks.iter().flat_map(|(name, data)| riff_chunk(name, data)));
    let length = file.len() as u32 - 8;
    file[4..8].copy_from_slice(&length.to_le_bytes());
    file
}

/// Returns a RIFF chunk, padded to an even length.
pub(crate) fn riff_chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u32).to_le_bytes();
    [name, &length[..], data, &[0][..data.len() % 2]].concat()
}

/// Returns the data of a WebP's first chunk of a name.
pub(crate) fn webp_chunk<'a>(file: &'a [u8], name: &[u8; 4]) -> &'a [u8] {
    let mut at = 12;
    loop {
        let length = u32::from_le_bytes(*file[at + 4..].first_chunk().unwrap()) as usize;
        if file[at..].starts_with(name) {
            return &file[at + 8..at + 8 + length];
        }
        at += 8 + length.next_multiple_of(2);
    }
}

/// Returns the data of a WebP's extended header, with these flags and this canvas.
pub(crate) fn vp8x(flags: u8, width: u32, height: u32) -> Vec<u8> {
    let [width, height] = [width - 1, height - 1].map(u32::to_le_bytes);
    [&[flags, 0, 0, 0], &width[..3], &height[..3]].concat()
}

/// Returns the range of a JPEG's first segment of a kind, from its marker to its end.
pub(crate) fn segment(jpeg: &[u8], marker: u8) -> std::ops::Range<usize> {
    let mut at = 2;
    loop {
        let end = at + 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        if jpeg[at + 1] == marker {
            return at..end;
        }
        at = end;
    }
}

/// Returns a grey progressive JPEG up to its first scan. A mean that does not change has the code
/// 0. The codes of the other coefficients are 0, 10, 110 and so on, for these symbols.
pub(crate) fn grey_progressive(width: u16, height: u16, symbols: &[u8]) -> Vec<u8> {
    let mut file = vec![0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0];
    file.extend([1; 64]);
    file.extend([0xFF, 0xC2, 0, 11, 8]);
    file.extend(height.to_be_bytes());
    file.extend(width.to_be_bytes());
    file.extend([1, 1, 0x11, 0]);
    for (table, symbols) in [(0x00, &[0][..]), (0x10, symbols)] {
        file.extend([0xFF, 0xC4, 0, 19 + symbols.len() as u8, table]);
        file.extend((0..16).map(|length| u8::from(length < symbols.len())));
        file.extend(symbols);
    }
    file
}

/// Returns a scan of a grey progressive JPEG: its first and last coefficient, its bits before and
/// after as one byte, and its fields of value and width.
pub(crate) fn grey_scan(coefficients: [u8; 2], bits: u8, fields: &[(u32, u32)]) -> Vec<u8> {
    let [first, last] = coefficients;
    let mut scan = vec![0xFF, 0xDA, 0, 8, 1, 1, 0, first, last, bits];
    let bits =
        fields.iter().flat_map(|&(value, width)| (0..width).rev().map(move |i| value >> i & 1));
    let bits: Vec<u32> = bits.collect();
    for bits in bits.chunks(8) {
        // Padded with ones, and stuffed.
        let byte = (0..8).fold(0, |byte, i| byte << 1 | *bits.get(i).unwrap_or(&1) as u8);
        scan.push(byte);
        if byte == 0xFF {
            scan.push(0);
        }
    }
    scan
}

/// Returns a request for a thumbnail of a photo.
pub(crate) fn request(photo: &Bytes, size: Size, fit: Fit) -> ThumbnailRequest {
    ThumbnailRequest { photo: photo.clone(), spec: ThumbnailSpec { size, fit } }
}

/// Decodes a photo into an empty frame of its own.
pub(crate) fn frame(
    photo: &Bytes,
    size: Size,
    fit: Fit,
) -> Result<(ImageFrame, Thumbnail), ImageError> {
    let mut frame = ImageFrame::default();
    let thumbnail = CODEC.fill(CODEC.decode(&request(photo, size, fit))?, &mut frame);
    Ok((frame, thumbnail))
}

/// Decodes a photo at full size.
pub(crate) fn decode(photo: &Bytes) -> Result<ImageFrame, ImageError> {
    frame(photo, Size::MAX, Fit::Contain).map(|(frame, _)| frame)
}

/// Returns the largest difference between two rows of samples.
pub(crate) fn difference(first: &[u8], second: &[u8]) -> u8 {
    assert_eq!(first.len(), second.len());
    first.iter().zip(second).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0)
}

/// Returns true if all pixels have one colour, within rounding.
pub(crate) fn shows(rgb: &[u8], color: [u8; 3]) -> bool {
    rgb.chunks(3).all(|pixel| (0..=MAX_ROUNDING).contains(&difference(pixel, &color)))
}

/// Returns a pseudo-random number by SplitMix64.
pub(crate) fn splitmix64(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ z >> 31
}
