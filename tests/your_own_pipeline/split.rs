//! Converts raw grey photos of 4 × 4 pixels to 2 × 2, in frames that are split off one
//! `BytesMut` and frozen.

use bytes::{Bytes, BytesMut};

use super::sync::Mutex;

/// Side of a photo, in pixels.
pub const SIDE: usize = 4;

pub struct Converter {
    arena: Mutex<BytesMut>,
}

/// Holds a conversion that has begun: its frame, and the rows of the thumbnail made so far.
pub struct Conversion {
    frame: Bytes,
    thumbnail: Vec<u8>,
}

impl Converter {
    pub fn new(frames: usize) -> Self {
        Self { arena: Mutex::new(BytesMut::with_capacity(frames * SIDE * SIDE)) }
    }

    /// Copies the photo into a frame. Returns `None` for a photo of another size.
    pub fn begin(&self, photo: &[u8]) -> Option<Conversion> {
        let mut arena = self.arena.lock().unwrap();
        arena.extend_from_slice(photo);
        let frame = arena.split().freeze();
        (frame.len() == SIDE * SIDE).then_some(Conversion { frame, thumbnail: Vec::new() })
    }

    /// Makes the next row, and returns true if rows remain.
    pub fn band(&self, conversion: &mut Conversion) -> bool {
        let Conversion { frame, thumbnail } = conversion;
        let first = thumbnail.len() / (SIDE / 2) * 2 * SIDE;
        thumbnail.extend((0..SIDE).step_by(2).map(|x| frame[first + x]));
        thumbnail.len() < SIDE * SIDE / 4
    }

    pub fn finish(&self, conversion: Conversion) -> Vec<u8> {
        conversion.thumbnail
    }

    pub fn convert(&self, photo: &[u8]) -> Option<Vec<u8>> {
        let mut conversion = self.begin(photo)?;
        while self.band(&mut conversion) {}
        Some(self.finish(conversion))
    }
}
