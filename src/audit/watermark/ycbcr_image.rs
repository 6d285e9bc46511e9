//! A decoded thumbnail as luma and two planes of colour, all of its full size.
//!
//! Each plane can be mixed without the others, so each is read without the others.

use super::Raster;

/// A thumbnail's planes, as JPEG has them (BT.601, full range), row by row without padding.
#[derive(Clone, Copy, Debug)]
pub struct YCbCrView<'a> {
    /// Width in px.
    pub width: u32,
    /// Height in px.
    pub height: u32,
    /// Luma, width × height bytes.
    pub y: &'a [u8],
    /// Blue difference, width × height bytes, 128 where there is none.
    pub cb: &'a [u8],
    /// Red difference, width × height bytes, 128 where there is none.
    pub cr: &'a [u8],
}

/// Planes that were made of something else, and are kept here.
#[derive(Clone, Debug)]
pub struct YCbCrImage {
    width: u32,
    height: u32,
    y: Vec<u8>,
    cb: Vec<u8>,
    cr: Vec<u8>,
}

impl YCbCrImage {
    /// The planes of an RGB picture, for formats that come as RGB.
    pub fn from_rgb(picture: &Raster) -> Self {
        let [mut y, mut cb, mut cr] = [const { Vec::new() }; 3];
        for pixel in picture.rgb.chunks_exact(3) {
            let (luma, blue, red) = ycbcr([pixel[0], pixel[1], pixel[2]]);
            y.push(luma);
            cb.push(blue);
            cr.push(red);
        }
        Self { width: picture.width, height: picture.height, y, cb, cr }
    }

    /// The planes of pixels that are Y, Cb, Cr, one after the other.
    pub fn from_ycbcr(width: u32, height: u32, pixels: &[u8]) -> Self {
        let plane = |at: usize| pixels.chunks_exact(3).map(|pixel| pixel[at]).collect();
        Self { width, height, y: plane(0), cb: plane(1), cr: plane(2) }
    }

    /// The planes of a picture without colour.
    pub fn from_luma(width: u32, height: u32, luma: Vec<u8>) -> Self {
        let none = vec![128; luma.len()];
        Self { width, height, y: luma, cb: none.clone(), cr: none }
    }

    /// These planes with the colour of others: both planes of it, or blue difference alone. Others
    /// of another size leave them as they are.
    pub fn with_colour_of(mut self, other: Self, both: bool) -> Self {
        if (self.width, self.height) == (other.width, other.height) {
            self.cb = other.cb;
            if both {
                self.cr = other.cr;
            }
        }
        self
    }

    /// The planes, to be read.
    pub fn planes(&self) -> YCbCrView<'_> {
        let Self { width, height, .. } = *self;
        YCbCrView { width, height, y: &self.y, cb: &self.cb, cr: &self.cr }
    }
}

/// JFIF's colour conversion, rounded.
fn ycbcr([red, green, blue]: [u8; 3]) -> (u8, u8, u8) {
    let (red, green, blue) = (f32::from(red), f32::from(green), f32::from(blue));
    let luma = 0.299 * red + 0.587 * green + 0.114 * blue;
    let round = |value: f32| (value + 0.5) as u8;
    (round(luma), round(128.0 + (blue - luma) / 1.772), round(128.0 + (red - luma) / 1.402))
}
