//! Touches: what a service does to a thumbnail's pixels before it encodes them.
//!
//! They are the usual ones in their usual strengths, so that a reader that takes one of them for
//! somebody's rows is seen.

use super::super::Raster;
use super::Touch;

/// Share of the difference to its surroundings that sharpening adds to a pixel.
const SHARPER: f32 = 0.8;

pub(super) fn touch(touch: Touch, picture: &mut Raster) {
    match touch {
        Touch::Plain => {}
        Touch::Sharpen => sharpen(picture),
        Touch::Watermark => watermark(picture),
        Touch::Gamma => {
            each(picture, |pixel| pixel.map(|sample| 255.0 * (sample / 255.0).powf(1.0 / 1.15)))
        }
        Touch::Colours => each(picture, |[red, green, blue]| {
            let luma = 0.299 * red + 0.587 * green + 0.114 * blue;
            [red, green, blue].map(|sample| {
                let stronger = luma + 1.2 * (sample - luma);
                128.0 + 0.9 * (stronger - 128.0)
            })
        }),
    }
}

fn each(picture: &mut Raster, change: impl Fn([f32; 3]) -> [f32; 3]) {
    for pixel in picture.rgb.chunks_exact_mut(3) {
        let changed = change([pixel[0], pixel[1], pixel[2]].map(f32::from));
        pixel.copy_from_slice(&changed.map(rounded));
    }
}

fn rounded(sample: f32) -> u8 {
    sample.round().clamp(0.0, 255.0) as u8
}

/// An unsharp mask with a radius of 1 px.
fn sharpen(picture: &mut Raster) {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let before = picture.rgb.clone();
    let at = |x: usize, y: usize, channel: usize| f32::from(before[(y * width + x) * 3 + channel]);
    let near = |at: usize, end: usize| [at.saturating_sub(1), at, (at + 1).min(end - 1)];
    for y in 0..height {
        for x in 0..width {
            for channel in 0..3 {
                let (mut sum, weights) = (0.0, [1.0, 2.0, 1.0]);
                for (row, down) in near(y, height).into_iter().zip(weights) {
                    for (column, across) in near(x, width).into_iter().zip(weights) {
                        sum += down * across * at(column, row, channel);
                    }
                }
                let own = at(x, y, channel);
                picture.rgb[(y * width + x) * 3 + channel] =
                    rounded(own + SHARPER * (own - sum / 16.0));
            }
        }
    }
}

/// A sign with upright strokes, half transparent on a bright ground.
fn watermark(picture: &mut Raster) {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let (wide, high) = (width / 3, height / 6);
    for y in height - high..height {
        for x in width - wide..width {
            let stroke = (x + y / 3) % 7 < 2;
            let sign = if stroke { 20.0 } else { 245.0 };
            for sample in &mut picture.rgb[(y * width + x) * 3..][..3] {
                *sample = rounded(0.25 * f32::from(*sample) + 0.75 * sign);
            }
        }
    }
}
