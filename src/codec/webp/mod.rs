//! Decodes WebP, lossy or lossless, with or without alpha, after a check of its chunks.
//!
//! The container names lengths and dimensions twice. A file whose numbers disagree is refused
//! before it is decoded.

mod vp8l_memory;

use std::io::Cursor;
use std::ops::Range;

use image::codecs::webp::WebPDecoder;

use super::color::ColorTag;
use super::decoded::Pixels;
use super::memory::Decoding;
use super::{
    Damage, Feature, Format, ImageError, Orientation, Part, limits, orientation, panic_guard, png,
};

/// Holds a WebP whose chunks are whole and agree, and which is within the limits.
pub(super) struct WebP<'a> {
    pub(super) file: &'a [u8],
    /// Width and height as stored, in pixels.
    pub(super) dimensions: (u32, u32),
    pub(super) orientation: Orientation,
    decoder_bytes: u64,
    has_alpha: bool,
    pub(super) color: ColorTag,
}

/// Holds the first chunk of each kind.
#[derive(Default)]
struct Chunks<'a> {
    /// Width and height of the canvas, in pixels.
    canvas: Option<(u32, u32)>,
    lossy: Option<(u32, u32)>,
    lossless: Option<&'a [u8]>,
    alpha: Option<&'a [u8]>,
    exif: Option<&'a [u8]>,
    /// True if the header says that there is a colour profile.
    names_profile: bool,
    /// The colour profile's range of the file.
    profile: Option<Range<usize>>,
}

impl<'a> WebP<'a> {
    pub(super) fn open(file: &'a [u8]) -> Result<Self, ImageError> {
        let chunks = Chunks::read(file)?;
        let lossless = match chunks.lossless {
            Some(data) => Some(
                lossless_dimensions(data)
                    .ok_or_else(|| Format::WebP.ends_early(file.len(), Part::Picture))?,
            ),
            None => None,
        };
        let (width, height) = match (chunks.lossy, lossless) {
            (Some(dimensions), None) | (None, Some(dimensions)) => dimensions,
            (None, None) => return Err(Format::WebP.ends_early(file.len(), Part::Picture)),
            (Some(_), Some(_)) => return Err(Format::WebP.damaged(Damage::Sizes)),
        };
        if chunks.canvas.is_some_and(|canvas| canvas != (width, height)) {
            return Err(Format::WebP.damaged(Damage::Sizes));
        }
        limits::check_dimensions(width, height)?;
        let tables = table_bytes(file, &chunks, width, height)?;
        limits::check_tables(tables)?;
        let decoder_bytes = image_bytes(file, &chunks, width, height) + tables;
        let has_alpha = chunks.alpha.is_some() || chunks.lossless.is_some();
        let orientation = chunks.exif.map_or(Orientation::NoTransforms, orientation::from_exif);
        let profile = chunks.profile.filter(|_| chunks.names_profile);
        let color = profile.map_or(ColorTag::Srgb, |profile| ColorTag::Icc(vec![profile]));
        let dimensions = (width, height);
        Ok(Self { file, dimensions, orientation, decoder_bytes, has_alpha, color })
    }

    pub(super) fn with_bytes(self, file: &[u8]) -> WebP<'_> {
        WebP { file, ..self }
    }

    /// Returns the memory that decoding takes. A lossless image may have alpha.
    pub(super) fn decoding(&self) -> Decoding {
        let (width, height) = self.dimensions;
        let channels = if self.has_alpha { 4 } else { 3 };
        Decoding {
            peak_bytes: self.decoder_bytes,
            file_copies: 1,
            output_bytes: u64::from(width) * u64::from(height) * channels,
            is_rgb: !self.has_alpha,
            dimensions: self.dimensions,
        }
    }

    pub(super) fn decode(&self) -> Result<Pixels, ImageError> {
        panic_guard::decode(Format::WebP, || {
            png::read(WebPDecoder::new(Cursor::new(self.file)), Format::WebP)
        })
    }
}

