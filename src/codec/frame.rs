//! A frame: one photo's pixels at rest, upright, 8 bits a sample: RGB, or planes as JPEG has them.
//!
//! Its memory may be used again. It is neither `Clone` nor `Copy`, so that there is one of each and
//! whoever has it has it alone; and decoding appends, so that pixels left behind by an earlier
//! photo would show. That is on purpose: forgetting to empty a frame must not go unseen.

use std::borrow::Cow;

use super::geometry::Area;
use super::pixel_buffer::PixelBuffer;
#[cfg(feature = "turbojpeg")]
use super::ycbcr::{Planes, Shape};
use crate::pipeline;

/// The pixels of one photo. An empty one is 0 by 0 pixels.
#[derive(Debug, Default)]
pub struct ImageFrame {
    samples: PixelBuffer,
    held: Layout,
    photo: Area,
}

/// What the photo is that was appended last.
#[derive(Debug)]
enum Layout {
    Rgb {
        width: usize,
        height: usize,
    },
    #[cfg(feature = "turbojpeg")]
    Planes(Shape),
}

impl Default for Layout {
    fn default() -> Self {
        Self::Rgb { width: 0, height: 0 }
    }
}

/// What a band reads, from the frame's start, rows from top to bottom.
pub(super) enum PixelView<'a> {
    /// 3 bytes a pixel.
    Rgb(&'a [u8]),
    /// Each plane by itself.
    #[cfg(feature = "turbojpeg")]
    Planes(Planes<'a>),
}

impl ImageFrame {
    /// Width of the photo that was appended last, in pixels.
    pub fn width(&self) -> u32 {
        self.dimensions().0 as u32
    }

    /// Height of the photo that was appended last, in pixels.
    pub fn height(&self) -> u32 {
        self.dimensions().1 as u32
    }

    fn dimensions(&self) -> (usize, usize) {
        match self.held {
            Layout::Rgb { width, height } => (width, height),
            #[cfg(feature = "turbojpeg")]
            Layout::Planes(Shape { width, height, .. }) => (width, height),
        }
    }

    /// Where the photo lies. The last column and row of one that was decoded at a part of its size
    /// may stand for less of it than the others; a turned photo may have them first.
    pub(super) fn photo(&self) -> Area {
        self.photo
    }

    /// Says where in it the photo lies that was appended last.
    pub(super) fn set_photo(&mut self, photo: Area) {
        self.photo = photo;
    }

    /// The pixels as RGB: rows from top to bottom, 3 bytes a pixel. Planes are converted for it.
    pub fn rgb(&self) -> Cow<'_, [u8]> {
        match self.view() {
            PixelView::Rgb(rgb) => Cow::Borrowed(rgb),
            #[cfg(feature = "turbojpeg")]
            PixelView::Planes(planes) => Cow::Owned(planes.to_rgb()),
        }
    }

    pub(super) fn view(&self) -> PixelView<'_> {
        match self.held {
            Layout::Rgb { width, height } => PixelView::Rgb(&self.samples[..width * height * 3]),
            #[cfg(feature = "turbojpeg")]
            Layout::Planes(shape) => PixelView::Planes(shape.view(&self.samples)),
        }
    }

    /// Appends a black photo of these dimensions, 3 bytes a pixel, and gives its samples.
    pub(super) fn begin(&mut self, width: usize, height: usize) -> &mut [u8] {
        self.held = Layout::Rgb { width, height };
        self.samples.grow(width * height * 3)
    }

    /// Appends planes of nothing, and gives their samples.
    #[cfg(feature = "turbojpeg")]
    pub(super) fn begin_planes(&mut self, shape: Shape) -> &mut [u8] {
        self.held = Layout::Planes(shape);
        self.samples.grow(shape.samples())
    }

    /// Appends a photo of these dimensions that lies as the frame wants it; for want of own memory
    /// it takes the photo's.
    pub(super) fn append(&mut self, width: usize, height: usize, rgb: PixelBuffer) {
        debug_assert_eq!(rgb.len(), width * height * 3, "3 bytes a pixel");
        self.held = Layout::Rgb { width, height };
        self.samples.append(rgb);
    }

    /// Appends planes that lie as the frame wants them, or takes their memory.
    #[cfg(feature = "turbojpeg")]
    pub(super) fn append_planes(&mut self, shape: Shape, samples: PixelBuffer) {
        debug_assert_eq!(samples.len(), shape.samples(), "no gaps");
        self.held = Layout::Planes(shape);
        self.samples.append(samples);
    }
}

impl pipeline::Frame for ImageFrame {
    fn clear(&mut self) {
        self.samples.clear();
        self.held = Layout::default();
        self.photo = Area::default();
    }

    fn capacity(&self) -> usize {
        self.samples.capacity()
    }
}
