//! A frame: one photo's pixels at rest, upright, 8 bits a sample: RGB, or planes as JPEG has them.
//!
//! Its memory may be used again. It is neither `Clone` nor `Copy`, so that there is one of each and
//! whoever has it has it alone; and decoding appends, so that pixels left behind by an earlier
//! photo would show. That is on purpose: forgetting to empty a frame must not go unseen.

use std::borrow::Cow;

use super::geometry::Area;
use super::samples::Samples;
#[cfg(feature = "turbojpeg")]
use super::ycbcr::{Planes, Shape};
use crate::pipeline;

/// The pixels of one photo. An empty one is 0 by 0 pixels.
#[derive(Debug, Default)]
pub struct Frame {
    samples: Samples,
    held: Held,
    photo: Area,
}

/// What the photo is that was appended last.
#[derive(Debug)]
enum Held {
    Rgb {
        width: usize,
        height: usize,
    },
    #[cfg(feature = "turbojpeg")]
    Planes(Shape),
}

impl Default for Held {
    fn default() -> Self {
        Self::Rgb { width: 0, height: 0 }
    }
}

/// What a band reads, from the frame's start, rows from top to bottom.
pub(super) enum View<'a> {
    /// 3 bytes a pixel.
    Rgb(&'a [u8]),
    /// Each plane by itself.
    #[cfg(feature = "turbojpeg")]
    Planes(Planes<'a>),
}

impl Frame {
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
            Held::Rgb { width, height } => (width, height),
            #[cfg(feature = "turbojpeg")]
            Held::Planes(Shape { width, height, .. }) => (width, height),
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
            View::Rgb(rgb) => Cow::Borrowed(rgb),
            #[cfg(feature = "turbojpeg")]
            View::Planes(planes) => Cow::Owned(planes.to_rgb()),
        }
    }

    pub(super) fn view(&self) -> View<'_> {
        match self.held {
            Held::Rgb { width, height } => View::Rgb(&self.samples[..width * height * 3]),
            #[cfg(feature = "turbojpeg")]
            Held::Planes(shape) => View::Planes(shape.view(&self.samples)),
        }
    }

    /// Gets ready to be appended a photo of these dimensions in RGB, and says where to.
    pub(super) fn begin(&mut self, width: usize, height: usize) -> &mut Vec<u8> {
        self.held = Held::Rgb { width, height };
        // Exactly, so that a frame holds no more than the limit on memory counts for it.
        let samples = self.samples.on_heap();
        samples.reserve_exact(width * height * 3);
        samples
    }

    /// Gets ready to be appended planes, and says where to.
    #[cfg(feature = "turbojpeg")]
    pub(super) fn begin_planes(&mut self, shape: Shape) -> &mut Vec<u8> {
        self.held = Held::Planes(shape);
        let samples = self.samples.on_heap();
        samples.reserve_exact(shape.samples());
        samples
    }

    /// Appends planes that lie as the frame wants them; for want of own memory it takes theirs.
    #[cfg(feature = "turbojpeg")]
    pub(super) fn append_planes(&mut self, shape: Shape, samples: Samples) {
        if self.samples.capacity() == 0 {
            self.held = Held::Planes(shape);
            self.samples = samples;
        } else {
            self.begin_planes(shape).extend_from_slice(&samples);
        }
    }

    /// Takes a photo of these dimensions with its memory, for want of own.
    pub(super) fn take(&mut self, width: usize, height: usize, rgb: Samples) {
        debug_assert_eq!(rgb.len(), width * height * 3, "3 bytes a pixel");
        (self.held, self.samples) = (Held::Rgb { width, height }, rgb);
    }
}

impl pipeline::Frame for Frame {
    fn clear(&mut self) {
        self.samples.clear();
        self.held = Held::default();
        self.photo = Area::default();
    }

    fn capacity(&self) -> usize {
        self.samples.capacity()
    }
}
