//! Rows that are one photo's to the left and another's to the right, as services make that work in
//! tiles.
//!
//! Half a mark is half a proof: 16 cells agree with some issued id too easily. So all three planes
//! have to say the same, what agrees has to be more than one of so many ids explains, no second id
//! may come near, and the asked photo itself, moved, turned over or inverted, may not explain it.

use std::ops::Range;

use super::cell_filter::Levels;
use super::hard_decision::{DATA_MASK, OTHER, expected};
use super::layout::{BITS, CELLS, GUARDS, cell_of};
use super::sampling::SampledRows;
use super::{Codebook, MarkId, PlaneSet, RowFinding, RowFindingKind, RowOwner, RowResult};

/// Rows that are averaged.
const CHUNK: usize = 8;

/// Cells, at least, that are another's beyond those that tell one issued id from all others: each
/// halves what chance explains.
const LEAST_BEYOND: u32 = 10;

/// Cells, at least, that are another's, however few are issued: half a mark.
const LEAST_CELLS: u32 = BITS as u32 / 2 + GUARDS_OF_AN_END;

/// Cells of the asked photo, moved, that may differ from what it is to explain.
const MOVED_MAY_DIFFER: usize = 1;

/// Bits, at least, in which the two photos differ and the rows say the other's.
const LEAST_AGAINST: u32 = 5;

/// A second id has fewer bits in agreement, by so many.
const AHEAD: u32 = 3;

/// Cells where the photos meet, which may say anything.
const SEAM: u32 = 2;

/// Guards at one end of a mark.
const GUARDS_OF_AN_END: u32 = GUARDS.len() as u32 / 2;

/// The findings in rows whose luma is unknown.
pub(super) fn findings(
    rows: &[RowResult],
    scans: &[SampledRows; 3],
    issued: &Codebook,
    asked: MarkId,
) -> Vec<RowFinding> {
    let own = expected(asked);
    let mut findings: Vec<RowFinding> = Vec::new();
    for start in (0..rows.len()).step_by(CHUNK) {
        let chunk = start..(start + CHUNK).min(rows.len());
        if chunk.len() < 2 || rows[chunk.clone()].iter().any(|row| row.y != RowOwner::Unknown) {
            continue;
        }
        let levels = [0, 1, 2].map(|plane: usize| scans[plane].mean(chunk.clone()));
        let [Some(luma), Some(blue), Some(red)] = levels else { continue };
        let Some((id, bits)) = beside(&luma, &[blue, red], &own, issued, asked) else { continue };
        let (from, to) = (chunk.start as u32, chunk.end as u32);
        let share = bits as f32 / BITS as f32;
        match findings.last_mut().filter(|last| last.found == Some(id) && last.rows.end == from) {
            Some(last) => last.rows.end = to,
            None => findings.push(RowFinding {
                found: Some(id),
                rows: from..to,
                planes: PlaneSet { y: true, cb: true, cr: true },
                share,
                kind: RowFindingKind::Rows,
            }),
        }
    }
    findings
}

/// The bits of a mark that levels say loudly, and which bits those are.
fn loud(levels: &Levels) -> (u32, u32) {
    (0..BITS).fold((0, 0), |(bits, said), bit| {
        let level = levels[cell_of(bit)];
        (bits << 1 | u32::from(level > 0.0), said << 1 | u32::from(level.abs() >= OTHER))
    })
}

/// Who stands beside the asked photo, and in how many bits.
fn beside(
    luma: &Levels,
    colours: &[Levels; 2],
    own: &Levels,
    issued: &Codebook,
    asked: MarkId,
) -> Option<(MarkId, u32)> {
    let telling_all_apart = (2 * issued.ids().len().max(1) as u32).ilog2();
    let least = (telling_all_apart + LEAST_BEYOND).max(LEAST_CELLS);
    let agrees =
        (0..CELLS).filter(|&cell| luma[cell] * own[cell] >= OTHER && DATA_MASK[cell] > 0.0);
    if (agrees.count() as u32) < SEAM * 4 {
        return None;
    }
    let (bits, said) = loud(luma);
    let said = colours.iter().fold(said, |said, colour| {
        let (same, loud) = loud(colour);
        said & loud & !(same ^ bits)
    });
    let differs = |id: MarkId| (bits ^ id.word()) | !said;
    // From the right end of the mark, and from its left end: the bits that are another's, and then
    // the asked photo's up to the other end.
    let [right, left]: [fn(u32) -> u32; 2] = [u32::trailing_zeros, u32::leading_zeros];
    let from_right: fn(usize) -> Range<usize> = |bits| cell_of(BITS - bits)..CELLS;
    let from_left: fn(usize) -> Range<usize> = |bits| 0..cell_of(bits - 1) + 1;
    let (at_left, at_right) = GUARDS.split_at(GUARDS.len() / 2);
    let ends = [(right, left, at_right, from_right), (left, right, at_left, from_left)];
    ends.into_iter().find_map(|(others, owns, guards, cells)| {
        let mut best = [(0, None); 2];
        for &id in issued.ids().iter().filter(|id| **id != asked) {
            let agreed = others(differs(id));
            if agreed > best[0].0 {
                best = [(agreed, Some(id)), best[0]];
            } else if agreed > best[1].0 {
                best[1] = (agreed, Some(id));
            }
        }
        let (agreed, id) = best[0];
        let rest = owns(differs(asked));
        // Where the asked photo ends the other begins: what lies between is nobody's.
        let region = BITS as u32 - rest.min(BITS as u32);
        let mut guards = guards.iter();
        let sure = agreed + GUARDS_OF_AN_END >= least
            && agreed + SEAM >= region
            && agreed >= best[1].0 + AHEAD
            && guards.all(|&(cell, is_high)| (luma[cell] > 0.0) == is_high)
            && !is_moved(luma, own, &cells(agreed as usize));
        id.filter(|id| sure && against(bits, said, *id, asked) >= LEAST_AGAINST)
            .map(|id| (id, region))
    })
}

/// Whether these cells are the asked photo's own, moved to the side, turned over or inverted.
fn is_moved(luma: &Levels, own: &Levels, cells: &Range<usize>) -> bool {
    let turned: Levels = std::array::from_fn(|cell| own[CELLS - 1 - cell]);
    (0..CELLS).any(|by| {
        [own, &turned].into_iter().any(|own| {
            let product = |cell: usize| luma[cell] * own[(cell + by) % CELLS];
            let agrees = cells.clone().filter(|&cell| product(cell) > 0.0).count();
            let differs = cells.clone().filter(|&cell| product(cell) < 0.0).count();
            agrees.min(differs) <= MOVED_MAY_DIFFER
        })
    })
}

/// The bits that are loudly one photo's and not the other's.
fn against(bits: u32, said: u32, one: MarkId, other: MarkId) -> u32 {
    (said & (one.word() ^ other.word()) & !(bits ^ one.word())).count_ones()
}
