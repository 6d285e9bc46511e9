//! JPEG in: surveyed first, then decoded at a fraction of its size in the DCT domain.
//!
//! A thumbnail needs a small part of a photo's pixels, and a JPEG can give an eighth of them
//! for the price of reading its codes.

mod frame_header;
#[cfg(feature = "turbojpeg")]
mod huffman_tables;
mod scan;
mod segments;
mod structure;
mod truncation_guard;
#[cfg(feature = "turbojpeg")]
mod turbo;
#[cfg(all(test, feature = "turbojpeg"))]
mod turbo_tests;
mod zune;

use image::metadata::Orientation;
use jpeg_decoder::{Decoder, Error};

use self::segments::{damaged, ends_early, unsupported};
use self::structure::JpegInfo;
use self::truncation_guard::SentinelReader;
pub(super) use self::zune::samples;
use super::decoded::{Layout, Pixels, turns};
use super::geometry::Fit;
use super::{Damage, Feature, Format, ImageError, Part, panic_guard};

/// A JPEG that is whole as far as its structure tells, and within the limits.
pub(super) struct Jpeg<'a> {
    file: &'a [u8],
    survey: JpegInfo,
}

impl<'a> Jpeg<'a> {
    pub(super) fn open(file: &'a [u8]) -> Result<Self, ImageError> {
        Ok(Self { file, survey: JpegInfo::of(file)? })
    }

    pub(super) fn with_bytes(self, file: &[u8]) -> Jpeg<'_> {
        Jpeg { file, survey: self.survey }
    }

    /// Width and height as stored, in pixels.
    pub(super) fn dimensions(&self) -> (u32, u32) {
        (self.survey.frame.width.into(), self.survey.frame.height.into())
    }

    /// Whether it has luma and nothing else.
    pub(super) fn is_grey(&self) -> bool {
        self.survey.frame.components.len() == 1
    }

    pub(super) fn orientation(&self) -> Orientation {
        self.survey.orientation
    }

    /// Decodes at the smallest scale that leaves twice these dimensions of an upright thumbnail.
    pub(super) fn decode(&self, thumbnail: (u32, u32), fit: Fit) -> Result<Pixels, ImageError> {
        let eighths = self.eighths(thumbnail, fit);
        #[cfg(feature = "turbojpeg")]
        if let Some(pixels) = self.decode_planes(eighths) {
            return Ok(pixels);
        }
        self.decode_in_rust(eighths)
    }

    fn decode_in_rust(&self, eighths: u32) -> Result<Pixels, ImageError> {
        panic_guard::decode(Format::Jpeg, || match (eighths, zune::colours(&self.survey)) {
            (8, Some(colours)) => zune::decode(self.file, &self.survey, colours),
            _ => self.decode_scaled(eighths),
        })
    }

    fn decode_scaled(&self, eighths: u32) -> Result<Pixels, ImageError> {
        let mut decoder = Decoder::new(SentinelReader::new(self.file));
        decoder.set_color_transform(self.survey.color_transform());
        let (width, height) = self.request(eighths);
        let (width, height) = decoder.scale(width, height).map_err(|error| self.refusal(error))?;
        let samples = decoder.decode().map_err(|error| self.refusal(error))?;

        let (width, height) = (u32::from(width), u32::from(height));
        let layout = match self.survey.frame.components.len() {
            1 => Layout::Luma8,
            3 => Layout::Rgb8,
            _ => Layout::Cmyk8,
        };
        if samples.len() != width as usize * height as usize * layout.bytes() {
            return Err(damaged(Damage::Sizes));
        }
        let filled = self.filled(width, height);
        Ok(Pixels { samples: samples.into(), width, height, layout, filled })
    }

    /// How many columns and rows the photo fills of so many that it was decoded to.
    fn filled(&self, columns: u32, rows: u32) -> (f64, f64) {
        let (width, height) = self.dimensions();
        let of = |eighths: &u32| (scaled(width, *eighths), scaled(height, *eighths));
        let eighths = [8, 4, 2, 1].into_iter().find(|eighths| of(eighths) == (columns, rows));
        let part = |side: u32| f64::from(side) * f64::from(eighths.unwrap_or(8)) / 8.0;
        (part(width).min(columns.into()), part(height).min(rows.into()))
    }

    /// The scale in eighths, 1, 2, 4 or 8: the smallest that leaves at least twice the thumbnail's
    /// pixels, in `cover` along the short side, in `contain` along both.
    fn eighths(&self, thumbnail: (u32, u32), fit: Fit) -> u32 {
        let (width, height) = self.dimensions();
        let (target_width, target_height) = match fit {
            _ if turns(self.survey.orientation) => (thumbnail.1, thumbnail.0),
            _ => thumbnail,
        };
        let leaves_enough = |eighths: &u32| {
            let (width, height) = (scaled(width, *eighths), scaled(height, *eighths));
            match fit {
                Fit::Cover => width.min(height) >= 2 * target_width,
                Fit::Contain => width >= 2 * target_width && height >= 2 * target_height,
            }
        };
        [1, 2, 4].into_iter().find(leaves_enough).unwrap_or(8)
    }

    /// What to ask of the decoder to get a scale. It takes the smallest that reaches *either* of
    /// the numbers, so only the long side, which tells the scales apart, may be reached.
    fn request(&self, eighths: u32) -> (u16, u16) {
        let (width, height) = self.dimensions();
        let long = scaled(width.max(height), eighths);
        if long == scaled(width.max(height), eighths / 2) {
            // So short that the scales do not differ. The whole is little, too.
            return (u16::MAX, u16::MAX);
        }
        // At most 65,500.
        let long = long as u16;
        if width >= height { (long, u16::MAX) } else { (u16::MAX, long) }
    }

    fn refusal(&self, error: Error) -> ImageError {
        match error {
            Error::Format(words) => damaged(Damage::Coding(words)),
            Error::Unsupported(jpeg_decoder::UnsupportedFeature::NonIntegerSubsamplingRatio) => {
                unsupported(Feature::Sampling)
            }
            Error::Unsupported(feature) => unsupported(Feature::Other(format!("{feature:?}"))),
            Error::Io(_) => ends_early(self.file.len(), Part::PixelData),
            Error::Internal(error) => damaged(Damage::Coding(error.to_string())),
        }
    }
}

/// A side at a scale in eighths.
fn scaled(side: u32, eighths: u32) -> u32 {
    (side * eighths).div_ceil(8)
}
