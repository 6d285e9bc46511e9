//! Describes the result of a detection: the owner of each row, and all findings.
//!
//! The result keeps the rows as they were read beside the findings, so that an operator who doubts
//! a finding can check the rows behind it.

use std::fmt;
use std::ops::Range;

use super::MarkId;

/// Names the photo that one plane of one row belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RowOwner {
    /// The expected photo.
    Own,
    /// Another photo of the codebook.
    Other(MarkId),
    /// A complete codeword with a valid checksum, whose number is not in the codebook.
    NotIssued(u16),
    /// No photo, because the row is too narrow, too damaged, at a seam, or has no watermark.
    #[default]
    Unknown,
}

/// Holds the result of one row of a thumbnail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowResult {
    /// Owner of the row in luma.
    pub y: RowOwner,
    /// Owner of the row in the blue-difference plane.
    pub cb: RowOwner,
    /// Owner of the row in the red-difference plane.
    pub cr: RowOwner,
    /// Vertical position of the row in its photo, in sixteenths of the height from the top, 0 to
    /// 15. `None` if the row does not show its position.
    pub position: Option<u8>,
}

impl RowResult {
    /// Returns the owners of the row in luma, blue difference and red difference, in this order.
    pub fn planes(&self) -> [RowOwner; 3] {
        [self.y, self.cb, self.cr]
    }
}

/// Holds a set of planes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PlaneSet {
    /// True if luma is in the set.
    pub y: bool,
    /// True if blue difference is in the set.
    pub cb: bool,
    /// True if red difference is in the set.
    pub cr: bool,
}

impl PlaneSet {
    /// The set of luma alone.
    pub(super) const LUMA: Self = Self { y: true, cb: false, cr: false };
}

impl fmt::Display for PlaneSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [(self.y, "y"), (self.cb, "cb"), (self.cr, "cr")];
        let names: Vec<_> =
            names.iter().filter(|(is_in, _)| *is_in).map(|(_, name)| *name).collect();
        f.write_str(&names.join("+"))
    }
}

/// Classifies findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RowFindingKind {
    /// Some rows belong to another photo.
    Rows,
    /// All readable rows belong to one other photo.
    Whole,
    /// Another photo is blended into the rows.
    Blend,
    /// A colour plane belongs to another photo, and luma does not.
    Planes,
    /// Rows of the expected photo appear at a wrong position. Their pixels are the photo's own, so
    /// the finding is never a mix.
    Order,
}

/// Describes rows that are not as expected.
#[derive(Clone, Debug, PartialEq)]
pub struct RowFinding {
    /// Id of the photo that the rows show: the expected photo's for [`RowFindingKind::Order`], else
    /// another photo's. `None` if the rows show a number that is not in the codebook.
    pub id: Option<MarkId>,
    /// Rows of the thumbnail, counted from the top.
    pub rows: Range<u32>,
    /// Planes that show the photo.
    pub planes: PlaneSet,
    /// Share of the photo in these rows, 0 to 1. It is an estimate for a blend, less than 1 if the
    /// photo covers one side of the rows only, and else 1.
    pub share: f32,
    /// Class of the finding.
    pub kind: RowFindingKind,
}

impl RowFinding {
    /// Returns `true` if this finding alone makes a thumbnail mixed (torn or swapped). Rows of
    /// another photo mix if there are at least two, because a single row can come from a seam. A
    /// blend always mixes, because a blend below the noise floor is not reported.
    pub fn mixes(&self) -> bool {
        match self.kind {
            RowFindingKind::Order => false,
            RowFindingKind::Blend => true,
            _ => self.rows.len() >= 2,
        }
    }
}

/// Judges a thumbnail as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DetectionVerdict {
    /// Enough rows are readable, and no finding is a mix.
    Clean,
    /// At least one finding is a mix: the thumbnail shows another photo.
    Mixed,
    /// Too few rows are readable to judge the thumbnail.
    Unreadable,
}

/// Holds the result of a detection in one thumbnail.
#[derive(Clone, Debug, PartialEq)]
pub struct Detection {
    /// Results of all rows, from the top.
    pub rows: Vec<RowResult>,
    /// All findings, in the order of their first rows.
    pub findings: Vec<RowFinding>,
    /// Number of rows whose owner is known in luma.
    pub rows_read: u32,
    /// Number of rows whose owner is unknown in luma.
    pub rows_unknown: u32,
    /// Verdict on the thumbnail.
    pub verdict: DetectionVerdict,
}
