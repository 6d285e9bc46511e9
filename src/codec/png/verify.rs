//! Whether a PNG's compressed pixels are as many as its header promises, and match their checksum.
//!
//! Decoders stop at the last pixel and leave the checksum behind it unread. It costs a second
//! unpacking, in little memory, and it is the format's only check over what was compressed.

use fdeflate::Decompressor;

use super::{damaged, ends_early};
use crate::codec::{Damage, ImageError, Part};

/// How far back compressed data may refer, in bytes.
const WINDOW: usize = 32 << 10;

/// Unpacks the pixels of all the chunks and keeps none; refuses too few, too many, or others than
/// the checksum says.
pub(super) fn check<'a>(
    chunks: impl Iterator<Item = &'a [u8]>,
    promised: u64,
    end: usize,
) -> Result<(), ImageError> {
    let mut unpacking = Decompressor::new();
    let mut out = vec![0; 4 * WINDOW];
    let (mut filled, mut unpacked) = (0, 0);
    // An empty chunk behind the last says that no more comes.
    for (chunk, is_last) in chunks.map(|chunk| (chunk, false)).chain([(&[][..], true)]) {
        let mut data = chunk;
        while !unpacking.is_done() {
            let (read, written) =
                unpacking.read(data, &mut out, filled, is_last).map_err(|error| match error {
                    fdeflate::DecompressionError::InsufficientInput => {
                        ends_early(end, Part::PixelData)
                    }
                    error => damaged(Damage::Coding(format!("{error:?}"))),
                })?;
            data = &data[read..];
            filled += written;
            unpacked += written as u64;
            if unpacked > promised {
                return Err(damaged(Damage::Sizes));
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
    if unpacked < promised {
        return Err(ends_early(end, Part::PixelData));
    }
    Ok(())
}
