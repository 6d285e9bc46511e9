//! The kernels of every resize: their weights, and how many of those the resizer is given.
//!
//! It asks anew for thousands of weights for each band, and each of Lanczos is two sines. Looked up
//! they are within 3e-6 of those, where the resizer rounds to 6e-5.
//!
//! Along a row it takes several weights at a time, and what is left one by one, which takes longer
//! than all the others. So it gets as many as it takes in whole steps, of which the last count for
//! nothing: no pixel changes, and rows of single bytes are resized in 0.7 of the time.

use std::f64::consts::PI;
use std::sync::LazyLock;

use fast_image_resize::{Filter, FilterType};

/// What a pixel of the larger picture counts, by how far away it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kernel {
    /// Of three lobes: as sharp as it gets.
    Lanczos,
    /// Of two lobes.
    #[cfg(any(test, feature = "turbojpeg"))]
    CatmullRom,
}

/// How many pixels of the larger picture become one, across and down; less than 1 where it is
/// enlarged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    pub(super) across: f64,
    pub(super) down: f64,
}

impl Kernel {
    /// The filter of a resize at a scale, by a resizer that takes so many weights at a time.
    pub(super) fn filter(self, scale: Scale, at_a_time: u32) -> FilterType {
        let (name, weight): (_, fn(f64) -> f64) = match self {
            Self::Lanczos => ("Lanczos3", lanczos),
            #[cfg(any(test, feature = "turbojpeg"))]
            Self::CatmullRom => ("CatmullRom", catmull_rom),
        };
        let filter = Filter::new(name, weight, self.reach(scale, at_a_time.into()));
        FilterType::Custom(filter.expect("it reaches a positive number of pixels"))
    }

    fn lobes(self) -> f64 {
        match self {
            Self::Lanczos => LANCZOS_LOBES as f64,
            #[cfg(any(test, feature = "turbojpeg"))]
            Self::CatmullRom => 2.0,
        }
    }

    /// How far the resizer looks to either side for pixels to weigh, in pixels of the smaller
    /// picture: at least half a pixel of the larger less than there are lobes, since it looks at
    /// every pixel that it touches.
    fn reach(self, scale: Scale, at_a_time: f64) -> f64 {
        let Scale { across, down } =
            Scale { across: scale.across.max(1.0), down: scale.down.max(1.0) };
        let weights = (2.0 * self.lobes() * across / at_a_time).ceil() * at_a_time;
        let reach = (weights - 1.0) / 2.0 / across;
        reach.max(self.lobes() - 0.5 / down)
    }
}

/// What lies beyond the lobes. Zeros at the ends are left out, and the next step is not whole.
const NEXT_TO_NOTHING: f64 = 1e-30;

/// How far Lanczos' weights reach to either side, in pixels of the smaller picture.
const LANCZOS_LOBES: usize = 3;

/// Weights kept for each of these pixels.
const STEPS: usize = 512;

/// Of the distances from 0 to 3, and one beyond.
static WEIGHTS: LazyLock<[f32; LANCZOS_LOBES * STEPS + 1]> =
    LazyLock::new(|| std::array::from_fn(|step| exact_lanczos(step as f64 / STEPS as f64) as f32));

/// The weight of what lies this far away, between the two that are kept.
fn lanczos(distance: f64) -> f64 {
    let at = distance.abs() * STEPS as f64;
    let (before, part) = (at as usize, at.fract());
    match WEIGHTS.get(before..before + 2) {
        Some(&[a, b]) => f64::from(a) + part * f64::from(b - a),
        _ => NEXT_TO_NOTHING,
    }
}

/// Lanczos: sinc(x) sinc(x / 3) within three lobes, where sinc(x) = sin(πx) / πx.
fn exact_lanczos(distance: f64) -> f64 {
    let sinc = |x: f64| if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) };
    sinc(distance) * sinc(distance / LANCZOS_LOBES as f64)
}

/// The cubic through two points on either side whose slope is that of their neighbours (Keys,
/// "Cubic convolution interpolation for digital image processing", 1981, a = -1/2).
#[cfg(any(test, feature = "turbojpeg"))]
fn catmull_rom(distance: f64) -> f64 {
    let x = distance.abs();
    if x < 1.0 {
        (1.5 * x - 2.5) * x * x + 1.0
    } else if x < 2.0 {
        ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    } else {
        NEXT_TO_NOTHING
    }
}

#[cfg(test)]
mod tests {
    use fast_image_resize::images::{TypedImage, TypedImageRef};
    use fast_image_resize::pixels::{U8, U8x3};
    use fast_image_resize::{PixelTrait, ResizeAlg, ResizeOptions, Resizer};

    use super::*;

    #[test]
    fn a_looked_up_weight_is_within_3e_6_of_the_exact_one() {
        for step in -400_000..=400_000 {
            let distance = f64::from(step) * 1e-5;
            let wanted = if distance.abs() < 3.0 { exact_lanczos(distance) } else { 0.0 };
            let found = lanczos(distance);
            assert!((found - wanted).abs() < 3e-6, "{distance}: {found}, not {wanted}");
        }
    }

    /// A picture of noise resized with a filter.
    fn resized<P: PixelTrait>(
        (width, height): (u32, u32),
        (wide, high): (u32, u32),
        filter: FilterType,
    ) -> Vec<u8> {
        let mut random = fastrand::Rng::with_seed(7);
        let noise: Vec<u8> =
            (0..width as usize * height as usize * P::size()).map(|_| random.u8(..)).collect();
        let mut result = vec![0; wide as usize * high as usize * P::size()];
        let source = TypedImageRef::<P>::from_buffer(width, height, &noise).unwrap();
        let mut target = TypedImage::<P>::from_buffer(wide, high, &mut result).unwrap();
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter));
        Resizer::new().resize_typed(&source, &mut target, &options).unwrap();
        drop(target);
        result
    }

    /// Every pixel within the lobes, and none beyond.
    fn plain(kernel: Kernel) -> FilterType {
        match kernel {
            Kernel::Lanczos => FilterType::Custom(
                Filter::new("plain", |x| if x.abs() < 3.0 { lanczos(x) } else { 0.0 }, 3.0)
                    .unwrap(),
            ),
            Kernel::CatmullRom => FilterType::CatmullRom,
        }
    }

    #[test]
    fn weights_in_whole_steps_change_no_pixel() {
        let mut random = fastrand::Rng::with_seed(20_241_128);
        for round in 0..400 {
            let target = (random.u32(1..60), random.u32(1..60));
            let source = (
                (f64::from(target.0) * (1.0 + 5.0 * random.f64())) as u32,
                (f64::from(target.1) * (1.0 + 5.0 * random.f64())) as u32,
            );
            let scale = Scale {
                across: f64::from(source.0) / f64::from(target.0),
                down: f64::from(source.1) / f64::from(target.1),
            };
            for kernel in [Kernel::Lanczos, Kernel::CatmullRom] {
                let wanted = resized::<U8>(source, target, plain(kernel));
                let found = resized::<U8>(source, target, kernel.filter(scale, 8));
                assert_eq!(found, wanted, "round {round}: {source:?} to {target:?} by {kernel:?}");
                let wanted = resized::<U8x3>(source, target, plain(kernel));
                let found = resized::<U8x3>(source, target, kernel.filter(scale, 4));
                assert_eq!(found, wanted, "round {round}: {source:?} to {target:?} by {kernel:?}");
            }
        }
    }
}
