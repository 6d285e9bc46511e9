//! The hard verdict on one plane of one row: whose it is, or unknown.
//!
//! There is no error correction: it would turn a small mix into a clean row. A row is its owner's
//! if every cell says so, and another's only if every cell says so loudly.

use super::cell_filter::Levels;
use super::codebook::word;
use super::layout::{BITS, CELLS, GUARDS, PLACE, cell_of, levels, ungray};
use super::{Codebook, MarkId, RowOwner};

/// A cell of the photo that was asked for says so at this share of the full level. It may be
/// little: nothing but the photo itself agrees with it in 36 cells.
const OWN: f32 = 0.1;

/// A cell of another photo says so at this share of the full level.
pub(super) const OTHER: f32 = 0.35;

/// How far the levels of another photo's row lie from the two they should have, as a share of the
/// full level and a root of the mean square.
const SCATTER: f32 = 0.35;

/// A cell of the place says so at this share; on the edge of two places one does not.
const PLACED: f32 = 0.5;

/// The cells that say whose a row is: bits and guards, not the place.
pub(super) const DATA_CELLS: usize = CELLS - PLACE.end + PLACE.start;

/// 1 for each of these cells, 0 for the others.
pub(super) const DATA_MASK: Levels = {
    let mut says = [1.0; CELLS];
    let mut cell = PLACE.start;
    while cell < PLACE.end {
        says[cell] = 0.0;
        cell += 1;
    }
    says
};

/// A row's levels, from -1 to 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct NormalizedRow {
    /// Each cell's level; noise and sharpening carry it beyond 1.
    pub(super) levels: Levels,
}

impl NormalizedRow {
    /// Levels between the middle of the dark and the middle of the bright cells; None if the two
    /// are less than twice `least` apart.
    pub(super) fn new(levels: &Levels, least: f32) -> Option<Self> {
        // Every cell is gone through in the same way, without a branch: the compiler does eight at
        // once.
        let count = DATA_CELLS as f32;
        let all: f32 = levels.iter().zip(&DATA_MASK).map(|(level, says)| level * says).sum();
        let mut middle = all / count;
        let mut reach = 0.0;
        for _ in 0..3 {
            let (mut bright, mut brights) = (0.0, 0.0);
            for (level, says) in levels.iter().zip(&DATA_MASK) {
                let is_bright = if *level > middle { *says } else { 0.0 };
                bright += is_bright * level;
                brights += is_bright;
            }
            let dark = (all - bright) / (count - brights).max(1.0);
            let bright = bright / brights.max(1.0);
            middle = (dark + bright) / 2.0;
            reach = (bright - dark) / 2.0;
        }
        (reach >= least).then(|| Self { levels: levels.map(|level| (level - middle) / reach) })
    }

    /// Whose the row is.
    pub(super) fn read(&self, own: &Levels, issued: &Codebook, asked: MarkId) -> RowOwner {
        let (mut against, mut quiet, mut scatter) = (0, 0, 0.0);
        for ((level, own), says) in self.levels.iter().zip(own).zip(&DATA_MASK) {
            let counts = *says > 0.0;
            against += u32::from(counts & (level * own < OWN));
            quiet += u32::from(counts & (level.abs() < OTHER));
            scatter += says * (level.abs() - 1.0) * (level.abs() - 1.0);
        }
        if against == 0 {
            return RowOwner::Own;
        }
        let guarded = GUARDS.iter().all(|&(cell, is_high)| (self.levels[cell] > 0.0) == is_high);
        if !guarded || quiet > 0 || scatter > SCATTER * SCATTER * DATA_CELLS as f32 {
            return RowOwner::Unknown;
        }
        let bit = |bits: u32, bit: usize| bits << 1 | u32::from(self.levels[cell_of(bit)] > 0.0);
        let bits = (0..BITS).fold(0, bit);
        match issued.number_of(bits) {
            Some(id) if id == asked => RowOwner::Own,
            Some(id) => RowOwner::Other(id),
            None => not_issued(bits),
        }
    }

    /// From which sixteenth of its photo the row is, if it says so.
    pub(super) fn place(&self) -> Option<u8> {
        let mut code = 0;
        for cell in PLACE {
            let level = self.levels[cell];
            if level.abs() < PLACED {
                return None;
            }
            code = code << 1 | u8::from(level > 0.0);
        }
        Some(ungray(code))
    }
}

/// What a whole mark says that is no issued one's.
fn not_issued(bits: u32) -> RowOwner {
    let number = (bits >> 16) as u16;
    if word(number) == bits { RowOwner::NotIssued(number) } else { RowOwner::Unknown }
}

/// The levels that a photo's rows should have.
pub(super) fn expected(id: MarkId) -> Levels {
    levels(id.word())
}

#[cfg(test)]
mod tests {
    use super::super::layout::{PLACES, Painted};
    use super::*;
    use crate::audit::watermark::MAX_IDS;

    /// Whose the rows of issued photos are, moved to the side, turned over and inverted, if they
    /// are read as somebody else's.
    fn taken_for_others(seed: u64) -> Vec<(MarkId, RowOwner)> {
        let issued = Codebook::new(MAX_IDS, seed).expect("so many can be issued");
        let mut taken = Vec::new();
        for &id in issued.ids() {
            let own = expected(id);
            for place in 0..PLACES as u8 {
                let painted = Painted::new(id.word(), place);
                let row: Levels = std::array::from_fn(|cell| painted.cell(cell as i64));
                let turned: Levels = std::array::from_fn(|cell| row[CELLS - 1 - cell]);
                for levels in [row, turned, row.map(|level| -level), turned.map(|level| -level)] {
                    for by in 0..CELLS {
                        let moved = std::array::from_fn(|cell| levels[(cell + by) % CELLS]);
                        let row = NormalizedRow::new(&moved, 0.5).expect("it has contrast");
                        let read = row.read(&own, &issued, id);
                        if let RowOwner::Other(_) = read {
                            taken.push((id, read));
                        }
                    }
                }
            }
        }
        taken
    }

    /// Some of these rows say another's word, and only the guards say that they are moved.
    #[test]
    fn a_photos_rows_moved_to_the_side_turned_over_or_inverted_are_nobodys() {
        assert_eq!(taken_for_others(0), []);
    }
}
