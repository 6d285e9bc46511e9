//! What a thumbnail said: for each row whose it is, and what of it is not as it should be.
//!
//! Rows are reported as they were read, and findings beside them, so that whoever doubts a finding
//! can look at the rows that it came from.

use std::fmt;
use std::ops::Range;

use super::MarkId;

/// Whose one plane of one row is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RowOwner {
    /// The photo's that was asked for.
    Own,
    /// Another issued photo's.
    Other(MarkId),
    /// A whole mark with a right checksum, of a number that was not issued.
    NotIssued(u16),
    /// It cannot be told: too narrow, too damaged, at a seam, or nothing of ours.
    #[default]
    Unknown,
}

/// One row of a thumbnail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowResult {
    /// What luma says.
    pub y: RowOwner,
    /// What the blue-difference plane says.
    pub cb: RowOwner,
    /// What the red-difference plane says.
    pub cr: RowOwner,
    /// Which sixteenth of its photo, from the top, the row says that it is from.
    pub place: Option<u8>,
}

/// A set of planes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PlaneSet {
    /// Luma.
    pub y: bool,
    /// Blue difference.
    pub cb: bool,
    /// Red difference.
    pub cr: bool,
}

impl fmt::Display for PlaneSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = [(self.y, "y"), (self.cb, "cb"), (self.cr, "cr")];
        let named: Vec<_> = named.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
        f.write_str(&named.join("+"))
    }
}

/// What kind of thing a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RowFindingKind {
    /// Some rows are another photo's.
    Rows,
    /// All that could be read is another photo's.
    Whole,
    /// Another photo shines through.
    Blend,
    /// Colour alone is another photo's: luma is not.
    Planes,
    /// Rows of the right photo stand in the wrong place. Nobody else's, so never a mix.
    Order,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq)]
pub struct RowFinding {
    /// Whose it is; of a [`FindingKind::Order`] the photo's own. None: a mark that nobody was
    /// given.
    pub found: Option<MarkId>,
    /// The rows, from the top of the thumbnail.
    pub rows: Range<u32>,
    /// The planes in which it was read.
    pub planes: PlaneSet,
    /// How much of these rows is the other's, 0 to 1: an estimate for a blend, less than 1 where
    /// only one side of the rows is the other's, else 1.
    pub share: f32,
    /// What kind of thing it is.
    pub kind: RowFindingKind,
}

impl RowFinding {
    /// Whether this finding alone makes a thumbnail mixed: another's rows, two of them at least
    /// since one could be a seam's, or a blend above the floor, below which none is reported.
    pub fn mixes(&self) -> bool {
        match self.kind {
            RowFindingKind::Order => false,
            RowFindingKind::Blend => true,
            _ => self.rows.len() >= 2,
        }
    }
}

/// What a thumbnail comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DetectionVerdict {
    /// Enough was read, and nothing of it is another's.
    Clean,
    /// Something of it is another's.
    Mixed,
    /// Too little was read to say.
    Unreadable,
}

/// All that a thumbnail said.
#[derive(Clone, Debug, PartialEq)]
pub struct Detection {
    /// Every row, from the top.
    pub rows: Vec<RowResult>,
    /// What is not as it should be, from the top.
    pub findings: Vec<RowFinding>,
    /// Rows whose luma was read.
    pub read: u32,
    /// Rows whose luma could not be read.
    pub unknown: u32,
    /// What it comes to.
    pub verdict: DetectionVerdict,
}
