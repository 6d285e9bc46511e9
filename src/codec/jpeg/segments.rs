//! The pieces of a JPEG file, one after the other, told apart by markers and lengths alone.
//!
//! No decoder says where a file ends or how its scans lie. This walk does, without decoding and
//! without memory of its own, and both the survey and the reader that feeds the decoder take it.

use std::ops::Range;

use crate::codec::{Damage, Feature, Format, ImageError, Part};

/// Marker codes: the byte behind `FF`. ITU-T T.81, table B.1.
pub(super) mod marker {
    pub(in crate::codec::jpeg) const SOF0: u8 = 0xC0;
    pub(in crate::codec::jpeg) const SOF2: u8 = 0xC2;
    pub(in crate::codec::jpeg) const SOF3: u8 = 0xC3;
    pub(in crate::codec::jpeg) const DHT: u8 = 0xC4;
    pub(in crate::codec::jpeg) const JPG: u8 = 0xC8;
    pub(in crate::codec::jpeg) const DAC: u8 = 0xCC;
    pub(in crate::codec::jpeg) const SOF15: u8 = 0xCF;
    pub(in crate::codec::jpeg) const RST0: u8 = 0xD0;
    pub(in crate::codec::jpeg) const RST7: u8 = 0xD7;
    pub(in crate::codec::jpeg) const SOI: u8 = 0xD8;
    pub(in crate::codec::jpeg) const EOI: u8 = 0xD9;
    pub(in crate::codec::jpeg) const SOS: u8 = 0xDA;
    pub(in crate::codec::jpeg) const DQT: u8 = 0xDB;
    pub(in crate::codec::jpeg) const DNL: u8 = 0xDC;
    pub(in crate::codec::jpeg) const DRI: u8 = 0xDD;
    pub(in crate::codec::jpeg) const DHP: u8 = 0xDE;
    pub(in crate::codec::jpeg) const EXP: u8 = 0xDF;
    pub(in crate::codec::jpeg) const APP0: u8 = 0xE0;
    pub(in crate::codec::jpeg) const APP1: u8 = 0xE1;
    pub(in crate::codec::jpeg) const APP14: u8 = 0xEE;
    pub(in crate::codec::jpeg) const APP15: u8 = 0xEF;
    pub(in crate::codec::jpeg) const COM: u8 = 0xFE;
}

/// One piece of the file. Fill between pieces belongs to none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) kind: Kind,
    /// Where it lies in the file, its marker included.
    pub(super) range: Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The start marker.
    Start,
    /// A segment: marker, length, payload.
    Segment(u8),
    /// Entropy-coded data, up to a restart or to the end of the scan. May be empty.
    Coded,
    /// A restart marker, by its number from 0 to 7.
    Restart(u8),
    /// The end marker.
    End,
}

/// Walks a file piece by piece, up to its end marker or the first thing wrong.
#[derive(Clone)]
pub(super) struct Segments<'a> {
    file: &'a [u8],
    at: usize,
    next: Next,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Start,
    Segment,
    /// Coded data follows.
    Coded,
    /// A marker that ended coded data follows: a restart, or a segment.
    Marker,
    Nothing,
}

impl<'a> Segments<'a> {
    pub(super) fn new(file: &'a [u8]) -> Self {
        Self { file, at: 0, next: Next::Start }
    }

    fn piece(&mut self, kind: Kind, end: usize) -> Segment {
        let range = self.at..end;
        self.at = end;
        Segment { kind, range }
    }

    fn start(&mut self) -> Result<Segment, ImageError> {
        if !self.file.starts_with(&[0xFF, marker::SOI]) {
            return Err(self.misplaced());
        }
        self.next = Next::Segment;
        Ok(self.piece(Kind::Start, 2))
    }

    /// A segment, the end marker, or, behind coded data, a restart.
    fn marker(&mut self, behind_coded: bool) -> Result<Segment, ImageError> {
        // Fill: any number of FF before a marker's own. Some cameras put zeros between segments.
        while !behind_coded && self.file.get(self.at) == Some(&0) {
            self.at += 1;
        }
        if self.byte(self.at)? != 0xFF {
            return Err(self.misplaced());
        }
        while self.byte(self.at + 1)? == 0xFF {
            self.at += 1;
        }
        match self.byte(self.at + 1)? {
            restart @ marker::RST0..=marker::RST7 if behind_coded => {
                self.next = Next::Coded;
                Ok(self.piece(Kind::Restart(restart - marker::RST0), self.at + 2))
            }
            marker::EOI => {
                self.next = Next::Nothing;
                Ok(self.piece(Kind::End, self.at + 2))
            }
            code @ (marker::SOF0..marker::RST0 | marker::SOS..=marker::APP15 | marker::COM) => {
                self.next = if code == marker::SOS { Next::Coded } else { Next::Segment };
                let length = [self.byte(self.at + 2)?, self.byte(self.at + 3)?];
                let length = usize::from(u16::from_be_bytes(length));
                if length < 2 {
                    return Err(damaged(Damage::Field { at_byte: self.at as u64 }));
                }
                let end = self.at + 2 + length;
                if end > self.file.len() {
                    return Err(self.ends_early(Part::Rest));
                }
                Ok(self.piece(Kind::Segment(code), end))
            }
            _ => Err(self.misplaced()),
        }
    }

    fn coded(&mut self) -> Result<Segment, ImageError> {
        let mut end = self.at;
        loop {
            let Some(ff) = memchr::memchr(0xFF, &self.file[end..]) else {
                return Err(self.ends_early(Part::EndMarker));
            };
            end += ff;
            match self.file.get(end + 1) {
                Some(0) => end += 2,
                Some(_) => break,
                None => return Err(self.ends_early(Part::EndMarker)),
            }
        }
        self.next = Next::Marker;
        Ok(self.piece(Kind::Coded, end))
    }

    fn byte(&self, at: usize) -> Result<u8, ImageError> {
        self.file.get(at).copied().ok_or_else(|| self.ends_early(Part::EndMarker))
    }

    fn ends_early(&self, missing: Part) -> ImageError {
        ends_early(self.file.len(), missing)
    }

    fn misplaced(&self) -> ImageError {
        damaged(Damage::Misplaced { at_byte: self.at as u64 })
    }
}

impl Iterator for Segments<'_> {
    type Item = Result<Segment, ImageError>;

    fn next(&mut self) -> Option<Self::Item> {
        let piece = match self.next {
            Next::Start => self.start(),
            Next::Segment => self.marker(false),
            Next::Coded => self.coded(),
            Next::Marker => self.marker(true),
            Next::Nothing => return None,
        };
        if piece.is_err() {
            self.next = Next::Nothing;
        }
        Some(piece)
    }
}

pub(super) fn ends_early(at_byte: usize, missing: Part) -> ImageError {
    ImageError::EndsEarly { format: Format::Jpeg, at_byte: at_byte as u64, missing }
}

pub(super) fn damaged(damage: Damage) -> ImageError {
    ImageError::Damaged { format: Format::Jpeg, damage }
}

pub(super) fn unsupported(feature: Feature) -> ImageError {
    ImageError::Unsupported { format: Format::Jpeg, feature }
}

pub(super) fn field(at: usize) -> ImageError {
    damaged(Damage::Field { at_byte: at as u64 })
}
