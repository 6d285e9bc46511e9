//! Decides whether a response is mixed: the only place where that decision is made.
//!
//! [`Evidence`] is one defect of one response. A response is mixed if a piece of its evidence is
//! sufficient alone, or if a second response with other bytes confirms it.

use std::collections::HashMap;
use std::ops::Range;

use clap::ValueEnum;
use serde::Serialize;

use super::test_photos::TestPhotos;
use crate::audit::watermark::{PlaneSet, RowFinding, RowFindingKind};

/// Upper bound of the single rows that wait for a second response to confirm them.
const MAX_HINTS: usize = 4096;

/// Names the kinds of defects of a response. Only another person's photo is mixing. The command
/// line has values for the kinds that are no mixing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum FindingKind {
    /// Some rows show another person's photo.
    #[value(skip)]
    Rows,
    /// The whole image shows another person's photo.
    #[value(skip)]
    Whole,
    /// Another person's photo is blended into the image.
    #[value(skip)]
    Blend,
    /// Only the chroma planes, or only luma, show another person's photo.
    #[value(skip)]
    Planes,
    /// Two concurrent requests of two people got each other's responses.
    #[value(skip)]
    Crossed,
    /// The missing rows of a truncated photo are filled with another person's rows.
    #[value(skip)]
    Dirty,
    /// The image shows an earlier version of the photo, which was replaced.
    Stale,
    /// The image shows another photo of the same person.
    OtherPhoto,
    /// The image shows a watermark that this audit did not issue. It may come from an earlier
    /// audit, so it names no person and does not count as mixing.
    NotIssued,
    /// Rows of the right photo stand in the wrong position.
    Order,
    /// The image has other dimensions than requested.
    Size,
    /// The image has another media type than the response or the target names.
    Type,
    /// A shared cache may give a private thumbnail to other people without asking the service.
    Public,
    /// A cache may store a private thumbnail and has no validator to revalidate it with.
    NoValidator,
    /// A thumbnail was served to a stranger, a person who may not see the photo.
    Stranger,
    /// The image file ends early. The rows that it holds are read.
    Cut,
    /// The image has no watermark that can be read.
    Unread,
}

impl FindingKind {
    /// Returns true if a defect of this kind makes the verdict *mixed*.
    pub fn is_mixing(self) -> bool {
        use FindingKind::{Blend, Crossed, Dirty, Planes, Rows, Whole};
        matches!(self, Rows | Whole | Blend | Planes | Crossed | Dirty)
    }

    /// Describes the kind in a few words.
    pub fn description(self) -> &'static str {
        match self {
            Self::Rows => "rows of another person's photo",
            Self::Whole => "another person's photo, whole",
            Self::Blend => "another person's photo blended in",
            Self::Planes => "planes of another person's photo",
            Self::Crossed => "two people given each other's photo",
            Self::Dirty => "a truncated photo filled with another person's rows",
            Self::Stale => "an earlier version of the photo",
            Self::OtherPhoto => "another photo of the same person",
            Self::NotIssued => "a watermark that this audit did not issue",
            Self::Order => "rows of the right photo in the wrong position",
            Self::Size => "other dimensions than requested",
            Self::Type => "another media type than declared or expected",
            Self::Public => "a private thumbnail that shared caches may give to other people",
            Self::NoValidator => "a private thumbnail without ETag or Last-Modified",
            Self::Stranger => "a thumbnail served to a stranger",
            Self::Cut => "an image file that ends early",
            Self::Unread => "an image whose watermark cannot be read",
        }
    }
}

/// Describes one defect of one response.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// Kind of the defect.
    pub kind: FindingKind,
    /// Index of the photo that the rows show, or `None` if the audit does not know the photo.
    pub photo: Option<usize>,
    /// Affected rows, counted from the top of the image.
    pub rows: Range<u32>,
    /// Planes in which the detector read the watermark.
    pub planes: PlaneSet,
    /// Share of the shown photo in these rows, 0 to 1.
    pub share: f32,
    /// True if this defect makes the response mixed.
    pub is_sufficient: bool,
}

impl Evidence {
    /// Classifies a finding of the watermark detector in a thumbnail of the photo `requested`.
    pub(crate) fn new(finding: &RowFinding, requested: usize, photos: &TestPhotos) -> Self {
        let asked = &photos.all[requested];
        let shown = finding.id.and_then(|id| photos.with_id(id));
        let kind = match (finding.kind, shown) {
            (RowFindingKind::Order, _) => FindingKind::Order,
            (_, None) => FindingKind::NotIssued,
            (_, Some((photo, is_earlier))) if photos.all[photo].owner == asked.owner => {
                match photo == requested {
                    true if is_earlier => FindingKind::Stale,
                    true => FindingKind::Order,
                    false => FindingKind::OtherPhoto,
                }
            }
            (RowFindingKind::Rows, _) if asked.truncated => FindingKind::Dirty,
            (RowFindingKind::Rows, _) => FindingKind::Rows,
            (RowFindingKind::Whole, _) => FindingKind::Whole,
            (RowFindingKind::Blend, _) => FindingKind::Blend,
            (RowFindingKind::Planes, _) => FindingKind::Planes,
        };
        Self {
            kind,
            photo: shown.map(|(photo, _)| photo),
            rows: finding.rows.clone(),
            planes: finding.planes,
            share: finding.share,
            is_sufficient: kind.is_mixing() && finding.mixes(),
        }
    }

    /// Describes a defect of a whole image of `rows` rows that is not mixing.
    pub(crate) fn of_image(kind: FindingKind, photo: usize, rows: u32) -> Self {
        let planes = PlaneSet::default();
        Self { kind, photo: Some(photo), rows: 0..rows, planes, share: 1.0, is_sufficient: false }
    }
}

/// Decides which responses are mixed, and remembers the insufficient evidence of earlier ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct MixedDecision {
    /// Hash of the first image, by the photo that was requested and the photo that it shows.
    hints: HashMap<(usize, usize), [u8; 32]>,
}

impl MixedDecision {
    /// Returns true if an image of the photo `requested` is mixed. Marks evidence as sufficient
    /// that an earlier image with another `hash` confirms.
    pub(crate) fn decide(
        &mut self,
        requested: usize,
        hash: [u8; 32],
        evidence: &mut [Evidence],
    ) -> bool {
        for evidence in evidence.iter_mut() {
            let is_hint = evidence.kind.is_mixing() && !evidence.is_sufficient;
            evidence.is_sufficient |= is_hint
                && evidence.photo.is_some_and(|shown| self.confirms(requested, shown, hash));
        }
        evidence.iter().any(|evidence| evidence.is_sufficient)
    }

    /// Returns true if an earlier image with another hash showed the same photo.
    fn confirms(&mut self, requested: usize, shown: usize, hash: [u8; 32]) -> bool {
        if let Some(first) = self.hints.get(&(requested, shown)) {
            return *first != hash;
        }
        if self.hints.len() < MAX_HINTS {
            self.hints.insert((requested, shown), hash);
        }
        false
    }
}
