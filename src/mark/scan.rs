//! A thumbnail's rows as levels of cells, plane by plane, seen through the window that fits.
//!
//! The window is chosen by what can be read through it, not by what the service was asked for.

use super::hard::{Normal, expected};
use super::layout::CELLS;
use super::lens::{Lens, Levels};
use super::window::Window;
use super::{Id, Issued, Planes, Read};

/// Luma of less contrast than this, in levels from the middle, is not read.
const LEAST_LUMA: f32 = 8.0;

/// Colour of less contrast than this is not read.
const LEAST_COLOUR: f32 = 5.0;

/// From so many px a cell on, in units of the plane's own samples, only next neighbours echo.
const WIDE_PX: f64 = 6.0;

/// Rows that are looked at to choose a window.
const SAMPLES: u32 = 16;

/// A plane's rows, as levels of cells.
pub(super) struct Scan {
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

impl Scan {
    fn new(plane: &[u8], size: [u32; 2], window: &Window, kind: Kind) -> Self {
        let [width, height] = size.map(|side| side as usize);
        let mut rows = Vec::new();
        if let Some(lens) = Lens::new(width, window, kind.blur) {
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
    pub(super) fn all(planes: &Planes<'_>, window: &Window) -> [Self; 3] {
        let size = [planes.width, planes.height];
        [(planes.y, LUMA), (planes.cb, COLOUR), (planes.cr, COLOUR)]
            .map(|(plane, kind)| Self::new(plane, size, window, kind))
    }

    /// A row's levels between -1 and 1, if it has contrast.
    pub(super) fn normal(&self, row: usize) -> Option<Normal> {
        Normal::new(self.rows.get(row)?, self.kind.least)
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

/// How many of a few rows can be read through a window, and how many were looked at.
pub(super) fn readable(
    planes: &Planes<'_>,
    window: &Window,
    issued: &Issued,
    asked: Id,
) -> (u32, u32) {
    let samples = SAMPLES.min(planes.height);
    let Some(lens) = Lens::new(planes.width as usize, window, LUMA.blur) else {
        return (0, samples);
    };
    let own = expected(asked);
    let mut pixels = Vec::new();
    let read = (0..samples).filter(|sample| {
        let row = ((2 * sample + 1) * planes.height / (2 * samples)) as usize;
        numbers(planes.y, planes.width as usize, row, LUMA.sign, &mut pixels);
        Normal::new(&lens.levels(&pixels), LEAST_LUMA)
            .is_some_and(|normal| normal.read(&own, issued, asked) != Read::Unknown)
    });
    (read.count() as u32, samples)
}
