//! A thumbnail in the making: its rows, and how its next band is made from whatever frame is there.
//!
//! The geometry is the thumbnail's own. A frame of other dimensions, or an empty one, neither stops
//! a band nor changes the thumbnail's shape; which photo the frame shows is not asked.

use std::borrow::Cow;
use std::num::NonZeroU32;
use std::ops::Range;

use super::canvas::{Canvas, CropMapping};
use super::frame::ImageFrame;
use super::geometry::{Fit, band_rows};
use super::{Bytes, ImageError};

/// Quality of every JPEG that is written here, of 100.
pub const QUALITY: u8 = 80;

/// A thumbnail in the making. Rows whose band is not made, or made from an empty frame, are white.
pub struct Thumbnail {
    width: u32,
    height: u32,
    fit: Fit,
    bands: NonZeroU32,
    /// How many bands have been made.
    made: usize,
    canvas: Canvas,
}

impl Thumbnail {
    pub(super) fn new((width, height): (u32, u32), fit: Fit, bands: NonZeroU32) -> Self {
        Self { width, height, fit, bands, made: 0, canvas: Canvas::new((width, height)) }
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The rows of each band, from top to bottom.
    pub fn bands(&self) -> impl ExactSizeIterator<Item = Range<u32>> + use<> {
        band_rows(self.height, self.bands)
    }

    /// The rows so far as RGB: from top to bottom, 3 bytes a pixel.
    pub fn rgb(&self) -> Cow<'_, [u8]> {
        self.canvas.rgb()
    }

    pub(super) fn band(&mut self, frame: &ImageFrame) -> bool {
        let mut bands = self.bands();
        let Some(rows) = bands.nth(self.made) else { return false };
        self.made += 1;
        if frame.width() > 0 && frame.height() > 0 {
            let crop = self.fit.crop(frame.photo());
            let cut = CropMapping { crop, all: (self.width, self.height) };
            let resized = self.canvas.make(frame, &cut, rows);
            debug_assert!(resized.is_some(), "every frame with pixels can be resized");
        }
        bands.len() > 0
    }

    pub(super) fn encode(self) -> Result<Bytes, ImageError> {
        let unwritable = ImageError::Unwritable { width: self.width, height: self.height };
        self.canvas.encode().ok_or(unwritable)
    }
}
