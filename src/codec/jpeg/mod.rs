//! Decodes JPEG, at a fraction of its size where that is enough for the thumbnail.
//!
//! A thumbnail needs a small part of a photo's pixels. A JPEG decoder can make an eighth of the
//! size in the DCT domain for the price of reading the codes. The structure of a file is checked
//! before it is decoded, and an untidy file is rewritten. No decoder may fill in a pixel: a file is
//! decoded if all of its blocks are there.

mod entropy;
mod first_rows;
mod frame_header;
mod huffman_tables;
mod repair;
mod scan;
pub(super) mod segments;
mod structure;
mod truncation_guard;
mod zune;

use std::borrow::Cow;

use jpeg_decoder::{Decoder, Error};

pub(super) use self::first_rows::first_rows;
use self::structure::JpegInfo;
use self::truncation_guard::SentinelReader;
pub(super) use self::zune::samples;
use super::decoded::{Layout, Pixels};
use super::geometry::Fit;
use super::memory::Decoding;
use super::orientation::turned;
use super::{Damage, Feature, Format, ImageError, Part, panic_guard};

/// Holds a JPEG file whose structure is within the limits and has all scans.
pub(super) struct Jpeg<'a> {
    pub(super) file: &'a [u8],
    pub(super) info: JpegInfo,
}

impl<'a> Jpeg<'a> {
    pub(super) fn open(file: &'a [u8]) -> Result<Self, ImageError> {
        Ok(Self { file, info: JpegInfo::read(file)? })
    }

