//! Blends: rows in which another photo shines through, with its share.
//!
//! A row alone has too much noise for a share of a few hundredths; neighbouring rows are averaged,
//! and what they say together is then looked for in each of them.

use std::ops::Range;

use super::cell_filter::Levels;
use super::hard_decision::expected;
use super::layout::CELLS;
use super::sampling::SampledRows;
use super::soft_decision::{Candidate, Residual, ShareEstimator, residual_upper_bound};
use super::{Codebook, MarkId, PlaneSet, RowFinding, RowFindingKind, RowOwner, RowResult};

/// What is left of rows looks like one issued mark at least so much. Noise looks like one of 2,048
/// by less than three quarters; see the table of the marks.
const LIKE: f32 = 0.9;

/// The same where a plane of colour has the same mark.
const LIKE_WITH_COLOUR: f32 = 0.8;

/// A share of another photo leaves at least so much of it unexplained.
const LEFT_BY_A_SHARE: f32 = 0.6;

/// Colour, alone.
const COLOUR_LIKE: f32 = 0.92;

/// Rows that are averaged where all together show nothing.
const CHUNKS: [usize; 3] = [8, 16, 16];

/// The shares, from px a cell on, below which a blend is not told from what compression does.
const FLOORS: [(f64, f32); 3] = [(4.5, 0.02), (3.0, 0.025), (0.0, 0.08)];

/// Colour has half as many samples, and less contrast.
const COLOUR_FLOOR: f32 = 2.0;

/// The two photos of a blend explain its luma but for so much, where a cell has [`WIDE_PX`].
const UNEXPLAINED: f32 = 0.2;

/// The same of colour, and of narrow cells.
const UNEXPLAINED_AT_WORST: f32 = 0.4;

/// From so many px a cell on, luma is explained well.
const WIDE_PX: f64 = 3.0;

/// The asked photo itself, moved, explains what is left less well by so much.
const AHEAD_OF_MOVED: f32 = 0.15;

struct Search<'a> {
    rows: &'a [RowResult],
    scans: &'a [SampledRows; 3],
    issued: &'a Codebook,
    own: Levels,
    /// Rows that are in no finding yet, by plane: luma, then colour.
    free: [Vec<bool>; 3],
}

/// The blends of a thumbnail whose rows' hard verdicts made `found`.
pub(super) fn findings(
    rows: &[RowResult],
    scans: &[SampledRows; 3],
    found: &[RowFinding],
    issued: &Codebook,
    asked: MarkId,
) -> Vec<RowFinding> {
    let mut free = [const { Vec::new() }; 3];
    for (plane, free) in free.iter_mut().enumerate() {
        free.extend((0..rows.len()).map(|row| scans[plane].has_contrast(row)));
    }
    let mut search = Search { rows, scans, issued, own: expected(asked), free };
    for finding in found.iter().filter(|finding| finding.rows.len() >= 2) {
        search.take(&finding.rows, finding.planes);
    }
    let mut blends = Vec::new();
    for plane in 0..3 {
        let read = |row: &RowResult| [row.y, row.cb, row.cr][plane];
        let own: Vec<usize> =
            (0..rows.len()).filter(|&at| read(&rows[at]) == RowOwner::Own).collect();
        search.look(plane, &own, &mut blends);
        let starts: Vec<usize> = (0..rows.len()).step_by(CHUNKS[plane]).collect();
        for start in starts {
            let chunk: Vec<usize> = (start..(start + CHUNKS[plane]).min(rows.len())).collect();
            search.look(plane, &chunk, &mut blends);
        }
    }
    blends
}

