//! Joins adjacent rows of another photo into findings.
//!
//! Each plane is read alone. Rows that several planes assign to the same photo become one finding.

use std::ops::Range;

use super::{Codebook, PlaneSet, RowFinding, RowFindingKind, RowOwner, RowResult};

/// Maximum number of unknown rows between two runs of the same photo that count as one run.
const MAX_GAP: u32 = 2;

/// Maximum distance in rows between a run in luma and the same run in a colour plane. Colour is
/// often stored at half the height.
const MAX_COLOUR_OFFSET: u32 = 2;

/// Holds adjacent rows that one plane assigns to the same other photo.
struct RowRun {
    owner: RowOwner,
    rows: Range<u32>,
}

/// Returns the findings that follow from the hard decisions, plane by plane, each plane in the
/// order of the first rows.
pub(super) fn findings(rows: &[RowResult], codebook: &Codebook) -> Vec<RowFinding> {
    let [luma, cb, cr] = [0, 1, 2].map(|plane| row_runs(rows, plane));
    let mut findings: Vec<(RowOwner, RowFinding)> = Vec::new();
    for run in luma {
        findings.push((run.owner, finding(&run, PlaneSet::LUMA, RowFindingKind::Rows)));
    }
    for (runs, is_blue) in [(cb, true), (cr, false)] {
        for run in runs {
            join_colour(&mut findings, &run, is_blue);
        }
    }
    let mut findings: Vec<RowFinding> = findings.into_iter().map(|(_, finding)| finding).collect();
    let mut owners = rows.iter().map(|row| row.y).filter(|owner| *owner != RowOwner::Unknown);
    if let Some(first) = owners.next()
        && first != RowOwner::Own
        && owners.all(|owner| owner == first)
    {
        let in_luma = findings.iter_mut().filter(|finding| finding.planes.y);
        in_luma.for_each(|finding| finding.kind = RowFindingKind::Whole);
    }
    debug_assert!(findings.iter().all(|f| f.id.is_none_or(|id| codebook.contains(id))));
    findings
}

/// Joins sorted row numbers into ranges. Rows whose numbers differ by at most `max_step` are in one
/// range.
pub(super) fn ranges(rows: &[u32], max_step: u32) -> impl Iterator<Item = Range<u32>> {
    let runs = rows.chunk_by(move |row, next| next - row <= max_step);
    runs.map(|run| run[0]..run[run.len() - 1] + 1)
}

/// Adds a run of a colour plane to the finding about the same rows, or adds a finding of its own.
fn join_colour(findings: &mut Vec<(RowOwner, RowFinding)>, run: &RowRun, is_blue: bool) {
    let is_near = |rows: &Range<u32>| {
        rows.start <= run.rows.end + MAX_COLOUR_OFFSET
            && run.rows.start <= rows.end + MAX_COLOUR_OFFSET
    };
    let same = findings.iter_mut().find(|(owner, f)| *owner == run.owner && is_near(&f.rows));
    let planes = PlaneSet { y: false, cb: is_blue, cr: !is_blue };
    match same {
        Some((_, finding)) => {
            finding.planes.cb |= planes.cb;
            finding.planes.cr |= planes.cr;
            if !finding.planes.y {
                finding.rows.start = finding.rows.start.min(run.rows.start);
                finding.rows.end = finding.rows.end.max(run.rows.end);
            }
        }
        None => findings.push((run.owner, finding(run, planes, RowFindingKind::Planes))),
    }
}

fn finding(run: &RowRun, planes: PlaneSet, kind: RowFindingKind) -> RowFinding {
    let id = match run.owner {
        RowOwner::Other(id) => Some(id),
        _ => None,
    };
    RowFinding { id, rows: run.rows.clone(), planes, share: 1.0, kind }
}

/// Returns the runs of rows that a plane assigns to other photos.
fn row_runs(rows: &[RowResult], plane: usize) -> Vec<RowRun> {
    let owner_of = |row: &RowResult| row.planes()[plane];
    let mut runs: Vec<RowRun> = Vec::new();
    for (index, row) in (0..).zip(rows) {
        let owner = owner_of(row);
        if matches!(owner, RowOwner::Own | RowOwner::Unknown) {
            continue;
        }
        match runs.last_mut().filter(|last| last.owner == owner && last.rows.end == index) {
            Some(last) => last.rows.end = index + 1,
            None => runs.push(RowRun { owner, rows: index..index + 1 }),
        }
    }
    join_over_gaps(runs, |gap| {
        let mut between = rows[gap.start as usize..gap.end as usize].iter();
        gap.len() as u32 <= MAX_GAP && between.all(|row| owner_of(row) == RowOwner::Unknown)
    })
}

/// Joins runs of the same photo over gaps. Two single rows are never joined, because the gap would
/// turn them into two adjacent rows.
fn join_over_gaps(runs: Vec<RowRun>, may_join: impl Fn(Range<u32>) -> bool) -> Vec<RowRun> {
    let mut joined: Vec<RowRun> = Vec::new();
    for run in runs {
        let last = joined.last_mut().filter(|last| {
            last.owner == run.owner
                && last.rows.len().max(run.rows.len()) >= 2
                && may_join(last.rows.end..run.rows.start)
        });
        match last {
            Some(last) => last.rows.end = run.rows.end,
            None => joined.push(run),
        }
    }
    joined
}
