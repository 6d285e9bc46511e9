//! Decodes one plane of one row by hard decision (a term of coding theory). Each cell becomes a bit
//! by a threshold, and then the bits are looked up in the codebook.
//!
//! There is no error correction, because correction would turn a small mix into a clean row. A row
//! belongs to the expected photo if every cell agrees with it. A row belongs to another photo only
//! if every cell agrees with the other photo at a much higher level.

use super::cell_filter::Levels;
use super::codebook::number_of;
use super::layout::{BITS, CELLS, GUARDS, POSITION, cell_of, levels, ungray};
use super::{Codebook, MarkId, RowOwner};

/// Smallest level at which a cell agrees with the expected photo, as a share of the full level. A
/// low level is enough, because only the expected photo agrees with itself in 36 cells.
const MIN_OWN_LEVEL: f32 = 0.1;

/// Smallest level at which a cell counts for another photo, as a share of the full level.
pub(super) const MIN_OTHER_LEVEL: f32 = 0.35;

/// Largest root mean square distance of a row's levels from the two levels of another photo's row,
/// as a share of the full level.
const MAX_SCATTER: f32 = 0.35;

/// Smallest level of a position cell, as a share of the full level. On the edge between two
/// positions one cell is below this level.
const MIN_POSITION_LEVEL: f32 = 0.5;

/// Number of cells that encode the id. The position cells do not.
pub(super) const DATA_CELLS: usize = CELLS - POSITION.end + POSITION.start;

/// Mask with 1 for each cell that encodes the id, and 0 for each position cell.
pub(super) const DATA_MASK: Levels = {
    let mut mask = [1.0; CELLS];
    let mut cell = POSITION.start;
    while cell < POSITION.end {
        mask[cell] = 0.0;
        cell += 1;
    }
    mask
};

/// Holds a row's levels, scaled to the range from -1 to 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct NormalizedRow {
    /// Level of each cell. Noise and sharpening carry a level beyond 1.
    pub(super) levels: Levels,
}

impl NormalizedRow {
    /// Scales levels so that the mean of the dark cells is -1 and the mean of the bright cells is
    /// 1. Returns `None` if half the distance between the two means is less than `min_contrast`.
    pub(super) fn new(levels: &Levels, min_contrast: f32) -> Option<Self> {
        // All cells are treated alike, without a branch: the compiler then handles eight cells per
        // instruction.
        let count = DATA_CELLS as f32;
        let sum: f32 = levels.iter().zip(&DATA_MASK).map(|(level, mask)| level * mask).sum();
        let mut middle = sum / count;
        let mut contrast = 0.0;
        for _ in 0..3 {
            let (mut bright_sum, mut bright_count) = (0.0, 0.0);
            for (level, mask) in levels.iter().zip(&DATA_MASK) {
                let is_bright = if *level > middle { *mask } else { 0.0 };
                bright_sum += is_bright * level;
                bright_count += is_bright;
            }
            let dark = (sum - bright_sum) / (count - bright_count).max(1.0);
            let bright = bright_sum / bright_count.max(1.0);
            middle = (dark + bright) / 2.0;
            contrast = (bright - dark) / 2.0;
        }
        (contrast >= min_contrast)
            .then(|| Self { levels: levels.map(|level| (level - middle) / contrast) })
    }

    /// Decides which photo the row belongs to.
    pub(super) fn owner(&self, own: &Levels, codebook: &Codebook, expected: MarkId) -> RowOwner {
        let (mut disagreeing, mut weak, mut scatter) = (0, 0, 0.0);
        for ((level, own), mask) in self.levels.iter().zip(own).zip(&DATA_MASK) {
            let is_data = *mask > 0.0;
            disagreeing += u32::from(is_data & (level * own < MIN_OWN_LEVEL));
            weak += u32::from(is_data & (level.abs() < MIN_OTHER_LEVEL));
            scatter += mask * (level.abs() - 1.0) * (level.abs() - 1.0);
        }
        if disagreeing == 0 {
            return RowOwner::Own;
        }
        let is_guarded = GUARDS.iter().all(|&(cell, bright)| (self.levels[cell] > 0.0) == bright);
        if !is_guarded || weak > 0 || scatter > MAX_SCATTER * MAX_SCATTER * DATA_CELLS as f32 {
            return RowOwner::Unknown;
        }
        let bit = |bits: u32, bit: usize| bits << 1 | u32::from(self.levels[cell_of(bit)] > 0.0);
        match number_of((0..BITS).fold(0, bit)).map(|number| (number, codebook.get(number))) {
            Some((_, Some(id))) if id == expected => RowOwner::Own,
            Some((_, Some(id))) => RowOwner::Other(id),
            Some((number, None)) => RowOwner::NotIssued(number),
            None => RowOwner::Unknown,
        }
    }

    /// Decodes the sixteenth of its photo that the row comes from, or returns `None` if a position
    /// cell is too weak.
    pub(super) fn position(&self) -> Option<u8> {
        let mut levels = self.levels[POSITION].iter();
        let code = levels.try_fold(0, |code, level| {
            (level.abs() >= MIN_POSITION_LEVEL).then_some(code << 1 | u8::from(*level > 0.0))
        });
        code.map(ungray)
    }
}

/// Returns the levels that a photo's rows have without any distortion.
pub(super) fn expected_levels(id: MarkId) -> Levels {
    levels(id.codeword())
}

#[cfg(test)]
mod tests {
    use super::super::layout::{POSITIONS, pattern, symmetries};
    use super::*;
    use crate::audit::watermark::MAX_IDS;

    /// Returns the rows that are read as another photo's, of all rows of a full codebook's photos,
    /// moved to the side, mirrored and inverted.
    fn misread_rows(seed: u64) -> Vec<(MarkId, RowOwner)> {
        let codebook = Codebook::new(MAX_IDS, seed).expect("a codebook holds MAX_IDS");
        let mut misread = Vec::new();
        for &id in codebook.ids() {
            let own = expected_levels(id);
            for position in 0..POSITIONS as u8 {
                let row = pattern(id.codeword(), position);
                let inverted = |levels: Levels| [levels, levels.map(|level| -level)];
                for levels in symmetries(&row).flat_map(inverted) {
                    let row = NormalizedRow::new(&levels, 0.5).expect("the row has contrast");
                    let owner = row.owner(&own, &codebook, id);
                    if let RowOwner::Other(_) = owner {
                        misread.push((id, owner));
                    }
                }
            }
        }
        misread
    }

    /// Depends on the guard cells. Some of these rows show the codeword of another id, and only the
    /// guards tell that the row is moved.
    #[test]
    fn a_photos_own_rows_moved_mirrored_or_inverted_are_never_another_photos() {
        assert_eq!(misread_rows(0), []);
    }
}
