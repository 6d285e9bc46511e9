//! Detects a file's format, and reads its header and structure without decoding it.
//!
//! Every refusal that needs no decoder happens here, for all functions of this codec.

use bytes::Bytes;

use super::backend::{DecodedPixels, decode_jpeg, decode_jpeg_interleaved};
use super::color::{ColorModel, ColorTransform, UnusableProfile};
use super::decoded::{DecodedPhoto, Pixels};
use super::geometry::{ThumbnailSpec, thumbnail_dimensions};
use super::jpeg::Jpeg;
use super::limits::{self, PhotoLimits};
use super::orientation::turned;
use super::png::Png;
use super::webp::WebP;
use super::{Fit, ForeignFormat, Format, ImageError, Orientation, memory, panic_guard};

/// Describes a photo by its file's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The file's format.
    pub format: Format,
    /// Width of the upright photo, in pixels.
    pub width: u32,
    /// Height of the upright photo, in pixels.
    pub height: u32,
    /// The turn that makes the stored photo upright.
    pub orientation: Orientation,
}

/// Reads a photo's header and structure, and checks them against the limits of every photo, without
/// decoding.
///
/// # Errors
/// Returns an [`ImageError`] if the photo must be refused. Decoding may find further reasons.
pub fn probe(photo: &[u8]) -> Result<Header, ImageError> {
    Ok(File::open(photo)?.header())
}

/// Returns true if a photo has a colour profile that is damaged or cannot be read. Decoding takes
/// such a photo as sRGB, while another viewer may read the profile.
///
/// # Errors
/// Returns an [`ImageError`] if the photo must be refused.
pub fn has_unusable_profile(photo: &[u8]) -> Result<bool, ImageError> {
    Ok(File::open(photo)?.color_transform().is_err())
}

/// Holds a photo's bytes and the structure that was read from them, so that decoding the photo does
/// not read the structure again.
pub struct ProbedPhoto {
    file: Bytes,
    /// Structure without the bytes.
    structure: File<'static>,
    limits: PhotoLimits,
}

impl ProbedPhoto {
    /// Reads the structure as [`probe`] does, and checks the caller's limits.
    ///
    /// # Errors
    /// Returns an [`ImageError`] if the photo must be refused.
    pub fn open(file: Bytes, limits: PhotoLimits) -> Result<Self, ImageError> {
        let structure = File::open_within(&file, limits)?.with_bytes(&[]);
        Ok(Self { file, structure, limits })
    }

    /// Returns the memory that a conversion to a thumbnail holds at its peak, with the photo's
    /// file, in bytes.
    pub fn memory_bytes(&self, spec: ThumbnailSpec) -> u64 {
        self.structure.memory_bytes(spec, self.file.len())
    }

    /// Returns the header.
    pub fn header(&self) -> Header {
        self.structure.header()
    }

    /// Returns the memory that a conversion needs as [`Self::memory_bytes`] does.
    ///
    /// # Errors
    /// Returns [`ImageError::Memory`] if that is more than the limit.
    pub fn check_memory(&self, spec: ThumbnailSpec) -> Result<u64, ImageError> {
        let needed_bytes = self.memory_bytes(spec);
        self.limits.check_memory(needed_bytes).map(|()| needed_bytes)
    }

    /// Decodes the whole photo, at the scale that a thumbnail needs.
    ///
    /// # Errors
    /// Returns an [`ImageError`] if the photo is damaged, or needs more memory than the limit.
    pub fn decode(self, spec: ThumbnailSpec) -> Result<DecodedPhoto, ImageError> {
        self.check_memory(spec)?;
        self.structure.with_bytes(&self.file).decode(spec)
    }
}

