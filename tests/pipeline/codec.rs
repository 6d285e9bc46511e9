//! A codec for models: a photo is two bytes, both its owner's name, and a thumbnail says which
//! owner each of its bands was made from. Small, so that a checker can try every interleaving;
//! strict, so that it shows whatever lies in a frame, old contents too.

use super::pipeline::{Codec, Frame};

/// What a band shows that was made from a frame with nothing in it.
pub(crate) const NOTHING: u8 = b'-';

/// Makes thumbnails of so many bands from photos that are their owner's name.
pub(crate) struct Model {
    pub(crate) bands: usize,
    /// Called at the head of every step, so that a checker may switch there.
    pub(crate) step: fn(Step),
}

/// The four calls that a pipeline makes on its codec, with the owner whose thumbnail it makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Decode(u8),
    Fill(u8),
    Band(u8),
    Encode(u8),
}

impl Model {
    pub(crate) fn new(bands: usize) -> Self {
        Self { bands, step: |_| () }
    }
}

/// Two bytes of pixels per photo; a photo appended to old contents lies behind them.
#[derive(Default)]
pub(crate) struct ModelFrame(pub(crate) Vec<u8>);

/// The owners of the bands made so far.
pub(crate) struct ModelThumbnail {
    owner: u8,
    bands: Vec<u8>,
}

impl Codec for Model {
    type Request = u8;
    type Photo = u8;
    type Frame = ModelFrame;
    type Thumbnail = ModelThumbnail;
    type Output = Vec<u8>;
    type Error = u8;

    /// Refuses the photo of an owner with a small letter.
    fn decode(&self, &owner: &u8) -> Result<u8, u8> {
        (self.step)(Step::Decode(owner));
        if owner.is_ascii_lowercase() { Err(owner) } else { Ok(owner) }
    }

    fn fill(&self, owner: u8, frame: &mut ModelFrame) -> ModelThumbnail {
        (self.step)(Step::Fill(owner));
        frame.0.extend([owner, owner]);
        ModelThumbnail { owner, bands: Vec::new() }
    }

    fn band(&self, frame: &ModelFrame, thumbnail: &mut ModelThumbnail) -> bool {
        (self.step)(Step::Band(thumbnail.owner));
        if thumbnail.bands.len() < self.bands {
            thumbnail.bands.push(frame.0.first().copied().unwrap_or(NOTHING));
        }
        thumbnail.bands.len() < self.bands
    }

    /// Refuses the thumbnail of an owner that is a digit.
    fn encode(&self, thumbnail: ModelThumbnail) -> Result<Vec<u8>, u8> {
        (self.step)(Step::Encode(thumbnail.owner));
        let owner = thumbnail.owner;
        if owner.is_ascii_digit() { Err(owner) } else { Ok(thumbnail.bands) }
    }
}

impl Frame for ModelFrame {
    fn clear(&mut self) {
        self.0.clear();
    }

    fn capacity(&self) -> usize {
        self.0.capacity()
    }
}
