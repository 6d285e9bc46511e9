//! Resizes part of a frame into rows of a thumbnail, by a resampling filter.
//!
//! The resizer computes thousands of weights anew for each band, and each weight of Lanczos takes
//! two sines. So weights are looked up in a table, within 3e-6 of the exact ones, where the resizer
//! rounds to 6e-5.
//!
//! Along a row the resizer takes several weights at a time, and the rest one by one, which takes
//! longer than all the others. So the filter reaches far enough for whole steps, and the last
//! weights count for nothing: no pixel changes, and planes are resized in 0.7 of the time.
//!
//! No weight is zero. The resizer leaves out zeros at the ends, and assumes that the weights of all
//! pixels lie between those of the first and of the last pixel. Where a filter crosses zero just at
//! the edge of the image, weights may reach further, and the resizer would read beyond its memory
//! (`fast_image_resize` 6.1.0).

use std::f64::consts::PI;
use std::ops::Range;
use std::sync::LazyLock;

use fast_image_resize::{
    Filter, FilterType, ImageView, ImageViewMut, PixelTrait, ResizeAlg, ResizeOptions, Resizer,
};

use super::geometry::Area;

/// Maps part of a frame to the rows and columns of a thumbnail.
#[derive(Clone, Copy, Debug)]
pub(super) struct CropMapping {
    /// The part of the frame that the thumbnail shows, in the frame's pixels.
    pub(super) crop: Area,
    /// The thumbnail's width and height in pixels.
    pub(super) all: (u32, u32),
}

impl CropMapping {
    /// Maps columns of the thumbnail to columns of the frame.
    pub(super) fn columns(&self, columns: Range<u32>) -> Range<f64> {
        edges(self.crop.left, self.crop.width, columns, self.all.0)
    }

    /// Maps rows of the thumbnail to rows of the frame.
    pub(super) fn rows(&self, rows: Range<u32>) -> Range<f64> {
        edges(self.crop.top, self.crop.height, rows, self.all.1)
    }
}

/// Returns the part of `start..start + length` that becomes `part` of `all`. Edges are computed,
/// not lengths. The last edge is then exactly the crop's own, where a length added to a start may
/// be rounded to beyond the crop, which the resizer refuses.
fn edges(start: f64, length: f64, part: Range<u32>, all: u32) -> Range<f64> {
    let edge = |at: u32| start + length * f64::from(at) / f64::from(all);
    edge(part.start)..edge(part.end)
}

/// Fills `target` with these columns and rows of `source`. Returns `None` if the source lacks a
/// column or row; nothing else can fail.
pub(super) fn resize<P: PixelTrait>(
    resizer: &mut Resizer,
    filter: ResampleFilter,
    source: &impl ImageView<Pixel = P>,
    (columns, rows): (Range<f64>, Range<f64>),
    target: &mut impl ImageViewMut<Pixel = P>,
) -> Option<()> {
    let (width, height) = (columns.end - columns.start, rows.end - rows.start);
    let across = width / f64::from(target.width());
    let scale = Scale { across, down: height / f64::from(target.height()) };
    // The resizer takes 4 pixels of 3 bytes at a time, or 8 pixels of one byte, with AVX2 and less.
    let at_a_time = if P::size() == 1 { 8 } else { 4 };
    let algorithm = ResizeAlg::Convolution(filter.at_scale(scale, at_a_time));
    let options =
        ResizeOptions::new().resize_alg(algorithm).crop(columns.start, rows.start, width, height);
    resizer.resize_typed(source, target, &options).ok()
}

/// Weighs pixels of the source image by their distance.
#[derive(Clone, Copy)]
pub(super) struct ResampleFilter {
    /// Name of the filter, for the resizer.
    pub(super) name: &'static str,
    /// Pixels of the smaller image that the filter reaches to either side.
    pub(super) lobes: f64,
    /// Weight at a distance in pixels of the smaller image; never zero.
    pub(super) weight: fn(f64) -> f64,
}

/// Lanczos filter of three lobes, the sharpest.
pub(super) const LANCZOS: ResampleFilter = ResampleFilter {
    name: "Lanczos",
    lobes: LANCZOS_LOBES as f64,
    weight: |distance| not_zero(lanczos(distance)),
};

/// Counts the pixels of the source that become one pixel of the target, across and down; less than
/// 1 where the image is enlarged.
#[derive(Clone, Copy, Debug)]
struct Scale {
    across: f64,
    down: f64,
}

impl ResampleFilter {
    /// Returns the filter at a scale, for a resizer that takes `at_a_time` weights at a time.
    fn at_scale(self, scale: Scale, at_a_time: u32) -> FilterType {
        let filter = Filter::new(self.name, self.weight, self.reach(scale, at_a_time.into()));
        FilterType::Custom(filter.expect("the reach is a positive number of pixels"))
    }

    /// Returns how far the resizer looks to either side for pixels to weigh, in pixels of the
    /// smaller image. The reach may be half a pixel of the larger image less than the lobes, since
    /// the resizer weighs every pixel that it touches.
    fn reach(self, scale: Scale, at_a_time: f64) -> f64 {
        let (across, down) = (scale.across.max(1.0), scale.down.max(1.0));
        let weights = (2.0 * self.lobes * across / at_a_time).ceil() * at_a_time;
        let reach = (weights - 1.0) / 2.0 / across;
        reach.max(self.lobes - 0.5 / down)
    }
}

