//! The witness inside: a codec whose frames say which request was decoded into them.
//!
//! It is wrapped round the real codec and handed to an unchanged pipeline. The tag lies in the
//! frame beside the pixels, so it goes wherever they go: a band made from somebody else's pixels
//! carries somebody else's tag.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::pipeline::{Codec, Frame};

/// A codec that notes, for each band, whose photo it was made from.
pub struct TaggingCodec<C> {
    codec: C,
    /// How many photos have been decoded so far, over all requests.
    decodes: AtomicU64,
    /// How many frames have had a photo in them so far.
    frames: AtomicU64,
}

impl<C> TaggingCodec<C> {
    /// A witness round `codec`.
    pub fn new(codec: C) -> Self {
        Self { codec, decodes: AtomicU64::new(0), frames: AtomicU64::new(0) }
    }
}

/// A request with the number by which its witness knows it.
#[derive(Clone, Debug)]
pub struct Numbered<R> {
    /// The caller's number for it.
    pub number: usize,
    /// What the codec is asked.
    pub request: R,
}

/// Which request a frame's photo belongs to, and when it was decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The number of the request.
    pub number: usize,
    /// Its place in the order of decodes, from 0. Within one slot this is the slot's order.
    pub decode: u64,
}

/// A frame, and whose photo lies in it; nobody's before the first decode.
#[derive(Default)]
pub struct Tagged<F> {
    frame: F,
    tag: Option<Tag>,
    /// Its place in the order in which frames were first used.
    number: Option<u64>,
}

impl<F: Frame> Frame for Tagged<F> {
    fn clear(&mut self) {
        self.frame.clear();
        self.tag = None;
    }

    fn capacity(&self) -> usize {
        self.frame.capacity()
    }
}

/// A thumbnail in the making, its own tag, and the tag that each of its bands was made from.
pub struct TracedThumbnail<T> {
    thumbnail: T,
    own: Tag,
    frame: u64,
    bands: Vec<Option<Tag>>,
}

/// A finished thumbnail and what the witness saw of its making.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traced<O> {
    /// What the codec made.
    pub output: O,
    /// The tag of the request that asked for it.
    pub own: Tag,
    /// Which frame its photo was decoded into: its place in the order in which frames were first
    /// used, from 0. A slot keeps its frame, so this tells slots apart.
    pub frame: u64,
    /// The tag that each band was made from, top to bottom; `None` for a frame with no photo.
    pub bands: Vec<Option<Tag>>,
}

impl<C: Codec> Codec for TaggingCodec<C> {
    type Request = Numbered<C::Request>;
    type Photo = (usize, C::Photo);
    type Frame = Tagged<C::Frame>;
    type Thumbnail = TracedThumbnail<C::Thumbnail>;
    type Output = Traced<C::Output>;
    type Error = C::Error;

    fn decode(&self, asked: &Self::Request) -> Result<Self::Photo, C::Error> {
        Ok((asked.number, self.codec.decode(&asked.request)?))
    }

    fn fill(&self, (number, photo): Self::Photo, frame: &mut Self::Frame) -> Self::Thumbnail {
        let thumbnail = self.codec.fill(photo, &mut frame.frame);
        let own = Tag { number, decode: self.decodes.fetch_add(1, Ordering::Relaxed) };
        // A photo appended to old contents lies behind them, and so does its tag.
        frame.tag.get_or_insert(own);
        let number =
            frame.number.get_or_insert_with(|| self.frames.fetch_add(1, Ordering::Relaxed));
        TracedThumbnail { thumbnail, own, frame: *number, bands: Vec::new() }
    }

    fn band(&self, frame: &Self::Frame, making: &mut Self::Thumbnail) -> bool {
        making.bands.push(frame.tag);
        self.codec.band(&frame.frame, &mut making.thumbnail)
    }

    fn encode(&self, making: Self::Thumbnail) -> Result<Self::Output, C::Error> {
        let TracedThumbnail { thumbnail, own, frame, bands } = making;
        Ok(Traced { output: self.codec.encode(thumbnail)?, own, frame, bands })
    }
}
