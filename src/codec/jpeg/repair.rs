//! Rewrites an untidy JPEG as a tidy one with the same blocks, so that strict decoders take it.
//!
//! Cameras and programs omit end markers and tables, number restarts wrongly, and leave bytes
//! between segments and before restarts. None of that is a reason to refuse a photo: the rule is
//! that each block is decoded from the file's own bytes. So the coded data is walked, and a file
//! whose data does not reach the last block is refused. Nothing is filled in.

use std::ops::Range;

use super::entropy::{self, Nonzero, WalkError};
use super::frame_header::FrameHeader;
use super::huffman_tables::{self, HuffmanTables};
use super::scan::{CoefficientBits, Scan};
use super::segments::{Kind, Segments, marker, restart_interval};
use crate::codec::{Damage, Format, ImageError, Part};

/// Maximum of bytes behind each restart marker that are taken for no part of the data.
const MAX_BYTES_BEHIND_RESTART: usize = 16;

/// Minimum of restart markers that must have the same number of such bytes behind them. A block
/// without its first bytes often ends where it did, so a few intervals fit by chance.
const MIN_RESTARTS: usize = 16;

/// Bytes that a usual file grows by: the standard tables, once for each of four scans, and an end.
const MAX_ADDED_BYTES: usize = 2048;

/// Rewrites a file whose structure was read. Only what stands before the end of its last scan is
/// kept.
///
/// # Errors
/// Returns an [`ImageError`] if the data of a scan does not reach its last block.
pub(super) fn repair(file: &[u8], frame: &FrameHeader) -> Result<Vec<u8>, ImageError> {
    let mut repair = Repair {
        file,
        frame,
        out: Vec::with_capacity(file.len() + MAX_ADDED_BYTES),
        tables: HuffmanTables::default(),
        lacks_tables: !frame.progressive,
        interval: 0,
        nonzero: Nonzero::new(frame),
        coefficients: CoefficientBits::default(),
    };
    repair.out.extend([0xFF, marker::SOI]);
    let mut segments = Segments::new(file).map_while(Result::ok).peekable();
    while let Some(segment) = segments.next() {
        let Kind::Segment(code) = segment.kind else { continue };
        let Some(scan) = repair.segment(code, segment.range)? else { continue };
        let is_data = |kind| matches!(kind, Kind::Coded | Kind::Restart(_));
        let mut pieces = Vec::new();
        while let Some(piece) = segments.next_if(|segment| is_data(segment.kind)) {
            if piece.kind == Kind::Coded {
                pieces.push(piece.range);
            }
        }
        let is_last = segments.peek().is_none();
        repair.scan(&scan, &pieces, is_last)?;
        if repair.coefficients.is_complete(frame) {
            break;
        }
    }
    if !repair.coefficients.is_complete(frame) {
        return Err(Format::Jpeg.ends_early(file.len(), Part::Scans));
    }
    repair.out.extend([0xFF, marker::EOI]);
    Ok(repair.out)
}

/// Holds the tidy file that is made, and the state of its reader.
struct Repair<'a> {
    file: &'a [u8],
    frame: &'a FrameHeader,
    out: Vec<u8>,
    tables: HuffmanTables,
    /// True for a baseline file of which no Huffman table was read yet.
    lacks_tables: bool,
    interval: u16,
    nonzero: Nonzero,
    coefficients: CoefficientBits,
}

