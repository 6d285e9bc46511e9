//! The hard verdict on one plane of one row: whose it is, or unknown.
//!
//! There is no error correction: it would turn a small mix into a clean row. A row is its owner's if
//! every cell says so, and another's only if every cell says so loudly.

use super::layout::{BITS, CELLS, GUARDS, PLACE, cell_of, levels, ungray};
use super::lens::Levels;
use super::{Id, Issued, Read};

/// A cell of the photo that was asked for says so at this share of the full level. It may be
/// little: nothing but the photo itself agrees with it in 36 cells.
const OWN: f32 = 0.1;

/// A cell of another photo says so at this share of the full level.
const OTHER: f32 = 0.35;

/// How far the levels of another photo's row lie from the two they should have, as a share of the
/// full level and a root of the mean square.
const SCATTER: f32 = 0.35;

/// A cell of the place says so at this share; on the edge of two places one does not.
const PLACED: f32 = 0.5;

/// The cells that say whose a row is: bits and guards, not the place.
pub(super) const SAYING: usize = CELLS - PLACE.end + PLACE.start;

/// A row's levels, from -1 to 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Normal {
    /// Each cell's level; noise and sharpening carry it beyond 1.
    pub(super) levels: Levels,
}

/// The cells that say whose a row is.
pub(super) fn saying() -> impl Iterator<Item = usize> {
    (0..PLACE.start).chain(PLACE.end..CELLS)
}

impl Normal {
    /// Levels between the middle of the dark and the middle of the bright cells; None if the two are
    /// less than twice `least` apart.
    pub(super) fn new(levels: &Levels, least: f32) -> Option<Self> {
        let mut middle = saying().map(|cell| levels[cell]).sum::<f32>() / SAYING as f32;
        let mut reach = 0.0;
        for _ in 0..3 {
            let (mut sums, mut counts) = ([0.0; 2], [0.0_f32; 2]);
            for cell in saying() {
                let side = usize::from(levels[cell] > middle);
                sums[side] += levels[cell];
                counts[side] += 1.0;
            }
            let [dark, bright] = [0, 1].map(|side| sums[side] / counts[side].max(1.0));
            middle = (dark + bright) / 2.0;
            reach = (bright - dark) / 2.0;
        }
        (reach >= least).then(|| Self { levels: levels.map(|level| (level - middle) / reach) })
    }

    /// Whose the row is.
    pub(super) fn read(&self, own: &Levels, issued: &Issued, asked: Id) -> Read {
        let mut agrees = f32::INFINITY;
        let (mut loud, mut scatter) = (f32::INFINITY, 0.0);
        for cell in saying() {
            let level = self.levels[cell];
            agrees = agrees.min(level * own[cell]);
            loud = loud.min(level.abs());
            scatter += (level.abs() - 1.0) * (level.abs() - 1.0);
        }
        if agrees >= OWN {
            return Read::Own;
        }
        let guarded = GUARDS.iter().all(|&(cell, is_high)| (self.levels[cell] > 0.0) == is_high);
        if !guarded || loud < OTHER || scatter > SCATTER * SCATTER * SAYING as f32 {
            return Read::Unknown;
        }
        let bit = |bits: u32, bit: usize| bits << 1 | u32::from(self.levels[cell_of(bit)] > 0.0);
        let bits = (0..BITS).fold(0, bit);
        match issued.number_of(bits) {
            Some(id) if id == asked => Read::Own,
            Some(id) => Read::Other(id),
            None => {
                let number = (bits >> 16) as u16;
                if super::issue::word(number) == bits {
                    Read::NotIssued(number)
                } else {
                    Read::Unknown
                }
            }
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

/// The levels that a photo's rows should have.
pub(super) fn expected(id: Id) -> Levels {
    levels(id.word())
}
