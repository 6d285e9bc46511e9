//! Limits what a photo may require, by arithmetic on its header before it is decoded.
//!
//! A photo service receives hostile files, where a few bytes can claim pixels that fill the memory.
//! Every limit is checked on numbers from the header, so a refusal costs almost nothing.

use super::ImageError;

/// Bytes of a photo's file, at most 32 MiB.
pub const MAX_FILE_BYTES: u64 = 32 << 20;

/// Pixels of a photo, at most 50 million.
pub const MAX_PIXELS: u64 = 50_000_000;

/// Pixels of either side of a photo, at most 65,500.
pub const MAX_SIDE_PX: u32 = 65_500;

/// Scans of a JPEG, at most 100. A progressive photo of a camera or an editor has about ten.
pub const MAX_SCANS: u32 = 100;

/// Pixels of all scans of a JPEG together, at most 1,000 million, which take a few seconds to
/// decode. A photo of 50 megapixels may have 20 scans of all its components.
pub const MAX_SCANNED_PIXELS: u64 = 1_000_000_000;

/// Bytes of memory of one conversion at its peak, beside the file itself, at most 768 MiB. The
/// limit covers the decoder's coefficients, planes and tables, its output, and the frame. An
/// upright frame that waits in a pipeline holds 3 bytes a pixel as RGB, and 1 to 3 as planes.
pub const MAX_MEMORY_BYTES: u64 = 768 << 20;

/// Refuses a file that is too long.
pub(super) fn check_file(file: &[u8]) -> Result<(), ImageError> {
    let found_bytes = file.len() as u64;
    if found_bytes > MAX_FILE_BYTES {
        return Err(ImageError::File { limit_bytes: MAX_FILE_BYTES, found_bytes });
    }
    Ok(())
}

/// Refuses a side or an area that is too large.
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

/// Refuses a conversion that would need too much memory.
pub(super) fn check_memory(found_bytes: u64) -> Result<(), ImageError> {
    if found_bytes > MAX_MEMORY_BYTES {
        return Err(ImageError::Memory { limit_bytes: MAX_MEMORY_BYTES, found_bytes });
    }
    Ok(())
}
