//! Lists hypotheses about the alignment (registration) of a photo's centre square in a thumbnail.
//!
//! The requested fit is only the first hypothesis, because services crop, stretch and pad in their
//! own ways. The detector keeps the hypothesis that makes most rows readable.

use super::layout::{CELLS, POSITIONS};
use crate::codec::Fit;

/// Locates a photo's centre square and its height in a thumbnail.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Alignment {
    /// Left edge of the square, in px of the thumbnail. The edge may lie outside of the thumbnail.
    pub(super) left: f64,
    /// Width of the square, in px of the thumbnail.
    pub(super) width: f64,
    /// Top edge of the photo, in px of the thumbnail.
    pub(super) top: f64,
    /// Height of the photo, in px of the thumbnail.
    pub(super) height: f64,
}

/// Largest distance in px between the edges of two alignments that count as equal.
const MAX_EQUAL_PX: f64 = 0.1;

impl Alignment {
    /// Locates the square of a photo of which the thumbnail shows the part that begins at `origin`,
    /// in px of the photo. The scale is in px of the thumbnail per px of the photo, for x and y.
    fn of(photo: [f64; 2], origin: [f64; 2], scale: [f64; 2]) -> Self {
        let square = photo[0].min(photo[1]);
        Self {
            left: ((photo[0] - square) / 2.0 - origin[0]) * scale[0],
            width: square * scale[0],
            top: -origin[1] * scale[1],
            height: photo[1] * scale[1],
        }
    }

    /// Returns the alignment moved to the right by a number of cells.
    pub(super) fn moved(mut self, cells: f64) -> Self {
        self.left += cells * self.width / CELLS as f64;
        self
    }

    fn is_like(&self, other: &Self) -> bool {
        let edges = |of: &Self| [of.left, of.left + of.width, of.top];
        edges(self).iter().zip(edges(other)).all(|(own, other)| (own - other).abs() < MAX_EQUAL_PX)
    }

    /// Returns the first and the last sixteenth of the photo in which a row of the thumbnail may
    /// lie, with a tolerance of `slack` px.
    pub(super) fn positions(&self, row: u32, slack: f64) -> (i32, i32) {
        let at = |y: f64| ((y - self.top) / self.height * f64::from(POSITIONS)).floor() as i32;
        (at(f64::from(row) + 0.5 - slack), at(f64::from(row) + 0.5 + slack))
    }
}

/// Lists the possible alignments of a photo of `photo` px in a thumbnail of `thumbnail` px, the
/// most likely one first.
pub(super) fn alignments(photo: [u32; 2], thumbnail: [u32; 2], fit: Option<Fit>) -> Vec<Alignment> {
    let photo = photo.map(|side| f64::from(side.max(1)));
    let thumbnail = thumbnail.map(|side| f64::from(side.max(1)));
    let scales = [thumbnail[0] / photo[0], thumbnail[1] / photo[1]];
    let cover_scale = scales[0].max(scales[1]);
    let contain_scale = scales[0].min(scales[1]);
    let hidden = |scale: f64| [0, 1].map(|axis| photo[axis] - thumbnail[axis] / scale);
    let cropped = |gravity: f64| {
        Alignment::of(photo, hidden(cover_scale).map(|px| px * gravity), [cover_scale; 2])
    };
    let stretched = Alignment::of(photo, [0.0; 2], scales);
    let padded = Alignment::of(photo, hidden(contain_scale).map(|px| px / 2.0), [contain_scale; 2]);
    let mut hypotheses = match fit {
        Some(Fit::Contain) => vec![stretched, cropped(0.5)],
        Some(Fit::Cover) | None => vec![cropped(0.5), stretched],
    };
    hypotheses.extend([padded, cropped(0.0), cropped(1.0)]);
    // The whole thumbnail of another photo, of any shape.
    hypotheses.push(Alignment::of(thumbnail, [0.0; 2], [1.0; 2]));
    let mut alignments: Vec<Alignment> = Vec::new();
    for hypothesis in hypotheses {
        if !alignments.iter().any(|alignment| alignment.is_like(&hypothesis)) {
            alignments.push(hypothesis);
        }
    }
    alignments
}
