//! Computes the memory of a conversion from a photo's header, before anything is allocated.
//!
//! The bound is the largest of three moments:
//!
//! | moment | held |
//! |---|---|
//! | decoding | what the decoder holds, with its output |
//! | filling the frame | the decoder's output and the frame, unless the frame takes the output |
//! | resizing | the frame, its rows resized in one direction, the thumbnail and its file |
//!
//! Bytes of each pixel of the photo, `s` for each pixel that is left at the decoder's scale:
//!
//! | decoder | decoding | filling, upright | turned |
//! |---|---|---|---|
//! | baseline JPEG at full size, grey or YCbCr | 1 or 3 | 4 or 3 | 4 or 6 |
//! | any other JPEG, at its scale | `s` × (samples + components) | `s` × 3 | `s` × 6 |
//! | progressive JPEG | 2 × samples, and as above | as above | as above |
//! | PNG of 8 bits | 1 to 4 | 3 to 7 | 4 to 7 |
//! | PNG of 16 bits | 2 to 8 | 5 to 11 | 5 to 11 |
//! | lossy WebP, without and with alpha | 5.5 and 11.5 | 3 and 7 | 6 and 7 |
//! | lossless WebP | 9 and its tables | 7 | 7 |
//!
//! A JPEG has 1 sample a pixel if it is grey, 1.5 at 4:2:0, 2 at 4:2:2, 3 at 4:4:4 and 4 as CMYK.
//! An interlaced PNG takes no more than another. Beside these bytes, a conversion holds the photo's
//! file and, while it is decoded, one or two copies of it. With the feature `turbojpeg`, a JPEG as
//! cameras write it takes less: its planes, and their copy if it is turned.

/// Bytes of tables, rows and threads of a decoder, at most.
const TABLE_BYTES: u64 = 4 << 20;

/// Describes the memory that a decoder takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decoding {
    /// Bytes at the decoder's peak, with its output, and without copies of the file.
    pub(super) peak_bytes: u64,
    /// Copies of the file while it is decoded: as the decoder reads it, and repaired.
    pub(super) file_copies: u64,
    /// Bytes of the decoder's output.
    pub(super) output_bytes: u64,
    /// True if the output is RGB of 8 bits, which an upright photo's frame takes as it is.
    pub(super) is_rgb: bool,
    /// Width and height of the output as stored, in pixels.
    pub(super) dimensions: (u32, u32),
}

/// Returns the bytes that a conversion holds at its peak, with its file.
pub(super) fn conversion_bytes(
    file_bytes: u64,
    decoding: Decoding,
    is_upright: bool,
    thumbnail: (u32, u32),
) -> u64 {
    let rgb = |width: u32, height: u32| 3 * u64::from(width) * u64::from(height);
    let (width, height) = decoding.dimensions;
    let frame = rgb(width, height);
    let taken = decoding.is_rgb && is_upright;
    let filling = if taken { frame } else { decoding.output_bytes + frame };
    // The rows of a turned frame are the photo's columns. The thumbnail's file is never larger
    // than its pixels.
    let rows = if is_upright { height } else { width.max(height) };
    let resizing = frame + rgb(thumbnail.0, rows) + 2 * rgb(thumbnail.0, thumbnail.1);
    let decoding_bytes = decoding.peak_bytes + decoding.file_copies * file_bytes;
    file_bytes + decoding_bytes.max(filling).max(resizing) + TABLE_BYTES
}
