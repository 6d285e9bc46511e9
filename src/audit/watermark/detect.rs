//! Reads a thumbnail: whose each row is, and what the rows come to.
//!
//! It knows only what anybody outside has: the pixels, which ids there are, and the photo's shape.

use std::sync::Arc;

use super::alignment::{Alignment, windows};
use super::hard_decision::expected;
use super::sampling::{SampledRows, Samples};
use super::{
    Codebook, Detection, DetectionVerdict, MarkId, RowFinding, RowOwner, RowResult, YCbCrView,
    blend, row_order, row_runs, side_by_side,
};
use crate::codec::Fit;

/// Steps of a cell in which a window is moved to the side.
const STEPS: u32 = 3;

/// Of a clean thumbnail at most this share of rows shows something that cannot be read: a sign, not
/// somebody's picture laid into it.
const MOST_HIDDEN: f64 = 0.25;

/// The shape of the photo that a thumbnail is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpectedImage {
    /// The photo's width in px.
    pub width: u32,
    /// The photo's height in px.
    pub height: u32,
    /// Fit that the service was asked for, or `None` to try every fit.
    pub fit: Option<Fit>,
}

/// Reads thumbnails of photos of one shape. It keeps nothing of what it read.
#[derive(Clone, Debug)]
pub struct Detector {
    issued: Arc<Codebook>,
    expect: ExpectedImage,
}

impl Detector {
    /// A reader of thumbnails of photos of one shape.
    pub fn new(issued: &Codebook, expect: ExpectedImage) -> Self {
        Self { issued: Arc::new(issued.clone()), expect }
    }

    /// Reads a thumbnail that should be of the photo `asked`. One whose planes are not as long as
    /// its dimensions say is unreadable.
    pub fn read(&self, asked: MarkId, planes: YCbCrView<'_>) -> Detection {
        let area = u64::from(planes.width) * u64::from(planes.height);
        let whole = [planes.y, planes.cb, planes.cr].iter().all(|p| p.len() as u64 == area);
        if !whole || area == 0 {
            return nothing(if whole { planes.height } else { 0 });
        }
        let photo = [self.expect.width, self.expect.height];
        let windows = windows(photo, [planes.width, planes.height], self.expect.fit);
        let Some(window) = self.best(&windows, asked, &planes) else {
            return nothing(planes.height);
        };
        let scans = SampledRows::all(&planes, &window);
        let own = expected(asked);
        let mut rows = vec![RowResult::default(); planes.height as usize];
        for (at, row) in rows.iter_mut().enumerate() {
            let normals = [0, 1, 2].map(|plane: usize| scans[plane].normal(at));
            let read = |plane: usize| {
                normals[plane].map_or(RowOwner::Unknown, |n| n.read(&own, &self.issued, asked))
            };
            [row.y, row.cb, row.cr] = [read(0), read(1), read(2)];
            row.place = normals[0].filter(|_| row.y != RowOwner::Unknown).and_then(|n| n.place());
        }
        let mut findings = row_runs::findings(&rows, &self.issued);
        findings.extend(side_by_side::findings(&rows, &scans, &self.issued, asked));
        findings.extend(blend::findings(&rows, &scans, &findings, &self.issued, asked));
        findings.extend(row_order::findings(&rows, asked, &windows));
        findings.sort_by_key(|finding| (finding.rows.start, finding.kind));
        let is_busy = |at: usize| rows[at].y == RowOwner::Unknown && scans[0].has_contrast(at);
        let hidden = (0..rows.len()).filter(|&at| is_busy(at)).count() as u32;
        reading(rows, findings, hidden)
    }

    /// The window through which most can be read: one of those that are usual, else one of them
    /// moved to the side, as services do that look for the part of a photo that matters.
    fn best(
        &self,
        windows: &[Alignment],
        asked: MarkId,
        planes: &YCbCrView<'_>,
    ) -> Option<Alignment> {
        let samples = Samples::new(planes, &self.issued, asked);
        let mut best: Option<(u32, Alignment)> = None;
        let mut offer = |read: u32, window: Alignment| {
            if best.is_none_or(|(most, _)| read > most) {
                best = Some((read, window));
            }
            best.filter(|(most, _)| 4 * most >= 3 * samples.count())
        };
        for &window in windows {
            if let Some((_, found)) = offer(samples.readable(&window), window) {
                return Some(found);
            }
        }
        for step in 0..STEPS {
            let window = windows.first()?.moved(f64::from(step) / f64::from(STEPS));
            let (cells, read) = samples.shift(&window);
            if let Some((_, found)) = offer(read, window.moved(cells as f64)) {
                return Some(found);
            }
        }
        best.map(|(_, window)| window)
    }
}

fn nothing(height: u32) -> Detection {
    reading(vec![RowResult::default(); height as usize], Vec::new(), height)
}

/// What rows come to, of which `hidden` show something that cannot be read; a bar shows nothing.
fn reading(rows: Vec<RowResult>, findings: Vec<RowFinding>, hidden: u32) -> Detection {
    let unknown = rows.iter().filter(|row| row.y == RowOwner::Unknown).count() as u32;
    let read = rows.len() as u32 - unknown;
    let verdict = if findings.iter().any(RowFinding::mixes) {
        DetectionVerdict::Mixed
    } else if read > unknown && f64::from(hidden) <= MOST_HIDDEN * rows.len() as f64 {
        DetectionVerdict::Clean
    } else {
        DetectionVerdict::Unreadable
    };
    Detection { rows, findings, read, unknown, verdict }
}
