//! Moves or turns decoded planes into a frame: upright, and without columns that no pixel has.
//!
//! Turning a plane turns the area that each of its samples stands for. Chroma that reached beyond
//! the last column begins before the first one, and chroma sampled across is sampled down.

use std::mem;

use super::PixelFormat;
use super::planes::{Chroma, Sampling};
use crate::codec::Orientation;
use crate::codec::frame::{FrameLayout, ImageFrame};
use crate::codec::orientation::{OrientedPixels, turned};
use crate::codec::pixel_buffer::PixelBuffer;

/// Holds planes as libjpeg-turbo left them, each directly behind the plane before. The luma is as
/// wide and high as whole samples of chroma are.
pub(in crate::codec) struct StoredPlanes {
    pub(super) samples: PixelBuffer,
    pub(super) width: usize,
    pub(super) height: usize,
    /// The sampling of the chroma, or `None` for a grey photo, which has luma alone.
    pub(super) sampling: Option<Sampling>,
    /// Columns and rows that the photo fills, as stored.
    pub(super) valid: (f64, f64),
}

impl StoredPlanes {
    /// Appends the planes to a frame.
    pub(super) fn append(self, orientation: Orientation, frame: &mut ImageFrame) {
        let Self { samples, width, height, sampling, valid } = self;
        let oriented = OrientedPixels::new(orientation, (width, height), width);
        let luma = sampling.map_or((width, height), |Sampling { across, down }| {
            (width.next_multiple_of(across), height.next_multiple_of(down))
        });
        let chroma = sampling.map(|Sampling { across, down }| {
            let beyond = turned(orientation, (luma.0 - width, luma.1 - height));
            let (from_right, from_bottom) = oriented.mirrors();
            let before = (beyond.0 * usize::from(from_right), beyond.1 * usize::from(from_bottom));
            let (across, down) = turned(orientation, (across, down));
            Chroma { sampling: Sampling { across, down }, before }
        });
        let layout = FrameLayout {
            width: oriented.width,
            height: oriented.height,
            format: PixelFormat::Planes(chroma),
            valid: oriented.valid_area(valid),
        };
        if orientation == Orientation::NoTransforms && luma == (width, height) {
            return frame.append(layout, samples);
        }
        let (mut from, mut to) = (&samples[..], frame.append_zeros(layout));
        let mut turn = |(stride, rows), (width, height)| {
            let (plane, other_planes) = from.split_at(stride * rows);
            let (upright, behind) = mem::take(&mut to).split_at_mut(width * height);
            let plane_pixels = OrientedPixels::new(orientation, (width, height), stride);
            plane_pixels.write(plane, upright, |&sample: &[u8; 1]| sample);
            (from, to) = (other_planes, behind);
        };
        turn(luma, (width, height));
        if let Some(sampling) = sampling {
            let chroma = sampling.covering(width, height);
            turn(chroma, chroma);
            turn(chroma, chroma);
        }
    }
}
