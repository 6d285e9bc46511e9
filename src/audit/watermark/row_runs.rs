//! Rows that are another's, joined to findings: which rows, which planes, whose.
//!
//! Each plane is read on its own; what several planes say about the same rows is one finding.

use std::ops::Range;

use super::{Codebook, PlaneSet, RowFinding, RowFindingKind, RowOwner, RowResult};

/// So many rows between two stretches of the same photo may be unknown, and it is one stretch.
const GAP: u32 = 2;

/// So far, in rows, colour that is stored at half its height may be off its luma.
const COLOUR_ROWS: u32 = 2;

/// A stretch of rows that one plane reads as another's.
struct Stretch {
    read: RowOwner,
    rows: Range<u32>,
}

/// The findings that hard verdicts make, in the order of their first rows, plane by plane.
pub(super) fn findings(rows: &[RowResult], issued: &Codebook) -> Vec<RowFinding> {
    let [luma, blue, red] =
        [|row: &RowResult| row.y, |row: &RowResult| row.cb, |row: &RowResult| row.cr]
            .map(|plane: fn(&RowResult) -> RowOwner| stretches(rows, plane));
    let mut findings: Vec<(RowOwner, RowFinding)> = Vec::new();
    for stretch in luma {
        let planes = PlaneSet { y: true, ..PlaneSet::default() };
        findings.push((stretch.read, finding(&stretch, planes, RowFindingKind::Rows)));
    }
    for (stretches, is_blue) in [(blue, true), (red, false)] {
        for stretch in stretches {
            join(&mut findings, &stretch, is_blue);
        }
    }
    let mut findings: Vec<RowFinding> = findings.into_iter().map(|(_, finding)| finding).collect();
    let mut read = rows.iter().map(|row| row.y).filter(|read| *read != RowOwner::Unknown);
    if let Some(first) = read.next()
        && first != RowOwner::Own
        && read.all(|other| other == first)
    {
        let whole = findings.iter_mut().filter(|finding| finding.planes.y);
        whole.for_each(|finding| finding.kind = RowFindingKind::Whole);
    }
    debug_assert!(findings.iter().all(|f| f.found.is_none_or(|id| issued.contains(id))));
    findings
}

/// Adds what a plane of colour says to the finding about the same rows, or makes one of its own.
fn join(findings: &mut Vec<(RowOwner, RowFinding)>, stretch: &Stretch, is_blue: bool) {
    let near = |rows: &Range<u32>| {
        rows.start <= stretch.rows.end + COLOUR_ROWS && stretch.rows.start <= rows.end + COLOUR_ROWS
    };
    let known = findings.iter_mut().find(|(read, f)| *read == stretch.read && near(&f.rows));
    let planes = PlaneSet { y: false, cb: is_blue, cr: !is_blue };
    match known {
        Some((_, finding)) => {
            finding.planes.cb |= planes.cb;
            finding.planes.cr |= planes.cr;
            if !finding.planes.y {
                finding.rows.start = finding.rows.start.min(stretch.rows.start);
                finding.rows.end = finding.rows.end.max(stretch.rows.end);
            }
        }
        None => findings.push((stretch.read, finding(stretch, planes, RowFindingKind::Planes))),
    }
}

fn finding(stretch: &Stretch, planes: PlaneSet, kind: RowFindingKind) -> RowFinding {
    let found = match stretch.read {
        RowOwner::Other(id) => Some(id),
        _ => None,
    };
    RowFinding { found, rows: stretch.rows.clone(), planes, share: 1.0, kind }
}

/// The stretches that a plane reads as another's.
fn stretches(rows: &[RowResult], plane: fn(&RowResult) -> RowOwner) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for (at, row) in (0..).zip(rows) {
        let read = plane(row);
        if matches!(read, RowOwner::Own | RowOwner::Unknown) {
            continue;
        }
        match stretches.last_mut().filter(|last| last.read == read && last.rows.end == at) {
            Some(last) => last.rows.end = at + 1,
            None => stretches.push(Stretch { read, rows: at..at + 1 }),
        }
    }
    joined(stretches, |gap| {
        gap.len() as u32 <= GAP
            && rows[gap.start as usize..gap.end as usize]
                .iter()
                .all(|row| plane(row) == RowOwner::Unknown)
    })
}

/// Joins stretches over gaps that may be; two single rows never become two adjacent ones.
fn joined(stretches: Vec<Stretch>, may_be: impl Fn(Range<u32>) -> bool) -> Vec<Stretch> {
    let mut joined: Vec<Stretch> = Vec::new();
    for stretch in stretches {
        let last = joined.last_mut().filter(|last| {
            last.read == stretch.read
                && last.rows.len().max(stretch.rows.len()) >= 2
                && may_be(last.rows.end..stretch.rows.start)
        });
        match last {
            Some(last) => last.rows.end = stretch.rows.end,
            None => joined.push(stretch),
        }
    }
    joined
}
