//! Iterates over the segments of a JPEG file, by markers and lengths alone.
//!
//! No decoder reports where a file ends or how its scans lie. This iterator does, without decoding
//! and without allocating. The check of the structure, the repair, and the reader that feeds the
//! decoder use it. Like other readers of JPEG, the iterator skips bytes before a marker that belong
//! to no segment.

use std::ops::Range;

use crate::codec::{Format, ImageError, Part};

/// Names the marker codes, the byte behind `FF` (ITU-T T.81, table B.1).
pub(in crate::codec) mod marker {
    pub(in crate::codec) const SOF0: u8 = 0xC0;
    pub(in crate::codec) const SOF2: u8 = 0xC2;
    pub(in crate::codec) const SOF3: u8 = 0xC3;
    pub(in crate::codec) const DHT: u8 = 0xC4;
    pub(in crate::codec) const JPG: u8 = 0xC8;
    pub(in crate::codec) const DAC: u8 = 0xCC;
    pub(in crate::codec) const SOF15: u8 = 0xCF;
    pub(in crate::codec) const RST0: u8 = 0xD0;
    pub(in crate::codec) const RST7: u8 = 0xD7;
    pub(in crate::codec) const SOI: u8 = 0xD8;
    pub(in crate::codec) const EOI: u8 = 0xD9;
    pub(in crate::codec) const SOS: u8 = 0xDA;
    pub(in crate::codec) const DQT: u8 = 0xDB;
    pub(in crate::codec) const DNL: u8 = 0xDC;
    pub(in crate::codec) const DRI: u8 = 0xDD;
    pub(in crate::codec) const DHP: u8 = 0xDE;
    pub(in crate::codec) const EXP: u8 = 0xDF;
    pub(in crate::codec) const APP0: u8 = 0xE0;
    pub(in crate::codec) const APP1: u8 = 0xE1;
    pub(in crate::codec) const APP2: u8 = 0xE2;
    pub(in crate::codec) const APP14: u8 = 0xEE;
    pub(in crate::codec) const APP15: u8 = 0xEF;
    pub(in crate::codec) const COM: u8 = 0xFE;
}

/// Reads the payload of a DRI segment at the position `at`: the number of units between restarts.
pub(super) fn restart_interval(payload: &[u8], at: usize) -> Result<u16, ImageError> {
    let interval = payload.try_into().map_err(|_| Format::Jpeg.invalid_field(at))?;
    Ok(u16::from_be_bytes(interval))
}

/// Locates one segment of the file. Fill bytes and other bytes between segments belong to none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::codec) struct Segment {
    pub(in crate::codec) kind: Kind,
    /// Range of the file, in bytes, with the marker.
    pub(in crate::codec) range: Range<usize>,
}

/// Distinguishes the kinds of segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::codec) enum Kind {
    /// The start marker.
    Start,
    /// A segment of marker, length and payload, by its marker code.
    Segment(u8),
    /// Entropy-coded data, up to a restart or to the end of the scan; may be empty.
    Coded,
    /// A restart marker, by its number from 0 to 7.
    Restart(u8),
    /// The end marker.
    End,
}

/// Iterates over the segments of a file, up to its end marker or the first damage. Coded data that
/// reaches the end of the file is a segment, too.
#[derive(Clone)]
pub(in crate::codec) struct Segments<'a> {
    file: &'a [u8],
    at: usize,
    next: Next,
    skipped: bool,
}

/// Names the kind of segment that must follow.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Start,
    Segment,
    Coded,
    /// A marker that ended coded data: a restart, or a segment.
    Marker,
    Nothing,
}

impl<'a> Segments<'a> {
    pub(in crate::codec) fn new(file: &'a [u8]) -> Self {
        Self { file, at: 0, next: Next::Start, skipped: false }
    }

    /// Returns true if bytes were skipped that are no part of a segment and no fill bytes.
    pub(in crate::codec) fn skipped(&self) -> bool {
        self.skipped
    }

    fn segment(&mut self, kind: Kind, end: usize) -> Segment {
        let range = self.at..end;
        self.at = end;
        Segment { kind, range }
    }

