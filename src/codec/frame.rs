//! A frame: one photo's pixels at rest, upright, RGB, 8 bits a sample.
//!
//! Its memory may be used again. It is neither `Clone` nor `Copy`, so that there is one of each and
//! whoever has it has it alone; and decoding appends, so that pixels left behind by an earlier
//! photo would show. That is on purpose: forgetting to empty a frame must not go unseen.

use crate::pipeline;

/// The pixels of one photo. An empty one is 0 by 0 pixels.
#[derive(Debug, Default)]
pub struct Frame {
    rgb: Vec<u8>,
    width: usize,
    height: usize,
}

impl Frame {
    /// Width of the photo that was appended last, in pixels.
    pub fn width(&self) -> u32 {
        self.width as u32
    }

    /// Height of the photo that was appended last, in pixels.
    pub fn height(&self) -> u32 {
        self.height as u32
    }

    /// What a band reads: rows from top to bottom, 3 bytes a pixel, from the frame's start.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb[..self.width * self.height * 3]
    }

    /// Gets ready to be appended a photo of these dimensions, and says where to.
    pub(super) fn begin(&mut self, width: usize, height: usize) -> &mut Vec<u8> {
        self.width = width;
        self.height = height;
        // Exactly, so that a frame holds no more than the limit on memory counts for it.
        self.rgb.reserve_exact(width * height * 3);
        &mut self.rgb
    }

    /// Takes a photo of these dimensions with its memory, for want of own.
    pub(super) fn take(&mut self, width: usize, height: usize, rgb: Vec<u8>) {
        debug_assert_eq!(rgb.len(), width * height * 3, "3 bytes a pixel");
        (self.width, self.height, self.rgb) = (width, height, rgb);
    }
}

impl pipeline::Frame for Frame {
    fn clear(&mut self) {
        self.rgb.clear();
        self.width = 0;
        self.height = 0;
    }

    fn capacity(&self) -> usize {
        self.rgb.capacity()
    }
}
