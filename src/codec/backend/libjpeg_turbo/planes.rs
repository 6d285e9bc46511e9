//! Stores pixels as a JPEG does: a plane of luma and two planes of chroma, as small as in the file.
//!
//! A photo that arrives and leaves as planes need not become RGB in between. That saves two
//! conversions, and half of the samples that a resize reads. Values are BT.601 of full range.

use std::ops::Range;

use super::color;

/// Counts the pixels of luma that one sample of chroma stands for, across and down: 1, 2 or 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::codec) struct Sampling {
    pub(super) across: usize,
    pub(super) down: usize,
}

impl Sampling {
    /// Returns the width and height of a plane of chroma that covers this width and height of luma.
    pub(super) fn covering(self, width: usize, height: usize) -> (usize, usize) {
        (width.div_ceil(self.across), height.div_ceil(self.down))
    }
}

/// Describes how a photo's planes of chroma lie under its luma.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::codec) struct Chroma {
    pub(super) sampling: Sampling,
    /// Pixels by which the first column and row of chroma begin before those of luma. The last
    /// samples of a stored photo may reach beyond its luma; in a turned photo they may be the
    /// first.
    pub(super) before: (usize, usize),
}

impl Chroma {
    /// Returns the width and height of a plane of chroma under luma of this width and height.
    fn dimensions(self, width: usize, height: usize) -> (usize, usize) {
        self.sampling.covering(width + self.before.0, height + self.before.1)
    }
}

/// Describes where a photo's samples lie: luma, then blue and red difference unless it is grey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) width: usize,
    pub(super) height: usize,
    /// The chroma, or `None` for a grey photo.
    pub(super) chroma: Option<Chroma>,
}

impl Shape {
    /// Returns the number of samples of all planes together.
    pub(super) fn samples(self) -> usize {
        self.width * self.height + 2 * self.chroma_samples()
    }

    fn chroma_samples(self) -> usize {
        let dimensions = |chroma: Chroma| chroma.dimensions(self.width, self.height);
        self.chroma.map(dimensions).map_or(0, |(width, height)| width * height)
    }

    /// Returns the planes in these samples.
    pub(super) fn view(self, samples: &[u8]) -> Planes<'_> {
        let (luma, chroma) = samples.split_at(self.width * self.height);
        let (blue, red) = chroma.split_at(self.chroma_samples());
        Planes { shape: self, luma, blue, red: &red[..self.chroma_samples()] }
    }
}

/// Borrows a photo's planes, upright, each without gaps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Planes<'a> {
    pub(super) shape: Shape,
    pub(super) luma: &'a [u8],
    blue: &'a [u8],
    red: &'a [u8],
}

/// Borrows one plane of chroma, and describes how its samples lie under luma.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChromaPlane<'a> {
    pub(super) samples: &'a [u8],
    pub(super) width: usize,
    pub(super) height: usize,
    chroma: Chroma,
}

impl<'a> Planes<'a> {
    /// Returns the planes of blue and of red difference, or `None` for a grey photo.
    pub(super) fn chroma(self) -> Option<[ChromaPlane<'a>; 2]> {
        let chroma = self.shape.chroma?;
        let (width, height) = chroma.dimensions(self.shape.width, self.shape.height);
        Some([self.blue, self.red].map(|samples| ChromaPlane { samples, width, height, chroma }))
    }

    /// Converts the photo to RGB for callers that look at single pixels. Each pixel takes the
    /// chroma sample that it lies in.
    pub(super) fn to_rgb(self) -> Vec<u8> {
        let Shape { width, height, .. } = self.shape;
        let chroma = self.chroma();
        let mut rgb = Vec::with_capacity(width * height * 3);
        for y in 0..height {
            for x in 0..width {
                let [blue, red] = chroma.map_or([128; 2], |planes| planes.map(|c| c.at(x, y)));
                rgb.extend(color::to_rgb([self.luma[y * width + x], blue, red]));
            }
        }
        rgb
    }
}

impl ChromaPlane<'_> {
    fn at(self, x: usize, y: usize) -> u8 {
        let Chroma { sampling: Sampling { across, down }, before } = self.chroma;
        self.samples[(y + before.1) / down * self.width + (x + before.0) / across]
    }

    /// Maps columns of luma, in fractions of a pixel, to columns of this plane.
    pub(super) fn columns(self, luma: Range<f64>) -> Range<f64> {
        under(luma, self.chroma.before.0, self.chroma.sampling.across)
    }

    /// Maps rows of luma, in fractions of a pixel, to rows of this plane.
    pub(super) fn rows(self, luma: Range<f64>) -> Range<f64> {
        under(luma, self.chroma.before.1, self.chroma.sampling.down)
    }
}

fn under(luma: Range<f64>, before: usize, pixels: usize) -> Range<f64> {
    // Exact: whole numbers are added, and divided by powers of two.
    let position = |luma: f64| (luma + before as f64) / pixels as f64;
    position(luma.start)..position(luma.end)
}
