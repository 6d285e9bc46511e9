//! What is planted in a thumbnail before it is read, and what should then be found.
//!
//! A reader that finds nothing is as useless as one that accuses, so both are counted.

use std::ops::Range;

use super::super::wear::Service;
use super::super::{Detection, Raster, RowFindingKind, YCbCrImage};
use super::super::{DetectionVerdict, MarkId};

/// A way to mix two photos.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Plant {
    /// Nothing is mixed.
    Clean,
    /// The last rows of the thumbnail are another's.
    Tail(u32),
    /// The lower half is another's.
    Half,
    /// The third quarter is another's.
    Band,
    /// The rows of the photo itself, from here on in hundredths, are another's, as if a short
    /// upload had left a used buffer unfilled.
    Unfilled(u32),
    /// All of it is another's.
    Whole,
    /// Another's photo shines through, by so many hundredths.
    Blend(u32),
    /// Both planes of colour are another's.
    Colour,
    /// The blue-difference plane is another's.
    Blue,
}

impl Plant {
    /// All that the table plants.
    pub const ALL: [Self; 14] = [
        Self::Tail(1),
        Self::Tail(2),
        Self::Tail(4),
        Self::Tail(8),
        Self::Half,
        Self::Band,
        Self::Unfilled(60),
        Self::Whole,
        Self::Blend(3),
        Self::Blend(6),
        Self::Blend(12),
        Self::Blend(25),
        Self::Blend(50),
        Self::Colour,
    ];

    /// It in words.
    pub fn name(self) -> String {
        match self {
            Self::Clean => "nothing".into(),
            Self::Tail(1) => "last row".into(),
            Self::Tail(rows) => format!("last {rows} rows"),
            Self::Half => "lower half".into(),
            Self::Band => "a band".into(),
            Self::Unfilled(_) => "unfilled buffer".into(),
            Self::Whole => "whole".into(),
            Self::Blend(share) => format!("blend of {share} %"),
            Self::Colour => "both colour planes".into(),
            Self::Blue => "one colour plane".into(),
        }
    }

    /// The thumbnail that a service sends, of `own` mixed with `other`.
    pub fn send(self, service: &Service, own: &Raster, other: &Raster) -> YCbCrImage {
        let made = |photo| service.resize(photo);
        match self {
            Self::Clean => service.send(made(own)),
            Self::Whole => service.send(made(other)),
            Self::Blend(share) => service.send(made(&blended(own, other, share))),
            Self::Unfilled(from) => {
                let mut photo = own.clone();
                put(&mut photo, other, own.height * from / 100..own.height);
                service.send(made(&photo))
            }
            Self::Tail(_) | Self::Half | Self::Band => {
                let mut thumbnail = made(own);
                let rows = self.rows(thumbnail.height);
                put(&mut thumbnail, &made(other), rows);
                service.send(thumbnail)
            }
            Self::Colour | Self::Blue => {
                let (own, other) = (service.send(made(own)), service.send(made(other)));
                own.with_colour_of(other, self == Self::Colour)
            }
        }
    }

    /// The rows that are another's, of a thumbnail of this height.
    fn rows(self, height: u32) -> Range<u32> {
        match self {
            Self::Clean => 0..0,
            Self::Tail(rows) => height - rows.min(height)..height,
            Self::Half => height / 2..height,
            Self::Band => height / 2..height * 3 / 4,
            Self::Unfilled(from) => height * from / 100..height,
            _ => 0..height,
        }
    }

    /// Whether what was planted was found: whose, where it is rows which, and called mixed if it
    /// must.
    pub fn is_found(self, reading: &Detection, other: MarkId) -> bool {
        if self == Self::Clean {
            return reading.verdict == DetectionVerdict::Clean && reading.findings.is_empty();
        }
        let rows = self.rows(reading.rows.len() as u32);
        let kind = |kind: RowFindingKind| match self {
            Self::Blend(_) => kind == RowFindingKind::Blend,
            Self::Colour | Self::Blue => kind == RowFindingKind::Planes,
            Self::Whole => kind == RowFindingKind::Whole,
            _ => kind == RowFindingKind::Rows,
        };
        let found = reading.findings.iter().any(|finding| {
            let near = |one: u32, other: u32| one.abs_diff(other) <= 2;
            let placed = matches!(self, Self::Blend(_) | Self::Unfilled(_))
                || near(finding.rows.start, rows.start) && near(finding.rows.end, rows.end);
            finding.found == Some(other) && kind(finding.kind) && placed
        });
        found && (reading.verdict == DetectionVerdict::Mixed || self == Self::Tail(1))
    }
}

fn put(into: &mut Raster, from: &Raster, rows: Range<u32>) {
    let row = into.width as usize * 3;
    let bytes = rows.start as usize * row..rows.end as usize * row;
    into.rgb[bytes.clone()].copy_from_slice(&from.rgb[bytes]);
}

fn blended(one: &Raster, other: &Raster, share: u32) -> Raster {
    let share = share as f32 / 100.0;
    let mix = |(&one, &other): (&u8, &u8)| {
        (f32::from(one) + share * (f32::from(other) - f32::from(one))).round() as u8
    };
    Raster { rgb: one.rgb.iter().zip(&other.rgb).map(mix).collect(), ..*one }
}
