//! Detects which photo each row of a thumbnail comes from, and judges the thumbnail.
//!
//! The detector uses only what an outside auditor has: the pixels, the codebook, and the photo's
//! dimensions.

use crate::codec::Fit;
use std::sync::Arc;

use super::alignment::{Alignment, alignments};
use super::hard_decision::expected_levels;
use super::sampling::{AlignmentProbe, SampledRows};
use super::{
    Codebook, Detection, DetectionVerdict, MarkId, RowFinding, RowOwner, RowResult, YCbCrImage,
    blend, row_order, row_runs, side_by_side,
};

/// Number of fractions of a cell by which an alignment is moved to the side.
const SHIFT_STEPS: u32 = 3;

/// Largest share of rows of a clean thumbnail that have contrast and cannot be read. A logo hides
/// fewer rows; an image pasted into the thumbnail hides more.
const MAX_HIDDEN: f64 = 0.25;

/// Describes the photo that a thumbnail should show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpectedImage {
    /// Width of the photo in px.
    pub width: u32,
    /// Height of the photo in px.
    pub height: u32,
    /// Fit of the thumbnails, or `None` if it is unknown.
    pub fit: Option<Fit>,
}

/// Detects watermarks in thumbnails of photos of one shape. A detector keeps no state between two
/// thumbnails.
#[derive(Clone, Debug)]
pub struct Detector {
    codebook: Arc<Codebook>,
    image: ExpectedImage,
}

impl Detector {
    /// Creates a detector for photos of one shape whose ids are in the codebook.
    pub fn new(codebook: &Codebook, image: ExpectedImage) -> Self {
        Self { codebook: Arc::new(codebook.clone()), image }
    }

    /// Detects the photos in a thumbnail that should show the photo `expected`. A thumbnail whose
    /// planes have another length than its dimensions require is unreadable.
    pub fn detect(&self, expected: MarkId, thumbnail: &YCbCrImage) -> Detection {
        self.detect_first_rows(expected, thumbnail, thumbnail.height)
    }

    /// Detects the photos in the first rows of a thumbnail. The other rows, which the file did not
    /// hold, have no owner and do not count.
    pub fn detect_first_rows(
        &self,
        expected: MarkId,
        thumbnail: &YCbCrImage,
        rows: u32,
    ) -> Detection {
        let area = u64::from(thumbnail.width) * u64::from(thumbnail.height);
        let planes = [&thumbnail.y, &thumbnail.cb, &thumbnail.cr];
        let is_complete = planes.iter().all(|plane| plane.len() as u64 == area);
        if !is_complete || area == 0 {
            return unreadable(if is_complete { rows } else { 0 });
        }
        let photo = [self.image.width, self.image.height];
        let alignments = alignments(photo, [thumbnail.width, thumbnail.height], self.image.fit);
        let Some(alignment) = self.best_alignment(&alignments, expected, thumbnail) else {
            return unreadable(rows);
        };
        let planes = SampledRows::of_planes(thumbnail, &alignment);
        let own = expected_levels(expected);
        let mut rows = vec![RowResult::default(); rows.min(thumbnail.height) as usize];
        for (index, row) in rows.iter_mut().enumerate() {
            let normalized = planes.each_ref().map(|plane| plane.normalized(index));
            [row.y, row.cb, row.cr] = normalized.map(|row| {
                row.map_or(RowOwner::Unknown, |row| row.owner(&own, &self.codebook, expected))
            });
            let luma = normalized[0].filter(|_| row.y != RowOwner::Unknown);
            row.position = luma.and_then(|luma| luma.position());
        }
        let mut findings = row_runs::findings(&rows, &self.codebook);
        findings.extend(side_by_side::findings(&rows, &planes, &self.codebook, expected));
        findings.extend(blend::findings(&rows, &planes, &findings, &self.codebook, expected));
        findings.extend(row_order::findings(&rows, expected, &alignments));
        findings.sort_by_key(|finding| (finding.rows.start, finding.kind));
        let is_hidden =
            |&row: &usize| rows[row].y == RowOwner::Unknown && planes[0].has_contrast(row);
        let hidden = (0..rows.len()).filter(is_hidden).count() as u32;
        detection(rows, findings, hidden)
    }

    /// Returns the alignment that makes most rows readable: one of the hypotheses, else the first
    /// hypothesis moved to the side, because some services crop around the part of a photo that
    /// they consider important.
    fn best_alignment(
        &self,
        alignments: &[Alignment],
        expected: MarkId,
        thumbnail: &YCbCrImage,
    ) -> Option<Alignment> {
        let probe = AlignmentProbe { image: thumbnail, codebook: &self.codebook, expected };
        let usual =
            alignments.iter().map(|&alignment| (probe.count_readable(&alignment), alignment));
        let shifted = (0..SHIFT_STEPS).filter_map(|step| {
            let alignment = alignments.first()?.moved(f64::from(step) / f64::from(SHIFT_STEPS));
            let (cells, readable) = probe.best_shift(&alignment);
            Some((readable, alignment.moved(cells as f64)))
        });
        let mut best: Option<(u32, Alignment)> = None;
        for (readable, alignment) in usual.chain(shifted) {
            if best.is_none_or(|(most, _)| readable > most) {
                best = Some((readable, alignment));
            }
            if 4 * readable >= 3 * probe.samples() {
                break;
            }
        }
        best.map(|(_, alignment)| alignment)
    }
}

fn unreadable(height: u32) -> Detection {
    detection(vec![RowResult::default(); height as usize], Vec::new(), height)
}

/// Judges the rows of a thumbnail, of which `hidden` have contrast and cannot be read. A bar of one
/// colour has no contrast and is not hidden.
fn detection(rows: Vec<RowResult>, findings: Vec<RowFinding>, hidden: u32) -> Detection {
    let rows_unknown = rows.iter().filter(|row| row.y == RowOwner::Unknown).count() as u32;
    let rows_read = rows.len() as u32 - rows_unknown;
    let verdict = if findings.iter().any(RowFinding::mixes) {
        DetectionVerdict::Mixed
    } else if rows_read > rows_unknown && f64::from(hidden) <= MAX_HIDDEN * rows.len() as f64 {
        DetectionVerdict::Clean
    } else {
        DetectionVerdict::Unreadable
    };
    Detection { rows, findings, rows_read, rows_unknown, verdict }
}
