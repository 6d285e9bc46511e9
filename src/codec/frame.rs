//! Stores the decoded pixels of one photo: upright, 8 bits a sample.
//!
//! A frame's memory may be used again. A frame is neither `Clone` nor `Copy`, so its owner is alone
//! in having it. Decoding appends to a frame, so pixels left behind by an earlier photo would show.
//! That is on purpose: a pipeline that forgets to empty a frame must not go unnoticed.

use std::borrow::Cow;

use super::backend::PixelFormat;
use super::geometry::Area;
use super::pixel_buffer::PixelBuffer;
use crate::pipeline;

/// Holds the pixels of one photo. An empty frame has 0 by 0 pixels.
#[derive(Debug, Default)]
pub struct ImageFrame {
    samples: PixelBuffer,
    pub(super) layout: FrameLayout,
}

/// Describes how the photo that was appended last lies in a frame.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FrameLayout {
    /// Width in pixels.
    pub(super) width: usize,
    /// Height in pixels.
    pub(super) height: usize,
    /// The way in which the pixels are stored.
    pub(super) format: PixelFormat,
    /// The part of the frame that the photo fills. The last column and row of a photo that was
    /// decoded at a fraction of its size may be filled in part; they are the first of a turned one.
    pub(super) valid: Area,
}

impl ImageFrame {
    /// Returns the width of the photo that was appended last, in pixels.
    pub fn width(&self) -> u32 {
        self.layout.width as u32
    }

    /// Returns the height of the photo that was appended last, in pixels.
    pub fn height(&self) -> u32 {
        self.layout.height as u32
    }

    /// Returns the pixels as RGB, rows from top to bottom, 3 bytes a pixel. Planes are converted.
    pub fn rgb(&self) -> Cow<'_, [u8]> {
        let FrameLayout { width, height, format, .. } = self.layout;
        format.to_rgb((width, height), self.samples())
    }

    /// Returns the samples that a band reads, from the frame's start.
    pub(super) fn samples(&self) -> &[u8] {
        let FrameLayout { width, height, format, .. } = self.layout;
        &self.samples[..format.bytes(width, height)]
    }

    /// Appends samples that are all zero, and returns them to be written.
    pub(super) fn append_zeros(&mut self, layout: FrameLayout) -> &mut [u8] {
        self.layout = layout;
        self.samples.grow(layout.format.bytes(layout.width, layout.height))
    }

    /// Appends samples that lie as the frame stores them. A frame without memory takes theirs.
    pub(super) fn append(&mut self, layout: FrameLayout, samples: PixelBuffer) {
        debug_assert_eq!(samples.len(), layout.format.bytes(layout.width, layout.height));
        self.layout = layout;
        self.samples.append(samples);
    }
}

impl pipeline::Frame for ImageFrame {
    fn clear(&mut self) {
        self.samples.clear();
        self.layout = FrameLayout::default();
    }

    fn capacity(&self) -> usize {
        self.samples.capacity()
    }
}