/// Replaces a weight of zero by one that is too small to count.
pub(super) fn not_zero(weight: f64) -> f64 {
    if weight == 0.0 { 1e-30 } else { weight }
}

/// Pixels of the smaller image that Lanczos' weights reach to either side.
const LANCZOS_LOBES: usize = 3;

/// Number of weights in the table for each pixel of distance.
const STEPS: usize = 512;

/// Weights of the distances from 0 to 3, both included.
static WEIGHTS: LazyLock<[f32; LANCZOS_LOBES * STEPS + 1]> =
    LazyLock::new(|| std::array::from_fn(|step| exact_lanczos(step as f64 / STEPS as f64) as f32));

/// Interpolates the weight at a distance between two weights of the table.
fn lanczos(distance: f64) -> f64 {
    let at = distance.abs() * STEPS as f64;
    let before = at as usize;
    let part = at - before as f64;
    match WEIGHTS.get(before..before + 2) {
        Some(&[a, b]) => f64::from(a) + part * f64::from(b - a),
        _ => 0.0,
    }
}

/// Computes Lanczos' weight: sinc(x) sinc(x / 3) within three lobes, where sinc(x) = sin(πx) / πx.
fn exact_lanczos(distance: f64) -> f64 {
    let sinc = |x: f64| if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) };
    sinc(distance) * sinc(distance / LANCZOS_LOBES as f64)
}

#[cfg(test)]
mod tests {
    use fast_image_resize::images::{TypedImage, TypedImageRef};
    use fast_image_resize::pixels::{U8, U8x3};

    use super::*;
    use crate::codec::backend::catmull_rom::CATMULL_ROM;

    #[test]
    fn a_looked_up_weight_is_within_3e_6_of_the_exact_one() {
        for step in -400_000..=400_000 {
            let distance = f64::from(step) * 1e-5;
            let exact = if distance.abs() < 3.0 { exact_lanczos(distance) } else { 0.0 };
            let weight = lanczos(distance);
            assert!((weight - exact).abs() < 3e-6, "{distance}: {weight}, not {exact}");
        }
    }

    /// Describes an image of noise, and the part of it that is resized.
    #[derive(Clone, Copy, Debug)]
    struct Case {
        source: (u32, u32),
        start: (f64, f64),
        part: (f64, f64),
        target: (u32, u32),
    }

    impl Case {
        /// Returns a random case. Starts are quarters of a pixel, as those of chroma are, and
        /// scales are often simple.
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
            let filter = [LANCZOS, CATMULL_ROM][random.usize(..2)];
            let case = Case::random(&mut random);
            // This filter weighs every pixel that it touches, without whole steps.
            let plain =
                || FilterType::Custom(Filter::new("plain", filter.weight, filter.lobes).unwrap());
            let luma = case.resized::<U8>(filter.at_scale(case.scale(), 8));
            assert_eq!(luma, case.resized::<U8>(plain()), "{}, {case:?}", filter.name);
            let rgb = case.resized::<U8x3>(filter.at_scale(case.scale(), 4));
            assert_eq!(rgb, case.resized::<U8x3>(plain()), "{}, {case:?}", filter.name);
        }
    }

    #[test]
    fn the_filters_are_those_of_the_resizer_within_rounding() {
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..200 {
            let mut case = Case::random(&mut random);
            // The case resizes a whole image, so that all edge pixels have the same neighbours.
            case.start = (0.0, 0.0);
            case.source = (case.part.0.ceil() as u32, case.part.1.ceil() as u32);
            case.part = (f64::from(case.source.0), f64::from(case.source.1));
            for (filter, reference) in
                [(LANCZOS, FilterType::Lanczos3), (CATMULL_ROM, FilterType::CatmullRom)]
            {
                let pixels = case.resized::<U8>(filter.at_scale(case.scale(), 8));
                let expected = case.resized::<U8>(reference);
                let difference = pixels.iter().zip(&expected).map(|(a, b)| a.abs_diff(*b)).max();
                assert!(difference <= Some(1), "{difference:?}: {}, {case:?}", filter.name);
            }
        }
    }

    #[test]
    fn the_number_of_weights_is_a_multiple_of_the_step() {
        let weights = |filter: ResampleFilter, across, at_a_time| {
            let scale = Scale { across, down: across };
            2.0 * filter.reach(scale, at_a_time) * across + 1.0
        };
        for across in [1.97, 2.0, 2.5] {
            assert!((weights(LANCZOS, across, 8.0) - 16.0).abs() < 1e-9, "{across}");
        }
        assert!((weights(LANCZOS, 1.97, 4.0) - 12.0).abs() < 1e-9);
        assert!((weights(CATMULL_ROM, 1.97, 8.0) - 8.0).abs() < 1e-9);
    }

    #[test]
    fn no_weight_is_zero() {
        for filter in [LANCZOS, CATMULL_ROM] {
            for quarter in -40..=40 {
                let distance = f64::from(quarter) / 4.0;
                assert_ne!((filter.weight)(distance), 0.0, "{} at {distance}", filter.name);
            }
        }
    }
}
