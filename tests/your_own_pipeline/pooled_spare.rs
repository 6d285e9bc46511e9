//! Converts like `pooled.rs`, with a planted fault: when the pool is empty, requests share a spare
//! frame. Each access to the spare frame holds its lock.

use std::sync::Arc;

use object_pool::{Pool, ReusableOwned};

use super::sync::Mutex;

/// Side of a photo, in pixels.
pub const SIDE: usize = 4;

pub struct Converter {
    frames: Arc<Pool<Vec<u8>>>,
    spare: Mutex<Vec<u8>>,
}

/// Holds a conversion that has begun. A conversion without a frame uses the spare frame.
pub struct Conversion {
    frame: Option<ReusableOwned<Vec<u8>>>,
    thumbnail: Vec<u8>,
}

impl Converter {
    pub fn new(frames: usize) -> Self {
        let frames = Arc::new(Pool::new(frames, Vec::new));
        Self { frames, spare: Mutex::new(Vec::new()) }
    }

    /// Copies the photo into a frame. Returns `None` for a photo of another size.
    pub fn begin(&self, photo: &[u8]) -> Option<Conversion> {
        if photo.len() != SIDE * SIDE {
            return None;
        }
        let mut frame = self.frames.try_pull_owned();
        let mut spare = self.spare.lock().unwrap();
        let pixels = frame.as_deref_mut().unwrap_or(&mut *spare);
        pixels.clear();
        pixels.extend_from_slice(photo);
        drop(spare);
        Some(Conversion { frame, thumbnail: Vec::new() })
    }

    /// Makes the next row, and returns true if rows remain.
    pub fn band(&self, conversion: &mut Conversion) -> bool {
        let Conversion { frame, thumbnail } = conversion;
        let first = thumbnail.len() / (SIDE / 2) * 2 * SIDE;
        let spare = self.spare.lock().unwrap();
        let pixels = frame.as_deref().unwrap_or(&*spare);
        thumbnail.extend((0..SIDE).step_by(2).map(|x| pixels[first + x]));
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
