//! Converts raw grey photos of 4 × 4 pixels to 2 × 2, in frames that another crate's pool keeps.

use std::sync::Arc;

use object_pool::{Pool, ReusableOwned};

/// Side of a photo, in pixels.
pub const SIDE: usize = 4;

pub struct Converter {
    frames: Arc<Pool<Vec<u8>>>,
}

/// Holds a conversion that has begun: its frame, and the rows of the thumbnail made so far.
pub struct Conversion {
    frame: ReusableOwned<Vec<u8>>,
    thumbnail: Vec<u8>,
}

impl Converter {
    pub fn new(frames: usize) -> Self {
        Self { frames: Arc::new(Pool::new(frames, Vec::new)) }
    }

    /// Copies the photo into a frame. Returns `None` for a photo of another size.
    pub fn begin(&self, photo: &[u8]) -> Option<Conversion> {
        if photo.len() != SIDE * SIDE {
            return None;
        }
        let mut frame = self.frames.pull_owned(Vec::new);
        frame.clear();
        frame.extend_from_slice(photo);
        Some(Conversion { frame, thumbnail: Vec::new() })
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