impl Repair<'_> {
    /// Copies a segment. Returns the scan whose header it is.
    fn segment(&mut self, code: u8, range: Range<usize>) -> Result<Option<Scan>, ImageError> {
        let at = range.start;
        let payload = &self.file[at + 4..range.end];
        match code {
            marker::DNL => return Ok(None),
            marker::DHT => {
                self.tables.define(payload);
                self.lacks_tables = false;
            }
            marker::DRI => self.interval = restart_interval(payload, at)?,
            marker::SOS if self.lacks_tables => {
                let standard = huffman_tables::standard();
                self.tables.define(&standard);
                self.out.extend([0xFF, marker::DHT]);
                self.out.extend((standard.len() as u16 + 2).to_be_bytes());
                self.out.extend(standard);
            }
            _ => {}
        }
        let start = self.out.len();
        self.out.extend(&self.file[range]);
        match code {
            // A frame header begins with the bits of a sample, then the height.
            marker::SOF0..=marker::SOF2 => {
                self.out[start + 5..start + 7].copy_from_slice(&self.frame.height.to_be_bytes());
            }
            marker::SOS => return Scan::read(self.frame, payload, self.interval, at).map(Some),
            _ => {}
        }
        Ok(None)
    }

    /// Walks and copies the data of a scan, which restarts divide into pieces.
    fn scan(
        &mut self,
        scan: &Scan,
        pieces: &[Range<usize>],
        is_last: bool,
    ) -> Result<(), ImageError> {
        let end = pieces.last().map_or(self.file.len(), |piece| piece.end);
        let intervals = scan.intervals() as usize;
        let (pieces, others) = pieces
            .split_at_checked(intervals)
            .ok_or_else(|| Format::Jpeg.ends_early(end, Part::PixelData))?;
        // Without an end marker, bytes that look like restarts may belong to a trailer.
        let other = others.iter().find(|other| !other.is_empty() && !is_last);
        if let Some(other) = other {
            let at_byte = other.start as u64 - 2;
            return Err(Format::Jpeg.damaged(Damage::Restarts { at_byte }));
        }
        let start = self.out.len();
        let mut result = self.walk(scan, pieces, 0);
        let may_guess = !self.frame.progressive && pieces.len() > MIN_RESTARTS;
        let mut guesses = 1..=MAX_BYTES_BEHIND_RESTART;
        while let (Err(_), true, Some(skipped)) = (&result, may_guess, guesses.next()) {
            self.out.truncate(start);
            result = self.walk(scan, pieces, skipped).or(result);
        }
        result?;
        self.coefficients.record(scan);
        Ok(())
    }

    /// Walks and copies the data of each interval, without the first `skipped` bytes behind each
    /// restart. These bytes and the standard tables are guesses, and nothing but data that ends
    /// with its last block tells that they are right.
    fn walk(
        &mut self,
        scan: &Scan,
        pieces: &[Range<usize>],
        skipped: usize,
    ) -> Result<(), ImageError> {
        for (index, piece) in pieces.iter().enumerate() {
            let interval = if scan.interval == 0 { scan.units } else { scan.interval };
            let first = index as u64 * interval;
            if index > 0 {
                self.out.extend([0xFF, marker::RST0 + (index - 1) as u8 % 8]);
            }
            let skipped = if index == 0 { 0 } else { skipped.min(piece.len()) };
            let data = &self.file[piece.start + skipped..piece.end];
            let units = (first, interval.min(scan.units - first));
            let walked =
                entropy::walk((self.frame, scan), &self.tables, &mut self.nonzero, data, units);
            let used = match walked {
                Ok(used) => entropy::copy(data, used, &mut self.out),
                Err(WalkError::Exhausted) => {
                    return Err(Format::Jpeg.ends_early(piece.end, Part::PixelData));
                }
                Err(WalkError::NoCode) => {
                    return Err(Format::Jpeg.coding(format!(
                        "no block can be read to its end between bytes {} and {}",
                        piece.start, piece.end
                    )));
                }
            };
            if skipped > 0 && used < data.len() {
                return Err(Format::Jpeg.damaged(Damage::Excess { at_byte: piece.start as u64 }));
            }
            let is_fill = |&byte: &u8| matches!(byte, 0 | 0xFF);
            if self.lacks_tables && !data[used..].iter().all(is_fill) {
                return Err(Format::Jpeg.damaged(Damage::Tables));
            }
        }
        Ok(())
    }
}
