//! Makes a whole JPEG of the first rows of a file that ends early.
//!
//! Browsers show what came of such a file, and a decoder fills in the rest. Here the coded data is
//! walked to its last whole row of blocks, and the frame's height becomes that of the rows before
//! it. So a decoder has no row to fill in.

use std::ops::Range;

use super::entropy::{self, Nonzero};
use super::frame_header::FrameHeader;
use super::huffman_tables::HuffmanTables;
use super::scan::Scan;
use super::segments::{Kind, Segments, marker, restart_interval};
use crate::codec::{Format, ImageError, Part};

/// Upper bound of the whole scans of a progressive file.
const MAX_SCANS: usize = 64;

/// Holds a JPEG of the first rows of a file.
pub(in crate::codec) struct FirstRows {
    /// JPEG of these rows alone.
    pub(in crate::codec) file: Vec<u8>,
    /// Width as stored, in pixels.
    pub(in crate::codec) width: u32,
    /// Height that the file declares, in pixels.
    pub(in crate::codec) height: u32,
    /// Number of rows that the data holds.
    pub(in crate::codec) rows: u32,
    /// Number of colour components.
    pub(in crate::codec) components: usize,
}

/// Reads the rows of which a file holds all data. Of a progressive file these are all rows, as the
/// scans show them that came whole.
///
/// # Errors
/// Returns an [`ImageError`] if the file is no JPEG, or ends before its first rows.
pub(in crate::codec) fn first_rows(file: &[u8]) -> Result<FirstRows, ImageError> {
    let mut reader = Reader {
        file,
        out: vec![0xFF, marker::SOI],
        frame: None,
        height_at: 0,
        tables: HuffmanTables::default(),
        interval: 0,
    };
    let mut scans = 0;
    let mut segments = Segments::new(file).map_while(Result::ok).peekable();
    while let Some(segment) = segments.next() {
        let Kind::Segment(code) = segment.kind else { continue };
        let before = reader.out.len();
        let Some(scan) = reader.segment(code, segment.range)? else { continue };
        let is_data = |kind| matches!(kind, Kind::Coded | Kind::Restart(_));
        let mut pieces = Vec::new();
        while let Some(piece) = segments.next_if(|segment| is_data(segment.kind)) {
            if piece.kind == Kind::Coded {
                pieces.push(piece.range);
            }
        }
        let frame = reader.frame.clone().ok_or_else(|| reader.ends_early())?;
        if !frame.progressive {
            return reader.finish_baseline(&frame, &scan, &pieces);
        }
        // Whatever follows a whole scan tells that the scan is whole.
        if segments.peek().is_none() || scans == MAX_SCANS {
            reader.out.truncate(before);
            break;
        }
        scans += 1;
        for (index, piece) in pieces.into_iter().enumerate() {
            reader.restart(index);
            reader.out.extend(&file[piece]);
        }
    }
    match reader.frame.clone() {
        Some(frame) if scans > 0 => Ok(reader.finish(&frame, u32::from(frame.height))),
        _ => Err(reader.ends_early()),
    }
}

struct Reader<'a> {
    file: &'a [u8],
    out: Vec<u8>,
    frame: Option<FrameHeader>,
    /// Position of the frame's height in `out`.
    height_at: usize,
    tables: HuffmanTables,
    interval: u16,
}

impl Reader<'_> {
    /// Copies a segment. Returns the scan whose header it is.
    fn segment(&mut self, code: u8, range: Range<usize>) -> Result<Option<Scan>, ImageError> {
        let at = range.start;
        let payload = &self.file[at + 4..range.end];
        match code {
            marker::DNL => return Ok(None),
            marker::DHT => self.tables.define(payload),
            marker::DRI => self.interval = restart_interval(payload, at)?,
            marker::SOF0..=marker::SOF15
                if ![marker::DHT, marker::JPG, marker::DAC].contains(&code) =>
            {
                let frame = FrameHeader::read(code, payload, at)?;
                if frame.height == 0 || self.frame.is_some() {
                    return Err(Format::Jpeg.invalid_field(at));
                }
                self.frame = Some(frame);
                self.height_at = self.out.len() + 5;
            }
            _ => {}
        }
        self.out.extend(&self.file[range]);
        let frame = self.frame.as_ref().filter(|_| code == marker::SOS);
        frame.map(|frame| Scan::read(frame, payload, self.interval, at)).transpose()
    }

    /// Copies the whole rows of blocks of a baseline scan.
    fn finish_baseline(
        mut self,
        frame: &FrameHeader,
        scan: &Scan,
        pieces: &[Range<usize>],
    ) -> Result<FirstRows, ImageError> {
        if scan.components.len() != frame.components.len() {
            return Err(self.ends_early());
        }
        let (across, rows_per_unit) = match frame.components[..] {
            [component] => (frame.blocks(component).0, 8),
            _ => (frame.units().0, 8 * frame.largest_factors().1),
        };
        let across = u64::from(across.max(1));
        let interval = if scan.interval == 0 { scan.units } else { scan.interval };
        let intervals = pieces.iter().take(scan.intervals() as usize).enumerate();
        let mut nonzero = Nonzero::new(frame);
        let mut walk = |data: &[u8], first: u64, units: u64| {
            let units = units.min(scan.units.saturating_sub(first));
            entropy::walk_whole_units(
                (frame, scan),
                &self.tables,
                &mut nonzero,
                data,
                (first, units),
            )
        };
        let mut whole = 0;
        for (index, piece) in intervals.clone() {
            let first = index as u64 * interval;
            let (units, _) = walk(&self.file[piece.clone()], first, interval);
            whole = first + units;
            if units < interval {
                break;
            }
        }
        let kept = whole / across * across;
        let mut copied = Vec::new();
        for (index, piece) in intervals {
            let first = index as u64 * interval;
            if first >= kept {
                break;
            }
            let data = &self.file[piece.clone()];
            let (_, used) = walk(data, first, interval.min(kept - first));
            copied.push((index, data, used));
        }
        for (index, data, used) in copied {
            self.restart(index);
            entropy::copy(data, used, &mut self.out);
        }
        let rows = (kept / across * u64::from(rows_per_unit)).min(frame.height.into());
        match u16::try_from(rows) {
            Ok(rows) if rows > 0 => Ok(self.finish(frame, rows.into())),
            _ => Err(self.ends_early()),
        }
    }

    /// Writes the restart before an interval of a scan.
    fn restart(&mut self, index: usize) {
        if index > 0 {
            self.out.extend([0xFF, marker::RST0 + (index - 1) as u8 % 8]);
        }
    }

    fn finish(mut self, frame: &FrameHeader, rows: u32) -> FirstRows {
        self.out[self.height_at..][..2].copy_from_slice(&(rows as u16).to_be_bytes());
        self.out.extend([0xFF, marker::EOI]);
        FirstRows {
            file: self.out,
            width: frame.width.into(),
            height: frame.height.into(),
            rows,
            components: frame.components.len(),
        }
    }

    fn ends_early(&self) -> ImageError {
        Format::Jpeg.ends_early(self.file.len(), Part::PixelData)
    }
}
