//! The soft read: how much of another photo is in the levels of some rows, and whose.
//!
//! What the asked photo explains is taken out first, with what resizing and sharpening make of it:
//! echoes of neighbouring cells. What is left is noise, or it looks like one issued mark and no
//! other.

use super::Codebook;
use super::MarkId;
use super::cell_filter::Levels;
use super::hard_decision::{DATA_CELLS, DATA_MASK};
use super::layout::{BITS, CELLS, GUARDS, PLACE, cell_of, levels};

/// Marks that look most like what is left, of which the best is taken once each is weighed exactly.
const FINALISTS: usize = 4;

/// A direction with less than this left of it is one that was there before.
const NEW: f32 = 0.05;

/// Another's mark of which less than this is not explained by the asked photo cannot be told.
const DISTINCT: f32 = 1.5;

/// What of some rows the asked photo does not explain.
pub(super) struct Residual {
    /// What the asked photo explains, as directions at right angles; its own mark's is the last.
    explained: Vec<Levels>,
    own: Levels,
    levels: Levels,
    rest: Levels,
}

/// Another photo's part in some rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) id: MarkId,
    /// How much what is left looks like the other's mark: 1 is alike.
    pub(super) likeness: f32,
    /// How much of the rows is the other's, 0 to 1.
    pub(super) share: f32,
    /// How large it is what neither photo explains, beside the marks.
    pub(super) unexplained: f32,
}

/// A measure of one other photo's share in rows that are like those it was made from.
pub(super) struct ShareEstimator {
    mark: Levels,
    direction: Levels,
    length: f32,
    own: Levels,
    own_direction: Levels,
}

fn dot(one: &Levels, other: &Levels) -> f32 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

fn subtract_projection(of: &mut Levels, direction: &Levels) {
    let along = dot(of, direction);
    of.iter_mut().zip(direction).for_each(|(of, direction)| *of -= along * direction);
}

impl Residual {
    /// What is left of levels, the mean of some rows'. Where cells are `wide`, fewer echoes reach
    /// their middles.
    pub(super) fn new(levels: &Levels, own: &Levels, wide: bool) -> Self {
        let mut explained: Vec<Levels> = Vec::with_capacity(8);
        for mut echo in echoes(levels, own, wide) {
            PLACE.for_each(|cell| echo[cell] = 0.0);
            let before = dot(&echo, &echo).sqrt();
            explained.iter().for_each(|direction| subtract_projection(&mut echo, direction));
            let length = dot(&echo, &echo).sqrt();
            if length > NEW * before {
                explained.push(echo.map(|value| value / length));
            }
        }
        let mut rest = *levels;
        PLACE.for_each(|cell| rest[cell] = 0.0);
        explained.iter().for_each(|direction| subtract_projection(&mut rest, direction));
        Self { explained, own: *own, levels: *levels, rest }
    }

    /// How large the rest is beside the marks, as a share.
    pub(super) fn size(&self) -> f32 {
        (dot(&self.rest, &self.rest) / spread(&self.levels).1.max(1e-6)).sqrt()
    }

    /// Whose mark the rest looks most like.
    pub(super) fn search(&self, issued: &Codebook) -> Option<Candidate> {
        let mut finalists = [(f32::NEG_INFINITY, None); FINALISTS];
        let sums = self.byte_sums();
        for &id in issued.ids() {
            let [a, b, c, d] = id.word().to_be_bytes().map(usize::from);
            let sum = sums[0][a] + sums[1][b] + sums[2][c] + sums[3][d];
            if sum > finalists[FINALISTS - 1].0 {
                let place = finalists.partition_point(|(better, _)| *better >= sum);
                finalists[place..].rotate_right(1);
                finalists[place] = (sum, Some(id));
            }
        }
        let matches = finalists.iter().filter_map(|(_, id)| self.weigh((*id)?));
        matches.max_by(|one, other| one.likeness.total_cmp(&other.likeness))
    }

    /// For each byte of a word and each value of it, what its bits add to a mark's dot product.
    fn byte_sums(&self) -> [[f32; 256]; 4] {
        let mut sums = [[0.0; 256]; 4];
        for (byte, sums) in sums.iter_mut().enumerate() {
            let level = |bit: usize| self.rest[cell_of(byte * 8 + bit)];
            sums[0] = -(0..BITS / 4).map(level).sum::<f32>();
            for value in 1..256_usize {
                let lowest = value.trailing_zeros() as usize;
                sums[value] = sums[value & (value - 1)] + 2.0 * level(7 - lowest);
            }
        }
        sums
    }

    /// One other photo's part.
    pub(super) fn weigh(&self, id: MarkId) -> Option<Candidate> {
        let gauge = self.gauge(id)?;
        let along = dot(&self.rest, &gauge.direction) / gauge.length;
        let likeness = along / dot(&self.rest, &self.rest).sqrt().max(1e-6);
        let unexplained = self.size() * (1.0 - likeness * likeness).max(0.0).sqrt();
        Some(Candidate { id, likeness, share: gauge.share(&self.levels), unexplained })
    }

