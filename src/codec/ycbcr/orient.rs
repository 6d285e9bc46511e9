//! A decoder's planes into a frame: upright, and without the columns that no pixel has.
//!
//! Turning planes turns what their samples stand for: colour that reached beyond the last column
//! begins before the first, and what was sampled across is sampled down.

use std::mem;

use image::metadata::Orientation;

use super::{Colors, Sampling, Shape};
use crate::codec::decoded::{OrientedPixels, Pixels, turns};
use crate::codec::frame::ImageFrame;

/// Appends planes to a frame. They lie one behind the other, luma as wide and high as whole samples
/// of colour are; of a grey photo, which has no `sampling`, luma alone.
pub(in crate::codec) fn append(
    pixels: Pixels,
    sampling: Option<Sampling>,
    orientation: Orientation,
    frame: &mut ImageFrame,
) {
    let (width, height) = (pixels.width as usize, pixels.height as usize);
    let walk = OrientedPixels::new(orientation, (width, height), width);
    let turned = |(x, y)| if turns(orientation) { (y, x) } else { (x, y) };
    let stored = Stored { width, height, sampling };
    let colors = sampling.map(|Sampling { across, down }| {
        let (columns, rows) = stored.luma();
        let beyond = turned((columns - width, rows - height));
        let (from_right, from_bottom) = walk.mirrors();
        let before = (beyond.0 * usize::from(from_right), beyond.1 * usize::from(from_bottom));
        let (across, down) = turned((across, down));
        Colors { sampling: Sampling { across, down }, before }
    });
    let shape = Shape { width: walk.width, height: walk.height, colors };
    if orientation == Orientation::NoTransforms && stored.luma() == (width, height) {
        return frame.append_planes(shape, pixels.samples);
    }
    let (mut from, mut to) = (&pixels.samples[..], frame.begin_planes(shape));
    let mut turn = |(row, rows), (width, height)| {
        let (plane, other_planes) = from.split_at(row * rows);
        let (upright, behind) = mem::take(&mut to).split_at_mut(width * height);
        let walk = OrientedPixels::new(orientation, (width, height), row);
        walk.write(plane, upright, |&sample: &[u8; 1]| sample);
        (from, to) = (other_planes, behind);
    };
    turn(stored.luma(), (width, height));
    if let Some(sampling) = sampling {
        let colors = sampling.covering(width, height);
        turn(colors, colors);
        turn(colors, colors);
    }
}

/// What the decoder was asked for.
struct Stored {
    width: usize,
    height: usize,
    sampling: Option<Sampling>,
}

impl Stored {
    /// Width and height of luma as it lies there.
    fn luma(&self) -> (usize, usize) {
        let Sampling { across, down } = self.sampling.unwrap_or(Sampling { across: 1, down: 1 });
        (self.width.next_multiple_of(across), self.height.next_multiple_of(down))
    }
}
