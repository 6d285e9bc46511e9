//! Implements a codec for tests and models: a photo is two bytes, both its owner's letter, and a
//! thumbnail lists the owner of each band. The codec is small, so that a model checker can try
//! every interleaving. It is strict, so that a band shows old contents of a frame too.

use super::pipeline::{Codec, Frame};

/// Owner of a band that was made from an empty frame.
pub(crate) const NOTHING: u8 = b'-';

/// Makes thumbnails of `bands` bands from photos that are their owner's letter.
pub(crate) struct ModelCodec {
    pub(crate) bands: usize,
    /// Function that is called at the start of every step, where a checker can switch threads.
    pub(crate) step: fn(Step),
}

/// Names the call that a pipeline makes on its codec, with the owner of the thumbnail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Decode(u8),
    Fill(u8),
    Band(u8),
    Encode(u8),
}

impl ModelCodec {
    pub(crate) fn new(bands: usize) -> Self {
        Self { bands, step: |_| () }
    }
}

/// Holds two bytes per photo. A photo is appended after old contents.
#[derive(Default)]
pub(crate) struct ModelFrame {
    pub(crate) pixels: Vec<u8>,
    /// Number that a recorder gives the frame at its first fill.
    pub(crate) number: Option<usize>,
}

/// Holds the owner of a thumbnail and the owners of the bands made so far.
pub(crate) struct ModelThumbnail {
    pub(crate) owner: u8,
    pub(crate) bands: Vec<u8>,
}

impl Codec for ModelCodec {
    type Request = u8;
    type Photo = u8;
    type Frame = ModelFrame;
    type Thumbnail = ModelThumbnail;
    type Output = Vec<u8>;
    type Error = u8;

    /// Returns an error for an owner with a small letter.
    fn decode(&self, &owner: &u8) -> Result<u8, u8> {
        (self.step)(Step::Decode(owner));
        if owner.is_ascii_lowercase() { Err(owner) } else { Ok(owner) }
    }

    fn fill(&self, owner: u8, frame: &mut ModelFrame) -> ModelThumbnail {
        (self.step)(Step::Fill(owner));
        frame.pixels.extend([owner, owner]);
        ModelThumbnail { owner, bands: Vec::new() }
    }

    fn band(&self, frame: &ModelFrame, thumbnail: &mut ModelThumbnail) -> bool {
        (self.step)(Step::Band(thumbnail.owner));
        if thumbnail.bands.len() < self.bands {
            thumbnail.bands.push(frame.pixels.first().copied().unwrap_or(NOTHING));
        }
        thumbnail.bands.len() < self.bands
    }

    /// Returns an error for an owner that is a digit.
    fn encode(&self, thumbnail: ModelThumbnail) -> Result<Vec<u8>, u8> {
        (self.step)(Step::Encode(thumbnail.owner));
        let owner = thumbnail.owner;
        if owner.is_ascii_digit() { Err(owner) } else { Ok(thumbnail.bands) }
    }
}

impl Frame for ModelFrame {
    fn clear(&mut self) {
        self.pixels.clear();
    }

    fn capacity(&self) -> usize {
        self.pixels.capacity()
    }
}
