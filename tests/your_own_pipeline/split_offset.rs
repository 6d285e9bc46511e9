//! Converts like `split.rs`, with a planted fault: a conversion keeps the position of its pixels in
//! the `BytesMut` instead of the pixels, and the positions start again when it is full.

use std::ops::Range;

use bytes::BytesMut;

use super::sync::Mutex;

/// Side of a photo, in pixels.
pub const SIDE: usize = 4;

pub struct Converter {
    /// Holds all pixels, and the position of the next photo.
    arena: Mutex<(BytesMut, usize)>,
}

/// Holds a conversion that has begun.
pub struct Conversion {
    position: Range<usize>,
    thumbnail: Vec<u8>,
}

impl Converter {
    pub fn new(frames: usize) -> Self {
        Self { arena: Mutex::new((BytesMut::zeroed(frames * SIDE * SIDE), 0)) }
    }

    /// Copies the photo into the arena. Returns `None` for a photo of another size.
    pub fn begin(&self, photo: &[u8]) -> Option<Conversion> {
        if photo.len() != SIDE * SIDE {
            return None;
        }
        let mut arena = self.arena.lock().unwrap();
        let (pixels, next) = &mut *arena;
        if *next == pixels.len() {
            *next = 0;
        }
        let position = *next..*next + photo.len();
        pixels[position.clone()].copy_from_slice(photo);
        *next = position.end;
        Some(Conversion { position, thumbnail: Vec::new() })
    }

    /// Makes the next row, and returns true if rows remain.
    pub fn band(&self, conversion: &mut Conversion) -> bool {
        let Conversion { position, thumbnail } = conversion;
        let arena = self.arena.lock().unwrap();
        let frame = &arena.0[position.clone()];
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
