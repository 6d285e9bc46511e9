//! Filters a row's pixels into the levels of its 40 cells, with a linear filter that is made once
//! per width.
//!
//! Where cells are wide, the filter averages the middle of each cell, which the blur of the
//! neighbours does not reach. Where cells are narrow, each pixel mixes several cells, and the
//! filter solves for the levels that explain the row best (deconvolution by least squares).

use super::alignment::Alignment;
use super::layout::CELLS;

/// Holds the level of each cell of a row, in units of the plane's samples.
pub(super) type Levels = [f32; CELLS];

/// Width in px below which cells are deconvolved, for a plane stored at full width.
const NARROW_PX: f64 = 3.0;

/// Share of a wide cell's width that is averaged.
const MIDDLE: f64 = 0.5;

/// Number of pixels that are multiplied at once.
const LANES: usize = 4;

/// Regularization of the least squares. The regularization keeps the deconvolution from turning
/// noise into levels.
const REGULARIZATION: f64 = 0.02;

/// Smallest weight that is kept, as a share of the cell's largest weight.
const MIN_WEIGHT: f32 = 0.004;

/// Smallest visible width of a cell that is read, in px.
const MIN_VISIBLE_PX: f64 = 0.4;

/// Filters rows of one width and one alignment.
#[derive(Clone, Debug)]
pub(super) struct CellFilter {
    /// Runs of pixels that make up the cells, each with its weights.
    spans: Vec<Span>,
}

#[derive(Clone, Debug)]
struct Span {
    cell: usize,
    start: usize,
    weights: Vec<f32>,
}

impl CellFilter {
    /// Creates a filter for rows of `width` px. The blur is the number of px over which the plane
    /// may have been blurred: 2 for a plane stored at half its width, else 1. Returns `None` if the
    /// thumbnail hides a cell.
    pub(super) fn new(width: usize, alignment: &Alignment, blur: f64) -> Option<Self> {
        let cell_width = alignment.width / CELLS as f64;
        if cell_width.is_nan() || cell_width < 1.0 {
            return None;
        }
        let is_wide = cell_width >= NARROW_PX * blur;
        let coverage = if is_wide {
            middle_coverage(width, alignment)
        } else {
            blurred_coverage(width, alignment, blur)
        };
        let mut visible = [0.0; CELLS];
        for (index, share) in coverage.iter().enumerate() {
            visible[index % CELLS] += share;
        }
        let min_visible =
            if is_wide { MIN_VISIBLE_PX.min(cell_width * MIDDLE / 2.0) } else { MIN_VISIBLE_PX };
        if visible.iter().any(|&visible| visible < min_visible) {
            return None;
        }
        let weights = if is_wide {
            let shares = coverage.iter().enumerate();
            shares.map(|(index, share)| share / visible[index % CELLS]).collect()
        } else {
            least_squares(&coverage, width)?
        };
        Some(Self { spans: spans(&weights, width) })
    }

    /// Returns the levels of a row's cells. The row must have the width of the filter.
    pub(super) fn levels(&self, row: &[f32]) -> Levels {
        let mut levels = [0.0; CELLS];
        for span in &self.spans {
            let pixels = &row[span.start..][..span.weights.len()];
            levels[span.cell] += dot(pixels, &span.weights);
        }
        levels
    }
}

