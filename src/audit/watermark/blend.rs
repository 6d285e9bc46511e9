//! Finds rows into which another photo is blended, and estimates the photo's share.
//!
//! A single row has too much noise for a share of a few percent. So neighbouring rows are averaged,
//! and a photo that the average shows is then looked for in each row.

use std::ops::Range;

use super::cell_filter::Levels;
use super::hard_decision::expected_levels;
use super::row_runs::ranges;
use super::sampling::{SampledRows, mean};
use super::soft_decision::{Candidate, Residual, ShareEstimator, residual_upper_bound};
use super::{Codebook, MarkId, PlaneSet, RowFinding, RowFindingKind, RowOwner, RowResult};

/// Smallest correlation of luma with a single watermark. Noise correlates with some of 2,048
/// watermarks by less than three quarters (see the table in docs/watermarks.md).
const MIN_CORRELATION: f32 = 0.9;

/// Smallest correlation of luma where a colour plane shows the same watermark.
const MIN_CORRELATION_WITH_COLOUR: f32 = 0.8;

/// Smallest correlation of a colour plane alone.
const MIN_COLOUR_CORRELATION: f32 = 0.92;

/// Smallest residual of a blend, as a part of the noise floor.
const MIN_RESIDUAL_PART: f32 = 0.6;

/// Number of rows that are averaged where all rows together show nothing, by plane.
const CHUNKS: [usize; 3] = [8, 16, 16];

/// Noise floors by the smallest width of a cell in px. A noise floor is the share below which a
/// blend cannot be told from the effects of compression.
const FLOORS: [(f64, f32); 3] = [(4.5, 0.02), (3.0, 0.025), (0.0, 0.08)];

/// Factor of the noise floor in colour, which has half as many samples and less contrast.
const COLOUR_FLOOR: f32 = 2.0;

/// Largest part of luma that the two photos of a blend leave unexplained, where a cell is at least
/// [`WIDE_PX`] wide.
const MAX_UNEXPLAINED: f32 = 0.2;

/// Largest part of colour, and of luma in narrow cells, that the two photos leave unexplained.
const MAX_UNEXPLAINED_NARROW: f32 = 0.4;

/// Width of a cell in px from which the two photos explain luma well.
const WIDE_PX: f64 = 3.0;

/// Smallest lead of the other photo's correlation over the correlation of the expected photo moved
/// to the side.
const MIN_LEAD_OVER_MOVED: f32 = 0.15;

/// Largest step between two rows of one blend.
const MAX_ROW_STEP: u32 = 3;

struct Search<'a> {
    rows: &'a [RowResult],
    planes: &'a [SampledRows; 3],
    codebook: &'a Codebook,
    own: Levels,
    /// True for each row that belongs to no finding yet, by plane: luma, blue and red difference.
    free: [Vec<bool>; 3],
}

/// Finds the blends of a thumbnail, in rows outside of the earlier findings.
pub(super) fn findings(
    rows: &[RowResult],
    planes: &[SampledRows; 3],
    earlier: &[RowFinding],
    codebook: &Codebook,
    expected: MarkId,
) -> Vec<RowFinding> {
    let free =
        planes.each_ref().map(|plane| (0..rows.len()).map(|row| plane.has_contrast(row)).collect());
    let mut search = Search { rows, planes, codebook, own: expected_levels(expected), free };
    for finding in earlier.iter().filter(|finding| finding.rows.len() >= 2) {
        search.exclude(&finding.rows, finding.planes);
    }
    let mut blends = Vec::new();
    for (plane, rows_per_chunk) in CHUNKS.into_iter().enumerate() {
        let is_own = |&row: &usize| rows[row].planes()[plane] == RowOwner::Own;
        let own: Vec<usize> = (0..rows.len()).filter(is_own).collect();
        search.search(plane, &own, &mut blends);
        for start in (0..rows.len()).step_by(rows_per_chunk) {
            let chunk: Vec<usize> = (start..(start + rows_per_chunk).min(rows.len())).collect();
            search.search(plane, &chunk, &mut blends);
        }
    }
    blends
}

