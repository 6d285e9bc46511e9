//! The filter of every resize: Lanczos of three lobes, its weights looked up.
//!
//! The resizer asks anew for thousands of weights for each band, and each is two sines. Looked up
//! they are within 3e-6 of those, where the resizer rounds to 6e-5.

use std::f64::consts::PI;
use std::sync::LazyLock;

use fast_image_resize::{Filter, FilterType};

/// How far the weights reach to either side, in pixels of the smaller picture.
const LOBES: usize = 3;

/// Weights kept for each of these pixels.
const STEPS: usize = 512;

/// Of the distances from 0 to 3, and one beyond.
static WEIGHTS: LazyLock<[f32; LOBES * STEPS + 1]> =
    LazyLock::new(|| std::array::from_fn(|step| exact(step as f64 / STEPS as f64) as f32));

pub(super) fn lanczos() -> FilterType {
    let filter = Filter::new("Lanczos3", weight, LOBES as f64);
    FilterType::Custom(filter.expect("three lobes are a positive number of pixels"))
}

/// The weight of what lies this far away, between the two that are kept.
fn weight(distance: f64) -> f64 {
    let at = distance.abs() * STEPS as f64;
    let (before, part) = (at as usize, at.fract());
    match WEIGHTS.get(before..before + 2) {
        Some(&[a, b]) => f64::from(a) + part * f64::from(b - a),
        _ => 0.0,
    }
}

/// Lanczos: sinc(x) sinc(x / 3) within three lobes, where sinc(x) = sin(πx) / πx.
fn exact(distance: f64) -> f64 {
    let sinc = |x: f64| if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) };
    sinc(distance) * sinc(distance / LOBES as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_looked_up_weight_is_within_3e_6_of_the_exact_one() {
        for step in -400_000..=400_000 {
            let distance = f64::from(step) * 1e-5;
            let wanted = if distance.abs() < LOBES as f64 { exact(distance) } else { 0.0 };
            let found = weight(distance);
            assert!((found - wanted).abs() < 3e-6, "{distance}: {found}, not {wanted}");
        }
    }
}
