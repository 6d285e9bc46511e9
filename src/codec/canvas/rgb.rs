//! A canvas of RGB, written by a JPEG encoder in Rust.
//!
//! It needs nothing but cargo, and shows what is done most plainly: one image, one resize a band.

use std::borrow::Cow;
use std::ops::Range;

use fast_image_resize::Resizer;
use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::{CropMapping, resize};
use crate::codec::resample_filter::ResampleFilter;
use crate::codec::{Bytes, ImageFrame, QUALITY};

const WHITE: u8 = 255;

/// Rows of 3 bytes a pixel.
pub(in crate::codec) struct Canvas {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
    /// Kept from band to band with its memory.
    resizer: Resizer,
}

impl Canvas {
    /// A white one.
    pub(in crate::codec) fn new((width, height): (u32, u32)) -> Self {
        let rgb = Vec::with_capacity(width as usize * height as usize * 3);
        Self { width, height, rgb, resizer: Resizer::new() }
    }

    pub(in crate::codec) fn rgb(&self) -> Cow<'_, [u8]> {
        let mut rgb = Cow::Borrowed(&self.rgb[..]);
        if self.rgb.len() < self.bytes() {
            rgb.to_mut().resize(self.bytes(), WHITE);
        }
        rgb
    }

    fn bytes(&self) -> usize {
        self.width as usize * self.height as usize * 3
    }

    /// Makes these rows from a frame that is not empty.
    pub(in crate::codec) fn make(
        &mut self,
        frame: &ImageFrame,
        cut: &CropMapping,
        rows: Range<u32>,
    ) -> Option<()> {
        let row_bytes = self.width as usize * 3;
        let (start, end) = (rows.start as usize * row_bytes, rows.end as usize * row_bytes);
        if self.rgb.len() < end {
            self.rgb.resize(end, WHITE);
        }
        let band = &mut self.rgb[start..end];
        // Typed, so that the compiler makes the resizer for this kind of pixel and not for fifteen.
        let pixels = frame.rgb();
        let source =
            TypedImageRef::<U8x3>::from_buffer(frame.width(), frame.height(), &pixels).ok()?;
        let mut target =
            TypedImage::<U8x3>::from_buffer(self.width, rows.end - rows.start, band).ok()?;
        let part = (cut.columns(0..self.width), cut.rows(rows));
        resize(&mut self.resizer, ResampleFilter::Lanczos, &source, part, &mut target)
    }

    /// Writes a JPEG; None if it cannot be one.
    pub(in crate::codec) fn encode(mut self) -> Option<Bytes> {
        let (width, height) = (self.width.try_into().ok()?, self.height.try_into().ok()?);
        self.rgb.resize(self.bytes(), WHITE);
        let mut jpeg = Vec::new();
        let mut encoder = Encoder::new(&mut jpeg, QUALITY);
        encoder.set_sampling_factor(SamplingFactor::F_2_2);
        encoder.encode(&self.rgb, width, height, ColorType::Rgb).ok()?;
        Some(jpeg.into())
    }
}
