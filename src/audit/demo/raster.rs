//! Pictures as the small service makes them: decoded, resized, spoilt on demand, encoded.

use std::num::NonZeroU32;
use std::ops::Range;

use bytes::Bytes;
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::codec::{Fit, ImageCodec, QUALITY, Size, ThumbnailRequest, ThumbnailSpec};

/// Pixels in RGB, row by row.
#[derive(Clone)]
pub(super) struct Raster {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) rgb: Vec<u8>,
}

impl Raster {
    /// The rows of another picture of the same shape, in place of one's own.
    pub(super) fn splice(&mut self, other: &Self, rows: Range<u32>) {
        let row = self.width as usize * 3;
        let bytes = rows.start as usize * row..rows.end.min(self.height) as usize * row;
        self.rgb[bytes.clone()].copy_from_slice(&other.rgb[bytes]);
    }

    /// Another picture of the same shape, shining through.
    pub(super) fn blend(&mut self, other: &Self, share: f32) {
        for (own, other) in self.rgb.iter_mut().zip(&other.rgb) {
            *own = (f32::from(*own) * (1.0 - share) + f32::from(*other) * share).round() as u8;
        }
    }

    /// The colours of another picture of the same shape, in one's own light.
    pub(super) fn tint(&mut self, other: &Self) {
        let light = |[r, g, b]: [f32; 3]| 0.299 * r + 0.587 * g + 0.114 * b;
        let (own, _) = self.rgb.as_chunks_mut::<3>();
        let (others, _) = other.rgb.as_chunks::<3>();
        for (own, other) in own.iter_mut().zip(others) {
            let other = other.map(f32::from);
            let gain = light(own.map(f32::from)) - light(other);
            *own = other.map(|sample| (sample + gain).round().clamp(0.0, 255.0) as u8);
        }
    }

    /// As JPEG, 4:2:0.
    pub(super) fn jpeg(&self, quality: u8) -> Option<Vec<u8>> {
        let mut jpeg = Vec::new();
        let mut encoder = Encoder::new(&mut jpeg, quality);
        encoder.set_sampling_factor(SamplingFactor::F_2_2);
        let (width, height) = (self.width.try_into().ok()?, self.height.try_into().ok()?);
        encoder.encode(&self.rgb, width, height, ColorType::Rgb).ok()?;
        Some(jpeg)
    }

    /// As the service sends it.
    pub(super) fn answer(&self) -> Option<Bytes> {
        self.jpeg(QUALITY).map(Bytes::from)
    }
}

/// A photo's thumbnail: its centre square.
pub(super) fn thumbnail(photo: &Bytes, size: u32) -> Option<Raster> {
    let codec = ImageCodec::new(NonZeroU32::MIN);
    let size = Size::try_from(size).ok()?;
    let request =
        ThumbnailRequest { photo: photo.clone(), spec: ThumbnailSpec { size, fit: Fit::Cover } };
    let thumbnail = codec.thumbnail(&request).ok()?;
    let (width, height) = (thumbnail.width(), thumbnail.height());
    Some(Raster { width, height, rgb: thumbnail.rgb().to_vec() })
}

/// Decodes what there is of a photo, and says how many rows that are.
pub(super) fn decode_leniently(photo: &[u8]) -> Option<(Raster, u32)> {
    let options = DecoderOptions::default()
        .jpeg_set_out_colorspace(ColorSpace::RGB)
        .set_strict_mode(false)
        .set_max_width(4096)
        .set_max_height(4096);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(photo), options);
    let rgb = decoder.decode().ok()?;
    let (width, height) = decoder.dimensions()?;
    if rgb.len() != width * height * 3 {
        return None;
    }
    // What was not there is one even colour, down to the last row.
    let even = |row: &[u8]| row.chunks(3).all(|pixel| pixel == &row[..3]);
    let decoded = rgb.chunks(width * 3).rposition(|row| !even(row)).map_or(0, |row| row + 1);
    Some((Raster { width: width as u32, height: height as u32, rgb }, decoded as u32))
}
