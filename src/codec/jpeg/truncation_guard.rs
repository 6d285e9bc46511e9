//! Makes the decoders detect truncated scans, by sentinel bytes behind each piece of coded data.
//!
//! Where coded data ends before its scan does, a decoder reads zero bits and shows grey, without an
//! error. So each piece of coded data is followed by sentinel bytes. A decoder of a whole scan
//! skips the sentinel bytes, and a decoder that needs more data fails on them.
//!
//! The first sentinel bytes are one-bits, stuffed as the format requires. No symbol has a code of
//! ones alone (ITU-T T.81, C.2), so the next code fails. The decoder reads at most 8 bytes ahead.
//! So at the end of a scan, 8 bytes of ones are followed by a sequence that the decoder's bit
//! reader rejects and its search for the next marker skips: `FF FF 00`.

use std::io::{self, Read};

use super::segments::{Kind, Segments, marker};

/// Sentinel before a restart: 6 bytes of ones. The decoder must find the restart among the 8 bytes
/// that it reads ahead.
const BEFORE_RESTART: &[u8] = &[0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0];

/// Sentinel before a marker that ends a scan: 8 bytes of ones, and the sequence that is rejected.
const BEFORE_END: &[u8] =
    &[0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0xFF, 0];

/// Reads a file without its metadata, with a sentinel behind each piece of coded data.
pub(super) struct SentinelReader<'a> {
    file: &'a [u8],
    segments: Segments<'a>,
    /// Bytes that are read next.
    ready: &'a [u8],
    /// Bytes that are read after `ready`: the segment behind a sentinel.
    queued: &'a [u8],
    behind_coded: bool,
}

impl<'a> SentinelReader<'a> {
    /// Bytes that are added to a file of a single scan without restarts.
    pub(super) const ADDED_BYTES: usize = BEFORE_END.len();

    pub(super) fn new(file: &'a [u8]) -> Self {
        Self { file, segments: Segments::new(file), ready: &[], queued: &[], behind_coded: false }
    }

    /// Prepares the next bytes. Returns false at the end of the file or at the first damage.
    fn advance(&mut self) -> bool {
        self.ready = std::mem::take(&mut self.queued);
        while self.ready.is_empty() {
            let Some(Ok(segment)) = self.segments.next() else { return false };
            let sentinel = match segment.kind {
                _ if !self.behind_coded => &[],
                Kind::Restart(_) => BEFORE_RESTART,
                _ => BEFORE_END,
            };
            self.behind_coded = segment.kind == Kind::Coded;
            let bytes = if is_metadata(segment.kind) { &[] } else { &self.file[segment.range] };
            (self.ready, self.queued) =
                if sentinel.is_empty() { (bytes, &[][..]) } else { (sentinel, bytes) };
        }
        true
    }
}

/// Returns true if the decoder needs no segment of this kind. The decoder gets the colour transform
/// from its caller. APP0 stays, since it may declare that the file omits the usual
/// Huffman tables.
fn is_metadata(kind: Kind) -> bool {
    matches!(kind, Kind::Segment(marker::APP1..=marker::APP15 | marker::COM))
}

impl Read for SentinelReader<'_> {
    // The decoder calls this for a byte at a time.
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ready.is_empty() && !self.advance() {
            return Ok(0);
        }
        let length = buffer.len().min(self.ready.len());
        let (read, rest) = self.ready.split_at(length);
        buffer[..length].copy_from_slice(read);
        self.ready = rest;
        Ok(length)
    }
}