/// Holds a file within the limits, of a known format, whose structure is whole.
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
        } else if file.is_empty() {
            Err(ImageError::Empty)
        } else {
            let foreign = ForeignFormat::detect(file);
            Err(foreign.map_or(ImageError::Unknown, |format| ImageError::Foreign { format }))
        }
    }

    /// Opens a file as [`Self::open`] does, and checks the caller's limits.
    pub(super) fn open_within(file: &'a [u8], limits: PhotoLimits) -> Result<Self, ImageError> {
        let opened = Self::open(file)?;
        let Header { width, height, .. } = opened.header();
        let scanned_px = match &opened {
            Self::Jpeg(jpeg) => jpeg.info.scanned_px,
            Self::Png(_) | Self::WebP(_) => 0,
        };
        limits.check_pixels(u64::from(width) * u64::from(height), scanned_px)?;
        Ok(opened)
    }

    /// Returns the memory that a conversion of a file of `file_bytes` holds at its peak.
    pub(super) fn memory_bytes(&self, spec: ThumbnailSpec, file_bytes: usize) -> u64 {
        let Header { width, height, orientation, .. } = self.header();
        let thumbnail = thumbnail_dimensions(width, height, spec);
        let (decoding, color) = match self {
            Self::Jpeg(jpeg) => (jpeg.decoding(thumbnail, spec.fit), &jpeg.info.color),
            Self::Png(png) => (png.decoding(), &png.color),
            Self::WebP(webp) => (webp.decoding(), &webp.color),
        };
        let is_upright = orientation == Orientation::NoTransforms;
        let conversion =
            memory::conversion_bytes(file_bytes as u64, decoding, is_upright, thumbnail);
        conversion + color.memory_bytes()
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
        let (format, dimensions, orientation) = match self {
            Self::Jpeg(jpeg) => (Format::Jpeg, jpeg.dimensions(), jpeg.info.orientation),
            Self::Png(png) => (Format::Png, png.dimensions, png.orientation),
            Self::WebP(webp) => (Format::WebP, webp.dimensions, webp.orientation),
        };
        let (width, height) = turned(orientation, dimensions);
        Header { format, width, height, orientation }
    }

    /// Decodes the photo whole, at a scale that is enough for a thumbnail.
    pub(super) fn decode(&self, spec: ThumbnailSpec) -> Result<DecodedPhoto, ImageError> {
        let Header { format, width, height, orientation } = self.header();
        let thumbnail = thumbnail_dimensions(width, height, spec);
        let pixels: DecodedPixels = match (self.color_transform(), self) {
            (Ok(Some(transform)), _) => {
                let mut pixels = self.decode_interleaved(thumbnail, spec.fit)?;
                panic_guard::decode(format, || {
                    transform.apply(&mut pixels);
                    Ok(pixels.into())
                })?
            }
            (_, Self::Jpeg(jpeg)) => jpeg.decode_with(thumbnail, spec.fit, decode_jpeg)?,
            _ => self.decode_interleaved(thumbnail, spec.fit)?.into(),
        };
        Ok(DecodedPhoto { pixels, orientation, thumbnail, fit: spec.fit })
    }

    /// Decodes the photo whole, to pixels in the file's own colours.
    pub(super) fn decode_interleaved(
        &self,
        thumbnail: (u32, u32),
        fit: Fit,
    ) -> Result<Pixels, ImageError> {
        match self {
            Self::Jpeg(jpeg) => jpeg.decode_with(thumbnail, fit, decode_jpeg_interleaved),
            Self::Png(png) => png.decode(),
            Self::WebP(webp) => webp.decode(),
        }
    }

    /// Returns the conversion of the decoded pixels to sRGB, or `None` if they are sRGB.
    pub(super) fn color_transform(&self) -> Result<Option<ColorTransform>, UnusableProfile> {
        let format = self.header().format;
        let (file, color, model, bits) = match self {
            Self::Jpeg(jpeg) => (jpeg.file, &jpeg.info.color, jpeg.info.color_model(), 8),
            Self::Png(png) => (png.file, &png.color, png.color_model, png.bits),
            Self::WebP(webp) => (webp.file, &webp.color, ColorModel::Rgb, 8),
        };
        color.transform(file, format, model, bits)
    }
}
