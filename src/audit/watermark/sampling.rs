//! A thumbnail's rows as levels of cells, plane by plane, seen through the window that fits.
//!
//! The window is chosen by what can be read through it, not by what the service was asked for.

use std::ops::Range;

use super::alignment::Alignment;
use super::cell_filter::{CellFilter, Levels};
use super::hard_decision::{NormalizedRow, expected};
use super::layout::CELLS;
use super::{Codebook, MarkId, RowOwner, YCbCrView};

/// Luma of less contrast than this, in levels from the middle, is not read.
const LEAST_LUMA: f32 = 8.0;

/// Colour of less contrast than this is not read.
const LEAST_COLOUR: f32 = 5.0;

/// From so many px a cell on, in units of the plane's own samples, only next neighbours echo.
const WIDE_PX: f64 = 6.0;

/// Rows that are looked at to choose a window.
const SAMPLES: u32 = 16;

/// A plane's rows, as levels of cells.
pub(super) struct SampledRows {
    /// Each row's levels, bright where the mark is; empty if the plane is too narrow.
    pub(super) rows: Vec<Levels>,
    /// The width of a cell, in px.
    pub(super) cell: f64,
    kind: Kind,
}

/// How one of the planes is looked at.
#[derive(Clone, Copy)]
struct Kind {
    /// Over how many px it may have been blurred.
    blur: f64,
    /// 1, or -1 where the mark's bright cells are the plane's low ones.
    sign: f32,
    least: f32,
}

const LUMA: Kind = Kind { blur: 1.0, sign: 1.0, least: LEAST_LUMA };
const COLOUR: Kind = Kind { blur: 2.0, sign: -1.0, least: LEAST_COLOUR };

/// A row of samples as numbers, with the mark's sign.
fn numbers(plane: &[u8], width: usize, row: usize, sign: f32, into: &mut Vec<f32>) {
    into.clear();
    into.extend(plane[row * width..][..width].iter().map(|&sample| sign * f32::from(sample)));
}

impl SampledRows {
    fn new(plane: &[u8], size: [u32; 2], window: &Alignment, kind: Kind) -> Self {
        let [width, height] = size.map(|side| side as usize);
        let mut rows = Vec::new();
        if let Some(lens) = CellFilter::new(width, window, kind.blur) {
            let mut pixels = Vec::with_capacity(width);
            rows.reserve(height);
            for row in 0..height {
                numbers(plane, width, row, kind.sign, &mut pixels);
                rows.push(lens.levels(&pixels));
            }
        }
        Self { rows, cell: window.width / CELLS as f64, kind }
    }

    /// All three planes of a thumbnail.
    pub(super) fn all(planes: &YCbCrView<'_>, window: &Alignment) -> [Self; 3] {
        let size = [planes.width, planes.height];
        [(planes.y, LUMA), (planes.cb, COLOUR), (planes.cr, COLOUR)]
            .map(|(plane, kind)| Self::new(plane, size, window, kind))
    }

    /// A row's levels between -1 and 1, if it has contrast.
    pub(super) fn normal(&self, row: usize) -> Option<NormalizedRow> {
        NormalizedRow::new(self.rows.get(row)?, self.kind.least)
    }

    /// The mean of some rows, between -1 and 1, if it has contrast.
    pub(super) fn mean(&self, rows: Range<usize>) -> Option<Levels> {
        let rows = self.rows.get(rows)?;
        let mut mean = [0.0; CELLS];
        for row in rows {
            mean.iter_mut().zip(row).for_each(|(mean, level)| *mean += level / rows.len() as f32);
        }
        NormalizedRow::new(&mean, self.kind.least).map(|normal| normal.levels)
    }

    /// Whether a row's levels are far enough apart to be anybody's.
    pub(super) fn has_contrast(&self, row: usize) -> bool {
        let Some(levels) = self.rows.get(row) else { return false };
        let mean = levels.iter().sum::<f32>() / CELLS as f32;
        let square = levels.iter().map(|level| (level - mean) * (level - mean)).sum::<f32>();
        square >= self.kind.least * self.kind.least * CELLS as f32 / 2.0
    }

    /// Whether a cell's middle is beyond the reach of its next neighbour but one.
    pub(super) fn is_wide(&self) -> bool {
        self.cell >= WIDE_PX * self.kind.blur
    }
}

/// A few rows of a thumbnail's luma, to choose a window by.
pub(super) struct Samples<'a> {
    planes: &'a YCbCrView<'a>,
    issued: &'a Codebook,
    asked: MarkId,
}

impl<'a> Samples<'a> {
    pub(super) fn new(planes: &'a YCbCrView<'a>, issued: &'a Codebook, asked: MarkId) -> Self {
        Self { planes, issued, asked }
    }

    /// How many there are.
    pub(super) fn count(&self) -> u32 {
        SAMPLES.min(self.planes.height)
    }

    /// How many can be read through a window.
    pub(super) fn readable(&self, window: &Alignment) -> u32 {
        let read = self.levels(window).filter(|levels| self.is_readable(levels));
        read.count() as u32
    }

    /// By how many cells a window is off to the left of the one through which most can be read, and
    /// how many can.
    pub(super) fn shift(&self, window: &Alignment) -> (usize, u32) {
        let mut readable = [0; CELLS];
        for mut levels in self.levels(window) {
            for count in &mut readable {
                *count += u32::from(self.is_readable(&levels));
                levels.rotate_left(1);
            }
        }
        let best = (0..CELLS).max_by_key(|&by| (readable[by], CELLS - by)).unwrap_or(0);
        (best, readable[best])
    }

    fn levels(&self, window: &Alignment) -> impl Iterator<Item = Levels> {
        let YCbCrView { width, height, y, .. } = *self.planes;
        let (width, samples) = (width as usize, self.count());
        let lens = CellFilter::new(width, window, LUMA.blur);
        lens.into_iter().flat_map(move |lens| {
            let mut pixels = Vec::with_capacity(width);
            (0..samples).map(move |sample| {
                let row =
                    (2 * u64::from(sample) + 1) * u64::from(height) / (2 * u64::from(samples));
                numbers(y, width, row as usize, LUMA.sign, &mut pixels);
                lens.levels(&pixels)
            })
        })
    }

    fn is_readable(&self, levels: &Levels) -> bool {
        let own = expected(self.asked);
        NormalizedRow::new(levels, LEAST_LUMA)
            .is_some_and(|row| row.read(&own, self.issued, self.asked) != RowOwner::Unknown)
    }
}
