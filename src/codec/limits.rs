//! What a photo may ask for at most, and the arithmetic that finds out before anything is decoded.
//!
//! A photo service is handed hostile files: a few bytes can claim pixels that fill the machine.
//! Every limit is checked on numbers read from the header, so a refusal costs next to nothing.

use super::ImageError;

/// Bytes of a photo's file: 32 MiB.
pub const FILE_BYTES: u64 = 32 << 20;

/// Pixels of a photo: 50 megapixels.
pub const PIXELS: u64 = 50_000_000;

/// Length of either side, in pixels.
pub const SIDE_PX: u32 = 65_500;

/// Scans of a JPEG. A progressive photo of a camera or an editor has about ten.
pub const SCANS: u32 = 100;

/// Passes over the blocks of a JPEG times its pixels: 1,000 million, which is a second's work or a
/// few; a photo of 50 megapixels may have 20 scans of all its components.
pub const SCANNED_PIXELS: u64 = 1_000_000_000;

/// Bytes of memory for one conversion at its peak, beside the file itself: 768 MiB. It covers the
/// decoder's coefficients, planes and tables, its output, and the frame. An upright frame that
/// waits in a pipeline holds 3 bytes a pixel of it; of planes 1 to 3.
pub const MEMORY_BYTES: u64 = 768 << 20;

/// Refuses a file that is too long.
pub(super) fn check_file(file: &[u8]) -> Result<(), ImageError> {
    let found_bytes = file.len() as u64;
    if found_bytes > FILE_BYTES {
        return Err(ImageError::File { limit_bytes: FILE_BYTES, found_bytes });
    }
    Ok(())
}

/// Refuses sides or an area that are too large.
pub(super) fn check_dimensions(width: u32, height: u32) -> Result<(), ImageError> {
    let longest_px = width.max(height);
    if longest_px > SIDE_PX {
        return Err(ImageError::Side { limit_px: SIDE_PX, found_px: longest_px });
    }
    let found_px = u64::from(width) * u64::from(height);
    if found_px > PIXELS {
        return Err(ImageError::Pixels { limit_px: PIXELS, found_px });
    }
    Ok(())
}

/// Refuses a conversion that would need too much memory.
pub(super) fn check_memory(found_bytes: u64) -> Result<(), ImageError> {
    if found_bytes > MEMORY_BYTES {
        return Err(ImageError::Memory { limit_bytes: MEMORY_BYTES, found_bytes });
    }
    Ok(())
}