    pub(super) fn with_bytes(self, file: &[u8]) -> Jpeg<'_> {
        Jpeg { file, info: self.info }
    }

    /// Returns the width and height as stored, in pixels.
    pub(super) fn dimensions(&self) -> (u32, u32) {
        (self.info.frame.width.into(), self.info.frame.height.into())
    }

    /// Returns the memory that decoding takes for an upright thumbnail.
    ///
    /// The bound holds in both builds: the decoders in Rust, which need more than libjpeg-turbo,
    /// decode every file that libjpeg-turbo warns of.
    pub(super) fn decoding(&self, thumbnail: (u32, u32), fit: Fit) -> Decoding {
        let eighths = self.eighths(thumbnail, fit);
        let frame = &self.info.frame;
        let dimensions = frame.scaled_dimensions(eighths);
        let components = frame.components.len();
        let output_bytes = u64::from(dimensions.0) * u64::from(dimensions.1) * components as u64;
        let (peak_bytes, file_copies) = match zune::layout(&self.info) {
            Some(_) if eighths == 8 => (output_bytes, 2),
            _ => (frame.decoder_bytes(eighths), 1),
        };
        // A file of any kind may have to be repaired, which copies it.
        let file_copies = file_copies + 1;
        Decoding { peak_bytes, file_copies, output_bytes, is_rgb: components == 3, dimensions }
    }

    /// Decodes with a function of the backend, at the smallest scale that leaves twice the
    /// dimensions of an upright thumbnail.
    pub(super) fn decode_with<T>(
        &self,
        thumbnail: (u32, u32),
        fit: Fit,
        decode: fn(&Jpeg<'_>, u32) -> Result<T, ImageError>,
    ) -> Result<T, ImageError> {
        let eighths = self.eighths(thumbnail, fit);
        if !self.info.needs_repair {
            match decode(self, eighths) {
                // Bytes before a restart, for example, are found by decoding.
                Err(ImageError::Damaged { .. } | ImageError::EndsEarly { .. }) => {}
                decoded => return decoded,
            }
        }
        decode(&Jpeg::open(&self.repaired()?)?, eighths)
    }

    /// Returns the file, repaired if the decoders would refuse it as it is.
    pub(super) fn tidy_file(&self) -> Result<Cow<'a, [u8]>, ImageError> {
        if self.info.needs_repair {
            self.repaired().map(Cow::Owned)
        } else {
            Ok(Cow::Borrowed(self.file))
        }
    }

    fn repaired(&self) -> Result<Vec<u8>, ImageError> {
        repair::repair(self.file, &self.info.frame)
    }

    /// Decodes at a scale in eighths, by the decoders in Rust.
    pub(super) fn decode_in_rust(&self, eighths: u32) -> Result<Pixels, ImageError> {
        panic_guard::decode(Format::Jpeg, || match (eighths, zune::layout(&self.info)) {
            (8, Some(layout)) => zune::decode(self.file, &self.info, layout),
            _ => self.decode_scaled(eighths),
        })
    }

    fn decode_scaled(&self, eighths: u32) -> Result<Pixels, ImageError> {
        let mut decoder = Decoder::new(SentinelReader::new(self.file));
        decoder.set_color_transform(self.info.color_transform());
        let (width, height) = self.requested_dimensions(eighths);
        let (width, height) = decoder.scale(width, height).map_err(|error| self.error(error))?;
        let samples = decoder.decode().map_err(|error| self.error(error))?;

        let (width, height) = (u32::from(width), u32::from(height));
        let layout = match self.info.frame.components.len() {
            1 => Layout::Luma8,
            3 => Layout::Rgb8,
            _ => Layout::Cmyk8,
        };
        if samples.len() != width as usize * height as usize * layout.bytes() {
            return Err(Format::Jpeg.damaged(Damage::SampleCount));
        }
        let valid = self.valid(width, height);
        Ok(Pixels { samples: samples.into(), width, height, layout, valid })
    }

    /// Returns the columns and rows that the photo fills of those that it was decoded to.
    pub(super) fn valid(&self, columns: u32, rows: u32) -> (f64, f64) {
        let (width, height) = self.dimensions();
        let eighths = [8, 4, 2, 1]
            .into_iter()
            .find(|&eighths| (scaled(width, eighths), scaled(height, eighths)) == (columns, rows));
        let part = |side: u32| f64::from(side) * f64::from(eighths.unwrap_or(8)) / 8.0;
        (part(width).min(columns.into()), part(height).min(rows.into()))
    }

    /// Returns the scale in eighths: the smallest of 1, 2, 4 and 8 that leaves at least twice the
    /// thumbnail's pixels, in `cover` along the short side, in `contain` along both.
    pub(super) fn eighths(&self, thumbnail: (u32, u32), fit: Fit) -> u32 {
        let (width, height) = self.dimensions();
        let (target_width, target_height) = turned(self.info.orientation, thumbnail);
        let leaves_enough = |&eighths: &u32| {
            let (width, height) = (scaled(width, eighths), scaled(height, eighths));
            match fit {
                Fit::Cover => width.min(height) >= 2 * target_width,
                Fit::Contain => width >= 2 * target_width && height >= 2 * target_height,
            }
        };
        [1, 2, 4].into_iter().find(leaves_enough).unwrap_or(8)
    }

    /// Returns the dimensions to request from `jpeg-decoder` to get a scale. The decoder takes the
    /// smallest scale that reaches *either* dimension. So only the long side, which tells the
    /// scales apart, may be reached.
    fn requested_dimensions(&self, eighths: u32) -> (u16, u16) {
        let (width, height) = self.dimensions();
        let long = scaled(width.max(height), eighths);
        if long == scaled(width.max(height), eighths / 2) {
            // The side is so short that the scales do not differ. The whole is small, too.
            return (u16::MAX, u16::MAX);
        }
        // At most 65,500.
        let long = long as u16;
        if width >= height { (long, u16::MAX) } else { (u16::MAX, long) }
    }

    fn error(&self, error: Error) -> ImageError {
        match error {
            Error::Format(message) => Format::Jpeg.coding(message),
            Error::Unsupported(jpeg_decoder::UnsupportedFeature::NonIntegerSubsamplingRatio) => {
                Format::Jpeg.unsupported(Feature::Sampling)
            }
            Error::Unsupported(feature) => {
                Format::Jpeg.unsupported(Feature::Other(format!("{feature:?}")))
            }
            Error::Io(_) => Format::Jpeg.ends_early(self.file.len(), Part::PixelData),
            Error::Internal(error) => Format::Jpeg.coding(error),
        }
    }
}

/// Returns the length of a side at a scale in eighths.
pub(super) fn scaled(side: u32, eighths: u32) -> u32 {
    (side * eighths).div_ceil(8)
}
