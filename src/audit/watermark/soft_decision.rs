//! Decodes the mean of some rows by soft decision (a term of coding theory). The result is the id
//! of another photo, and an estimate of its share.
//!
//! The expected photo is projected out first, together with its echoes, which resizing and
//! sharpening copy from a cell into the neighbouring cells. The residual is noise, or it correlates
//! with the codeword of a single id (a matched filter against the codebook).

use super::cell_filter::Levels;
use super::hard_decision::{DATA_CELLS, DATA_MASK};
use super::layout::{BITS, CELLS, GUARDS, POSITION, cell_of, levels, symmetries};
use super::{Codebook, MarkId};

/// Number of ids with the highest correlation that are examined exactly.
const FINALISTS: usize = 4;

/// Smallest part of an echo that makes a new direction, after the earlier directions are projected
/// out.
const MIN_NEW_PART: f32 = 0.05;

/// Smallest length of a watermark that is left after the expected photo is projected out. A shorter
/// watermark cannot be told from the expected photo.
const MIN_LENGTH: f32 = 1.5;

/// Holds the part of some rows that the expected photo does not explain.
pub(super) struct Residual {
    /// Orthonormal directions that the expected photo and its echoes span. The last direction
    /// belongs to the photo's own watermark.
    explained: Vec<Levels>,
    own: Levels,
    levels: Levels,
    residual: Levels,
}

/// Describes a photo that may be blended into some rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) id: MarkId,
    /// Correlation of the residual with the photo's watermark, at most 1.
    pub(super) correlation: f32,
    /// Share of the photo in the rows, 0 to 1.
    pub(super) share: f32,
    /// Size of the part that neither of the two photos explains, as a share of the watermarks.
    pub(super) unexplained: f32,
}

/// Estimates the share of one other photo in rows that resemble the rows of a residual.
pub(super) struct ShareEstimator<'a> {
    residual: &'a Residual,
    mark: Levels,
    direction: Levels,
    length: f32,
}

fn dot(first: &Levels, second: &Levels) -> f32 {
    first.iter().zip(second).map(|(first, second)| first * second).sum()
}

/// Subtracts the projections of levels on orthonormal directions, and returns the length of the
/// rest.
fn project_out(levels: &mut Levels, directions: &[Levels]) -> f32 {
    for direction in directions {
        let along = dot(levels, direction);
        levels.iter_mut().zip(direction).for_each(|(level, direction)| *level -= along * direction);
    }
    dot(levels, levels).sqrt()
}

/// Sets the position cells to 0, because they do not encode the id.
fn clear_position(levels: &mut Levels) {
    levels[POSITION].fill(0.0);
}

impl Residual {
    /// Projects the expected photo out of levels, which are the mean of some rows. Where cells are
    /// wide, fewer echoes reach the middle of a cell.
    pub(super) fn new(levels: &Levels, own: &Levels, is_wide: bool) -> Self {
        let mut explained: Vec<Levels> = Vec::with_capacity(8);
        for mut echo in echoes(levels, own, is_wide) {
            clear_position(&mut echo);
            let before = dot(&echo, &echo).sqrt();
            let length = project_out(&mut echo, &explained);
            if length > MIN_NEW_PART * before {
                explained.push(echo.map(|value| value / length));
            }
        }
        let mut residual = *levels;
        clear_position(&mut residual);
        project_out(&mut residual, &explained);
        Self { explained, own: *own, levels: *levels, residual }
    }

    /// Returns the size of the residual as a share of the watermarks.
    pub(super) fn size(&self) -> f32 {
        (dot(&self.residual, &self.residual) / spread(&self.levels).1.max(1e-6)).sqrt()
    }

    /// Returns the id whose watermark correlates best with the residual.
    pub(super) fn search(&self, codebook: &Codebook) -> Option<Candidate> {
        let mut finalists = [(f32::NEG_INFINITY, None); FINALISTS];
        let sums = self.byte_sums();
        for &id in codebook.ids() {
            let [a, b, c, d] = id.codeword().to_be_bytes().map(usize::from);
            let sum = sums[0][a] + sums[1][b] + sums[2][c] + sums[3][d];
            if sum > finalists[FINALISTS - 1].0 {
                let rank = finalists.partition_point(|(better, _)| *better >= sum);
                finalists[rank..].rotate_right(1);
                finalists[rank] = (sum, Some(id));
            }
        }
        let candidates = finalists.iter().filter_map(|(_, id)| self.candidate((*id)?));
        candidates.max_by(|first, second| first.correlation.total_cmp(&second.correlation))
    }

    /// Returns, for each byte of a codeword and each value of the byte, the contribution of its
    /// bits to the codeword's dot product with the residual.
    fn byte_sums(&self) -> [[f32; 256]; 4] {
        let mut sums = [[0.0; 256]; 4];
        for (byte, sums) in sums.iter_mut().enumerate() {
            let level = |bit: usize| self.residual[cell_of(byte * 8 + bit)];
            sums[0] = -(0..BITS / 4).map(level).sum::<f32>();
            for value in 1..256_usize {
                let lowest = value.trailing_zeros() as usize;
                sums[value] = sums[value & (value - 1)] + 2.0 * level(7 - lowest);
            }
        }
        sums
    }

