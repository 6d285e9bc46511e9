//! Samples every row of every plane of a thumbnail, as the levels of the row's cells.
//!
//! The alignment is chosen by the number of rows that it makes readable, not by the fit that the
//! client requested.

use std::ops::Range;

use super::alignment::Alignment;
use super::cell_filter::{CellFilter, Levels};
use super::hard_decision::{NormalizedRow, expected_levels};
use super::layout::CELLS;
use super::{Codebook, MarkId, RowOwner, YCbCrImage};

/// Width of a cell, in px of the plane's own samples, from which only the next neighbours blur into
/// a cell.
const WIDE_PX: f64 = 6.0;

/// Maximum number of rows that are sampled to choose an alignment.
const MAX_SAMPLES: u32 = 16;

/// Describes how the rows of a plane are sampled.
#[derive(Clone, Copy)]
struct PlaneKind {
    /// Width in px over which the plane may have been blurred.
    blur: f64,
    /// 1, or -1 where the watermark's bright cells are the plane's low ones.
    sign: f32,
    /// Smallest contrast of a row that is read, in levels from the middle.
    min_contrast: f32,
}

const LUMA: PlaneKind = PlaneKind { blur: 1.0, sign: 1.0, min_contrast: 8.0 };
const COLOUR: PlaneKind = PlaneKind { blur: 2.0, sign: -1.0, min_contrast: 5.0 };

impl PlaneKind {
    /// Copies a row of samples as numbers with the watermark's sign.
    fn copy_row(self, plane: &[u8], width: usize, row: usize, pixels: &mut Vec<f32>) {
        pixels.clear();
        let samples = &plane[row * width..][..width];
        pixels.extend(samples.iter().map(|&sample| self.sign * f32::from(sample)));
    }
}

/// Holds the rows of a plane as levels of cells.
pub(super) struct SampledRows {
    /// Levels of each row, bright where the watermark is bright. Empty if the plane is too narrow.
    pub(super) rows: Vec<Levels>,
    /// Width of a cell in px.
    pub(super) cell_width: f64,
    kind: PlaneKind,
}

impl SampledRows {
    fn new(plane: &[u8], size: [u32; 2], alignment: &Alignment, kind: PlaneKind) -> Self {
        let [width, height] = size.map(|side| side as usize);
        let mut rows = Vec::new();
        if let Some(filter) = CellFilter::new(width, alignment, kind.blur) {
            let mut pixels = Vec::with_capacity(width);
            rows.reserve(height);
            for row in 0..height {
                kind.copy_row(plane, width, row, &mut pixels);
                rows.push(filter.levels(&pixels));
            }
        }
        Self { rows, cell_width: alignment.width / CELLS as f64, kind }
    }

    /// Samples all three planes of a thumbnail.
    pub(super) fn of_planes(image: &YCbCrImage, alignment: &Alignment) -> [Self; 3] {
        let size = [image.width, image.height];
        [(&image.y, LUMA), (&image.cb, COLOUR), (&image.cr, COLOUR)]
            .map(|(plane, kind)| Self::new(plane, size, alignment, kind))
    }

    /// Returns a row with its levels scaled to -1 to 1, or `None` if its contrast is too low.
    pub(super) fn normalized(&self, row: usize) -> Option<NormalizedRow> {
        NormalizedRow::new(self.rows.get(row)?, self.kind.min_contrast)
    }

    /// Returns the mean of some rows, scaled to -1 to 1, or `None` if its contrast is too low.
    pub(super) fn normalized_mean(&self, rows: Range<usize>) -> Option<Levels> {
        let mean = mean(self.rows.get(rows)?.iter())?;
        NormalizedRow::new(&mean, self.kind.min_contrast).map(|row| row.levels)
    }

    /// Returns `true` if a row's levels differ enough to come from a watermark.
    pub(super) fn has_contrast(&self, row: usize) -> bool {
        let Some(levels) = self.rows.get(row) else { return false };
        let mean = levels.iter().sum::<f32>() / CELLS as f32;
        let square = levels.iter().map(|level| (level - mean) * (level - mean)).sum::<f32>();
        square >= self.kind.min_contrast * self.kind.min_contrast * CELLS as f32 / 2.0
    }

    /// Returns `true` if a cell is so wide that only its next neighbours blur into it.
    pub(super) fn is_wide(&self) -> bool {
        self.cell_width >= WIDE_PX * self.kind.blur
    }
}

/// Returns the mean levels of rows, or `None` if there is no row.
pub(super) fn mean<'a>(rows: impl Iterator<Item = &'a Levels>) -> Option<Levels> {
    let (mut sums, mut count) = ([0.0; CELLS], 0.0_f32);
    for row in rows {
        count += 1.0;
        sums.iter_mut().zip(row).for_each(|(sum, level)| *sum += level);
    }
    (count > 0.0).then(|| sums.map(|sum| sum / count))
}

/// Samples a few luma rows of a thumbnail, to choose an alignment.
pub(super) struct AlignmentProbe<'a> {
    pub(super) image: &'a YCbCrImage,
    pub(super) codebook: &'a Codebook,
    pub(super) expected: MarkId,
}

impl AlignmentProbe<'_> {
    /// Returns the number of sampled rows.
    pub(super) fn samples(&self) -> u32 {
        MAX_SAMPLES.min(self.image.height)
    }

    /// Counts the sampled rows that are readable with an alignment.
    pub(super) fn count_readable(&self, alignment: &Alignment) -> u32 {
        self.levels(alignment).filter(|levels| self.is_readable(levels)).count() as u32
    }

    /// Returns by how many cells the most readable alignment lies to the right of the given
    /// alignment, and the number of sampled rows that are readable with the best alignment.
    pub(super) fn best_shift(&self, alignment: &Alignment) -> (usize, u32) {
        let mut readable = [0; CELLS];
        for mut levels in self.levels(alignment) {
            for count in &mut readable {
                *count += u32::from(self.is_readable(&levels));
                levels.rotate_left(1);
            }
        }
        let best = (0..CELLS).max_by_key(|&by| (readable[by], CELLS - by)).unwrap_or(0);
        (best, readable[best])
    }

    fn levels(&self, alignment: &Alignment) -> impl Iterator<Item = Levels> {
        let &YCbCrImage { width, height, ref y, .. } = self.image;
        let (width, samples) = (width as usize, self.samples());
        let filter = CellFilter::new(width, alignment, LUMA.blur);
        filter.into_iter().flat_map(move |filter| {
            let mut pixels = Vec::with_capacity(width);
            (0..samples).map(move |sample| {
                let row =
                    (2 * u64::from(sample) + 1) * u64::from(height) / (2 * u64::from(samples));
                LUMA.copy_row(y, width, row as usize, &mut pixels);
                filter.levels(&pixels)
            })
        })
    }

    fn is_readable(&self, levels: &Levels) -> bool {
        let own = expected_levels(self.expected);
        NormalizedRow::new(levels, LUMA.min_contrast)
            .is_some_and(|row| row.owner(&own, self.codebook, self.expected) != RowOwner::Unknown)
    }
}