    fn start(&mut self) -> Result<Segment, ImageError> {
        if !self.file.starts_with(&[0xFF, marker::SOI]) {
            return Err(self.misplaced());
        }
        self.next = Next::Segment;
        Ok(self.segment(Kind::Start, 2))
    }

    /// Reads a segment, the end marker, or, behind coded data, a restart.
    fn marker(&mut self, behind_coded: bool) -> Result<Segment, ImageError> {
        let mut code = self.marker_code()?;
        // Restarts outside of scans, and reserved codes, begin no segment.
        while !(is_segment(code) || (is_restart(code) && behind_coded)) {
            if code == marker::SOI {
                return Err(self.misplaced());
            }
            self.skipped = true;
            self.at += 2;
            code = self.marker_code()?;
        }
        if is_restart(code) {
            self.next = Next::Coded;
            return Ok(self.segment(Kind::Restart(code - marker::RST0), self.at + 2));
        }
        if code == marker::EOI {
            self.next = Next::Nothing;
            return Ok(self.segment(Kind::End, self.at + 2));
        }
        self.next = if code == marker::SOS { Next::Coded } else { Next::Segment };
        let length = [self.byte(self.at + 2)?, self.byte(self.at + 3)?];
        let length = usize::from(u16::from_be_bytes(length));
        if length < 2 {
            return Err(Format::Jpeg.invalid_field(self.at));
        }
        let end = self.at + 2 + length;
        if end > self.file.len() {
            return Err(self.ends_early(Part::Rest));
        }
        Ok(self.segment(Kind::Segment(code), end))
    }

    /// Moves to the last `FF` of the next marker, and returns the marker's code.
    fn marker_code(&mut self) -> Result<u8, ImageError> {
        let rest = self.file.get(self.at..).unwrap_or_default();
        let skipped = memchr::memchr(0xFF, rest);
        self.skipped |= skipped != Some(0);
        self.at += skipped.ok_or_else(|| self.ends_early(Part::EndMarker))?;
        // Any number of FF may fill the space before a marker.
        while self.byte(self.at + 1)? == 0xFF {
            self.at += 1;
        }
        self.byte(self.at + 1)
    }

    fn coded(&mut self) -> Result<Segment, ImageError> {
        let mut end = self.at;
        loop {
            let Some(ff) = memchr::memchr(0xFF, &self.file[end..]) else {
                end = self.file.len();
                break;
            };
            end += ff;
            let fill = self.file[end..].iter().take_while(|&&byte| byte == 0xFF).count();
            if self.file.get(end + fill) != Some(&0) {
                break;
            }
            self.skipped |= fill > 1;
            end += fill + 1;
        }
        self.next = Next::Marker;
        Ok(self.segment(Kind::Coded, end))
    }

    fn byte(&self, at: usize) -> Result<u8, ImageError> {
        self.file.get(at).copied().ok_or_else(|| self.ends_early(Part::EndMarker))
    }

    fn ends_early(&self, missing: Part) -> ImageError {
        Format::Jpeg.ends_early(self.file.len(), missing)
    }

    fn misplaced(&self) -> ImageError {
        Format::Jpeg.misplaced(self.at)
    }
}

fn is_restart(code: u8) -> bool {
    matches!(code, marker::RST0..=marker::RST7)
}

/// Returns true for the codes that begin a segment, and for the end marker.
fn is_segment(code: u8) -> bool {
    matches!(code, marker::SOF0..marker::RST0 | marker::EOI..=marker::APP15 | marker::COM)
}

impl Iterator for Segments<'_> {
    type Item = Result<Segment, ImageError>;

    fn next(&mut self) -> Option<Self::Item> {
        let segment = match self.next {
            Next::Start => self.start(),
            Next::Segment => self.marker(false),
            Next::Coded => self.coded(),
            Next::Marker => self.marker(true),
            Next::Nothing => return None,
        };
        if segment.is_err() {
            self.next = Next::Nothing;
        }
        Some(segment)
    }
}
