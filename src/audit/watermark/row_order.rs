//! Rows of the right photo in the wrong place: displaced, or repeated.
//!
//! Each row says from which sixteenth of its photo it is. Nobody else's pixels are in it, but a
//! service that gets rows wrong is about to get them wrong between two photos.

use std::ops::Range;

use super::alignment::Alignment;
use super::{MarkId, PlaneSet, RowFinding, RowFindingKind, RowOwner, RowResult};

/// A row may be off its place by a pixel and this share of the thumbnail's height.
const SLACK: f64 = 0.01;

/// A window's places are believed if so many of ten rows agree with them.
const OF_TEN: usize = 6;

/// Rows, at least, that say so before it is a finding.
const ROWS: usize = 2;

/// The stretches of own rows that are not where they belong.
pub(super) fn findings(
    rows: &[RowResult],
    asked: MarkId,
    windows: &[Alignment],
) -> Vec<RowFinding> {
    let slack = 1.0 + SLACK * rows.len() as f64;
    let place = |row: &RowResult| row.place.filter(|_| row.y == RowOwner::Own).map(i32::from);
    let placed: Vec<(u32, i32)> =
        (0..).zip(rows).filter_map(|(at, row)| Some((at, place(row)?))).collect();
    let is_off = |window: &Alignment, (at, place): (u32, i32)| {
        let (first, last) = window.places(at, slack);
        !(first..=last).contains(&place)
    };
    let count_off = |window: &Alignment| placed.iter().filter(|row| is_off(window, **row)).count();
    let best = windows.iter().min_by_key(|window| count_off(window));
    let Some(window) = best else { return Vec::new() };
    let off: Vec<u32> = if 10 * count_off(window) <= (10 - OF_TEN) * placed.len() {
        placed.iter().filter(|row| is_off(window, **row)).map(|(at, _)| *at).collect()
    } else {
        backwards(&placed)
    };
    let planes = PlaneSet { y: true, ..PlaneSet::default() };
    let finding = |rows: Range<u32>| RowFinding {
        found: Some(asked),
        rows,
        planes,
        share: 1.0,
        kind: RowFindingKind::Order,
    };
    stretches(&off).filter(|rows| rows.len() >= ROWS).map(finding).collect()
}

/// The rows that come from further up than a row above them: wrong in any crop whatever.
fn backwards(placed: &[(u32, i32)]) -> Vec<u32> {
    let mut lowest = i32::MIN;
    let mut off = Vec::new();
    for &(at, place) in placed {
        if place < lowest {
            off.push(at);
        }
        lowest = lowest.max(place);
    }
    off
}

fn stretches(rows: &[u32]) -> impl Iterator<Item = Range<u32>> {
    rows.chunk_by(|one, next| one + 1 == *next).map(|rows| rows[0]..rows[rows.len() - 1] + 1)
}
