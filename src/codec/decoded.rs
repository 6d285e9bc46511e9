//! Holds a photo decoded whole, in the decoder's own memory and in the order the file stores it.
//!
//! The pixels are not converted yet. Orientation, colour and alpha are applied in one pass, when
//! the photo is appended to a frame.

use super::backend::{DecodedPixels, PixelFormat};
use super::frame::{FrameLayout, ImageFrame};
use super::orientation::OrientedPixels;
use super::pixel_buffer::PixelBuffer;
use super::{Fit, Orientation};

/// Holds a photo decoded whole, and the geometry of its thumbnail.
pub struct DecodedPhoto {
    pub(super) pixels: DecodedPixels,
    pub(super) orientation: Orientation,
    /// The thumbnail's width and height, from the dimensions in the file's header.
    pub(super) thumbnail: (u32, u32),
    pub(super) fit: Fit,
}

/// Holds interleaved pixels as the decoder left them.
pub(super) struct Pixels {
    pub(super) samples: PixelBuffer,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) layout: Layout,
    /// Columns and rows that the photo fills, as stored. At a fraction of its size the photo may
    /// fill the last column and row in part.
    pub(super) valid: (f64, f64),
}

/// Describes the samples of one pixel. Samples of 16 bits are in the machine's byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    Luma8,
    LumaAlpha8,
    Rgb8,
    Rgba8,
    /// Amounts of ink, where 0 is none.
    Cmyk8,
    Luma16,
    LumaAlpha16,
    Rgb16,
    Rgba16,
}

impl Layout {
    /// Returns the number of bytes of a pixel.
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::Luma8 => 1,
            Self::LumaAlpha8 | Self::Luma16 => 2,
            Self::Rgb8 => 3,
            Self::Rgba8 | Self::Cmyk8 | Self::LumaAlpha16 => 4,
            Self::Rgb16 => 6,
            Self::Rgba16 => 8,
        }
    }
}

impl Pixels {
    /// Appends the pixels to a frame as upright RGB of 8 bits. If the pixels are upright RGB
    /// already and the frame has no memory, the frame takes theirs.
    pub(super) fn append(self, orientation: Orientation, frame: &mut ImageFrame) {
        let stored = (self.width as usize, self.height as usize);
        let pixels = OrientedPixels::new(orientation, stored, stored.0);
        let (width, height, valid) = (pixels.width, pixels.height, pixels.valid_area(self.valid));
        let layout = FrameLayout { width, height, format: PixelFormat::Rgb, valid };
        if self.layout == Layout::Rgb8 && orientation == Orientation::NoTransforms {
            return frame.append(layout, self.samples);
        }
        let rgb = frame.append_zeros(layout);
        let samples = &self.samples[..];
        match self.layout {
            Layout::Rgb8 => pixels.write(samples, rgb, |&rgb: &[u8; 3]| rgb),
            Layout::Luma8 => pixels.write(samples, rgb, |&[y]| [y; 3]),
            Layout::LumaAlpha8 => pixels.write(samples, rgb, |&[y, a]| [on_white8(y, a); 3]),
            Layout::Rgba8 => {
                pixels.write(samples, rgb, |&[r, g, b, a]| [r, g, b].map(|c| on_white8(c, a)));
            }
            Layout::Cmyk8 => {
                pixels.write(samples, rgb, |&[c, m, y, k]| [c, m, y].map(|ink| light(ink, k)));
            }
            Layout::Luma16 => pixels.write(samples, rgb, |&[a, b]| [to8(wide([a, b])); 3]),
            Layout::LumaAlpha16 => pixels.write(samples, rgb, |&[a, b, c, d]| {
                [to8(on_white16(wide([a, b]), wide([c, d]))); 3]
            }),
            Layout::Rgb16 => pixels.write(samples, rgb, |&[a, b, c, d, e, f]| {
                [[a, b], [c, d], [e, f]].map(|sample| to8(wide(sample)))
            }),
            Layout::Rgba16 => pixels.write(samples, rgb, |&[a, b, c, d, e, f, g, h]| {
                let alpha = wide([g, h]);
                [[a, b], [c, d], [e, f]].map(|sample| to8(on_white16(wide(sample), alpha)))
            }),
        }
    }
}

fn wide(sample: [u8; 2]) -> u16 {
    u16::from_ne_bytes(sample)
}

/// Rounds 16 bits to 8: 65535 = 255 · 257.
fn to8(sample: u16) -> u8 {
    ((u32::from(sample) + 128) / 257) as u8
}

fn on_white8(sample: u8, alpha: u8) -> u8 {
    let (sample, alpha) = (u32::from(sample), u32::from(alpha));
    ((sample * alpha + 255 * (255 - alpha) + 127) / 255) as u8
}

fn on_white16(sample: u16, alpha: u16) -> u16 {
    let (sample, alpha) = (u64::from(sample), u64::from(alpha));
    ((sample * alpha + 65_535 * (65_535 - alpha) + 32_767) / 65_535) as u16
}

/// Returns the light that one ink and black leave of white paper.
fn light(ink: u8, black: u8) -> u8 {
    ((u32::from(255 - ink) * u32::from(255 - black) + 127) / 255) as u8
}
