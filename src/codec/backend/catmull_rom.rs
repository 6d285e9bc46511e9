//! Weighs chroma by a filter of two lobes.

use crate::codec::resample::{ResampleFilter, not_zero};

/// Catmull-Rom filter of two lobes.
pub(in crate::codec) const CATMULL_ROM: ResampleFilter = ResampleFilter {
    name: "Catmull-Rom",
    lobes: 2.0,
    weight: |distance| not_zero(catmull_rom(distance)),
};

/// Computes the cubic through two points on either side whose slope is that of their neighbours
/// (Keys, "Cubic convolution interpolation for digital image processing", 1981, a = -1/2).
fn catmull_rom(distance: f64) -> f64 {
    let x = distance.abs();
    if x < 1.0 {
        (1.5 * x - 2.5) * x * x + 1.0
    } else if x < 2.0 {
        ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    } else {
        0.0
    }
}
