//! Where a photo's centre square may lie in a thumbnail.
//!
//! What was asked for is only the first guess: services crop, stretch and pad as they like, and the
//! guard cells say which guess is right.

use super::layout::{CELLS, PLACES};
use crate::codec::Fit;

/// Where the centre square lies in a thumbnail, and what of the photo's height is in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Alignment {
    /// The left edge of the square, in px of the thumbnail; it may lie outside.
    pub(super) left: f64,
    /// The width of the square in px.
    pub(super) width: f64,
    /// The photo's top edge, in px of the thumbnail.
    pub(super) top: f64,
    /// The photo's height in px of the thumbnail.
    pub(super) height: f64,
}

/// Two windows are one if no cell of theirs is further apart than this, in px.
const SAME_PX: f64 = 0.1;

impl Alignment {
    /// The square of a photo of which a thumbnail shows the part from `left` and `top` on, at these
    /// scales in px of the thumbnail per px of the photo.
    fn of(photo: [f64; 2], from: [f64; 2], scale: [f64; 2]) -> Self {
        let square = photo[0].min(photo[1]);
        Self {
            left: ((photo[0] - square) / 2.0 - from[0]) * scale[0],
            width: square * scale[0],
            top: -from[1] * scale[1],
            height: photo[1] * scale[1],
        }
    }

    /// The window, so many cells further to the right.
    pub(super) fn moved(mut self, cells: f64) -> Self {
        self.left += cells * self.width / CELLS as f64;
        self
    }

    fn is_like(&self, other: &Self) -> bool {
        let ends = |window: &Self| [window.left, window.left + window.width, window.top];
        ends(self).iter().zip(ends(other)).all(|(one, other)| (one - other).abs() < SAME_PX)
    }

    /// The sixteenths of the photo in which a row may lie, if `slack` px are allowed for.
    pub(super) fn places(&self, row: u32, slack: f64) -> (i32, i32) {
        let at = |y: f64| ((y - self.top) / self.height * f64::from(PLACES)).floor() as i32;
        (at(f64::from(row) + 0.5 - slack), at(f64::from(row) + 0.5 + slack))
    }
}

/// The windows through which a photo of `photo` px may be seen in a thumbnail of `thumbnail` px,
/// the likeliest first.
pub(super) fn windows(photo: [u32; 2], thumbnail: [u32; 2], fit: Option<Fit>) -> Vec<Alignment> {
    let photo = photo.map(|side| f64::from(side.max(1)));
    let thumbnail = thumbnail.map(|side| f64::from(side.max(1)));
    let each = [thumbnail[0] / photo[0], thumbnail[1] / photo[1]];
    let fills = each[0].max(each[1]);
    let fits = each[0].min(each[1]);
    let over = |scale: f64| [0, 1].map(|at| photo[at] - thumbnail[at] / scale);
    let cropped =
        |gravity: f64| Alignment::of(photo, over(fills).map(|over| over * gravity), [fills; 2]);
    let stretched = Alignment::of(photo, [0.0; 2], each);
    let padded = Alignment::of(photo, over(fits).map(|over| over / 2.0), [fits; 2]);
    let mut guesses = match fit {
        Some(Fit::Contain) => vec![stretched, cropped(0.5)],
        Some(Fit::Cover) | None => vec![cropped(0.5), stretched],
    };
    guesses.extend([padded, cropped(0.0), cropped(1.0)]);
    // Another photo's whole thumbnail, of whatever shape that photo had.
    guesses.push(Alignment::of(thumbnail, [0.0; 2], [1.0; 2]));
    let mut windows: Vec<Alignment> = Vec::new();
    for guess in guesses {
        if !windows.iter().any(|window| window.is_like(&guess)) {
            windows.push(guess);
        }
    }
    windows
}