impl Search<'_> {
    /// Excludes the rows of a finding from the search.
    fn exclude(&mut self, rows: &Range<u32>, planes: PlaneSet) {
        let excluded = [planes.y, planes.y || planes.cb, planes.y || planes.cr];
        for (free, _) in self.free.iter_mut().zip(excluded).filter(|(_, excluded)| *excluded) {
            free[rows.start as usize..rows.end as usize].fill(false);
        }
    }

    fn floor(&self, plane: usize) -> f32 {
        let cell_width = self.planes[plane].cell_width;
        let floor = FLOORS.iter().find(|(from, _)| cell_width >= *from);
        let floor = floor.map_or(1.0, |(_, floor)| *floor);
        if plane == 0 { floor } else { floor * COLOUR_FLOOR }
    }

    fn max_unexplained(&self, plane: usize) -> f32 {
        let is_wide = plane == 0 && self.planes[plane].cell_width >= WIDE_PX;
        if is_wide { MAX_UNEXPLAINED } else { MAX_UNEXPLAINED_NARROW }
    }

    /// Returns the mean levels of those of the rows that belong to no finding.
    fn mean(&self, plane: usize, rows: &[usize]) -> Option<Levels> {
        let free = rows.iter().filter(|&&row| self.free[plane][row]);
        mean(free.map(|&row| &self.planes[plane].rows[row]))
    }

    fn residual(&self, plane: usize, mean: &Levels) -> Residual {
        Residual::new(mean, &self.own, self.planes[plane].is_wide())
    }

    /// Returns the photo that is blended into rows of a plane, if it is more than noise.
    fn blended_photo(&self, plane: usize, rows: &[usize]) -> Option<(Candidate, Residual)> {
        let mean = self.mean(plane, rows)?;
        let min_residual = MIN_RESIDUAL_PART * self.floor(plane);
        if residual_upper_bound(&mean, &self.own) < min_residual {
            return None;
        }
        let residual = self.residual(plane, &mean);
        if residual.size() < min_residual {
            return None;
        }
        let best = residual.search(self.codebook)?;
        let min_correlation = if plane == 0 { MIN_CORRELATION } else { MIN_COLOUR_CORRELATION };
        let is_confirmed_by_colour = || {
            plane == 0
                && best.correlation >= MIN_CORRELATION_WITH_COLOUR
                && (1..3).any(|colour| self.colour_agrees(colour, rows, best.id))
        };
        let is_blend = best.share >= self.floor(plane)
            && best.unexplained <= self.max_unexplained(plane)
            && (best.correlation >= min_correlation || is_confirmed_by_colour())
            && best.correlation >= residual.self_similarity(&self.own) + MIN_LEAD_OVER_MOVED;
        is_blend.then_some((best, residual))
    }

    fn colour_agrees(&self, plane: usize, rows: &[usize], id: MarkId) -> bool {
        let mean = self.mean(plane, rows);
        let best = mean.and_then(|mean| self.residual(plane, &mean).search(self.codebook));
        best.is_some_and(|best| best.id == id && best.correlation >= MIN_CORRELATION_WITH_COLOUR)
    }

    /// Searches the mean of some rows for a blend, and adds a finding for each range of rows that
    /// shows the same photo.
    fn search(&mut self, plane: usize, rows: &[usize], blends: &mut Vec<RowFinding>) {
        let Some((photo, residual)) = self.blended_photo(plane, rows) else { return };
        let Some(estimator) = residual.share_estimator(photo.id) else { return };
        for rows in self.extent(plane, &estimator) {
            let indices: Vec<usize> = rows.clone().map(|row| row as usize).collect();
            let Some((again, _)) = self.blended_photo(plane, &indices) else { continue };
            if again.id != photo.id {
                continue;
            }
            let shows =
                |colour: usize| plane == colour || self.colour_agrees(colour, &indices, photo.id);
            let planes = PlaneSet { y: plane == 0, cb: shows(1), cr: shows(2) };
            self.exclude(&rows, planes);
            blends.push(RowFinding {
                id: Some(photo.id),
                rows,
                planes,
                share: again.share,
                kind: RowFindingKind::Blend,
            });
        }
    }

    /// Returns the ranges of rows in which the share is at least half of its maximum.
    fn extent(&self, plane: usize, estimator: &ShareEstimator<'_>) -> Vec<Range<u32>> {
        let share = |row: usize| {
            let is_free = self.free[plane][row];
            if is_free { estimator.share(&self.planes[plane].rows[row]) } else { 0.0 }
        };
        let shares: Vec<f32> = (0..self.rows.len()).map(share).collect();
        let near = |row: usize| &shares[row.saturating_sub(1)..(row + 2).min(shares.len())];
        let smooth: Vec<f32> = (0..shares.len())
            .map(|row| near(row).iter().sum::<f32>() / near(row).len() as f32)
            .collect();
        let highest = smooth.iter().copied().fold(0.0, f32::max);
        let rows: Vec<u32> = (0..)
            .zip(&smooth)
            .filter(|(_, share)| **share >= highest / 2.0)
            .map(|row| row.0)
            .collect();
        ranges(&rows, MAX_ROW_STEP).filter(|rows| rows.len() >= 2).collect()
    }
}
