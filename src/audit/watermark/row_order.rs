//! Finds displaced and repeated rows of the expected photo.
//!
//! Each row encodes the sixteenth of its photo that it comes from. Displaced rows show no other
//! photo. They are reported all the same, because a service that misplaces rows within a photo may
//! soon misplace rows between two photos.

use super::alignment::Alignment;
use super::row_runs::ranges;
use super::{MarkId, PlaneSet, RowFinding, RowFindingKind, RowOwner, RowResult};

/// Tolerance of a row's position beyond one pixel, as a share of the thumbnail's height.
const SLACK: f64 = 0.01;

/// Minimum number of rows out of ten that must agree with an alignment before the alignment is
/// used.
const MIN_AGREEING_OF_TEN: usize = 6;

/// Minimum number of displaced rows in a finding.
const MIN_ROWS: usize = 2;

/// Finds the runs of own rows that are at a wrong position.
pub(super) fn findings(
    rows: &[RowResult],
    expected: MarkId,
    alignments: &[Alignment],
) -> Vec<RowFinding> {
    let slack = 1.0 + SLACK * rows.len() as f64;
    let position = |row: &RowResult| row.position.filter(|_| row.y == RowOwner::Own).map(i32::from);
    let positions: Vec<(u32, i32)> =
        (0..).zip(rows).filter_map(|(index, row)| Some((index, position(row)?))).collect();
    let is_displaced = |alignment: &Alignment, (index, position): (u32, i32)| {
        let (first, last) = alignment.positions(index, slack);
        !(first..=last).contains(&position)
    };
    let count_displaced = |alignment: &&Alignment| {
        positions.iter().filter(|row| is_displaced(alignment, **row)).count()
    };
    let Some(best) = alignments.iter().min_by_key(count_displaced) else { return Vec::new() };
    let displaced: Vec<u32> =
        if 10 * count_displaced(&best) <= (10 - MIN_AGREEING_OF_TEN) * positions.len() {
            let displaced = positions.iter().filter(|row| is_displaced(best, **row));
            displaced.map(|(index, _)| *index).collect()
        } else {
            decreasing(&positions)
        };
    let finding = |rows| RowFinding {
        id: Some(expected),
        rows,
        planes: PlaneSet::LUMA,
        share: 1.0,
        kind: RowFindingKind::Order,
    };
    ranges(&displaced, 1).filter(|rows| rows.len() >= MIN_ROWS).map(finding).collect()
}

/// Returns the rows that come from a higher part of the photo than a row above them. No crop
/// explains such rows.
fn decreasing(positions: &[(u32, i32)]) -> Vec<u32> {
    let mut lowest = i32::MIN;
    let mut rows = Vec::new();
    for &(index, position) in positions {
        if position < lowest {
            rows.push(index);
        }
        lowest = lowest.max(position);
    }
    rows
}
