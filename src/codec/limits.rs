//! PhotoLimits what a photo may require, by arithmetic on its header before it is decoded.
//!
//! A photo service receives hostile files, where a few bytes can claim pixels that fill the memory.
//! Every limit is checked on numbers from the header, so a refusal costs almost nothing.
//!
//! The constants hold for every photo. A caller that takes photos from outside chooses tighter
//! [`PhotoLimits`].

use super::ImageError;

/// Bytes of a photo's file, at most 64 MiB.
pub const MAX_FILE_BYTES: u64 = 64 << 20;

/// Pixels of a photo, at most 256 million.
pub const MAX_PIXELS: u64 = 256_000_000;

/// Pixels of either side of a photo, at most 65,500.
pub const MAX_SIDE_PX: u32 = 65_500;

/// Scans of a JPEG, at most 100. A progressive photo of a camera or an editor has about ten.
pub const MAX_SCANS: u32 = 100;

/// Scans of all components that a JPEG of the largest allowed dimensions may have, at most 20.
const MAX_FULL_SCANS: u64 = 20;

/// Pixels of all scans of a JPEG together, at most 5,120 million.
pub const MAX_SCANNED_PIXELS: u64 = MAX_FULL_SCANS * MAX_PIXELS;

/// Bytes of the tables of a lossless WebP's codes, at most 256 MiB. Encoders take a few megabytes,
/// while an attacker can define gigabytes in a small file.
pub const MAX_TABLE_BYTES: u64 = 256 << 20;

/// Limits the photos that a caller accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhotoLimits {
    /// Upper bound of a photo's pixels.
    pub max_pixels: u64,
    /// Upper bound of the memory of one conversion with its file, in bytes: by default what the
    /// greediest decoder needs for so many pixels.
    pub max_memory_bytes: u64,
}

impl PhotoLimits {
    /// Highest number of megapixels to choose.
    pub const MAX_MEGAPIXELS: u64 = MAX_PIXELS / 1_000_000;

    /// Number of megapixels unless the caller chooses another.
    pub const DEFAULT_MEGAPIXELS: u64 = 128;

    /// Limits that hold for every photo.
    pub const MAX: Self = Self::of_megapixels(Self::MAX_MEGAPIXELS);

    /// Returns the limits of photos of at most this many megapixels, and the bound of the memory
    /// that follows.
    pub const fn of_megapixels(megapixels: u64) -> Self {
        let max_pixels = megapixels * 1_000_000;
        // The most is 16 bytes a pixel, of a progressive JPEG with four inks. Beside it are the
        // file, two copies of it, and tables.
        let max_memory_bytes = 16 * max_pixels + 4 * MAX_FILE_BYTES;
        Self { max_pixels, max_memory_bytes }
    }

    /// Checks the pixels of a photo, and those of all its scans.
    pub(super) fn check_pixels(&self, found_px: u64, scanned_px: u64) -> Result<(), ImageError> {
        let limit_px = self.max_pixels;
        if found_px > limit_px {
            return Err(ImageError::Pixels { limit_px, found_px });
        }
        let limit_px = MAX_FULL_SCANS * self.max_pixels;
        if scanned_px > limit_px {
            return Err(ImageError::ScannedPixels { limit_px, found_px: scanned_px });
        }
        Ok(())
    }

    /// Checks the memory of a conversion.
    pub(super) fn check_memory(&self, found_bytes: u64) -> Result<(), ImageError> {
        let limit_bytes = self.max_memory_bytes;
        if found_bytes > limit_bytes {
            return Err(ImageError::Memory { limit_bytes, found_bytes });
        }
        Ok(())
    }
}

impl Default for PhotoLimits {
    fn default() -> Self {
        Self::of_megapixels(Self::DEFAULT_MEGAPIXELS)
    }
}

/// Refuses a file that is too long.
pub(super) fn check_file(file: &[u8]) -> Result<(), ImageError> {
    let found_bytes = file.len() as u64;
    if found_bytes > MAX_FILE_BYTES {
        return Err(ImageError::File { limit_bytes: MAX_FILE_BYTES, found_bytes });
    }
    Ok(())
}

/// Refuses a side or an area that is too large for any caller.
pub(super) fn check_dimensions(width: u32, height: u32) -> Result<(), ImageError> {
    let found_px = width.max(height);
    if found_px > MAX_SIDE_PX {
        return Err(ImageError::Side { limit_px: MAX_SIDE_PX, found_px });
    }
    let found_px = u64::from(width) * u64::from(height);
    if found_px > MAX_PIXELS {
        return Err(ImageError::Pixels { limit_px: MAX_PIXELS, found_px });
    }
    Ok(())
}

/// Refuses tables that would take too much memory.
pub(super) fn check_tables(found_bytes: u64) -> Result<(), ImageError> {
    if found_bytes > MAX_TABLE_BYTES {
        return Err(ImageError::Memory { limit_bytes: MAX_TABLE_BYTES, found_bytes });
    }
    Ok(())
}