/// Returns a dot product, summed in four lanes, which the compiler turns into wide instructions.
/// Spans are padded to a multiple of the lanes.
fn dot(pixels: &[f32], weights: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    let (pixels, last_pixels) = pixels.as_chunks::<LANES>();
    let (weights, last_weights) = weights.as_chunks::<LANES>();
    let rest: f32 = last_pixels.iter().zip(last_weights).map(|(a, b)| a * b).sum();
    for (pixels, weights) in pixels.iter().zip(weights) {
        for lane in 0..LANES {
            sums[lane] += pixels[lane] * weights[lane];
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// Returns, for each pixel and each cell, how much of the cell's middle lies in the pixel, as a
/// matrix of pixels × cells.
fn middle_coverage(width: usize, alignment: &Alignment) -> Vec<f64> {
    let cell_width = alignment.width / CELLS as f64;
    let margin = (1.0 - MIDDLE) / 2.0 * cell_width;
    coverage(width, alignment, 0.5, |left| {
        let (from, to) = (left + margin, left + cell_width - margin);
        (to.min(0.5) - from.max(-0.5)).max(0.0)
    })
}

/// Returns, for each pixel and each cell, how much of the cell shows in the pixel, as a matrix of
/// pixels × cells. Each pixel is blurred over `blur` px more than its own width.
fn blurred_coverage(width: usize, alignment: &Alignment, blur: f64) -> Vec<f64> {
    let cell_width = alignment.width / CELLS as f64;
    // The part of a pixel to the left of an edge that lies `edge` px from the pixel's middle: the
    // integral of a trapezium, which is a box of one pixel blurred by a box of `blur` px.
    let (outer, inner) = ((1.0 + blur) / 2.0, (1.0 - blur).abs() / 2.0);
    let part_before = |edge: f64| {
        let (side, x) = (edge.signum(), edge.abs().min(outer));
        let slope = outer - inner;
        let top = 1.0 / (outer + inner);
        let beyond = (x - inner).max(0.0);
        let falling = if slope > 0.0 { beyond * beyond / (2.0 * slope) } else { 0.0 };
        0.5 + side * top * (x - falling)
    };
    coverage(width, alignment, outer, |left| part_before(left + cell_width) - part_before(left))
}

/// Fills a matrix of pixels × cells with the share of each cell that lies within `reach` px of a
/// pixel's middle. The share is a function of the distance in px from the pixel's middle to the
/// cell's left edge.
fn coverage(
    width: usize,
    alignment: &Alignment,
    reach: f64,
    share: impl Fn(f64) -> f64,
) -> Vec<f64> {
    let mut coverage = vec![0.0; width * CELLS];
    let cell_width = alignment.width / CELLS as f64;
    let cell_at = |x: f64| ((x - alignment.left) / cell_width).floor() as i64;
    for x in 0..width {
        let middle = x as f64 + 0.5;
        for cell in cell_at(middle - reach)..=cell_at(middle + reach) {
            let left = alignment.left + cell as f64 * cell_width - middle;
            coverage[x * CELLS + cell.rem_euclid(CELLS as i64) as usize] += share(left);
        }
    }
    coverage
}

/// Returns the weights that solve for the levels which explain a row best, by regularized least
/// squares. Returns `None` if the normal equations are singular.
fn least_squares(coverage: &[f64], width: usize) -> Option<Vec<f64>> {
    let mut normal = [[0.0; CELLS]; CELLS];
    let covered = |x: usize| {
        let cells = &coverage[x * CELLS..][..CELLS];
        cells.iter().enumerate().filter(|(_, share)| **share > 0.0)
    };
    for x in 0..width {
        for (row, share) in covered(x) {
            for (column, other_share) in covered(x) {
                normal[row][column] += share * other_share;
            }
        }
    }
    for (index, row) in normal.iter_mut().enumerate() {
        row[index] += REGULARIZATION * width as f64 / CELLS as f64;
    }
    let inverse = inverse(normal)?;
    let mut weights = vec![0.0; width * CELLS];
    for x in 0..width {
        for (column, share) in covered(x) {
            for (cell, row) in inverse.iter().enumerate() {
                weights[x * CELLS + cell] += row[column] * share;
            }
        }
    }
    Some(weights)
}

/// Inverts a matrix by Gauss-Jordan elimination. The matrix is positive definite, so the method
/// needs no pivot search.
fn inverse(mut matrix: [[f64; CELLS]; CELLS]) -> Option<Box<[[f64; CELLS]; CELLS]>> {
    let mut inverse = Box::new([[0.0; CELLS]; CELLS]);
    for (index, row) in inverse.iter_mut().enumerate() {
        row[index] = 1.0;
    }
    for index in 0..CELLS {
        let pivot = matrix[index][index];
        if pivot.is_nan() || pivot < 1e-9 {
            return None;
        }
        matrix[index].iter_mut().chain(&mut inverse[index]).for_each(|value| *value /= pivot);
        let (pivot_row, inverse_row) = (matrix[index], inverse[index]);
        for row in (0..CELLS).filter(|&row| row != index) {
            let factor = matrix[row][index];
            if factor != 0.0 {
                for column in 0..CELLS {
                    matrix[row][column] -= factor * pivot_row[column];
                    inverse[row][column] -= factor * inverse_row[column];
                }
            }
        }
    }
    Some(inverse)
}

/// Returns the runs of pixels whose weights are large enough to matter, cell by cell.
fn spans(weights: &[f64], width: usize) -> Vec<Span> {
    let mut spans = Vec::new();
    for cell in 0..CELLS {
        let of_cell: Vec<f32> = (0..width).map(|x| weights[x * CELLS + cell] as f32).collect();
        let largest = of_cell.iter().fold(0.0_f32, |largest, weight| largest.max(weight.abs()));
        let matters = |weight: &f32| weight.abs() > largest * MIN_WEIGHT;
        let mut from = 0;
        while let Some(next) = of_cell[from..].iter().position(matters) {
            from += next;
            // A span continues over a gap of a few pixels, because a new span costs more.
            let mut to = from;
            while let Some(more) = of_cell[to..].iter().take(8).rposition(matters) {
                to += more + 1;
            }
            let length = (to - from).next_multiple_of(LANES).min(width);
            let start = from.min(width - length);
            let mut weights = vec![0.0; length];
            weights[from - start..to - start].copy_from_slice(&of_cell[from..to]);
            spans.push(Span { cell, start, weights });
            from = to;
        }
    }
    spans
}