impl Search<'_> {
    /// Rows of a finding are not looked at again.
    fn take(&mut self, rows: &Range<u32>, planes: PlaneSet) {
        let taken = [planes.y, planes.y || planes.cb, planes.y || planes.cr];
        for (free, _) in self.free.iter_mut().zip(taken).filter(|(_, taken)| *taken) {
            free[rows.start as usize..rows.end as usize].fill(false);
        }
    }

    fn floor(&self, plane: usize) -> f32 {
        let cell = self.scans[plane].cell;
        let floor = FLOORS.iter().find(|(from, _)| cell >= *from).map_or(1.0, |(_, floor)| *floor);
        if plane == 0 { floor } else { floor * COLOUR_FLOOR }
    }

    fn unexplained(&self, plane: usize) -> f32 {
        let is_wide = plane == 0 && self.scans[plane].cell >= WIDE_PX;
        if is_wide { UNEXPLAINED } else { UNEXPLAINED_AT_WORST }
    }

    /// The mean levels of those of some rows that are in no finding.
    fn mean(&self, plane: usize, rows: &[usize]) -> Option<Levels> {
        let mut mean = [0.0; CELLS];
        let free = rows.iter().filter(|&&row| self.free[plane][row]);
        let mut count = 0.0_f32;
        for &row in free {
            count += 1.0;
            mean.iter_mut()
                .zip(&self.scans[plane].rows[row])
                .for_each(|(mean, level)| *mean += level);
        }
        (count > 0.0).then(|| mean.map(|sum| sum / count))
    }

    fn rest(&self, plane: usize, mean: &Levels) -> Residual {
        Residual::new(mean, &self.own, self.scans[plane].is_wide())
    }

    /// Whether rows of a plane have another's part that is no noise.
    fn judge(&self, plane: usize, rows: &[usize]) -> Option<(Candidate, Residual)> {
        let mean = self.mean(plane, rows)?;
        let least = LEFT_BY_A_SHARE * self.floor(plane);
        if residual_upper_bound(&mean, &self.own) < least {
            return None;
        }
        let rest = self.rest(plane, &mean);
        if rest.size() < least {
            return None;
        }
        let best = rest.search(self.issued)?;
        let like = if plane == 0 { LIKE } else { COLOUR_LIKE };
        let backed = plane == 0
            && best.likeness >= LIKE_WITH_COLOUR
            && (1..3).any(|colour| self.agrees(colour, rows, best.id, LIKE_WITH_COLOUR));
        let tells = best.likeness >= like || backed;
        let alone = best.unexplained <= self.unexplained(plane)
            && best.likeness >= rest.self_similarity(&self.own) + AHEAD_OF_MOVED;
        (tells && best.share >= self.floor(plane) && alone).then_some((best, rest))
    }

    fn agrees(&self, plane: usize, rows: &[usize], id: MarkId, likeness: f32) -> bool {
        let found =
            self.mean(plane, rows).and_then(|mean| self.rest(plane, &mean).search(self.issued));
        found.is_some_and(|found| found.id == id && found.likeness >= likeness)
    }

    /// Looks at rows together; a blend that they show is followed as far as it goes.
    fn look(&mut self, plane: usize, rows: &[usize], blends: &mut Vec<RowFinding>) {
        let Some((found, rest)) = self.judge(plane, rows) else { return };
        let Some(gauge) = rest.gauge(found.id) else { return };
        for rows in self.reach(plane, &gauge) {
            let of_reach: Vec<usize> = rows.clone().map(|row| row as usize).collect();
            let Some((again, _)) = self.judge(plane, &of_reach) else { continue };
            if again.id != found.id {
                continue;
            }
            let has = |colour: usize| {
                plane == colour || self.agrees(colour, &of_reach, found.id, LIKE_WITH_COLOUR)
            };
            let planes = PlaneSet { y: plane == 0, cb: has(1), cr: has(2) };
            self.take(&rows, planes);
            let kind = RowFindingKind::Blend;
            blends.push(RowFinding {
                found: Some(found.id),
                rows,
                planes,
                share: again.share,
                kind,
            });
        }
    }

    /// The stretches of rows in which a share is at least half of what it is at its highest.
    fn reach(&self, plane: usize, gauge: &ShareEstimator) -> Vec<Range<u32>> {
        let share = |row: usize| {
            let is_free = self.free[plane][row];
            if is_free { gauge.share(&self.scans[plane].rows[row]) } else { 0.0 }
        };
        let shares: Vec<f32> = (0..self.rows.len()).map(share).collect();
        let near = |row: usize| &shares[row.saturating_sub(1)..(row + 2).min(shares.len())];
        let smooth: Vec<f32> = (0..shares.len())
            .map(|row| near(row).iter().sum::<f32>() / near(row).len() as f32)
            .collect();
        let highest = smooth.iter().fold(0.0_f32, |most, share| most.max(*share));
        let in_it: Vec<u32> = (0..)
            .zip(&smooth)
            .filter(|(_, share)| **share >= highest / 2.0)
            .map(|(at, _)| at)
            .collect();
        let stretches = in_it.chunk_by(|one, next| next - one <= 3);
        let stretches = stretches.map(|rows| rows[0]..rows[rows.len() - 1] + 1);
        stretches.filter(|rows| rows.len() >= 2).collect()
    }
}
