//! Which format a file has, and what its header promises.
//!
//! Everything that can be refused without decoding is refused here, for thumbnails, for the album's
//! compression and for whoever only asks.

use bytes::Bytes;
use image::metadata::Orientation;

use super::decoded::{DecodedPhoto, turns};
use super::geometry::{ThumbnailSpec, thumbnail_dimensions};
use super::jpeg::Jpeg;
use super::png::Png;
use super::webp::WebP;
use super::{Format, ImageError, limits};

/// What a photo's header promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The file's format.
    pub format: Format,
    /// Width of the upright photo, in pixels.
    pub width: u32,
    /// Height of the upright photo, in pixels.
    pub height: u32,
    /// How the stored photo must be turned to be upright.
    pub orientation: Orientation,
}

/// Reads a photo's header and structure, holds them against the limits, and decodes nothing.
///
/// # Errors
/// Every [`Refusal`] but those that only decoding can find.
pub fn inspect(photo: &[u8]) -> Result<Header, ImageError> {
    Ok(File::open(photo)?.header())
}

/// Holds a photo's bytes and the structure that was read from them, so that decoding the photo does
/// not read the structure again.
pub struct InspectedPhoto {
    file: Bytes,
    /// The structure, without the bytes.
    structure: File<'static>,
}

impl InspectedPhoto {
    /// Reads the structure as [`inspect`] does.
    ///
    /// # Errors
    /// Returns the [`ImageError`] of [`inspect`].
    pub fn open(file: Bytes) -> Result<Self, ImageError> {
        let structure = File::open(&file)?.with_bytes(&[]);
        Ok(Self { file, structure })
    }

    /// Returns the header.
    pub fn header(&self) -> Header {
        self.structure.header()
    }

    /// Decodes the whole photo, at the scale that a thumbnail needs.
    ///
    /// # Errors
    /// Returns an [`ImageError`] if the photo is damaged.
    pub fn decode(self, spec: ThumbnailSpec) -> Result<DecodedPhoto, ImageError> {
        self.structure.with_bytes(&self.file).decode(spec)
    }
}

/// A file within the limits, of a known format and whole as far as its structure tells.
pub(super) enum File<'a> {
    Jpeg(Jpeg<'a>),
    Png(Png<'a>),
    WebP(WebP<'a>),
}

impl<'a> File<'a> {
    pub(super) fn open(file: &'a [u8]) -> Result<Self, ImageError> {
        limits::check_file(file)?;
        if file.starts_with(&[0xFF, 0xD8]) {
            Jpeg::open(file).map(Self::Jpeg)
        } else if file.starts_with(b"\x89PNG\r\n\x1a\n") {
            Png::open(file).map(Self::Png)
        } else if file.starts_with(b"RIFF") && file.get(8..12) == Some(b"WEBP") {
            WebP::open(file).map(Self::WebP)
        } else {
            Err(ImageError::Unknown)
        }
    }

    /// Replaces the bytes that the structure belongs to. Only the bytes that the structure was read
    /// from can be decoded.
    fn with_bytes(self, file: &[u8]) -> File<'_> {
        match self {
            Self::Jpeg(jpeg) => File::Jpeg(jpeg.with_bytes(file)),
            Self::Png(png) => File::Png(png.with_bytes(file)),
            Self::WebP(webp) => File::WebP(webp.with_bytes(file)),
        }
    }

    pub(super) fn header(&self) -> Header {
        let (format, (width, height), orientation) = match self {
            Self::Jpeg(jpeg) => (Format::Jpeg, jpeg.dimensions(), jpeg.orientation()),
            Self::Png(png) => (Format::Png, png.dimensions(), png.orientation()),
            Self::WebP(webp) => (Format::WebP, webp.dimensions(), webp.orientation()),
        };
        let (width, height) = if turns(orientation) { (height, width) } else { (width, height) };
        Header { format, width, height, orientation }
    }

    pub(super) fn decode(&self, spec: ThumbnailSpec) -> Result<DecodedPhoto, ImageError> {
        let Header { width, height, orientation, .. } = self.header();
        let thumbnail = thumbnail_dimensions(width, height, spec);
        let pixels = match self {
            Self::Jpeg(jpeg) => jpeg.decode(thumbnail, spec.fit)?,
            Self::Png(png) => png.decode()?,
            Self::WebP(webp) => webp.decode()?,
        };
        Ok(DecodedPhoto { pixels, orientation, thumbnail, fit: spec.fit })
    }
}
