//! What a thumbnail's rows lie in, and how some of them are made from a frame and written.
//!
//! There are two kinds, and a build has one: RGB, all in Rust, or, with the feature `turbojpeg`,
//! planes at 4:2:0. Either takes every frame, and makes the same rows of it whatever lay there
//! before, which is what the oracle that compares rows stands on.

#[cfg(any(test, not(feature = "turbojpeg")))]
pub(super) mod rgb;
#[cfg(feature = "turbojpeg")]
mod ycbcr;

use std::num::NonZeroU32;
use std::ops::Range;

use fast_image_resize::{ImageView, ImageViewMut, PixelTrait, ResizeAlg, ResizeOptions, Resizer};

#[cfg(not(feature = "turbojpeg"))]
pub(super) use self::rgb::Canvas;
#[cfg(feature = "turbojpeg")]
pub(super) use self::ycbcr::Canvas;
use super::geometry::Area;
use super::resample_filter::{ResampleFilter, Scale};

/// Bands of a large picture that nothing else asks to be made in bands. All rows of RGB, resized
/// one way and not yet the other, would leave the processor's cache; those of a plane are a third,
/// and with one band the weights are computed once.
pub(super) const BANDS: NonZeroU32 =
    if cfg!(feature = "turbojpeg") { NonZeroU32::MIN } else { NonZeroU32::new(8).unwrap() };

/// Which part of a frame becomes which rows of a canvas.
#[derive(Clone, Copy, Debug)]
pub(super) struct CropMapping {
    /// All that is shown, in the frame's pixels.
    pub(super) crop: Area,
    /// The canvas' width and height.
    pub(super) all: (u32, u32),
}

impl CropMapping {
    /// The frame's columns that become these columns.
    fn columns(&self, columns: Range<u32>) -> Range<f64> {
        edges(self.crop.left, self.crop.width, columns, self.all.0)
    }

    /// The frame's rows that become these rows.
    fn rows(&self, rows: Range<u32>) -> Range<f64> {
        edges(self.crop.top, self.crop.height, rows, self.all.1)
    }
}

/// The part of `start..start + length` that becomes `part` of `all`. Edges, not lengths, are
/// computed: the last is then exactly the crop's own, where a length added to a start may be
/// rounded to beyond it, which the resizer refuses.
fn edges(start: f64, length: f64, part: Range<u32>, all: u32) -> Range<f64> {
    let edge = |at: u32| start + length * f64::from(at) / f64::from(all);
    edge(part.start)..edge(part.end)
}

/// Fills `target` with these columns and rows of `source` by way of a kernel. Nothing but columns
/// or rows that the source does not have can fail here.
fn resize<P: PixelTrait>(
    resizer: &mut Resizer,
    kernel: ResampleFilter,
    source: &impl ImageView<Pixel = P>,
    (columns, rows): (Range<f64>, Range<f64>),
    target: &mut impl ImageViewMut<Pixel = P>,
) -> Option<()> {
    let (width, height) = (columns.end - columns.start, rows.end - rows.start);
    let across = width / f64::from(target.width());
    let scale = Scale { across, down: height / f64::from(target.height()) };
    // What the resizer takes at a time with AVX2 and less: 4 pixels of 3 bytes, 8 of one.
    let at_a_time = if P::size() == 1 { 8 } else { 4 };
    let filter = ResizeAlg::Convolution(kernel.filter(scale, at_a_time));
    let options =
        ResizeOptions::new().resize_alg(filter).crop(columns.start, rows.start, width, height);
    resizer.resize_typed(source, target, &options).ok()
}
