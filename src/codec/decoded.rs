//! A photo decoded whole, in the decoder's own memory and in the order the file stores it.
//!
//! Nothing is converted yet: orientation, colour and alpha are settled in one pass, when the photo
//! is appended to a frame.

use image::metadata::Orientation;

use super::frame::ImageFrame;
use super::geometry::Area;
use super::pixel_buffer::PixelBuffer;
#[cfg(feature = "turbojpeg")]
use super::ycbcr::{self, Sampling};

/// A photo decoded whole, and the thumbnail that is wanted of it.
pub struct DecodedPhoto {
    pub(super) pixels: Pixels,
    pub(super) orientation: Orientation,
    /// The thumbnail's width and height, from the dimensions in the file's header.
    pub(super) thumbnail: (u32, u32),
    pub(super) fit: super::Fit,
}

/// Pixels as the decoder left them.
pub(super) struct Pixels {
    pub(super) samples: PixelBuffer,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) layout: Layout,
    /// How many columns and rows the photo fills, as stored. At a part of its size the last may not
    /// be whole.
    pub(super) filled: (f64, f64),
}

/// What the samples of one pixel are. Those of 16 bits are in the machine's byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    Luma8,
    LumaAlpha8,
    Rgb8,
    Rgba8,
    /// Ink, not light: 0 is none.
    Cmyk8,
    Luma16,
    LumaAlpha16,
    Rgb16,
    Rgba16,
    /// Planes one behind the other; of a grey photo, which has no sampling, luma alone.
    #[cfg(feature = "turbojpeg")]
    Planes(Option<Sampling>),
}

impl Layout {
    /// Bytes of a pixel.
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::Luma8 => 1,
            // Of luma: colour has less, or as much again.
            #[cfg(feature = "turbojpeg")]
            Self::Planes(_) => 1,
            Self::LumaAlpha8 | Self::Luma16 => 2,
            Self::Rgb8 => 3,
            Self::Rgba8 | Self::Cmyk8 | Self::LumaAlpha16 => 4,
            Self::Rgb16 => 6,
            Self::Rgba16 => 8,
        }
    }
}

impl Pixels {
    /// Appends the pixels to a frame, upright and of 8 bits: planes as planes, all else as RGB.
    /// Where they are that already and the frame has no memory yet, theirs becomes the frame's.
    pub(super) fn append(self, orientation: Orientation, frame: &mut ImageFrame) {
        let photo = self.upright(orientation);
        self.append_samples(orientation, frame);
        frame.set_photo(photo);
    }

    /// Where the photo lies among the upright pixels.
    fn upright(&self, orientation: Orientation) -> Area {
        let turned = |(x, y)| if turns(orientation) { (y, x) } else { (x, y) };
        let (width, height) = turned(self.filled);
        let (columns, rows) = turned((f64::from(self.width), f64::from(self.height)));
        let (from_right, from_bottom) = self.walk(orientation).mirrors();
        Area {
            left: if from_right { columns - width } else { 0.0 },
            top: if from_bottom { rows - height } else { 0.0 },
            width,
            height,
        }
    }

    fn walk(&self, orientation: Orientation) -> OrientedPixels {
        let width = self.width as usize;
        OrientedPixels::new(orientation, (width, self.height as usize), width)
    }

    fn append_samples(self, orientation: Orientation, frame: &mut ImageFrame) {
        #[cfg(feature = "turbojpeg")]
        if let Layout::Planes(sampling) = self.layout {
            return ycbcr::append(self, sampling, orientation, frame);
        }
        let walk = self.walk(orientation);
        if self.layout == Layout::Rgb8 && orientation == Orientation::NoTransforms {
            return frame.append(walk.width, walk.height, self.samples);
        }
        let rgb = frame.begin(walk.width, walk.height);
        let samples = &self.samples[..];
        match self.layout {
            Layout::Rgb8 => walk.write(samples, rgb, |&rgb: &[u8; 3]| rgb),
            Layout::Luma8 => walk.write(samples, rgb, |&[y]| [y; 3]),
            Layout::LumaAlpha8 => walk.write(samples, rgb, |&[y, a]| [on_white8(y, a); 3]),
            Layout::Rgba8 => {
                walk.write(samples, rgb, |&[r, g, b, a]| [r, g, b].map(|c| on_white8(c, a)));
            }
            Layout::Cmyk8 => {
                walk.write(samples, rgb, |&[c, m, y, k]| [c, m, y].map(|ink| light(ink, k)));
            }
            Layout::Luma16 => walk.write(samples, rgb, |&[a, b]| [to8(wide([a, b])); 3]),
            Layout::LumaAlpha16 => walk.write(samples, rgb, |&[a, b, c, d]| {
                [to8(on_white16(wide([a, b]), wide([c, d]))); 3]
            }),
            Layout::Rgb16 => walk.write(samples, rgb, |&[a, b, c, d, e, f]| {
                [[a, b], [c, d], [e, f]].map(|sample| to8(wide(sample)))
            }),
            Layout::Rgba16 => walk.write(samples, rgb, |&[a, b, c, d, e, f, g, h]| {
                let alpha = wide([g, h]);
                [[a, b], [c, d], [e, f]].map(|sample| to8(on_white16(wide(sample), alpha)))
            }),
            #[cfg(feature = "turbojpeg")]
            Layout::Planes(_) => {}
        }
    }
}

