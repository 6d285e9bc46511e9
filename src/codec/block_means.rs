//! Averages a photo's colours over blocks, as a viewer shows the photo.
//!
//! The album compares a photo with the copy that is to replace it. A mistake in the code that makes
//! copies must show in that comparison. So this module shares with that code the reading of files,
//! the decoders, and the conversion of a row of samples. It decodes again, at another scale, and
//! decides for itself what to convert, how to turn the photo, and how to average.

use super::color::ColorTransform;
use super::decoded::{Layout, Pixels};
use super::geometry::{Fit, Size, ThumbnailSpec, thumbnail_dimensions};
use super::probe::File;
use super::{ImageError, Orientation, panic_guard};

/// Side in pixels of the blocks: that of a JPEG's blocks of chroma at 4:2:0. Lossy coding changes
/// single pixels of a detailed photo a lot, but the mean of such a block hardly, in any photo.
pub const MEAN_BLOCK_PX: u32 = 16;

/// Half of the pixels that the longest side is decoded to at least.
const HALF_SIDE_PX: u32 = 320;

/// Half of the pixels that the longest side is decoded to at least if its colours are converted.
/// The mean of converted colours differs from the conversion of their mean, in fine patterns by
/// more than a loss does.
const CONVERTED_HALF_SIDE_PX: u32 = 640;

/// Returns the mean luma, blue difference and red difference (BT.601, 0 to 255) of each block of a
/// photo that is shown upright at a width and height, rows from top to bottom. The last blocks of a
/// row or column may be smaller.
///
/// # Errors
/// Returns an [`ImageError`] if the photo cannot be decoded whole or exceeds the limits.
pub fn block_means(photo: &[u8], shown: (u32, u32)) -> Result<Vec<[f32; 3]>, ImageError> {
    let file = File::open(photo)?;
    let header = file.header();
    let transform = file.color_transform().ok().flatten();
    let half_side = if transform.is_some() { CONVERTED_HALF_SIDE_PX } else { HALF_SIDE_PX };
    let size = Size::try_from(half_side).expect("a size within the limits");
    let spec = ThumbnailSpec { size, fit: Fit::Contain };
    let small = thumbnail_dimensions(header.width, header.height, spec);
    let mut pixels = file.decode_interleaved(small, Fit::Contain)?;
    if let Some(transform) = transform {
        pixels = panic_guard::decode(header.format, || Ok(converted(pixels, &transform)))?;
    }
    let means = Blocks::new(shown, header.orientation, &pixels).means(&pixels);
    Ok(means.into_iter().map(ycbcr).collect())
}

fn converted(mut pixels: Pixels, transform: &ColorTransform) -> Pixels {
    transform.apply(&mut pixels);
    pixels
}

/// Divides one axis of stored pixels into blocks.
struct Axis {
    /// Number of blocks.
    blocks: usize,
    /// True if the blocks run against the pixels.
    mirrored: bool,
    /// For each pixel: the index of the block that it begins in, counted along the pixels, and its
    /// parts in that block and in the next one.
    parts: Vec<(usize, [f32; 2])>,
}

impl Axis {
    /// Divides `pixels`, of which the photo fills `valid`, into the blocks of a side of `shown`
    /// pixels.
    fn new(shown: u32, mirrored: bool, pixels: u32, valid: f64) -> Self {
        let blocks = shown.div_ceil(MEAN_BLOCK_PX);
        let edge = |block: u32| {
            let edge =
                |block: u32| f64::from(shown.min(block * MEAN_BLOCK_PX)) / f64::from(shown) * valid;
            if mirrored { valid - edge(blocks - block) } else { edge(block) }
        };
        let mut block = 0;
        let part = |pixel: u32, block: u32| {
            let (start, end) = (f64::from(pixel), f64::from(pixel) + 1.0);
            (end.min(edge(block + 1)) - start.max(edge(block))).max(0.0) as f32
        };
        let parts = (0..pixels).map(|pixel| {
            while block + 1 < blocks && edge(block + 1) <= f64::from(pixel) {
                block += 1;
            }
            let next = if block + 1 < blocks { part(pixel, block + 1) } else { 0.0 };
            (block as usize, [part(pixel, block), next])
        });
        let parts = parts.collect();
        Self { blocks: blocks as usize, mirrored, parts }
    }

    /// Returns the index of a block of the upright photo along the pixels.
    fn stored(&self, block: usize) -> usize {
        if self.mirrored { self.blocks - 1 - block } else { block }
    }
}

/// Divides stored pixels into the blocks of the upright photo.
struct Blocks {
    across: Axis,
    down: Axis,
    /// True if upright columns are stored rows.
    exchanges_sides: bool,
}

impl Blocks {
    fn new(shown: (u32, u32), orientation: Orientation, pixels: &Pixels) -> Self {
        // TIFF 6.0, tag 274: the sides of the photo on which the first row and column lie.
        let exif = orientation.to_exif();
        let exchanges_sides = exif >= 5;
        let (across, down) = if exchanges_sides { (shown.1, shown.0) } else { shown };
        let mirrored = (matches!(exif, 2 | 3 | 7 | 8), matches!(exif, 3 | 4 | 6 | 7));
        Self {
            across: Axis::new(across, mirrored.0, pixels.width, pixels.valid.0),
            down: Axis::new(down, mirrored.1, pixels.height, pixels.valid.1),
            exchanges_sides,
        }
    }

