//! Lays out a watermark as 40 cells across the centre square, repeated outward.
//!
//! Every fit keeps the centre square. Guard cells at both ends of the square are the same in every
//! watermark, and tell the detector whether it reads a row at the right scale and offset.

use std::ops::Range;

/// Shortest side of a photo in px. In a shorter photo a cell has no pixel of its own.
pub const MIN_SIDE_PX: u32 = 56;

/// Maximum number of pixels of a photo.
pub const MAX_PIXELS: u64 = 1 << 26;

/// Number of cells across the centre square.
pub(super) const CELLS: usize = 40;

/// Number of bits of a codeword.
pub(super) const BITS: usize = 32;

/// Cells that hold the vertical position of a row, in Gray code.
pub(super) const POSITION: Range<usize> = 18..22;

/// Guard cells, each with `true` for a bright cell.
pub(super) const GUARDS: [(usize, bool); 4] = [(0, true), (1, false), (38, false), (39, true)];

/// Number of vertical positions that a row can encode. A position is a sixteenth of the photo's
/// height.
pub(super) const POSITIONS: u32 = 16;

/// Returns the cell of each bit of a codeword, the highest bit first.
pub(super) const fn cell_of(bit: usize) -> usize {
    if bit < 16 { 2 + bit } else { 6 + bit }
}

/// Returns the vertical position of a row of a photo, 0 to 15.
pub(super) fn position_of(y: u32, height: u32) -> u8 {
    (u64::from(y) * u64::from(POSITIONS) / u64::from(height)) as u8
}

/// Encodes a position in Gray code. Neighbouring positions differ in a single cell, so that a row
/// on the edge between two positions is read as one of the two.
pub(super) fn gray(position: u8) -> u8 {
    position ^ (position >> 1)
}

/// Decodes a position from Gray code.
pub(super) fn ungray(code: u8) -> u8 {
    let halved = code ^ (code >> 2);
    halved ^ (halved >> 1)
}

/// Returns the levels of a watermark's cells at one vertical position, each -1 or 1.
pub(super) fn pattern(codeword: u32, position: u8) -> [f32; CELLS] {
    let mut cells = levels(codeword);
    for (bit, cell) in POSITION.enumerate() {
        cells[cell] = level(gray(position) >> (POSITION.len() - 1 - bit) & 1 == 1);
    }
    cells
}

/// Packs a row's cells into bits, the first cell in the lowest bit.
pub(super) fn packed(codeword: u32, position: u8) -> u64 {
    let pattern = pattern(codeword, position);
    (0..CELLS).map(|cell| u64::from(pattern[cell] > 0.0) << cell).sum()
}

/// Unpacks the codeword from a row's cells. Returns `None` if a guard cell is wrong.
pub(super) fn unpacked(cells: u64) -> Option<u32> {
    let is_bright = |cell: usize| cells >> cell & 1 == 1;
    let guarded = GUARDS.iter().all(|&(cell, bright)| is_bright(cell) == bright);
    guarded.then(|| (0..BITS).fold(0, |bits, bit| bits << 1 | u32::from(is_bright(cell_of(bit)))))
}

/// Returns the levels of a codeword's cells and of the guards, each -1 or 1, and 0 in the position
/// cells.
pub(super) fn levels(codeword: u32) -> [f32; CELLS] {
    let mut cells = [0.0; CELLS];
    for (cell, is_bright) in GUARDS {
        cells[cell] = level(is_bright);
    }
    for bit in 0..BITS {
        cells[cell_of(bit)] = level(codeword >> (BITS - 1 - bit) & 1 == 1);
    }
    cells
}

/// Returns the levels of a row's cells moved to the side by each number of cells, as they are and
/// mirrored. Cells that leave at one end come in at the other end.
pub(super) fn symmetries(levels: &[f32; CELLS]) -> impl Iterator<Item = [f32; CELLS]> {
    let mirrored = std::array::from_fn(|cell| levels[CELLS - 1 - cell]);
    [*levels, mirrored].into_iter().flat_map(|levels| {
        (0..CELLS).map(move |shift| std::array::from_fn(|cell| levels[(cell + shift) % CELLS]))
    })
}

fn level(is_bright: bool) -> f32 {
    if is_bright { 1.0 } else { -1.0 }
}
