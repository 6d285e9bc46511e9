//! Embeds a watermark into a photo as vertical stripes, alone or over a background image.
//!
//! Vertical stripes put the whole watermark into each row. All stripes have one of two colours.
//! The watermark stays readable through any change of colours that maps the two colours to two
//! different colours.

use super::layout::{CELLS, MAX_PIXELS, MIN_SIDE_PX, pattern, position_of};
use super::{MarkId, Raster, WatermarkError};

/// Amplitudes of the watermark in luma, blue difference and red difference, around the middle level
/// of 128. The colour planes go the opposite way, so that a photo whose planes come from three
/// photos still fits into RGB.
const AMPLITUDES: [f32; 3] = [62.0, -40.0, -36.0];

/// Share of the background's contrast that is left under a watermark.
const BACKGROUND_CONTRAST: f32 = 0.2;

/// Middle grey, the mean colour of a photo without a colour of its own.
const GREY: [u8; 3] = [128; 3];

/// Creates a photo of the given dimensions in px with an id's watermark, alone or over a background
/// of the same dimensions.
///
/// # Errors
/// Returns [`WatermarkError::TooSmall`] if a side is shorter than [`MIN_SIDE_PX`],
/// [`WatermarkError::TooLarge`] if the photo has more than [`MAX_PIXELS`], and
/// [`WatermarkError::Background`] if the background has other dimensions.
pub fn embed(
    id: MarkId,
    width: u32,
    height: u32,
    background: Option<&Raster>,
) -> Result<Raster, WatermarkError> {
    embed_in_colour(id, width, height, background, GREY)
}

/// Creates a photo as [`embed`] does, with `mean` as the colour between its dark and its bright
/// stripes. The detector reads differences only, so that the colour is for the eye alone.
///
/// # Errors
/// Returns [`WatermarkError`] as [`embed`] does.
pub fn embed_in_colour(
    id: MarkId,
    width: u32,
    height: u32,
    background: Option<&Raster>,
    mean: [u8; 3],
) -> Result<Raster, WatermarkError> {
    if width.min(height) < MIN_SIDE_PX {
        return Err(WatermarkError::TooSmall { width, height });
    }
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(WatermarkError::TooLarge { width, height });
    }
    let bytes = width as usize * height as usize * 3;
    if let Some(Raster { width: background_width, height: background_height, rgb }) = background
        && (*background_width, *background_height, rgb.len()) != (width, height, bytes)
    {
        let (width, height) = (*background_width, *background_height);
        return Err(WatermarkError::Background { width, height, bytes: rgb.len() });
    }
    let mut rgb = Vec::with_capacity(bytes);
    let mut position = None;
    let mut levels = Vec::new();
    let mut row_alone = Vec::new();
    for y in 0..height {
        let position_of_row = position_of(y, height);
        if position != Some(position_of_row) {
            position = Some(position_of_row);
            levels = row_levels(&pattern(id.codeword(), position_of_row), width, height);
            row_alone = levels.iter().flat_map(|&level| colour(level, GREY, mean)).collect();
        }
        match background {
            None => rgb.extend_from_slice(&row_alone),
            Some(background) => {
                let (row, _) = background.rgb[rgb.len()..][..row_alone.len()].as_chunks::<3>();
                rgb.extend(
                    levels.iter().zip(row).flat_map(|(&level, &pixel)| colour(level, pixel, mean)),
                );
            }
        }
    }
    Ok(Raster { width, height, rgb })
}

/// Returns the level of each pixel of a row, -1 to 1. Outside of the centre square the pattern of
/// cells repeats. A pixel on the edge between two cells has the mean of both, weighted by area.
fn row_levels(pattern: &[f32; CELLS], width: u32, height: u32) -> Vec<f32> {
    let cell_width = f64::from(width.min(height)) / CELLS as f64;
    let square_left = f64::from(width) / 2.0 - f64::from(width.min(height)) / 2.0;
    let cell_at = |x: f64| (x - square_left) / cell_width;
    let level = |x: u32| {
        let (from, to) = (cell_at(f64::from(x)), cell_at(f64::from(x) + 1.0));
        let (mut sum, mut left) = (0.0, from);
        while left < to {
            let right = (left.floor() + 1.0).min(to);
            sum += (right - left)
                * f64::from(pattern[(left.floor() as i64).rem_euclid(CELLS as i64) as usize]);
            left = right;
        }
        (sum / (to - from)) as f32
    };
    (0..width).map(level).collect()
}

/// Returns the colour of a pixel of this level over a pixel of the background.
fn colour(level: f32, background: [u8; 3], mean: [u8; 3]) -> [u8; 3] {
    let [luma, cb, cr] = AMPLITUDES.map(|amplitude| amplitude * level);
    let mark = [luma + 1.402 * cr, luma - 0.344_136 * cb - 0.714_136 * cr, luma + 1.772 * cb];
    [0, 1, 2].map(|channel| {
        let under = BACKGROUND_CONTRAST * (f32::from(background[channel]) - 128.0);
        (f32::from(mean[channel]) + mark[channel] + under).round().clamp(0.0, 255.0) as u8
    })
}

/// Returns the mean colour of a person's photos. The hues of consecutive people lie far apart, all
/// have the luma of middle grey, and all leave room for the stripes.
pub fn person_colour(person: usize) -> [u8; 3] {
    // The golden ratio's multiples divide a circle evenly, however many there are.
    let turn = (person as f64 * 0.618_033_988_749_895).fract() * std::f64::consts::TAU;
    let blue = 105.0 * turn.cos();
    let green = -25.0 * turn.sin();
    let red = -(0.587 * green + 0.114 * blue) / 0.299;
    [red, green, blue].map(|offset| (128.0 + offset).round().clamp(0.0, 255.0) as u8)
}
