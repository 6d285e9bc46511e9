//! Finds rows that show one photo on the left and another photo on the right. Services that work in
//! tiles can make such rows.
//!
//! Half a codeword is weak evidence: 16 cells agree too easily with some id of the codebook. So a
//! finding needs all of the following. All three planes agree; more cells agree than chance
//! explains among so many ids; no second id is close; the expected photo, moved, mirrored or
//! inverted, does not explain the rows.

use std::ops::Range;

use super::cell_filter::Levels;
use super::hard_decision::{DATA_MASK, MIN_OTHER_LEVEL, expected_levels};
use super::layout::{BITS, CELLS, GUARDS, cell_of, symmetries};
use super::sampling::SampledRows;
use super::{Codebook, MarkId, PlaneSet, RowFinding, RowFindingKind, RowOwner, RowResult};

/// Number of rows that are averaged.
const CHUNK: usize = 8;

/// Minimum number of cells that must agree with another photo, beyond the number that tells all ids
/// of the codebook apart. Each further cell halves the probability of a chance agreement.
const MIN_EXCESS_CELLS: u32 = 10;

/// Minimum number of cells that must agree with another photo, however small the codebook is. The
/// number is half a watermark.
const MIN_CELLS: u32 = BITS as u32 / 2 + GUARDS_PER_END;

/// Maximum number of cells that may disagree when the expected photo, moved, explains the rows.
const MAX_DIFFERING_CELLS: usize = 1;

/// Minimum number of bits that differ between the two photos and that the rows show as the other
/// photo's.
const MIN_CONTRARY_BITS: u32 = 5;

/// Minimum number of bits by which the best id must lead over the second-best id.
const MIN_LEAD: u32 = 3;

/// Number of cells at the border between the two photos, which may have any level.
const SEAM_CELLS: u32 = 2;

/// Number of guards at one end of a watermark.
const GUARDS_PER_END: u32 = GUARDS.len() as u32 / 2;

/// Finds the mixtures in rows whose owner is unknown in luma.
pub(super) fn findings(
    rows: &[RowResult],
    planes: &[SampledRows; 3],
    codebook: &Codebook,
    expected: MarkId,
) -> Vec<RowFinding> {
    let own = expected_levels(expected);
    let mut findings: Vec<RowFinding> = Vec::new();
    for start in (0..rows.len()).step_by(CHUNK) {
        let chunk = start..(start + CHUNK).min(rows.len());
        if chunk.len() < 2 || rows[chunk.clone()].iter().any(|row| row.y != RowOwner::Unknown) {
            continue;
        }
        let levels = planes.each_ref().map(|plane| plane.normalized_mean(chunk.clone()));
        let [Some(luma), Some(cb), Some(cr)] = levels else { continue };
        let neighbour = neighbour(&luma, &[cb, cr], &own, codebook, expected);
        let Some((id, bits)) = neighbour else { continue };
        let (from, to) = (chunk.start as u32, chunk.end as u32);
        match findings.last_mut().filter(|last| last.id == Some(id) && last.rows.end == from) {
            Some(last) => last.rows.end = to,
            None => findings.push(RowFinding {
                id: Some(id),
                rows: from..to,
                planes: PlaneSet { y: true, cb: true, cr: true },
                share: bits as f32 / BITS as f32,
                kind: RowFindingKind::Rows,
            }),
        }
    }
    findings
}

/// Thresholds levels to the bits of a codeword. Returns the bits, and a mask of the bits whose
/// level is high enough to count.
fn threshold(levels: &Levels) -> (u32, u32) {
    (0..BITS).fold((0, 0), |(bits, mask), bit| {
        let level = levels[cell_of(bit)];
        let is_strong = level.abs() >= MIN_OTHER_LEVEL;
        (bits << 1 | u32::from(level > 0.0), mask << 1 | u32::from(is_strong))
    })
}

/// Returns the photo beside the expected one, and the number of its bits.
fn neighbour(
    luma: &Levels,
    colours: &[Levels; 2],
    own: &Levels,
    codebook: &Codebook,
    expected: MarkId,
) -> Option<(MarkId, u32)> {
    let bits_of_an_id = (2 * codebook.ids().len().max(1) as u32).ilog2();
    let min_cells = (bits_of_an_id + MIN_EXCESS_CELLS).max(MIN_CELLS);
    let agrees = |&cell: &usize| luma[cell] * own[cell] >= MIN_OTHER_LEVEL && DATA_MASK[cell] > 0.0;
    if ((0..CELLS).filter(agrees).count() as u32) < SEAM_CELLS * 4 {
        return None;
    }
    let (bits, mask) = threshold(luma);
    let mask = colours.iter().fold(mask, |mask, colour| {
        let (colour_bits, colour_mask) = threshold(colour);
        mask & colour_mask & !(colour_bits ^ bits)
    });
    let differing = |id: MarkId| (bits ^ id.codeword()) | !mask;
    // From the right end of the watermark, and then from its left end: the bits that belong to the
    // other photo, and the bits up to the opposite end, which belong to the expected photo.
    let [right, left]: [fn(u32) -> u32; 2] = [u32::trailing_zeros, u32::leading_zeros];
    let from_right: fn(usize) -> Range<usize> = |bits| cell_of(BITS - bits)..CELLS;
    let from_left: fn(usize) -> Range<usize> = |bits| 0..cell_of(bits - 1) + 1;
    let (left_guards, right_guards) = GUARDS.split_at(GUARDS.len() / 2);
    let ends = [(right, left, right_guards, from_right), (left, right, left_guards, from_left)];
    ends.into_iter().find_map(|(count_other, count_own, guards, cells)| {
        let mut best = [(0, None); 2];
        for &id in codebook.ids().iter().filter(|id| **id != expected) {
            let agreeing = count_other(differing(id));
            if agreeing > best[0].0 {
                best = [(agreeing, Some(id)), best[0]];
            } else if agreeing > best[1].0 {
                best[1] = (agreeing, Some(id));
            }
        }
        let (agreeing, id) = best[0];
        // The other photo begins where the expected photo ends. The bits between belong to none.
        let region = BITS as u32 - count_own(differing(expected)).min(BITS as u32);
        let mut guards = guards.iter();
        let is_sure = agreeing + GUARDS_PER_END >= min_cells
            && agreeing + SEAM_CELLS >= region
            && agreeing >= best[1].0 + MIN_LEAD
            && guards.all(|&(cell, is_bright)| (luma[cell] > 0.0) == is_bright)
            && !is_own_moved(luma, own, &cells(agreeing as usize));
        id.filter(|id| is_sure && contrary_bits(bits, mask, *id, expected) >= MIN_CONTRARY_BITS)
            .map(|id| (id, region))
    })
}

/// Returns `true` if the expected photo, moved to the side, mirrored or inverted, explains these
/// cells.
fn is_own_moved(luma: &Levels, own: &Levels, cells: &Range<usize>) -> bool {
    symmetries(own).any(|own| {
        let products = || cells.clone().map(|cell| luma[cell] * own[cell]);
        let agreeing = products().filter(|&product| product > 0.0).count();
        let differing = products().filter(|&product| product < 0.0).count();
        agreeing.min(differing) <= MAX_DIFFERING_CELLS
    })
}

/// Counts the strong bits that belong to `id` and not to the expected photo.
fn contrary_bits(bits: u32, mask: u32, id: MarkId, expected: MarkId) -> u32 {
    (mask & (id.codeword() ^ expected.codeword()) & !(bits ^ id.codeword())).count_ones()
}
