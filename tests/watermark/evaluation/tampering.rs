//! Tampers with thumbnails in known ways, and checks that the detector reports each way.
//!
//! A detector that reports nothing is as useless as a detector that names wrong photos, so the
//! evaluation counts both.

use std::ops::Range;

use double_exposure::audit::watermark::{
    Detection, DetectionVerdict, MarkId, Raster, RowFindingKind, YCbCrImage,
};

use super::SimulatedService;

/// Selects how another photo is mixed into a thumbnail.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Tampering {
    /// No mix.
    Clean,
    /// A number of rows at the bottom of the thumbnail from the other photo.
    Tail(u32),
    /// The lower half of the thumbnail from the other photo.
    Half,
    /// The third quarter of the thumbnail from the other photo.
    Band,
    /// All rows of the photo below this percentage of its height from the other photo, as if a
    /// short upload left a part of a used buffer unfilled.
    Unfilled(u32),
    /// The whole thumbnail from the other photo.
    Whole,
    /// A blend with this percentage of the other photo.
    Blend(u32),
    /// Both colour planes from the other photo.
    Colour,
    /// The blue-difference plane from the other photo.
    Blue,
}

impl Tampering {
    /// All ways that the evaluation counts.
    pub(crate) const ALL: [Self; 14] = [
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

    /// Returns the name that the table shows.
    pub(crate) fn name(self) -> String {
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

    /// Returns the thumbnail of `own`, mixed with `other`, that a client of the service decodes.
    pub(crate) fn send(
        self,
        service: &SimulatedService,
        own: &Raster,
        other: &Raster,
    ) -> YCbCrImage {
        let send = |photo| service.send(service.resize(photo));
        let mut mixed = own.clone();
        match self {
            Self::Clean => send(own),
            Self::Whole => send(other),
            Self::Blend(percent) => {
                mixed.blend(other, percent as f32 / 100.0);
                send(&mixed)
            }
            Self::Unfilled(_) => {
                mixed.splice(other, self.rows(own.height));
                send(&mixed)
            }
            Self::Tail(_) | Self::Half | Self::Band => {
                let mut thumbnail = service.resize(own);
                let rows = self.rows(thumbnail.height);
                thumbnail.splice(&service.resize(other), rows);
                service.send(thumbnail)
            }
            Self::Colour | Self::Blue => {
                let (own, other) = (send(own), send(other));
                let cr = if self == Self::Colour { &other.cr } else { &own.cr };
                let pixels = (0..own.y.len()).flat_map(|at| [own.y[at], other.cb[at], cr[at]]);
                YCbCrImage::from_ycbcr(own.width, own.height, &pixels.collect::<Vec<_>>())
            }
        }
    }

    /// Returns the rows of the other photo in an image of this height.
    fn rows(self, height: u32) -> Range<u32> {
        match self {
            Self::Clean => 0..0,
            Self::Tail(rows) => height - rows.min(height)..height,
            Self::Half => height / 2..height,
            Self::Band => height / 2..height * 3 / 4,
            Self::Unfilled(percent) => height * percent / 100..height,
            _ => 0..height,
        }
    }

    /// Returns `true` if the detection reports the other photo with its rows, and calls the
    /// thumbnail mixed if it has to.
    pub(crate) fn is_found(self, detection: &Detection, other: MarkId) -> bool {
        if self == Self::Clean {
            return detection.verdict == DetectionVerdict::Clean && detection.findings.is_empty();
        }
        let rows = self.rows(detection.rows.len() as u32);
        let kind = match self {
            Self::Blend(_) => RowFindingKind::Blend,
            Self::Colour | Self::Blue => RowFindingKind::Planes,
            Self::Whole => RowFindingKind::Whole,
            _ => RowFindingKind::Rows,
        };
        let is_found = detection.findings.iter().any(|finding| {
            let is_near = |row: u32, expected: u32| row.abs_diff(expected) <= 2;
            let has_rows = matches!(self, Self::Blend(_) | Self::Unfilled(_))
                || is_near(finding.rows.start, rows.start) && is_near(finding.rows.end, rows.end);
            finding.id == Some(other) && finding.kind == kind && has_rows
        });
        is_found && (detection.verdict == DetectionVerdict::Mixed || self == Self::Tail(1))
    }
}
