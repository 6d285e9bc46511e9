//! The kinds of findings, and which of them are mixing.

use serde::Serialize;

/// What kind of thing was found. Only another person's photo is mixing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Some rows are another person's.
    Rows,
    /// All of it is another person's.
    Whole,
    /// Another person's photo shines through.
    Blend,
    /// Colour, or luma, alone is another person's.
    Planes,
    /// Two people who asked at the same time were given each other's.
    Crossed,
    /// The rows that a photo cut short does not have were filled with another person's.
    Dirty,
    /// An earlier version of the photo, which was replaced.
    Stale,
    /// Another photo of the same person.
    OtherPhoto,
    /// A mark that this audit did not paint: an earlier audit's photo, perhaps. Nobody can be
    /// named, so nobody is accused.
    NotIssued,
    /// Rows of the right photo, in the wrong place.
    Order,
    /// Not the dimensions that were asked for.
    Size,
    /// Not the media type that the answer or the target names.
    Type,
    /// Shared caches may keep a private thumbnail and give it to others.
    Public,
    /// A private thumbnail can be kept and never be asked about again.
    NoValidator,
    /// Somebody who may not see the photo was shown it.
    Stranger,
}

impl FindingKind {
    /// Every kind.
    pub const ALL: [Self; 15] = [
        Self::Rows,
        Self::Whole,
        Self::Blend,
        Self::Planes,
        Self::Crossed,
        Self::Dirty,
        Self::Stale,
        Self::OtherPhoto,
        Self::NotIssued,
        Self::Order,
        Self::Size,
        Self::Type,
        Self::Public,
        Self::NoValidator,
        Self::Stranger,
    ];

    /// Whether it makes the verdict *mixed*.
    pub fn is_mixing(self) -> bool {
        use FindingKind::{Blend, Crossed, Dirty, Planes, Rows, Whole};
        matches!(self, Rows | Whole | Blend | Planes | Crossed | Dirty)
    }

    /// In a few words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Rows => "rows of another person's photo",
            Self::Whole => "another person's photo, whole",
            Self::Blend => "another person's photo shining through",
            Self::Planes => "planes of another person's photo",
            Self::Crossed => "two people given each other's photo",
            Self::Dirty => "a photo cut short, filled with another person's",
            Self::Stale => "an earlier version of the photo",
            Self::OtherPhoto => "another photo of the same person",
            Self::NotIssued => "a mark that this audit did not paint",
            Self::Order => "rows of the right photo in the wrong place",
            Self::Size => "other dimensions than asked for",
            Self::Type => "another media type than said or wanted",
            Self::Public => "a private thumbnail that shared caches may keep",
            Self::NoValidator => "a private thumbnail without ETag or Last-Modified",
            Self::Stranger => "a thumbnail shown to a stranger",
        }
    }
}

#[test]
fn each_kind_has_words_of_its_own() {
    let mut words: Vec<_> = FindingKind::ALL.iter().map(|kind| kind.words()).collect();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), FindingKind::ALL.len());
}
