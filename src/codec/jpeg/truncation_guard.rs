//! A JPEG file as the decoder is given it: with a trap behind each stretch of coded data.
//!
//! Where coded data ends before its scan does, the decoder reads zero bits and shows grey, without
//! a word. So each stretch is followed by bytes that a decoder of a whole scan skips, and that stop
//! one that wants more.
//!
//! First come one-bits, stuffed as the format wants it: a code of nothing but ones is assigned to
//! no symbol (ITU-T T.81, C.2), so the next code fails. The decoder reads at most 8 bytes ahead, so
//! behind those, at the end of a scan, it can meet a sequence that its bit reader calls wrong and
//! its search for the next marker skips: `FF FF 00`.

use std::io::{self, Read};

use super::segments::{Kind, Segments, marker};

/// Before a restart, which the decoder must find with what it reads ahead: 6 bytes of ones.
const BEFORE_RESTART: &[u8] = &[0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0];

/// Before a marker that ends a scan: 8 bytes of ones, and the sequence that is refused.
const BEFORE_END: &[u8] =
    &[0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0xFF, 0];

/// Reads a file without its metadata, each stretch of coded data padded.
pub(super) struct SentinelReader<'a> {
    file: &'a [u8],
    walk: Segments<'a>,
    /// What is read next.
    ready: &'a [u8],
    /// What comes behind that, if it is not for the walk to say.
    queued: &'a [u8],
    behind_coded: bool,
}

impl<'a> SentinelReader<'a> {
    /// Bytes that are added to a file of one stretch of coded data.
    pub(super) const ADDED: usize = BEFORE_END.len();

    pub(super) fn new(file: &'a [u8]) -> Self {
        Self { file, walk: Segments::new(file), ready: &[], queued: &[], behind_coded: false }
    }

    /// Gets the next bytes ready; false at the end of the file, or at the first thing wrong.
    fn advance(&mut self) -> bool {
        self.ready = std::mem::take(&mut self.queued);
        while self.ready.is_empty() {
            let Some(Ok(piece)) = self.walk.next() else { return false };
            let padding = match piece.kind {
                _ if !self.behind_coded => &[],
                Kind::Restart(_) => BEFORE_RESTART,
                _ => BEFORE_END,
            };
            self.behind_coded = piece.kind == Kind::Coded;
            let bytes = if is_metadata(piece.kind) { &[] } else { &self.file[piece.range] };
            (self.ready, self.queued) =
                if padding.is_empty() { (bytes, &[][..]) } else { (padding, bytes) };
        }
        true
    }
}

/// Whether the decoder needs no piece of this kind. It is told the colours, and APP0 may say that
/// the usual Huffman tables were left out.
fn is_metadata(kind: Kind) -> bool {
    matches!(kind, Kind::Segment(marker::APP1..=marker::APP15 | marker::COM))
}

impl Read for SentinelReader<'_> {
    // Called for a byte at a time.
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ready.is_empty() && !self.advance() {
            return Ok(0);
        }
        let length = buffer.len().min(self.ready.len());
        let (now, later) = self.ready.split_at(length);
        buffer[..length].copy_from_slice(now);
        self.ready = later;
        Ok(length)
    }
}
