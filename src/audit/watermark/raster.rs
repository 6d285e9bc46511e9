//! Holds an RGB image, and the pixel operations by which images of one shape are mixed.
//!
//! The demo service and the evaluation of the detector mix images in the same ways, so both use
//! these methods.

use std::ops::Range;

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

/// Holds an RGB image, row by row without padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raster {
    /// Width in px.
    pub width: u32,
    /// Height in px.
    pub height: u32,
    /// Red, green and blue of each pixel, width × height × 3 bytes.
    pub rgb: Vec<u8>,
}

impl Raster {
    /// Replaces some rows by the same rows of another image of the same shape. Rows below the image
    /// are ignored.
    ///
    /// # Panics
    /// Panics if the range begins below the image, or if the other image is smaller.
    pub fn splice(&mut self, other: &Self, rows: Range<u32>) {
        let row = self.width as usize * 3;
        let bytes = rows.start as usize * row..rows.end.min(self.height) as usize * row;
        self.rgb[bytes.clone()].copy_from_slice(&other.rgb[bytes]);
    }

    /// Blends another image of the same shape in, with a share from 0 (nothing) to 1 (all).
    pub fn blend(&mut self, other: &Self, share: f32) {
        for (own, &other) in self.rgb.iter_mut().zip(&other.rgb) {
            let before = f32::from(*own);
            *own = (before + share * (f32::from(other) - before)).round() as u8;
        }
    }

    /// Replaces the chroma of some rows by the chroma of another image of the same shape. Rows
    /// below the image are ignored.
    pub fn replace_chroma(&mut self, other: &Self, rows: Range<u32>) {
        let luma = |[r, g, b]: [f32; 3]| 0.299 * r + 0.587 * g + 0.114 * b;
        let (own, _) = self.rgb.as_chunks_mut::<3>();
        let (others, _) = other.rgb.as_chunks::<3>();
        let (start, end) = (rows.start * self.width, rows.end.min(self.height) * self.width);
        let pixels = own.iter_mut().zip(others).take(end as usize).skip(start as usize);
        for (own, other) in pixels {
            let other = other.map(f32::from);
            let gain = luma(own.map(f32::from)) - luma(other);
            *own = other.map(|sample| (sample + gain).round().clamp(0.0, 255.0) as u8);
        }
    }

    /// Encodes the image as baseline JPEG. Returns `None` if a side has 0 px or more than 65,535.
    pub fn to_jpeg(&self, quality: u8, sampling: SamplingFactor) -> Option<Vec<u8>> {
        let (width, height) = (self.width.try_into().ok()?, self.height.try_into().ok()?);
        let mut jpeg = Vec::new();
        let mut encoder = Encoder::new(&mut jpeg, quality);
        encoder.set_sampling_factor(sampling);
        encoder.encode(&self.rgb, width, height, ColorType::Rgb).ok()?;
        Some(jpeg)
    }
}
