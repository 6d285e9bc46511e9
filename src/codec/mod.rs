//! Decodes JPEG, PNG and WebP photos within limits, and encodes thumbnails as JPEG.
//!
//! Every pipeline uses this codec, so pipelines differ only in where a frame (the decoded pixels of
//! a photo) waits between two steps. A file that cannot be used becomes an [`ImageError`]. The
//! codec does not panic and does not hang. It checks a file's header against the [`limits`] before
//! it allocates memory for pixels.
//!
//! The codec converts colours to sRGB by the file's profile, turns the photo by EXIF's orientation,
//! and ignores all other metadata. A file that says nothing about its colours is taken as sRGB, and
//! CMYK without a profile as Adobe writes it. Alpha is flattened on white.
//!
//! # Two builds
//! Without features, the codec is written in Rust and works in RGB. With the feature `turbojpeg`,
//! libjpeg-turbo reads and writes JPEG, and pixels stay luma and chroma from the file to the
//! thumbnail. The folder `backend` holds all differences between the builds. With `turbojpeg`:
//!
//! - A frame holds RGB or planes, as its photo was stored, in the same memory. Planes keep the
//!   file's chroma sampling, from 4:4:4 to 4:1:1 or grey, but are upright.
//! - A thumbnail is planes at 4:2:0, for every photo. So a band (some rows of the thumbnail) of any
//!   job takes any frame, and all jobs of one geometry make the same rows from the same frame.
//! - The decoder in Rust takes every file that makes libjpeg-turbo warn, and the less usual files:
//!   progressive, with restarts, CMYK, RGB, other samplings. It decides whether such a file is
//!   refused, and names the reason. The limits are those of the decoder in Rust, which needs more
//!   memory.
//!
//! The pixels of the two builds differ within rounding, so each build has its own maker name.
//!
//! # Damage
//! No pixel is made up, and nothing more is required. A photo is taken if every block or row of it
//! is decoded from the file's own bytes, also if other parts of the file are damaged, and refused
//! if a single block or row is missing.
//!
//! - A JPEG may lack its end marker, its height in the header (if it follows behind the scan), or
//!   all Huffman tables (for the standard ones, if they fit the data). It may have bytes between
//!   segments and before restart markers, wrong numbers of restarts, and a trailer; bytes behind
//!   restart markers only if there are many, with the same number behind each. The coded data of
//!   such a file is walked to its last block, and the file is rewritten without the damage before
//!   it is decoded.
//! - A PNG may lack its end chunk, and may have wrong checksums in chunks that do not make the
//!   image; such a chunk is ignored. The compressed rows may be followed by other bytes. They have
//!   two kinds of checksum, and a wrong one is refused unless the other kind is right.
//! - A WebP may have a wrong length in its header, and damage behind its image. Of an animation the
//!   first frame is taken, on a transparent canvas.
//!
//! # Damage that stays undetected
//! JPEG and WebP have no checksums. Damage inside coded data that still reads as codes decodes to
//! wrong pixels, all of them made from the file's own bytes. A JPEG scan that has an end marker may
//! have more data than its last block takes, or may lack its last few bits and end there by chance.
//! A PNG's pixels may name colours that its palette does not have; they become black.

mod backend;
mod block_means;
mod color;
mod decoded;
mod error;
mod foreign;
mod frame;
mod geometry;
mod inspect;
mod jpeg;
pub mod limits;
mod memory;
mod normalize;
mod orientation;
mod panic_guard;
mod pixel_buffer;
mod png;
mod probe;
mod resample;
mod thumbnail;
mod webp;

use std::num::NonZeroU32;

use bytes::Bytes;
pub use image::metadata::Orientation;

