//! A thumbnail in the making: its rows, and how its next band is made from whatever frame is there.
//!
//! The geometry is the thumbnail's own. A frame of other dimensions, or an empty one, neither stops
//! a band nor changes the thumbnail's shape; which photo the frame shows is not asked.

use std::num::NonZeroU32;
use std::ops::Range;

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{ResizeAlg, ResizeOptions, Resizer};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::frame::Frame;
use super::geometry::{Fit, band_rows};
use super::lanczos::lanczos;
use super::{Bytes, Refusal};

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
    rgb: Vec<u8>,
    /// Kept from band to band with its memory.
    resizer: Resizer,
}

impl Thumbnail {
    pub(super) fn new((width, height): (u32, u32), fit: Fit, bands: NonZeroU32) -> Self {
        let rgb = vec![255; width as usize * height as usize * 3];
        Self { width, height, fit, bands, made: 0, rgb, resizer: Resizer::new() }
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

    /// The rows so far: from top to bottom, 3 bytes a pixel.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    pub(super) fn band(&mut self, frame: &Frame) -> bool {
        let mut bands = self.bands();
        let Some(rows) = bands.nth(self.made) else { return false };
        self.made += 1;
        if frame.width() > 0 && frame.height() > 0 {
            let resized = self.resize(frame, rows);
            debug_assert!(resized.is_some(), "every frame with pixels can be resized");
        }
        bands.len() > 0
    }

    /// Makes these rows from the frame. Nothing but a crop box outside the frame can fail here.
    fn resize(&mut self, frame: &Frame, rows: Range<u32>) -> Option<()> {
        let (left, top, width, height) = self.fit.crop(frame.width(), frame.height());
        let (band_top, band_height) = within(top, height, &rows, self.height);
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(lanczos())).crop(
            f64::from(left),
            band_top,
            f64::from(width),
            band_height,
        );

        let row_bytes = self.width as usize * 3;
        let band = &mut self.rgb[rows.start as usize * row_bytes..rows.end as usize * row_bytes];
        // Typed, so that the compiler makes the resizer for this kind of pixel and not for fifteen.
        let source =
            TypedImageRef::<U8x3>::from_buffer(frame.width(), frame.height(), frame.rgb()).ok()?;
        let mut target =
            TypedImage::<U8x3>::from_buffer(self.width, rows.end - rows.start, band).ok()?;
        self.resizer.resize_typed(&source, &mut target, &options).ok()
    }

    pub(super) fn encode(self) -> Result<Bytes, Refusal> {
        let unwritable = Refusal::Unwritable { width: self.width, height: self.height };
        let (Ok(width), Ok(height)) = (self.width.try_into(), self.height.try_into()) else {
            return Err(unwritable);
        };
        let mut jpeg = Vec::new();
        let mut encoder = Encoder::new(&mut jpeg, QUALITY);
        encoder.set_sampling_factor(SamplingFactor::F_2_2);
        match encoder.encode(&self.rgb, width, height, ColorType::Rgb) {
            Ok(()) => Ok(jpeg.into()),
            Err(_) => Err(unwritable),
        }
    }
}

/// The top and height of the part of a crop (`top`, `height`) that becomes `rows` of `all` rows.
/// Edges, not heights, are computed: the last is then exactly the crop's own, where a height added
/// to a top may be rounded to beyond it, which the resizer refuses.
fn within(top: u32, height: u32, rows: &Range<u32>, all: u32) -> (f64, f64) {
    let edge = |row: u32| f64::from(top) + f64::from(height) * f64::from(row) / f64::from(all);
    (edge(rows.start), edge(rows.end) - edge(rows.start))
}