    fn candidate(&self, id: MarkId) -> Option<Candidate> {
        let estimator = self.share_estimator(id)?;
        let along = dot(&self.residual, &estimator.direction) / estimator.length;
        let correlation = along / dot(&self.residual, &self.residual).sqrt().max(1e-6);
        let unexplained = self.size() * (1.0 - correlation * correlation).max(0.0).sqrt();
        Some(Candidate { id, correlation, share: estimator.share(&self.levels), unexplained })
    }

    /// Returns the highest correlation of the residual with the expected photo, moved to the side,
    /// mirrored or inverted. No resizing makes such an echo, but its pixels are the photo's own.
    pub(super) fn self_similarity(&self, own: &Levels) -> f32 {
        let size = dot(&self.residual, &self.residual).sqrt().max(1e-6);
        let correlation = |mut own: Levels| {
            clear_position(&mut own);
            let length = project_out(&mut own, &self.explained);
            if length < MIN_LENGTH {
                0.0
            } else {
                (dot(&self.residual, &own) / length / size).abs()
            }
        };
        symmetries(own).map(correlation).fold(0.0, f32::max)
    }

    /// Creates an estimator for one other photo. Returns `None` if the photo's watermark cannot be
    /// told from the expected photo and its echoes.
    pub(super) fn share_estimator(&self, id: MarkId) -> Option<ShareEstimator<'_>> {
        let mark = levels(id.codeword());
        let mut direction = mark;
        let length = project_out(&mut direction, &self.explained);
        (length >= MIN_LENGTH && !self.explained.is_empty()).then_some(ShareEstimator {
            residual: self,
            mark,
            direction,
            length,
        })
    }
}

impl ShareEstimator<'_> {
    /// Estimates the other photo's share in levels, 0 to 1.
    pub(super) fn share(&self, levels: &Levels) -> f32 {
        let other = dot(levels, &self.direction) / (self.length * self.length);
        let mut without = *levels;
        without.iter_mut().zip(&self.mark).for_each(|(level, mark)| *level -= other * mark);
        let Residual { own, explained, .. } = self.residual;
        let own_direction = &explained[explained.len() - 1];
        let own = dot(&without, own_direction) / dot(own, own_direction);
        let all = own + other;
        if all > 0.0 { (other / all).clamp(0.0, 1.0) } else { 0.0 }
    }
}

/// Returns the mean of the cells that encode the id, and the sum of their squared deviations.
fn spread(levels: &Levels) -> (f32, f32) {
    let mean = dot(levels, &DATA_MASK) / DATA_CELLS as f32;
    let square = |(level, mask): (&f32, &f32)| mask * (level - mean) * (level - mean);
    (mean, levels.iter().zip(&DATA_MASK).map(square).sum())
}

/// Returns an upper bound of the residual's size, which costs little to compute. Most rows of most
/// thumbnails need no closer examination.
pub(super) fn residual_upper_bound(levels: &Levels, own: &Levels) -> f32 {
    let ((mean, all), (own_mean, own_all)) = (spread(levels), spread(own));
    let along: f32 = (0..CELLS)
        .map(|cell| DATA_MASK[cell] * (levels[cell] - mean) * (own[cell] - own_mean))
        .sum();
    let left = all - along * along / own_all.max(1e-6);
    (left.max(0.0) / all.max(1e-6)).sqrt()
}

/// Returns the patterns that resizing makes of a watermark. They are a constant, a slope, the
/// echoes of neighbouring cells, and last the watermark itself.
fn echoes(levels: &Levels, own: &Levels, is_wide: bool) -> Vec<Levels> {
    let (mean, squares) = spread(levels);
    let deviation = (squares / DATA_CELLS as f32).sqrt().max(1e-6);
    let mut cells = *own;
    for cell in POSITION {
        cells[cell] = ((levels[cell] - mean) / deviation).clamp(-1.2, 1.2);
    }
    let at = |cell: usize, shift: usize| cells[(cell + shift) % CELLS];
    let (one_left, two_left) = (CELLS - 1, CELLS - 2);
    let mut echoes = vec![
        [1.0; CELLS],
        std::array::from_fn(|cell| cell as f32 / CELLS as f32 - 0.5),
        std::array::from_fn(|cell| at(cell, 1) + at(cell, one_left)),
        std::array::from_fn(|cell| at(cell, 1) - at(cell, one_left)),
    ];
    if !is_wide {
        echoes.push(std::array::from_fn(|cell| at(cell, 2) + at(cell, two_left)));
        echoes.push(std::array::from_fn(|cell| at(cell, 0) * (at(cell, 1) + at(cell, one_left))));
        echoes.push(std::array::from_fn(|cell| at(cell, 1) * at(cell, one_left)));
    }
    debug_assert_eq!(GUARDS.len() + BITS + POSITION.len(), CELLS);
    let mut own = *own;
    clear_position(&mut own);
    echoes.push(own);
    echoes
}
