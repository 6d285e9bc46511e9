//! Verifies the number and the checksum of a PNG's compressed pixels.
//!
//! Decoders stop at the last pixel and do not read the checksum behind it. The check costs a second
//! decompression, in little memory. The checksum is the format's only one over the pixels before
//! compression.

use fdeflate::Decompressor;

use crate::codec::{Damage, Format, ImageError, Part};

/// Bytes that compressed data may refer back.
const WINDOW: usize = 32 << 10;

/// Decompresses the pixels of all chunks and keeps none. Refuses too few bytes, too many, or a
/// wrong checksum. An error of too few bytes names `end` as its position.
pub(super) fn check<'a>(
    chunks: impl Iterator<Item = &'a [u8]>,
    expected_bytes: u64,
    end: usize,
) -> Result<(), ImageError> {
    let mut decompressor = Decompressor::new();
    let mut out = vec![0; 4 * WINDOW];
    let (mut filled, mut total_bytes) = (0, 0);
    // An empty chunk behind the last marks the end of the data.
    for (chunk, is_last) in chunks.map(|chunk| (chunk, false)).chain([(&[][..], true)]) {
        let mut data = chunk;
        while !decompressor.is_done() {
            let (read, written) = decompressor.read(data, &mut out, filled, is_last).map_err(
                |error| match error {
                    fdeflate::DecompressionError::InsufficientInput => {
                        Format::Png.ends_early(end, Part::PixelData)
                    }
                    error => Format::Png.coding(format!("{error:?}")),
                },
            )?;
            data = &data[read..];
            filled += written;
            total_bytes += written as u64;
            if total_bytes > expected_bytes {
                return Err(Format::Png.damaged(Damage::Sizes));
            }
            if read == 0 && written == 0 && filled < out.len() {
                break;
            }
            if filled > 3 * WINDOW {
                out.copy_within(filled - WINDOW..filled, 0);
                filled = WINDOW;
            }
        }
    }
    if total_bytes < expected_bytes {
        return Err(Format::Png.ends_early(end, Part::PixelData));
    }
    Ok(())
}