pub use self::block_means::{MEAN_BLOCK_PX, block_means};
pub use self::color::MAX_PROFILE_BYTES;
pub use self::decoded::DecodedPhoto;
pub use self::error::{Damage, Feature, Format, ImageError, Part};
pub use self::foreign::ForeignFormat;
pub use self::frame::ImageFrame;
pub use self::geometry::{
    BLOCK_ROWS, Fit, FitError, Size, SizeError, ThumbnailSpec, band_rows, thumbnail_dimensions,
};
pub use self::inspect::{
    InspectedPixels, InspectedRows, Luma, inspect_first_rows, inspect_pixels, luma,
};
pub use self::limits::PhotoLimits;
pub use self::normalize::{normalize, normalize_within};
pub use self::panic_guard::silence_decoder_panics;
pub use self::probe::{Header, ProbedPhoto, has_unusable_profile, probe};
pub use self::thumbnail::{QUALITY, Thumbnail};
use crate::pipeline::Codec;

/// Suffix of the maker names (the versions of the thumbnail maker) of this build, empty without
/// features. The two builds make pixels that differ within rounding, so a name must tell them
/// apart.
pub const MAKER_SUFFIX: &str = backend::MAKER_SUFFIX;

/// Requests a thumbnail of a photo.
#[derive(Clone, Debug)]
pub struct ThumbnailRequest {
    /// The bytes of the photo's file, which is JPEG, PNG or WebP.
    pub photo: Bytes,
    /// The thumbnail's size and fit.
    pub spec: ThumbnailSpec,
}

/// Makes JPEG thumbnails at 4:2:0 and quality 80, in a fixed number of bands.
#[derive(Clone, Copy, Debug)]
pub struct ImageCodec {
    bands: NonZeroU32,
}

impl ImageCodec {
    /// Returns a codec that makes each thumbnail in `bands` bands. A thumbnail of fewer than
    /// `bands` times 16 rows has fewer bands.
    pub const fn new(bands: NonZeroU32) -> Self {
        Self { bands }
    }

    /// Returns a thumbnail of `width` by `height` px whose bands are still to be made, without
    /// decoding a photo.
    pub fn blank(&self, (width, height): (u32, u32), fit: Fit) -> Thumbnail {
        Thumbnail::new((width, height), fit, self.bands)
    }

    /// Makes all remaining bands of a thumbnail from a frame that no other request disturbs.
    pub fn render(&self, frame: &ImageFrame, mut thumbnail: Thumbnail) -> Thumbnail {
        while self.band(frame, &mut thumbnail) {}
        thumbnail
    }

    /// Decodes a photo into a frame of its own, and makes all bands of its thumbnail.
    ///
    /// # Errors
    /// Returns an [`ImageError`] if the photo cannot be decoded whole or exceeds the [`limits`].
    pub fn thumbnail(&self, request: &ThumbnailRequest) -> Result<Thumbnail, ImageError> {
        let mut frame = ImageFrame::default();
        let thumbnail = self.fill(self.decode(request)?, &mut frame);
        Ok(self.render(&frame, thumbnail))
    }
}

impl Codec for ImageCodec {
    type Request = ThumbnailRequest;
    type Photo = DecodedPhoto;
    type Frame = ImageFrame;
    type Thumbnail = Thumbnail;
    type Output = Bytes;
    type Error = ImageError;

    /// Decodes a photo whole. A JPEG is decoded at the smallest fraction of its size that leaves at
    /// least twice the thumbnail's pixels along the sides that the fit keeps.
    fn decode(&self, request: &ThumbnailRequest) -> Result<DecodedPhoto, ImageError> {
        probe::File::open(&request.photo)?.decode(request.spec)
    }

    fn fill(&self, photo: DecodedPhoto, frame: &mut ImageFrame) -> Thumbnail {
        photo.pixels.append(photo.orientation, frame);
        Thumbnail::new(photo.thumbnail, photo.fit, self.bands)
    }

    fn band(&self, frame: &ImageFrame, thumbnail: &mut Thumbnail) -> bool {
        thumbnail.band(frame)
    }

    fn encode(&self, thumbnail: Thumbnail) -> Result<Bytes, ImageError> {
        thumbnail.encode()
    }
}
