//! What services do to a photo on its way to a thumbnail, to measure how far a mark holds.
//!
//! None of it knows what a mark is: it crops, resizes, sharpens, stamps, changes colours, encodes
//! and decodes, as libraries that others wrote do.

mod coding;
mod pixels;

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};

pub use self::coding::Coding;
use super::{Raster, YCbCrImage};

/// How pixels of the photo become pixels of the thumbnail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// The nearest pixel's.
    Nearest,
    /// The mean of those that it covers.
    Box,
    /// Bilinear, over all that it covers.
    Triangle,
    /// Lanczos with three lobes.
    Lanczos3,
}

impl Filter {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Nearest, Self::Box, Self::Triangle, Self::Lanczos3];

    fn algorithm(self) -> ResizeAlg {
        match self {
            Self::Nearest => ResizeAlg::Nearest,
            Self::Box => ResizeAlg::Convolution(FilterType::Box),
            Self::Triangle => ResizeAlg::Convolution(FilterType::Bilinear),
            Self::Lanczos3 => ResizeAlg::Convolution(FilterType::Lanczos3),
        }
    }
}

/// A touch that a service gives to every thumbnail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    /// None.
    Plain,
    /// An unsharp mask, as strong as such services' defaults.
    Sharpen,
    /// A bright sign in the lower right corner, a third wide and a sixth high.
    Watermark,
    /// Gamma 1.15.
    Gamma,
    /// Colours a fifth stronger, and contrast a tenth weaker.
    Colours,
}

/// A thumbnail service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Service {
    /// The width of a square thumbnail, or the longest side of another, in px.
    pub size: u32,
    /// Whether the thumbnail is the photo's centre square, or all of it.
    pub square: bool,
    /// How it resizes.
    pub filter: Filter,
    /// What it does besides.
    pub touch: Touch,
    /// How it encodes.
    pub coding: Coding,
}

impl Service {
    /// The photo's thumbnail, not yet encoded: what a service could mix up.
    pub fn resize(&self, photo: &Raster) -> Raster {
        let (width, height) = (photo.width, photo.height);
        let side = width.min(height);
        let scaled = |of: u32| {
            let longest = f64::from(width.max(height));
            ((f64::from(of) * f64::from(self.size) / longest).round() as u32).max(1)
        };
        let (to, crop) = if self.square {
            let crop = [(width - side) / 2, (height - side) / 2, side, side];
            ([self.size; 2], crop)
        } else {
            ([scaled(width), scaled(height)], [0, 0, width, height])
        };
        let [left, top, wide, high] = crop.map(f64::from);
        let options =
            ResizeOptions::new().resize_alg(self.filter.algorithm()).crop(left, top, wide, high);
        let mut rgb = vec![0; to[0] as usize * to[1] as usize * 3];
        let source = TypedImageRef::<U8x3>::from_buffer(width, height, &photo.rgb);
        let target = TypedImage::<U8x3>::from_buffer(to[0], to[1], &mut rgb);
        if let (Ok(source), Ok(mut target)) = (source, target) {
            let resized = Resizer::new().resize_typed(&source, &mut target, &options);
            debug_assert!(resized.is_ok(), "the crop lies in the photo");
        }
        Raster { width: to[0], height: to[1], rgb }
    }

    /// The thumbnail as whoever asked for it decodes it.
    pub fn send(&self, mut thumbnail: Raster) -> YCbCrImage {
        pixels::touch(self.touch, &mut thumbnail);
        self.coding.round_trip(&thumbnail)
    }
}