    /// Returns the mean RGB of each block of the upright photo.
    fn means(&self, pixels: &Pixels) -> Vec<[f32; 3]> {
        let samples = &pixels.samples[..];
        let wide = |bytes: [u8; 2]| f32::from(u16::from_ne_bytes(bytes)) / 257.0;
        let sums = match pixels.layout {
            Layout::Luma8 => self.sums(samples, |&[y]| [f32::from(y); 3]),
            Layout::LumaAlpha8 => self.sums(samples, |pixel: &[u8; 2]| {
                let [y, a] = pixel.map(f32::from);
                on_white([y; 3], a)
            }),
            Layout::Rgb8 => self.sums(samples, |pixel: &[u8; 3]| pixel.map(f32::from)),
            Layout::Rgba8 => self.sums(samples, |pixel: &[u8; 4]| {
                let [r, g, b, a] = pixel.map(f32::from);
                on_white([r, g, b], a)
            }),
            Layout::Cmyk8 => self.sums(samples, |pixel: &[u8; 4]| {
                let [c, m, y, k] = pixel.map(|ink| 255.0 - f32::from(ink));
                [c, m, y].map(|light| light * k / 255.0)
            }),
            Layout::Luma16 => self.sums(samples, |&pixel| [wide(pixel); 3]),
            Layout::LumaAlpha16 => {
                self.sums(samples, |&[a, b, c, d]| on_white([wide([a, b]); 3], wide([c, d])))
            }
            Layout::Rgb16 => {
                self.sums(samples, |&[a, b, c, d, e, f]| [[a, b], [c, d], [e, f]].map(wide))
            }
            Layout::Rgba16 => self.sums(samples, |&[a, b, c, d, e, f, g, h]| {
                on_white([[a, b], [c, d], [e, f]].map(wide), wide([g, h]))
            }),
        };
        self.upright(&sums)
    }

    /// Adds up the pixels of each block, as stored, and the pixels' number as a fourth.
    fn sums<const N: usize>(
        &self,
        samples: &[u8],
        rgb: impl Fn(&[u8; N]) -> [f32; 3],
    ) -> Vec<[f32; 4]> {
        let columns = self.across.blocks;
        let mut sums = vec![[0.0; 4]; columns * self.down.blocks];
        let mut row_sums = vec![[0.0; 4]; columns + 1];
        let rows = samples.as_chunks::<N>().0.chunks(self.across.parts.len());
        for (row, &(block_row, parts)) in rows.zip(&self.down.parts) {
            row_sums.fill([0.0; 4]);
            for (pixel, &(block, parts)) in row.iter().zip(&self.across.parts) {
                let [r, g, b] = rgb(pixel);
                add(&mut row_sums[block], [r, g, b, 1.0], parts[0]);
                if parts[1] > 0.0 {
                    add(&mut row_sums[block + 1], [r, g, b, 1.0], parts[1]);
                }
            }
            for (block_row, part) in [(block_row, parts[0]), (block_row + 1, parts[1])] {
                if part > 0.0 {
                    let sums = &mut sums[block_row * columns..][..columns];
                    sums.iter_mut().zip(&row_sums).for_each(|(sum, &row)| add(sum, row, part));
                }
            }
        }
        sums
    }

    /// Returns the means in upright order.
    fn upright(&self, sums: &[[f32; 4]]) -> Vec<[f32; 3]> {
        let (columns, rows) = if self.exchanges_sides {
            (self.down.blocks, self.across.blocks)
        } else {
            (self.across.blocks, self.down.blocks)
        };
        let upright = (0..rows).flat_map(|y| (0..columns).map(move |x| (x, y)));
        let means = upright.map(|(x, y)| {
            let (across, down) = if self.exchanges_sides { (y, x) } else { (x, y) };
            let index = self.down.stored(down) * self.across.blocks + self.across.stored(across);
            let [r, g, b, pixels] = sums[index];
            [r, g, b].map(|sum| sum / pixels)
        });
        means.collect()
    }
}

fn add(sum: &mut [f32; 4], pixel: [f32; 4], part: f32) {
    for (sum, value) in sum.iter_mut().zip(pixel) {
        *sum += part * value;
    }
}

fn on_white(rgb: [f32; 3], alpha: f32) -> [f32; 3] {
    rgb.map(|light| (light * alpha + 255.0 * (255.0 - alpha)) / 255.0)
}

/// Converts RGB to luma, blue difference and red difference (ITU-T T.871).
fn ycbcr([r, g, b]: [f32; 3]) -> [f32; 3] {
    let luma = 0.299 * r + 0.587 * g + 0.114 * b;
    [luma, 128.0 + (b - luma) / 1.772, 128.0 + (r - luma) / 1.402]
}
