//! From a row's pixels to the levels of its 40 cells: a few dot products, made once for a width.
//!
//! Where cells are wide, the middle of each is averaged, far from its neighbours' blur. Where they
//! are narrow, no pixel is a cell's alone, and the levels are those that explain the row best.

use super::alignment::Alignment;
use super::layout::CELLS;

/// Levels of a row's cells, as they are: in units of the plane.
pub(super) type Levels = [f32; CELLS];

/// Below so many px a cell, in units of the plane's own samples, neighbours are untangled.
const NARROW_PX: f64 = 3.0;

/// How much of a wide cell is looked at.
const MIDDLE: f64 = 0.5;

/// Pixels that are weighed at once.
const LANES: usize = 4;

/// Keeps untangling from inventing levels out of noise.
const CALM: f64 = 0.02;

/// Weights that are less than this share of a cell's largest are left out.
const LEAST_WEIGHT: f32 = 0.004;

/// A cell of which less than so much can be seen, in px, is not read.
const LEAST_SEEN_PX: f64 = 0.4;

/// How the cells of rows of one width are read.
#[derive(Clone, Debug)]
pub(super) struct CellFilter {
    /// The stretches of px that make up a cell, with a weight for each.
    spans: Vec<Span>,
}

#[derive(Clone, Debug)]
struct Span {
    cell: usize,
    from: usize,
    weights: Vec<f32>,
}

impl CellFilter {
    /// A lens for rows of `width` px through a window. A plane that is stored at half its width is
    /// blurred over `blur` = 2 px, another over 1. None if some cell cannot be seen at all.
    pub(super) fn new(width: usize, window: &Alignment, blur: f64) -> Option<Self> {
        let cell = window.width / CELLS as f64;
        if cell.is_nan() || cell < 1.0 {
            return None;
        }
        let wide = cell >= NARROW_PX * blur;
        let shares = if wide { middles(width, window) } else { cover(width, window, blur) };
        let mut seen = [0.0; CELLS];
        for (at, share) in shares.iter().enumerate() {
            seen[at % CELLS] += share;
        }
        let least = if wide { LEAST_SEEN_PX.min(cell * MIDDLE / 2.0) } else { LEAST_SEEN_PX };
        if seen.iter().any(|&seen| seen < least) {
            return None;
        }
        let weights = if wide {
            shares.iter().enumerate().map(|(at, share)| share / seen[at % CELLS]).collect()
        } else {
            untangled(&shares, width)?
        };
        Some(Self { spans: spans(&weights, width) })
    }

    /// The levels of a row's cells. The row has the width that the lens was made for.
    pub(super) fn levels(&self, row: &[f32]) -> Levels {
        let mut levels = [0.0; CELLS];
        for span in &self.spans {
            let pixels = &row[span.from..][..span.weights.len()];
            levels[span.cell] += dot(pixels, &span.weights);
        }
        levels
    }
}