    /// How much the rest looks like the asked photo, moved to the side, turned over or inverted:
    /// an echo that no resizing makes, and nobody else's all the same.
    pub(super) fn self_similarity(&self, own: &Levels) -> f32 {
        let turned: Levels = std::array::from_fn(|cell| own[CELLS - 1 - cell]);
        let rest = dot(&self.rest, &self.rest).sqrt().max(1e-6);
        let like = |own: &Levels, by: usize| {
            let mut moved: Levels = std::array::from_fn(|cell| own[(cell + by) % CELLS]);
            PLACE.for_each(|cell| moved[cell] = 0.0);
            self.explained.iter().for_each(|explained| subtract_projection(&mut moved, explained));
            let length = dot(&moved, &moved).sqrt();
            if length < DISTINCT { 0.0 } else { (dot(&self.rest, &moved) / length / rest).abs() }
        };
        let all = [own, &turned].into_iter().flat_map(|own| (0..CELLS).map(move |by| (own, by)));
        all.fold(0.0, |most, (own, by)| most.max(like(own, by)))
    }

    /// A gauge for one other photo; None if its mark cannot be told from what is explained.
    pub(super) fn gauge(&self, id: MarkId) -> Option<ShareEstimator> {
        let mark = levels(id.word());
        let mut direction = mark;
        self.explained.iter().for_each(|explained| subtract_projection(&mut direction, explained));
        let length = dot(&direction, &direction).sqrt();
        let own_direction = *self.explained.last()?;
        (length >= DISTINCT).then_some(ShareEstimator {
            mark,
            direction,
            length,
            own: self.own,
            own_direction,
        })
    }
}

impl ShareEstimator {
    /// The other photo's share in levels.
    pub(super) fn share(&self, levels: &Levels) -> f32 {
        let other = dot(levels, &self.direction) / (self.length * self.length);
        let mut without = *levels;
        without.iter_mut().zip(&self.mark).for_each(|(level, mark)| *level -= other * mark);
        let own = dot(&without, &self.own_direction) / dot(&self.own, &self.own_direction);
        let all = own + other;
        if all > 0.0 { (other / all).clamp(0.0, 1.0) } else { 0.0 }
    }
}

/// The mean of the cells that say whose rows these are, and the sum of their squares from it.
fn spread(levels: &Levels) -> (f32, f32) {
    let mean = dot(levels, &DATA_MASK) / DATA_CELLS as f32;
    let square = |(level, says): (&f32, &f32)| says * (level - mean) * (level - mean);
    (mean, levels.iter().zip(&DATA_MASK).map(square).sum())
}

/// No less than what the asked photo leaves of levels, as a share, in a few steps: most rows of
/// most thumbnails need no closer look.
pub(super) fn residual_upper_bound(levels: &Levels, own: &Levels) -> f32 {
    let ((mean, all), (own_mean, own_all)) = (spread(levels), spread(own));
    let along: f32 = (0..CELLS)
        .map(|cell| DATA_MASK[cell] * (levels[cell] - mean) * (own[cell] - own_mean))
        .sum();
    let left = all - along * along / own_all.max(1e-6);
    (left.max(0.0) / all.max(1e-6)).sqrt()
}

/// What resizing makes of a mark: a level, a slope, and each cell's neighbours; the mark comes
/// last.
fn echoes(levels: &Levels, own: &Levels, wide: bool) -> Vec<Levels> {
    let (mean, squares) = spread(levels);
    let spread = squares / DATA_CELLS as f32;
    let mut all = *own;
    for cell in PLACE {
        all[cell] = ((levels[cell] - mean) / spread.sqrt().max(1e-6)).clamp(-1.2, 1.2);
    }
    let at = |cell: usize, by: usize| all[(cell + by) % CELLS];
    let from = |f: &dyn Fn(usize) -> f32| {
        let mut levels = [0.0; CELLS];
        levels.iter_mut().enumerate().for_each(|(cell, level)| *level = f(cell));
        levels
    };
    let (one, two) = (CELLS - 1, CELLS - 2);
    let mut echoes = vec![
        [1.0; CELLS],
        from(&|cell| cell as f32 / CELLS as f32 - 0.5),
        from(&|cell| at(cell, 1) + at(cell, one)),
        from(&|cell| at(cell, 1) - at(cell, one)),
    ];
    if !wide {
        echoes.push(from(&|cell| at(cell, 2) + at(cell, two)));
        echoes.push(from(&|cell| at(cell, 0) * (at(cell, 1) + at(cell, one))));
        echoes.push(from(&|cell| at(cell, 1) * at(cell, one)));
    }
    let mut last = *own;
    debug_assert_eq!(GUARDS.len() + BITS + PLACE.len(), CELLS);
    PLACE.for_each(|cell| last[cell] = 0.0);
    echoes.push(last);
    echoes
}
