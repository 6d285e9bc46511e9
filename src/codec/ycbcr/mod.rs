//! Pixels as a JPEG keeps them: a plane of luma and two of colour, as small as they were stored.
//!
//! A photo that comes as planes and leaves as planes need never be RGB in between: that saves two
//! conversions, and half of the samples that a resize has to read. Values are BT.601 of full range.

pub(super) mod color;
mod orient;

use std::ops::Range;

pub(super) use self::orient::append;

/// How many pixels of luma one sample of colour stands for, across and down: 1, 2 or 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sampling {
    pub(super) across: usize,
    pub(super) down: usize,
}

impl Sampling {
    /// Width and height of a plane of colour that covers so many pixels of luma.
    pub(super) fn covering(self, width: usize, height: usize) -> (usize, usize) {
        (width.div_ceil(self.across), height.div_ceil(self.down))
    }
}

/// How a photo's planes of colour lie under its luma.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Colors {
    pub(super) sampling: Sampling,
    /// How many pixels the first column and row of colour begin before those of luma. A stored
    /// photo's last samples may reach beyond its luma; of a turned one they may be the first.
    pub(super) before: (usize, usize),
}

impl Colors {
    /// Width and height of a plane of colour under luma of this width and height.
    fn dimensions(self, width: usize, height: usize) -> (usize, usize) {
        self.sampling.covering(width + self.before.0, height + self.before.1)
    }
}

/// Where a photo's samples lie: luma, then, of one that is not grey, blue and red difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) width: usize,
    pub(super) height: usize,
    /// None of a grey photo.
    pub(super) colors: Option<Colors>,
}

impl Shape {
    /// How many samples there are, in all planes together.
    pub(super) fn samples(self) -> usize {
        self.width * self.height + 2 * self.color_samples()
    }

    fn color_samples(self) -> usize {
        let dimensions = |colors: Colors| colors.dimensions(self.width, self.height);
        self.colors.map(dimensions).map_or(0, |(width, height)| width * height)
    }

    /// The planes in these samples.
    pub(super) fn view(self, samples: &[u8]) -> Planes<'_> {
        let (luma, colors) = samples.split_at(self.width * self.height);
        let (blue, colors) = colors.split_at(self.color_samples());
        Planes { shape: self, luma, blue, red: &colors[..self.color_samples()] }
    }
}

/// A photo's planes, upright, each without gaps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Planes<'a> {
    pub(super) shape: Shape,
    pub(super) luma: &'a [u8],
    blue: &'a [u8],
    red: &'a [u8],
}

/// One plane of colour, and how its samples lie under luma.
#[derive(Clone, Copy, Debug)]
pub(super) struct Color<'a> {
    pub(super) samples: &'a [u8],
    pub(super) width: usize,
    pub(super) height: usize,
    colors: Colors,
}

impl<'a> Planes<'a> {
    /// The planes of blue and of red difference; none of a grey photo.
    pub(super) fn colors(self) -> Option<[Color<'a>; 2]> {
        let colors = self.shape.colors?;
        let (width, height) = colors.dimensions(self.shape.width, self.shape.height);
        Some([self.blue, self.red].map(|samples| Color { samples, width, height, colors }))
    }

    /// The photo as RGB, for whoever looks at single pixels; each shows the colour it lies in.
    pub(super) fn to_rgb(self) -> Vec<u8> {
        let Shape { width, height, .. } = self.shape;
        let colors = self.colors();
        let mut rgb = Vec::with_capacity(width * height * 3);
        for y in 0..height {
            for x in 0..width {
                let [blue, red] = colors.map_or([128; 2], |colors| colors.map(|c| c.at(x, y)));
                rgb.extend(color::to_rgb([self.luma[y * width + x], blue, red]));
            }
        }
        rgb
    }
}

impl Color<'_> {
    fn at(self, x: usize, y: usize) -> u8 {
        let Colors { sampling: Sampling { across, down }, before } = self.colors;
        self.samples[(y + before.1) / down * self.width + (x + before.0) / across]
    }

    /// Where columns of luma, which may be parts of one, lie among this plane's.
    pub(super) fn columns(self, luma: Range<f64>) -> Range<f64> {
        under(luma, self.colors.before.0, self.colors.sampling.across)
    }

    /// Where rows of luma lie among this plane's.
    pub(super) fn rows(self, luma: Range<f64>) -> Range<f64> {
        under(luma, self.colors.before.1, self.colors.sampling.down)
    }
}

fn under(luma: Range<f64>, before: usize, pixels: usize) -> Range<f64> {
    // Exact: whole numbers are added, and divided by powers of two.
    let place = |luma: f64| (luma + before as f64) / pixels as f64;
    place(luma.start)..place(luma.end)
}
