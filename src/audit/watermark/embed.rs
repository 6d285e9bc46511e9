//! Paints an identity into a photo: upright stripes, alone or woven into a picture.
//!
//! Stripes put the whole mark into each row, and two colours for all of them keep it readable
//! whatever a service does to colours: any two different colours will do.

use super::layout::{self, CELLS, Painted};
use super::{CodebookError, MarkId, Raster};

/// Each side of a photo has at least so many px: below, no cell of the mark has a pixel to itself.
pub const MIN_SIDE_PX: u32 = 56;

/// A photo has at most so many px.
pub const MAX_PIXELS: u64 = 1 << 26;

/// How far the mark moves luma from the middle, up and down; colour goes the other way, so that
/// even a photo with planes of two others stays in RGB.
const LUMA: f32 = 62.0;
const BLUE: f32 = -40.0;
const RED: f32 = -36.0;

/// How much of a picture is left where a mark is woven into it.
const LEFT: f32 = 0.2;

/// Paints an id into a photo of these dimensions in px, alone or woven into the picture `under`.
///
/// # Errors
/// If a side is shorter than [`LEAST_SIDE`], if there are more than [`MOST_PIXELS`], or if the
/// picture under it has other dimensions.
pub fn embed(
    id: MarkId,
    width: u32,
    height: u32,
    under: Option<&Raster>,
) -> Result<Raster, CodebookError> {
    if width.min(height) < MIN_SIDE_PX {
        return Err(CodebookError::TooSmall { width, height, least: MIN_SIDE_PX });
    }
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(CodebookError::TooLarge { width, height, most: MAX_PIXELS });
    }
    let bytes = width as usize * height as usize * 3;
    if let Some(under) = under
        && (under.width, under.height, under.rgb.len()) != (width, height, bytes)
    {
        let (width, height, bytes) = (under.width, under.height, under.rgb.len());
        return Err(CodebookError::Under { width, height, bytes });
    }
    let mut rgb = Vec::with_capacity(bytes);
    let mut place = None;
    let mut levels = Vec::new();
    let mut alone = Vec::new();
    for y in 0..height {
        let here = layout::place_of(y, height);
        if place != Some(here) {
            place = Some(here);
            levels = across(&Painted::new(id.word(), here), width, height);
            alone = levels.iter().flat_map(|&level| colour(level, [128; 3])).collect();
        }
        match under {
            None => rgb.extend_from_slice(&alone),
            Some(under) => {
                let row = &under.rgb[rgb.len()..][..alone.len()];
                let woven = levels.iter().zip(row.chunks_exact(3));
                rgb.extend(woven.flat_map(|(&level, p)| colour(level, [p[0], p[1], p[2]])));
            }
        }
    }
    Ok(Raster { width, height, rgb })
}

/// The level of each px of a row, -1 to 1: a px on an edge has its part of both cells.
fn across(painted: &Painted, width: u32, height: u32) -> Vec<f32> {
    let cell = f64::from(width.min(height)) / CELLS as f64;
    let first = f64::from(width) / 2.0 - f64::from(width.min(height)) / 2.0;
    let at = |edge: f64| (edge - first) / cell;
    let level = |x: u32| {
        let (from, to) = (at(f64::from(x)), at(f64::from(x) + 1.0));
        let (mut sum, mut left) = (0.0, from);
        while left < to {
            let right = (left.floor() + 1.0).min(to);
            sum += (right - left) * f64::from(painted.cell(left.floor() as i64));
            left = right;
        }
        (sum / (to - from)) as f32
    };
    (0..width).map(level).collect()
}

fn colour(level: f32, under: [u8; 3]) -> [u8; 3] {
    let (luma, blue, red) = (LUMA * level, BLUE * level, RED * level);
    let mark = [luma + 1.402 * red, luma - 0.344_136 * blue - 0.714_136 * red, luma + 1.772 * blue];
    let mixed = |at: usize| 128.0 + mark[at] + LEFT * (f32::from(under[at]) - 128.0);
    [0, 1, 2].map(|at| mixed(at).round().clamp(0.0, 255.0) as u8)
}
