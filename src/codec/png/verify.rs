//! Verifies the number and the checksum of a PNG's compressed pixels.
//!
//! Decoders stop at the last pixel and do not read the checksum behind it. The check costs a second
//! decompression, in little memory. The checksum is the format's only one over the pixels before
//! compression.

use fdeflate::{DecompressionError, Decompressor};

use crate::codec::{Format, ImageError, Part};

/// Bytes that compressed data may refer back.
const WINDOW: usize = 32 << 10;

/// Describes the checksum of all rows (Adler-32), which follows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowChecksum {
    Right,
    Wrong,
    /// The data ends before the checksum, or very many bytes stand between it and the rows.
    Unread,
}

/// Decompresses the pixels of all chunks and keeps none. Refuses too few bytes; an error of too few
/// names `end` as its position. Bytes behind the rows belong to the checksum, and to nothing else.
pub(super) fn check<'a, C: Iterator<Item = &'a [u8]>>(
    chunks: impl Fn() -> C,
    expected_bytes: u64,
    end: usize,
) -> Result<RowChecksum, ImageError> {
    let (bytes, checksum) = match inflate(chunks(), expected_bytes, true) {
        Err(DecompressionError::WrongChecksum) => {
            let inflated = inflate(chunks(), expected_bytes, false);
            inflated.map(|(bytes, _)| (bytes, RowChecksum::Wrong))
        }
        inflated => inflated,
    }
    .map_err(|error| Format::Png.coding(format!("{error:?}")))?;
    if bytes < expected_bytes {
        return Err(Format::Png.ends_early(end, Part::PixelData));
    }
    Ok(checksum)
}

/// Returns the number of decompressed bytes. Stops a little behind the expected number.
fn inflate<'a>(
    chunks: impl Iterator<Item = &'a [u8]>,
    expected_bytes: u64,
    with_checksum: bool,
) -> Result<(u64, RowChecksum), DecompressionError> {
    let mut decompressor = Decompressor::new();
    if !with_checksum {
        decompressor.ignore_adler32();
    }
    let mut out = vec![0; 4 * WINDOW];
    let (mut filled, mut total_bytes) = (0, 0);
    for mut data in chunks {
        while !decompressor.is_done() {
            let (read, written) = match decompressor.read(data, &mut out, filled, false) {
                // Behind the last row, the compression may be damaged.
                Err(error) if total_bytes >= expected_bytes => {
                    return match error {
                        DecompressionError::WrongChecksum => Err(error),
                        _ => Ok((total_bytes, RowChecksum::Unread)),
                    };
                }
                step => step?,
            };
            data = &data[read..];
            filled += written;
            total_bytes += written as u64;
            if total_bytes > expected_bytes + WINDOW as u64 {
                return Ok((total_bytes, RowChecksum::Unread));
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
    let is_read = decompressor.is_done() && with_checksum;
    Ok((total_bytes, if is_read { RowChecksum::Right } else { RowChecksum::Unread }))
}
