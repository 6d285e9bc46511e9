//! The kernels of every resize: their weights, and how many of those the resizer is given.
//!
//! It asks anew for thousands of weights for each band, and each of Lanczos is two sines. Looked up
//! they are within 3e-6 of those, where the resizer rounds to 6e-5.
//!
//! Along a row it takes several weights at a time, and what is left one by one, which takes longer
//! than all the others. So it gets as many as it takes in whole steps, of which the last count for
//! nothing: no pixel changes, and planes are resized in 0.7 of the time.
//!
//! No weight is zero. Zeros at the ends are left out, and the resizer takes for granted that
//! between the first pixel's weights and the last one's lie those of all others. Where a kernel
//! crosses zero just at the edge of the picture they may reach further, and it would read beyond
//! its memory (`fast_image_resize` 6.1.0).

use std::f64::consts::PI;
use std::sync::LazyLock;

use fast_image_resize::{Filter, FilterType};

/// What a pixel of the larger picture counts, by how far away it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResampleFilter {
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

impl ResampleFilter {
    /// The filter of a resize at a scale, by a resizer that takes so many weights at a time.
    pub(super) fn filter(self, scale: Scale, at_a_time: u32) -> FilterType {
        let filter = Filter::new("kernel", self.weight(), self.reach(scale, at_a_time.into()));
        FilterType::Custom(filter.expect("it reaches a positive number of pixels"))
    }

    fn weight(self) -> fn(f64) -> f64 {
        match self {
            Self::Lanczos => |distance| not_zero(lanczos(distance)),
            #[cfg(any(test, feature = "turbojpeg"))]
            Self::CatmullRom => |distance| not_zero(catmull_rom(distance)),
        }
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

/// A weight, or one that counts for nothing.
fn not_zero(weight: f64) -> f64 {
    if weight == 0.0 { 1e-30 } else { weight }
}

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
    let before = at as usize;
    let part = at - before as f64;
    match WEIGHTS.get(before..before + 2) {
        Some(&[a, b]) => f64::from(a) + part * f64::from(b - a),
        _ => 0.0,
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
        0.0
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

    /// A picture of noise, of which this many columns and rows from there are resized.
    #[derive(Clone, Copy, Debug)]
    struct Case {
        source: (u32, u32),
        start: (f64, f64),
        part: (f64, f64),
        target: (u32, u32),
    }

    impl Case {
        /// Starts are quarters of a pixel, as those of colour are, and scales often simple.
        fn random(random: &mut fastrand::Rng) -> Self {
            let mut side = || {
                let target = random.u32(1..60);
                let scale = [0.5, 1.0, 1.5, 2.0, 1.0 + 5.0 * random.f64()][random.usize(..5)];
                let start = f64::from(random.u32(..30)) / 4.0;
                let part = f64::from(target) * scale;
                let source = (start + part).ceil() as u32 + random.u32(..3);
                (source, start, part, target)
            };
            let (across, down) = (side(), side());
            Self {
                source: (across.0, down.0),
                start: (across.1, down.1),
                part: (across.2, down.2),
                target: (across.3, down.3),
            }
        }

        fn scale(&self) -> Scale {
            let across = self.part.0 / f64::from(self.target.0);
            Scale { across, down: self.part.1 / f64::from(self.target.1) }
        }

        fn resized<P: PixelTrait>(&self, filter: FilterType) -> Vec<u8> {
            let ((width, height), (wide, high)) = (self.source, self.target);
            let mut random = fastrand::Rng::with_seed(7);
            let mut noise = vec![0; width as usize * height as usize * P::size()];
            random.fill(&mut noise);
            let mut result = vec![0; wide as usize * high as usize * P::size()];
            let source = TypedImageRef::<P>::from_buffer(width, height, &noise).unwrap();
            let mut target = TypedImage::<P>::from_buffer(wide, high, &mut result).unwrap();
            let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter)).crop(
                self.start.0,
                self.start.1,
                self.part.0,
                self.part.1,
            );
            Resizer::new().resize_typed(&source, &mut target, &options).unwrap();
            result
        }
    }

    #[test]
    fn weights_in_whole_steps_change_no_pixel() {
        let mut random = fastrand::Rng::with_seed(20_241_128);
        for _ in 0..2000 {
            let kernel = [ResampleFilter::Lanczos, ResampleFilter::CatmullRom][random.usize(..2)];
            let case = Case::random(&mut random);
            // Of every pixel that it touches, and no step.
            let plain = || {
                FilterType::Custom(Filter::new("plain", kernel.weight(), kernel.lobes()).unwrap())
            };
            let found = case.resized::<U8>(kernel.filter(case.scale(), 8));
            assert_eq!(found, case.resized::<U8>(plain()), "{kernel:?}, {case:?}");
            let found = case.resized::<U8x3>(kernel.filter(case.scale(), 4));
            assert_eq!(found, case.resized::<U8x3>(plain()), "{kernel:?}, {case:?}");
        }
    }

    #[test]
    fn the_kernels_are_those_of_the_resizer_within_rounding() {
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..200 {
            let mut case = Case::random(&mut random);
            // Whole pictures, of which every pixel counts for its first and last neighbour.
            case.start = (0.0, 0.0);
            case.source = (case.part.0.ceil() as u32, case.part.1.ceil() as u32);
            case.part = (f64::from(case.source.0), f64::from(case.source.1));
            let kernels = [
                (ResampleFilter::Lanczos, FilterType::Lanczos3),
                (ResampleFilter::CatmullRom, FilterType::CatmullRom),
            ];
            for (kernel, wanted) in kernels {
                let (found, wanted) = (
                    case.resized::<U8>(kernel.filter(case.scale(), 8)),
                    case.resized::<U8>(wanted),
                );
                let off = found.iter().zip(&wanted).map(|(a, b)| a.abs_diff(*b)).max();
                assert!(off <= Some(1), "{off:?}: {kernel:?}, {case:?}");
            }
        }
    }

    #[test]
    fn weights_are_as_many_as_are_taken_in_whole_steps() {
        let weights = |kernel: ResampleFilter, across, at_a_time| {
            let scale = Scale { across, down: across };
            2.0 * kernel.reach(scale, at_a_time) * across + 1.0
        };
        for across in [1.97, 2.0, 2.5] {
            assert!(
                (weights(ResampleFilter::Lanczos, across, 8.0) - 16.0).abs() < 1e-9,
                "{across}"
            );
        }
        assert!((weights(ResampleFilter::Lanczos, 1.97, 4.0) - 12.0).abs() < 1e-9);
        assert!((weights(ResampleFilter::CatmullRom, 1.97, 8.0) - 8.0).abs() < 1e-9);
    }

    #[test]
    fn no_weight_is_zero() {
        for kernel in [ResampleFilter::Lanczos, ResampleFilter::CatmullRom] {
            for quarter in -40..=40 {
                let distance = f64::from(quarter) / 4.0;
                assert_ne!(kernel.weight()(distance), 0.0, "{kernel:?} at {distance}");
            }
        }
    }
}
