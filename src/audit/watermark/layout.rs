//! Where the bits of a mark lie: 40 cells across the centre square, repeated outward.
//!
//! The square is what every fit keeps. Guard cells at both its ends, the same in every mark, say
//! whether a row is being read at the right scale and place.

use std::ops::Range;

/// Cells across the centre square.
pub(super) const CELLS: usize = 40;

/// Bits of a mark's word.
pub(super) const BITS: usize = 32;

/// The cells that say from which sixteenth of the photo a row is.
pub(super) const PLACE: Range<usize> = 18..22;

/// The guard cells, and what is painted there.
pub(super) const GUARDS: [(usize, bool); 4] = [(0, true), (1, false), (38, false), (39, true)];

/// Sixteenths of a photo's height.
pub(super) const PLACES: u32 = 16;

/// The cell of each bit of a word, the highest bit first.
pub(super) const fn cell_of(bit: usize) -> usize {
    if bit < 16 { 2 + bit } else { 6 + bit }
}

/// The sixteenth that a row of a photo lies in.
pub(super) fn place_of(y: u32, height: u32) -> u8 {
    (u64::from(y) * u64::from(PLACES) / u64::from(height)) as u8
}

/// A place in Gray code: one cell alone changes from a sixteenth to the next, so that a row that
/// lies on the edge is of one of the two.
pub(super) fn gray(place: u8) -> u8 {
    place ^ (place >> 1)
}

/// The place that a Gray code stands for.
pub(super) fn ungray(code: u8) -> u8 {
    let halved = code ^ (code >> 2);
    halved ^ (halved >> 1)
}

/// The levels of a mark's cells, -1 or 1, as they repeat.
pub(super) struct Painted([f32; CELLS]);

impl Painted {
    pub(super) fn new(word: u32, place: u8) -> Self {
        let mut cells = levels(word);
        for (at, cell) in PLACE.enumerate() {
            cells[cell] = level(gray(place) >> (PLACE.len() - 1 - at) & 1 == 1);
        }
        Self(cells)
    }

    /// The level of a cell, counted from the left of the square; there are cells outside of it.
    pub(super) fn cell(&self, at: i64) -> f32 {
        self.0[at.rem_euclid(CELLS as i64) as usize]
    }
}

/// A row's cells as bits, the first cell the lowest.
pub(super) fn packed(word: u32, place: u8) -> u64 {
    let painted = Painted::new(word, place);
    (0..CELLS).map(|cell| u64::from(painted.0[cell] > 0.0) << cell).sum()
}

/// The word that a row's cells say, if the guards are right.
pub(super) fn unpacked(cells: u64) -> Option<u32> {
    let is_high = |cell: usize| cells >> cell & 1 == 1;
    let guarded = GUARDS.iter().all(|&(cell, high)| is_high(cell) == high);
    guarded.then(|| (0..BITS).fold(0, |bits, bit| bits << 1 | u32::from(is_high(cell_of(bit)))))
}

/// The levels of a word's cells and of the guards; 0 where the place is.
pub(super) fn levels(word: u32) -> [f32; CELLS] {
    let mut cells = [0.0; CELLS];
    for (cell, is_high) in GUARDS {
        cells[cell] = level(is_high);
    }
    for bit in 0..BITS {
        cells[cell_of(bit)] = level(word >> (BITS - 1 - bit) & 1 == 1);
    }
    cells
}

fn level(is_high: bool) -> f32 {
    if is_high { 1.0 } else { -1.0 }
}