impl<'a> Chunks<'a> {
    fn read(file: &'a [u8]) -> Result<Self, ImageError> {
        let length: &[u8; 4] =
            file[4..].first_chunk().ok_or(Format::WebP.ends_early(file.len(), Part::Rest))?;
        let end = 8 + u32::from_le_bytes(*length) as usize;
        if end > file.len() {
            return Err(Format::WebP.ends_early(file.len(), Part::Rest));
        }
        let mut chunks = Self::default();
        let mut at = 12;
        while at < end {
            let header: &[u8; 8] =
                file[at..end].first_chunk().ok_or(Format::WebP.ends_early(at, Part::Rest))?;
            let [name @ .., l0, l1, l2, l3] = *header;
            let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
            let data =
                file[at + 8..end].get(..length).ok_or(Format::WebP.ends_early(end, Part::Rest))?;
            chunks.take(name, data, at)?;
            // Chunks are padded to an even length; the padding of the last chunk may be missing.
            at += 8 + length + length % 2;
        }
        Ok(chunks)
    }

    fn take(&mut self, name: [u8; 4], data: &'a [u8], at: usize) -> Result<(), ImageError> {
        let field = || Format::WebP.invalid_field(at);
        match &name {
            b"VP8X" if self.canvas.is_none() && at == 12 => {
                let &[flags, _, _, _, w0, w1, w2, h0, h1, h2, ..] = data else {
                    return Err(field());
                };
                if flags & 0b10 != 0 {
                    return Err(Format::WebP.unsupported(Feature::Animation));
                }
                let side =
                    |bytes: [u8; 3]| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]) + 1;
                self.names_profile = flags & 0b10_0000 != 0;
                self.canvas = Some((side([w0, w1, w2]), side([h0, h1, h2])));
            }
            b"VP8X" => return Err(Format::WebP.misplaced(at)),
            b"ANIM" | b"ANMF" => return Err(Format::WebP.unsupported(Feature::Animation)),
            b"VP8 " if self.lossy.is_none() => {
                let &[_, _, _, 0x9D, 0x01, 0x2A, w0, w1, h0, h1, ..] = data else {
                    return Err(field());
                };
                // The two highest bits hold a factor for display.
                let side = |bytes| u32::from(u16::from_le_bytes(bytes) & 0x3FFF);
                let (width, height) = (side([w0, w1]), side([h0, h1]));
                if width == 0 || height == 0 {
                    return Err(field());
                }
                self.lossy = Some((width, height));
            }
            b"VP8L" => _ = self.lossless.get_or_insert(data),
            b"ALPH" => _ = self.alpha.get_or_insert(data),
            b"ICCP" => _ = self.profile.get_or_insert(at + 8..at + 8 + data.len()),
            b"EXIF" => _ = self.exif.get_or_insert(data),
            _ => {}
        }
        Ok(())
    }
}

/// Reads the width and height of a lossless image from its first five bytes.
fn lossless_dimensions(data: &[u8]) -> Option<(u32, u32)> {
    let &[0x2F, b0, b1, b2, b3, ..] = data else { return None };
    let bits = u32::from_le_bytes([b0, b1, b2, b3]);
    Some(((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1))
}

/// Estimates the memory at the decoder's peak, in bytes, without the tables of lossless codes.
fn image_bytes(file: &[u8], chunks: &Chunks<'_>, width: u32, height: u32) -> u64 {
    let area = |side: u32| {
        u64::from(width.next_multiple_of(side)) * u64::from(height.next_multiple_of(side))
    };
    let pixels = area(1);
    // A lossy image takes its planes in blocks of 16 by 16 pixels, and two copies of its data while
    // it reads them. A lossless image takes a second copy where it has no alpha, and the memory of
    // its transforms. Alpha takes a lossless image and one channel.
    let lossy = if chunks.lossy.is_some() { area(16) * 3 / 2 + 2 * file.len() as u64 } else { 0 };
    let lossless = if chunks.lossless.is_some() { 5 * pixels } else { 0 };
    let alpha = if chunks.alpha.is_some() { 6 * pixels } else { 0 };
    4 * pixels + lossy + lossless + alpha
}

/// Estimates the memory for the tables of lossless codes, in bytes.
fn table_bytes(
    file: &[u8],
    chunks: &Chunks<'_>,
    width: u32,
    height: u32,
) -> Result<u64, ImageError> {
    // The codes follow a lossless image's dimensions, or the byte that tells how alpha is coded.
    let streams = [
        chunks.lossless.map(|data| &data[5..]),
        chunks
            .alpha
            .and_then(|data| data.split_first())
            .and_then(|(&coding, data)| (coding & 0b11 == 1).then_some(data)),
    ];
    let tables = streams.into_iter().flatten().map(|data| {
        vp8l_memory::table_bytes(data, width, height)
            .ok_or_else(|| Format::WebP.ends_early(file.len(), Part::PixelData))
    });
    tables.sum()
}