/// Columns of a turned photo that are written at a time.
const STRIP: usize = 64;

/// The way through stored pixels that reads them upright: a start, and a step for each axis.
pub(super) struct OrientedPixels {
    /// Of the upright pixels.
    pub(super) width: usize,
    pub(super) height: usize,
    start: isize,
    along_row: isize,
    down: isize,
}

impl OrientedPixels {
    /// Through so many columns and rows, of which one begins `row` pixels behind the other.
    pub(super) fn new(
        orientation: Orientation,
        (width, height): (usize, usize),
        row: usize,
    ) -> Self {
        // Both fit: a photo's pixels are limited to 50 million.
        let (row, last_column) = (row as isize, width as isize - 1);
        let last_row = row * (height as isize - 1);
        let (start, along_row, down) = match orientation {
            Orientation::NoTransforms => (0, 1, row),
            Orientation::FlipHorizontal => (last_column, -1, row),
            Orientation::Rotate180 => (last_row + last_column, -1, -row),
            Orientation::FlipVertical => (last_row, 1, -row),
            Orientation::Rotate90FlipH => (0, row, 1),
            Orientation::Rotate90 => (last_row, -row, 1),
            Orientation::Rotate270FlipH => (last_row + last_column, -row, -1),
            Orientation::Rotate270 => (last_column, row, -1),
        };
        let (width, height) = if turns(orientation) { (height, width) } else { (width, height) };
        Self { width, height, start, along_row, down }
    }

    /// Whether upright columns run from right to left of the stored photo, or from its bottom up;
    /// and the same of upright rows.
    pub(super) fn mirrors(&self) -> (bool, bool) {
        (self.along_row < 0, self.down < 0)
    }

    /// Writes the pixels upright. Where a row is a column of the stored photo, each of its pixels
    /// lies far from the next, so turned photos are written a strip of columns at a time, whose
    /// pixels the processor's cache keeps from row to row.
    pub(super) fn write<const N: usize, const M: usize>(
        &self,
        samples: &[u8],
        to: &mut [u8],
        convert: impl Fn(&[u8; N]) -> [u8; M],
    ) {
        let (pixels, _) = samples.as_chunks::<N>();
        let (to, _) = to.as_chunks_mut::<M>();
        let strip = if self.along_row.abs() == 1 { self.width } else { STRIP };
        for left in (0..self.width).step_by(strip) {
            let columns = left..self.width.min(left + strip);
            let mut row = self.start + left as isize * self.along_row;
            for to in to.chunks_exact_mut(self.width) {
                let to = &mut to[columns.clone()];
                if self.along_row == 1 {
                    to.iter_mut()
                        .zip(&pixels[row as usize..])
                        .for_each(|(to, pixel)| *to = convert(pixel));
                } else {
                    let mut at = row;
                    for to in to {
                        *to = convert(&pixels[at as usize]);
                        at += self.along_row;
                    }
                }
                row += self.down;
            }
        }
    }
}

/// Whether an orientation exchanges width and height.
pub(super) fn turns(orientation: Orientation) -> bool {
    orientation.to_exif() >= 5
}

/// The orientation that an EXIF block asks for; upright if it is broken or asks for nothing.
pub(super) fn orientation(exif: &[u8]) -> Orientation {
    let tiff = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    Orientation::from_exif_chunk(tiff).unwrap_or(Orientation::NoTransforms)
}

fn wide(sample: [u8; 2]) -> u16 {
    u16::from_ne_bytes(sample)
}

/// 16 bits to 8, rounded: 65535 = 255 · 257.
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

/// What one ink and black leave of white paper.
fn light(ink: u8, black: u8) -> u8 {
    ((u32::from(255 - ink) * u32::from(255 - black) + 127) / 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_photo_of_several_strips_is_upright() {
        let (width, height) = (3, STRIP * 2 + 5);
        let stored: Vec<u8> = (0..width * height).map(|at| (at % 251) as u8).collect();
        for exif in 5..=8 {
            let orientation = Orientation::from_exif(exif).unwrap();
            let mut upright = vec![0; stored.len()];
            let walk = OrientedPixels::new(orientation, (width, height), width);
            walk.write(&stored, &mut upright, |&sample: &[u8; 1]| sample);
            for (at, &found) in upright.iter().enumerate() {
                let (x, y) = (at % height, at / height);
                // What EXIF says of rows and columns: TIFF 6.0, tag 274.
                let column = if matches!(exif, 5 | 6) { y } else { width - 1 - y };
                let row = if matches!(exif, 5 | 8) { x } else { height - 1 - x };
                assert_eq!(found, stored[row * width + column], "{exif}: {x}, {y}");
            }
        }
    }
}