/// A dot product in four sums, which the compiler makes wide instructions of. Spans have room for
/// it.
fn dot(one: &[f32], other: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    let (ones, others) = (one.chunks_exact(LANES), other.chunks_exact(LANES));
    let rest: f32 = ones.remainder().iter().zip(others.remainder()).map(|(a, b)| a * b).sum();
    for (one, other) in ones.zip(others) {
        for at in 0..LANES {
            sums[at] += one[at] * other[at];
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// For each px, how much of it lies in the middle of each cell: px × cells.
fn middles(width: usize, window: &Alignment) -> Vec<f64> {
    let mut shares = vec![0.0; width * CELLS];
    let cell = window.width / CELLS as f64;
    let number = |x: f64| ((x - window.left) / cell).floor() as i64;
    for at in number(0.0)..=number(width as f64) {
        let middle = window.left + (at as f64 + 0.5) * cell;
        let (from, to) = (middle - cell * MIDDLE / 2.0, middle + cell * MIDDLE / 2.0);
        let pixels = from.max(0.0) as usize..(to.ceil().max(0.0) as usize).min(width);
        for x in pixels {
            let share = (x as f64 + 1.0).min(to) - (x as f64).max(from);
            shares[x * CELLS + at.rem_euclid(CELLS as i64) as usize] += share.max(0.0);
        }
    }
    shares
}

/// For each px, how much of each cell shows in it, if each px is blurred over `blur` px more.
fn cover(width: usize, window: &Alignment, blur: f64) -> Vec<f64> {
    let mut shares = vec![0.0; width * CELLS];
    let cell = window.width / CELLS as f64;
    // The part of a px to the left of an edge at `edge` px from its middle: the integral of a
    // trapezium, which is a box of a px blurred by a box of `blur` px.
    let (outer, inner) = ((1.0 + blur) / 2.0, (1.0 - blur).abs() / 2.0);
    let before = |edge: f64| {
        let (side, x) = (edge.signum(), edge.abs().min(outer));
        let slope = outer - inner;
        let top = 1.0 / (outer + inner);
        let beyond = (x - inner).max(0.0);
        let falling = if slope > 0.0 { beyond * beyond / (2.0 * slope) } else { 0.0 };
        0.5 + side * top * (x - falling)
    };
    for x in 0..width {
        let middle = x as f64 + 0.5;
        let number = |at: f64| ((at - window.left) / cell).floor() as i64;
        for at in number(middle - outer)..=number(middle + outer) {
            let left = window.left + at as f64 * cell - middle;
            let share = before(left + cell) - before(left);
            shares[x * CELLS + at.rem_euclid(CELLS as i64) as usize] += share;
        }
    }
    shares
}

/// The weights that find the levels which explain a row best: least squares, calmed.
fn untangled(shares: &[f64], width: usize) -> Option<Vec<f64>> {
    let mut normal = [[0.0; CELLS]; CELLS];
    let touched = |x: usize| {
        let of_px = &shares[x * CELLS..][..CELLS];
        of_px.iter().enumerate().filter(|(_, share)| **share > 0.0)
    };
    for x in 0..width {
        for (one, share) in touched(x) {
            for (other, with) in touched(x) {
                normal[one][other] += share * with;
            }
        }
    }
    for (at, row) in normal.iter_mut().enumerate() {
        row[at] += CALM * width as f64 / CELLS as f64;
    }
    let inverse = inverse(normal)?;
    let mut weights = vec![0.0; width * CELLS];
    for x in 0..width {
        for (other, share) in touched(x) {
            for (cell, row) in inverse.iter().enumerate() {
                weights[x * CELLS + cell] += row[other] * share;
            }
        }
    }
    Some(weights)
}

/// By Gauss and Jordan; the matrix is positive definite, so no pivots are sought.
fn inverse(mut matrix: [[f64; CELLS]; CELLS]) -> Option<Box<[[f64; CELLS]; CELLS]>> {
    let mut inverse = Box::new([[0.0; CELLS]; CELLS]);
    for (at, row) in inverse.iter_mut().enumerate() {
        row[at] = 1.0;
    }
    for at in 0..CELLS {
        let pivot = matrix[at][at];
        if pivot.is_nan() || pivot < 1e-9 {
            return None;
        }
        matrix[at].iter_mut().chain(&mut inverse[at]).for_each(|value| *value /= pivot);
        let (row, of_inverse) = (matrix[at], inverse[at]);
        for other in (0..CELLS).filter(|&other| other != at) {
            let factor = matrix[other][at];
            if factor != 0.0 {
                for column in 0..CELLS {
                    matrix[other][column] -= factor * row[column];
                    inverse[other][column] -= factor * of_inverse[column];
                }
            }
        }
    }
    Some(inverse)
}

/// The stretches of px whose weights matter, cell by cell.
fn spans(weights: &[f64], width: usize) -> Vec<Span> {
    let mut spans = Vec::new();
    for cell in 0..CELLS {
        let of_cell: Vec<f32> = (0..width).map(|x| weights[x * CELLS + cell] as f32).collect();
        let largest = of_cell.iter().fold(0.0_f32, |most, weight| most.max(weight.abs()));
        let matters = |weight: &f32| weight.abs() > largest * LEAST_WEIGHT;
        let mut from = 0;
        while let Some(next) = of_cell[from..].iter().position(matters) {
            from += next;
            // A stretch goes on over a gap of a few px: starting anew costs more.
            let mut to = from;
            while let Some(more) = of_cell[to..].iter().take(8).rposition(matters) {
                to += more + 1;
            }
            let padded = (to - from).next_multiple_of(LANES).min(width);
            let from_padded = from.min(width - padded);
            let mut weights = vec![0.0; padded];
            weights[from - from_padded..to - from_padded].copy_from_slice(&of_cell[from..to]);
            spans.push(Span { cell, from: from_padded, weights });
            from = to;
        }
    }
    spans
}
