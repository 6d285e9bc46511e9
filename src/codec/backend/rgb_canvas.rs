//! Resizes bands as RGB, and encodes thumbnails by a JPEG encoder in Rust.

use std::borrow::Cow;
use std::ops::Range;

use fast_image_resize::Resizer;
use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, SamplingFactor};

use crate::codec::resample::{CropMapping, LANCZOS, resize};
use crate::codec::{Bytes, ImageFrame, QUALITY};

const WHITE: u8 = 255;

/// Holds the rows of a thumbnail as RGB, 3 bytes a pixel.
pub(in crate::codec) struct Canvas {
    width: u32,
    height: u32,
    /// The rows up to the last band that was made; all further rows are white.
    rgb: Vec<u8>,
    /// The resizer, kept from band to band with its memory.
    resizer: Resizer,
}

impl Canvas {
    /// Returns a white canvas.
    pub(in crate::codec) fn new((width, height): (u32, u32)) -> Self {
        let rgb = Vec::with_capacity(width as usize * height as usize * 3);
        Self { width, height, rgb, resizer: Resizer::new() }
    }

    /// Returns all rows as RGB.
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

    /// Makes these rows from a frame that is not empty. Returns `None` if the frame lacks pixels.
    pub(in crate::codec) fn make(
        &mut self,
        frame: &ImageFrame,
        mapping: &CropMapping,
        rows: Range<u32>,
    ) -> Option<()> {
        let row_bytes = self.width as usize * 3;
        let (start, end) = (rows.start as usize * row_bytes, rows.end as usize * row_bytes);
        if self.rgb.len() < end {
            self.rgb.resize(end, WHITE);
        }
        let band = &mut self.rgb[start..end];
        // The image types name the kind of pixel, so that the compiler makes the resizer for this
        // kind and not for fifteen.
        let pixels = frame.rgb();
        let source =
            TypedImageRef::<U8x3>::from_buffer(frame.width(), frame.height(), &pixels).ok()?;
        let mut target =
            TypedImage::<U8x3>::from_buffer(self.width, rows.end - rows.start, band).ok()?;
        let part = (mapping.columns(0..self.width), mapping.rows(rows));
        resize(&mut self.resizer, LANCZOS, &source, part, &mut target)
    }

    /// Encodes the rows as a JPEG. Returns `None` if they cannot be one.
    pub(in crate::codec) fn encode(mut self) -> Option<Bytes> {
        let (width, height) = (self.width.try_into().ok()?, self.height.try_into().ok()?);
        self.rgb.resize(self.bytes(), WHITE);
        let mut jpeg = Vec::new();
        let mut encoder = Encoder::new(&mut jpeg, QUALITY);
        encoder.set_sampling_factor(SamplingFactor::F_2_2);
        // Without it, a pattern of single pixels takes the colour of every second one.
        encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
        encoder.encode(&self.rgb, width, height, ColorType::Rgb).ok()?;
        Some(jpeg.into())
    }
}
