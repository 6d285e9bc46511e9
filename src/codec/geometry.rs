//! Computes a thumbnail's geometry: size, fit and bands, in whole pixels of the upright photo.
//!
//! The geometry belongs to the job, and is fixed when the job begins. It does not depend on the
//! contents of a frame. Only `Fit::crop` does: it selects the part of a frame that a band reads.

use std::fmt;
use std::num::NonZeroU32;
use std::ops::Range;
use std::str::FromStr;

/// Rows of a JPEG's blocks at 4:2:0. Edges between bands fall on multiples of this number.
pub const BLOCK_ROWS: u32 = 16;

/// Bounds the sides of a thumbnail, in pixels: 16 to 2048, 256 by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size(u32);

impl Size {
    /// The smallest size, 16 px.
    pub const MIN: Self = Self(16);
    /// The largest size, 2048 px.
    pub const MAX: Self = Self(2048);

    /// Returns the size in pixels.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl Default for Size {
    fn default() -> Self {
        Self(256)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Describes why a value is no thumbnail size.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SizeError {
    /// The number is outside 16 to 2048.
    #[error(
        "{found_px} px is no thumbnail's size: choose {min} to {max}",
        min = Size::MIN,
        max = Size::MAX
    )]
    Range {
        /// The requested size in pixels.
        found_px: u32,
    },
    /// The text is no whole number.
    #[error(
        "{found:?} is no thumbnail's size: give pixels, {min} to {max}",
        min = Size::MIN,
        max = Size::MAX
    )]
    Number {
        /// The text.
        found: String,
    },
}

impl TryFrom<u32> for Size {
    type Error = SizeError;

    fn try_from(found_px: u32) -> Result<Self, SizeError> {
        if (Self::MIN.0..=Self::MAX.0).contains(&found_px) {
            Ok(Self(found_px))
        } else {
            Err(SizeError::Range { found_px })
        }
    }
}

impl FromStr for Size {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Self, SizeError> {
        match text.parse::<u32>() {
            Ok(px) => px.try_into(),
            Err(_) => Err(SizeError::Number { found: text.to_owned() }),
        }
    }
}

/// Selects how a photo is fitted into its thumbnail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Fit {
    /// Shows the centre square, as in an album's grid.
    #[default]
    Cover,
    /// Shows the whole photo, and keeps its aspect ratio.
    Contain,
}

/// Describes a part of a frame, in the frame's pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Fit {
    /// Returns the part of a frame that a band reads, where the photo fills the area `photo`.
    pub(super) fn crop(self, photo: Area) -> Area {
        match self {
            Self::Cover => {
                let side = photo.width.min(photo.height);
                // The corner is a whole pixel, so that a photo at its own size is only copied.
                let left = photo.left + ((photo.width - side) / 2.0).floor();
                let top = photo.top + ((photo.height - side) / 2.0).floor();
                Area { left, top, width: side, height: side }
            }
            Self::Contain => photo,
        }
    }
}

impl fmt::Display for Fit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Cover => "cover",
            Self::Contain => "contain",
        })
    }
}

/// Reports a text that names no fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} is no way to fit a photo: choose cover or contain")]
pub struct FitError {
    /// The text.
    pub found: String,
}

impl FromStr for Fit {
    type Err = FitError;

    fn from_str(text: &str) -> Result<Self, FitError> {
        match text {
            "cover" => Ok(Self::Cover),
            "contain" => Ok(Self::Contain),
            _ => Err(FitError { found: text.to_owned() }),
        }
    }
}

/// Specifies a thumbnail's size and fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ThumbnailSpec {
    /// Upper bound of the sides.
    pub size: Size,
    /// The way in which the photo is fitted into the size.
    pub fit: Fit,
}

/// Returns the thumbnail's width and height for a photo of these upright dimensions. Photos are
/// never enlarged. `cover` makes a square of side min(size, width, height). `contain` scales by
/// min(1, size ÷ longest side), and rounds each side to at least 1 px.
pub fn thumbnail_dimensions(width: u32, height: u32, spec: ThumbnailSpec) -> (u32, u32) {
    let ThumbnailSpec { size, fit } = spec;
    let longest = width.max(height);
    match fit {
        Fit::Cover => {
            let side = size.0.min(width).min(height);
            (side, side)
        }
        Fit::Contain if longest <= size.0 => (width, height),
        Fit::Contain => {
            let scaled = |side: u32| {
                let (side, longest) = (u64::from(side), u64::from(longest));
                let rounded = (2 * side * u64::from(size.0) + longest) / (2 * longest);
                // At most `size`, since no side is longer than the longest.
                u32::try_from(rounded).unwrap_or(size.0).max(1)
            };
            (scaled(width), scaled(height))
        }
    }
}

/// Returns the rows of each band of a thumbnail, from top to bottom. The min(bands, ⌈height / 16⌉)
/// ranges cover `0..height`. Their edges fall on multiples of 16, and their lengths are as even as
/// that allows.
pub fn band_rows(height: u32, bands: NonZeroU32) -> impl ExactSizeIterator<Item = Range<u32>> {
    let blocks = height.div_ceil(BLOCK_ROWS);
    let bands = bands.get().min(blocks);
    let edge = move |band: u32| {
        let block = u64::from(blocks) * u64::from(band) / u64::from(bands);
        // At most `blocks`, which is a sixteenth of a `u32`.
        (block as u32).saturating_mul(BLOCK_ROWS).min(height)
    };
    (0..bands).map(move |band| edge(band)..edge(band + 1))
}
