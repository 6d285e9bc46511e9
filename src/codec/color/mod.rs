//! Converts the colours that a file describes to sRGB.
//!
//! Phones and cameras store colours of a larger gamut, with a profile that says what the numbers
//! mean. Shown as sRGB, such a photo looks pale. The conversion is colorimetric, relative to the
//! white of the profile, without black point compensation, as libvips and Little CMS do it; colours
//! outside of sRGB are clipped.
//!
//! # Sources, and what decides
//! - JPEG: the ICC profile in APP2 segments, if every part of it is there once.
//! - PNG: the chunk cICP, or else iCCP, or else sRGB, or else gAMA and cHRM (PNG, third edition).
//!   Light that PQ and HLG place above the reference white of 203 cd/m² is clipped.
//! - WebP: the ICC profile, if the file's header says that there is one.
//!
//! A profile for other components than the photo has (RGB for a grey photo) says nothing about the
//! photo, and is ignored. So is a profile that is damaged, incomplete or larger than
//! [`MAX_PROFILE_BYTES`]: the photo is shown as sRGB. CMYK with a profile is converted by it.
//!
//! # Cost
//! A profile that means sRGB is recognised by its numbers, and nothing is converted. Otherwise the
//! pixels are converted where they lie, after they were decoded at the scale of the thumbnail.
//!
//! # Hostile profiles
//! Only nine tags of a profile are read, and each one once. So the work is bounded by the profile's
//! size, whatever its table of tags says.

mod described;
mod icc;
mod png_chunks;
mod transform;

use std::ops::Range;

pub(super) use self::icc::IccParts;
pub(super) use self::png_chunks::PngColors;
pub(super) use self::transform::ColorTransform;
use super::{Format, panic_guard};

/// Bytes of an ICC profile, at most 4 MiB. A larger profile is ignored. Profiles of cameras have a
/// few KiB, and those of printing presses up to 3 MiB.
pub const MAX_PROFILE_BYTES: usize = 4 << 20;

/// Describes where a file says what its colours are, or what it says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum ColorTag {
    /// The file says sRGB, or nothing.
    #[default]
    Srgb,
    /// An ICC profile lies in these parts of the file, in this order. There are no parts if the
    /// file's numbers of them contradict each other.
    Icc(Vec<Range<usize>>),
    /// A compressed ICC profile lies in this part of a PNG.
    DeflatedIcc(Range<usize>),
    /// A PNG names primaries and a transfer function of ITU-T H.273, and the range of its samples.
    Cicp([u8; 4]),
    /// A PNG gives the exponent of its encoder and the chromaticities of its white and primaries,
    /// in 100,000ths, or one of the two.
    Gamma { gamma: Option<u32>, chromaticities: Option<[u32; 8]> },
}

/// Names the components of a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ColorModel {
    Grey,
    Rgb,
    Cmyk,
}

/// Reports a description of colours that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UnusableProfile;

/// Upper bound of the memory that reading and applying a profile takes, as a multiple of the
/// profile's bytes: its copy, its parsed tables, and the tables of the conversion.
const MEMORY_PER_PROFILE_BYTE: u64 = 7;

/// Upper bound of the bytes that one byte of deflate becomes (RFC 1951: 258 bytes for two bits).
const MAX_INFLATION: usize = 1032;

impl ColorTag {
    /// Returns the memory that reading and applying the description takes, in bytes.
    pub(super) fn memory_bytes(&self) -> u64 {
        let profile_bytes: usize = match self {
            Self::Icc(parts) => parts.iter().map(ExactSizeIterator::len).sum(),
            Self::DeflatedIcc(data) => data.len().saturating_mul(MAX_INFLATION),
            Self::Srgb | Self::Cicp(_) | Self::Gamma { .. } => 0,
        };
        profile_bytes.min(MAX_PROFILE_BYTES) as u64 * MEMORY_PER_PROFILE_BYTE
    }

    /// Returns the conversion to sRGB of samples of 8 or of 16 bits, or `None` if they are sRGB.
    pub(super) fn transform(
        &self,
        file: &[u8],
        format: Format,
        model: ColorModel,
        bits: u8,
    ) -> Result<Option<ColorTransform>, UnusableProfile> {
        if *self == Self::Srgb {
            return Ok(None);
        }
        panic_guard::decode(format, || Ok(self.read(file, model, bits)))
            .unwrap_or(Err(UnusableProfile))
    }

    fn read(
        &self,
        file: &[u8],
        model: ColorModel,
        bits: u8,
    ) -> Result<Option<ColorTransform>, UnusableProfile> {
        let profile = match self {
            Self::Srgb => return Ok(None),
            Self::Icc(parts) => icc::parse(icc::join(file, parts)?)?,
            Self::DeflatedIcc(data) => {
                icc::parse(icc::inflate(file.get(data.clone()).ok_or(UnusableProfile)?)?)?
            }
            Self::Cicp(fields) => described::by_cicp(*fields, model)?,
            Self::Gamma { gamma, chromaticities } => {
                described::by_gamma(*gamma, *chromaticities, model)?
            }
        };
        if icc::model(&profile) != Some(model) || icc::is_srgb(&profile) {
            return Ok(None);
        }
        ColorTransform::new(&profile, model, bits).map(Some)
    }
}
