//! Tags each frame with the request that was decoded into it.
//!
//! The tagging codec wraps the real codec, and runs on an unchanged pipeline. The tag lies in the
//! frame beside the pixels and moves with them. So a band made from the pixels of another request
//! carries the tag of that request.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::pipeline::{Codec, Frame};

/// Records, for each band, the request whose photo the band was made from.
pub struct TaggingCodec<C> {
    codec: C,
    /// Number of photos decoded so far, over all requests.
    decodes: AtomicU64,
    /// Number of frames that have held a photo so far.
    frames: AtomicU64,
}

impl<C> TaggingCodec<C> {
    /// Wraps a codec.
    pub fn new(codec: C) -> Self {
        Self { codec, decodes: AtomicU64::new(0), frames: AtomicU64::new(0) }
    }
}

/// Pairs a request with the number that its tags carry.
#[derive(Clone, Debug)]
pub struct Numbered<R> {
    /// Number of the request, chosen by the caller.
    pub number: usize,
    /// The request to the wrapped codec.
    pub request: R,
}

/// Identifies the request of a frame's photo, and the position of its decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Number of the request.
    pub number: usize,
    /// Position in the order of all decodes, from 0. Within one slot (an index into the ring of
    /// shared buffers) this is the slot's order.
    pub decode: u64,
}

/// Holds a frame and the tag of its photo; no tag before the first decode.
#[derive(Default)]
pub struct Tagged<F> {
    frame: F,
    tag: Option<Tag>,
    /// Position of the frame in the order of first use.
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

/// Holds an unfinished thumbnail, its own tag, and the tag of each band made so far.
pub struct TracedThumbnail<T> {
    thumbnail: T,
    own: Tag,
    frame: u64,
    bands: Vec<Option<Tag>>,
}

/// Holds a finished thumbnail and its tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traced<O> {
    /// The output of the wrapped codec.
    pub output: O,
    /// Tag of the thumbnail's own request.
    pub own: Tag,
    /// Number of the frame that the photo was decoded into: the frame's position in the order of
    /// first use, from 0. A slot (an index into the ring of shared buffers) keeps its frame, so
    /// this number tells slots apart.
    pub frame: u64,
    /// Tag of the frame that each band was made from, from top to bottom; `None` for a frame
    /// without a photo.
    pub bands: Vec<Option<Tag>>,
}

impl<C: Codec> Codec for TaggingCodec<C> {
    type Request = Numbered<C::Request>;
    type Photo = (usize, C::Photo);
    type Frame = Tagged<C::Frame>;
    type Thumbnail = TracedThumbnail<C::Thumbnail>;
    type Output = Traced<C::Output>;
    type Error = C::Error;

    fn decode(&self, numbered: &Self::Request) -> Result<Self::Photo, C::Error> {
        Ok((numbered.number, self.codec.decode(&numbered.request)?))
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

    fn band(&self, frame: &Self::Frame, traced: &mut Self::Thumbnail) -> bool {
        traced.bands.push(frame.tag);
        self.codec.band(&frame.frame, &mut traced.thumbnail)
    }

    fn encode(&self, traced: Self::Thumbnail) -> Result<Self::Output, C::Error> {
        let TracedThumbnail { thumbnail, own, frame, bands } = traced;
        Ok(Traced { output: self.codec.encode(thumbnail)?, own, frame, bands })
    }
}
