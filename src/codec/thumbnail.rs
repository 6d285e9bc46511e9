//! Makes a thumbnail band by band, from any frame.
//!
//! The geometry belongs to the thumbnail. A frame of other dimensions, or an empty frame, neither
//! stops a band nor changes the thumbnail's shape. A band does not check which photo the frame
//! shows.

use std::borrow::Cow;
use std::num::NonZeroU32;
use std::ops::Range;

use super::backend::Canvas;
use super::frame::ImageFrame;
use super::geometry::{Fit, band_rows};
use super::resample::CropMapping;
use super::{Bytes, ImageError};

/// Quality of every JPEG that this codec encodes, of 100.
pub const QUALITY: u8 = 80;

/// Holds a thumbnail while its bands are made. Rows are white until their band is made, and stay
/// white if it is made from an empty frame.
pub struct Thumbnail {
    width: u32,
    height: u32,
    fit: Fit,
    bands: NonZeroU32,
    /// Index of the next band.
    next_band: usize,
    canvas: Canvas,
}

impl Thumbnail {
    pub(super) fn new((width, height): (u32, u32), fit: Fit, bands: NonZeroU32) -> Self {
        Self { width, height, fit, bands, next_band: 0, canvas: Canvas::new((width, height)) }
    }

    /// Returns the width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Returns the height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Returns the rows of each band, from top to bottom.
    pub fn bands(&self) -> impl ExactSizeIterator<Item = Range<u32>> + use<> {
        band_rows(self.height, self.bands)
    }

    /// Returns the pixels as RGB, rows from top to bottom, 3 bytes a pixel.
    pub fn rgb(&self) -> Cow<'_, [u8]> {
        self.canvas.rgb()
    }

    /// Makes the next band from a frame. Returns true if more bands remain.
    pub(super) fn band(&mut self, frame: &ImageFrame) -> bool {
        let mut bands = self.bands();
        let Some(rows) = bands.nth(self.next_band) else { return false };
        self.next_band += 1;
        if frame.width() > 0 && frame.height() > 0 {
            let crop = self.fit.crop(frame.layout.valid);
            let mapping = CropMapping { crop, all: (self.width, self.height) };
            let resized = self.canvas.make(frame, &mapping, rows);
            debug_assert!(resized.is_some(), "every frame with pixels can be resized");
        }
        bands.len() > 0
    }

    /// Encodes the thumbnail as a JPEG.
    pub(super) fn encode(self) -> Result<Bytes, ImageError> {
        let unwritable = ImageError::Unwritable { width: self.width, height: self.height };
        self.canvas.encode().ok_or(unwritable)
    }
}
