//! Makes pictures and files of them for tests. Everything is made here from a few numbers, so that
//! a test shows what it is about.

use std::io::Cursor;

use bytes::Bytes;
use double_exposure::codec::{
    Fit, ImageCodec, ImageError, ImageFrame, Size, Thumbnail, ThumbnailRequest, ThumbnailSpec,
};
use double_exposure::pipeline::Codec;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

/// Lossy, 96 by 72 pixels, written by libwebp.
pub(crate) const LOSSY_WEBP: &[u8] = include_bytes!("lossy.webp");

/// Lossy with alpha, 96 by 72 pixels, written by libwebp.
pub(crate) const LOSSY_ALPHA_WEBP: &[u8] = include_bytes!("lossy-alpha.webp");

/// Lossless with several groups of codes, 192 by 160 pixels, written by libwebp.
pub(crate) const LOSSLESS_WEBP: &[u8] = include_bytes!("lossless.webp");

/// How far a colour may be off in a thumbnail, of 255: with `turbojpeg` it is kept as planes.
pub(crate) const ROUNDING: u8 = if cfg!(feature = "turbojpeg") { 2 } else { 0 };

/// A picture of RGB pixels.
#[derive(Clone)]
pub(crate) struct Picture {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) rgb: Vec<u8>,
}

impl Picture {
    pub(crate) fn new(width: u32, height: u32, pixel: impl Fn(u32, u32) -> [u8; 3]) -> Self {
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let rgb = pixels.flat_map(|(x, y)| pixel(x, y)).collect();
        Self { width, height, rgb }
    }

    /// All of one colour.
    pub(crate) fn flat(width: u32, height: u32, color: [u8; 3]) -> Self {
        Self { width, height, rgb: color.repeat(width as usize * height as usize) }
    }

    /// Slopes, edges and some noise: no two rows alike, nothing that compresses away.
    pub(crate) fn busy(width: u32, height: u32, seed: u64) -> Self {
        Self::new(width, height, |x, y| {
            let noise = mix(seed ^ u64::from(x) << 32 ^ u64::from(y)) as u8 >> 3;
            let edge = if (x / 7 + y / 5) % 2 == 0 { 60 } else { 0 };
            let slope = (x * 3 + y * 2 + seed as u32 * 17) as u8 / 2;
            [slope / 2 + noise + edge, noise + edge + (y as u8) / 3, 200 - slope / 2 - noise]
        })
    }

    pub(crate) fn png(&self) -> Bytes {
        png(&self.rgb, self.width, self.height, ExtendedColorType::Rgb8, None)
    }

    /// Lossless.
    pub(crate) fn webp(&self, exif: Option<Vec<u8>>) -> Bytes {
        let mut file = Vec::new();
        let mut encoder = WebPEncoder::new_lossless(&mut file);
        if let Some(exif) = exif {
            encoder.set_exif_metadata(exif).unwrap();
        }
        encoder.encode(&self.rgb, self.width, self.height, ExtendedColorType::Rgb8).unwrap();
        file.into()
    }

    /// 4:2:0 and quality 90, if `set` does not say otherwise.
    pub(crate) fn jpeg(&self, set: impl FnOnce(&mut Encoder<&mut Vec<u8>>)) -> Bytes {
        jpeg(&self.rgb, self.width, self.height, ColorType::Rgb, set)
    }
}

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

/// A PNG's chunk, with its right checksum.
pub(crate) fn png_chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut chunk = (data.len() as u32).to_be_bytes().to_vec();
    chunk.extend(name);
    chunk.extend(data);
    let checksum = crc32fast::hash(&chunk[4..]);
    chunk.extend(checksum.to_be_bytes());
    chunk
}

/// A PNG's signature and header chunk.
pub(crate) fn png_header(width: u32, height: u32, bits: u8, color: u8) -> Vec<u8> {
    let mut data = width.to_be_bytes().to_vec();
    data.extend(height.to_be_bytes());
    data.extend([bits, color, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    file.extend(png_chunk(b"IHDR", &data));
    file
}

/// An EXIF block that says nothing but the orientation.
pub(crate) fn exif(orientation: u8) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    tiff.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    tiff
}

/// Where a JPEG's first segment of a kind lies: from its marker to its end.
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

/// A progressive JPEG of grey up to its first scan. A mean that does not change has the code 0; the
/// codes of the other coefficients are 0, 10, 110 and so on, for these symbols.
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

/// A scan of such a JPEG: its coefficients, its bits before and after as one byte, its fields of
/// value and width.
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

/// Decodes a photo into an empty frame of its own.
pub(crate) fn frame(
    photo: &Bytes,
    size: Size,
    fit: Fit,
) -> Result<(ImageFrame, Thumbnail), ImageError> {
    let codec = ImageCodec::new(std::num::NonZeroU32::new(4).unwrap());
    let request = ThumbnailRequest { photo: photo.clone(), spec: ThumbnailSpec { size, fit } };
    let mut frame = ImageFrame::default();
    let thumbnail = codec.fill(codec.decode(&request)?, &mut frame);
    Ok((frame, thumbnail))
}

/// Decodes a photo at its full size, however small it is.
pub(crate) fn decode(photo: &Bytes) -> Result<ImageFrame, ImageError> {
    frame(photo, Size::MAX, Fit::Contain).map(|(frame, _)| frame)
}

/// The largest difference between two rows of samples.
pub(crate) fn difference(one: &[u8], other: &[u8]) -> u8 {
    assert_eq!(one.len(), other.len());
    one.iter().zip(other).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0)
}

/// Whether all pixels are of one colour, within rounding.
pub(crate) fn shows(rgb: &[u8], color: [u8; 3]) -> bool {
    rgb.chunks(3).all(|pixel| (0..=ROUNDING).contains(&difference(pixel, &color)))
}

/// A number that looks random: splitmix64.
pub(crate) fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ z >> 31
}
