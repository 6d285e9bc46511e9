//! Photo bytes to pixels and back: JPEG, PNG and WebP in, JPEG out, within limits.
//!
//! It is one codec for every pipeline, so that what tells them apart is only where a frame waits.
//! Whatever is wrong with a file becomes a [`Refusal`]; nothing here panics, hangs, or allocates
//! before the file's header was held against the [`limits`].
//!
//! ICC profiles, gamma and other metadata are ignored, except EXIF's orientation; samples are taken
//! as sRGB. Alpha is flattened on white, and CMYK is read the way Adobe writes it.
//!
//! # Two builds
//! Without features all is done in Rust, by way of RGB. With `turbojpeg` a JPEG is read and written
//! by libjpeg-turbo, and stays luma and colour from the file to the thumbnail:
//!
//! - A frame holds RGB or planes, whichever its photo came as, in the same memory. Planes are as
//!   the file has them, 4:4:4 to 4:1:1 or grey, but upright; see `ycbcr`.
//! - A thumbnail is planes at 4:2:0 whatever its photo was; see `canvas`. So a band of any job
//!   takes any frame, and makes of it the same rows in every job of that geometry.
//! - What libjpeg-turbo warns of, and files of the less usual kinds (progressive, with restarts,
//!   CMYK, RGB, other samplings), go to the decoder in Rust, which has the last word on them, and
//!   the reasons. The limits are those of the decoder in Rust, which needs more memory.
//!
//! Pictures of the two builds differ within rounding, so each is a maker of its own.
//!
//! # What is refused as damaged
//! Whatever the format lets one tell without writing another decoder. For PNG that is every chunk's
//! CRC, and the number and the checksum of the pixels; for WebP the lengths, and data that runs
//! out; for JPEG the end marker, lengths, the order and number of restarts, scans that are missing
//! or have too little or far too much data, and codes that no encoder writes.
//!
//! # What cannot be told
//! JPEG and WebP have no checksums: damage inside coded data that still reads as codes decodes to
//! wrong pixels, all of them made from the file's own bytes. A JPEG's scan may have more data than
//! its last block takes, or lack its last few bits and end there by chance; a PNG's pixels may name
//! colours that its palette does not have, which are shown black.

mod canvas;
mod decoded;
mod error;
mod frame;
mod geometry;
mod jpeg;
pub mod limits;
mod luma;
mod normalize;
mod panic_guard;
mod pixel_buffer;
mod planes;
mod png;
mod probe;
mod resample_filter;
mod thumbnail;
mod webp;
#[cfg(feature = "turbojpeg")]
mod ycbcr;

use std::num::NonZeroU32;

use bytes::Bytes;
pub use image::metadata::Orientation;

pub use self::decoded::DecodedPhoto;
pub use self::error::{Damage, Feature, Format, ImageError, Part};
pub use self::frame::ImageFrame;
pub use self::geometry::{
    BLOCK_ROWS, Fit, FitError, Size, SizeError, ThumbnailSpec, band_rows, thumbnail_dimensions,
};
pub use self::luma::{Luma, luma};
pub use self::normalize::compress;
pub use self::panic_guard::silence_decoder_panics;
pub use self::planes::{InspectedPixels, pixels};
pub use self::probe::{Header, InspectedPhoto, inspect};
pub use self::thumbnail::{QUALITY, Thumbnail};
use crate::pipeline::Codec;

/// What the name of a maker ends with that uses this build's codec: builds with and without the
/// feature `turbojpeg` make pictures that differ within rounding, so one must not be taken for the
/// other.
pub const MAKER_SUFFIX: &str = if cfg!(feature = "turbojpeg") { "-turbojpeg" } else { "" };

/// A photo, and the thumbnail that is wanted of it.
#[derive(Clone, Debug)]
pub struct ThumbnailRequest {
    /// The photo's file: JPEG, PNG or WebP.
    pub photo: Bytes,
    /// The thumbnail's size and fit.
    pub spec: ThumbnailSpec,
}

/// Makes JPEG thumbnails, 4:2:0 and of quality 80, in so many bands.
#[derive(Clone, Copy, Debug)]
pub struct ImageCodec {
    bands: NonZeroU32,
}

impl ImageCodec {
    /// A codec that makes thumbnails in `bands` bands, or fewer where there are not so many times
    /// 16 rows.
    pub const fn new(bands: NonZeroU32) -> Self {
        Self { bands }
    }

    /// A thumbnail that no photo was decoded for: `width` by `height` px, its bands still to make.
    pub fn blank(&self, (width, height): (u32, u32), fit: Fit) -> Thumbnail {
        Thumbnail::new((width, height), fit, self.bands)
    }
}

impl Codec for ImageCodec {
    type Request = ThumbnailRequest;
    type Photo = DecodedPhoto;
    type Frame = ImageFrame;
    type Thumbnail = Thumbnail;
    type Output = Bytes;
    type Error = ImageError;

    /// Decodes a photo whole; a JPEG at the smallest fraction of its size that leaves at least
    /// twice the thumbnail's pixels along each side that counts.
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
