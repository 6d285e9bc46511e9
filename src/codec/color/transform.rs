//! Converts samples to sRGB where they lie.

use std::sync::Arc;

use moxcms::{
    ColorProfile, DataColorSpace, Layout as Channels, RenderingIntent, Transform8BitExecutor,
    Transform16BitExecutor, TransformExecutor, TransformOptions,
};

use super::icc::srgb_encoded;
use super::{ColorModel, UnusableProfile};
use crate::codec::decoded::{Layout, Pixels};

/// Number of pixels that are converted at a time, few enough to stay in the processor's cache.
const PIXELS_AT_A_TIME: usize = 4096;

/// Converts samples from the colour space of a profile to sRGB. Alpha stays as it is.
pub(in crate::codec) enum ColorTransform {
    /// Grey, by the sRGB value of each value.
    Grey8(Vec<u8>),
    Grey16(Vec<u16>),
    /// RGB of 8 bits, by matrix and curves.
    Rgb8(Arc<Transform8BitExecutor>),
    /// RGB of 16 bits, or of 8 bits by a table of colours, which 8 bits would coarsen.
    Rgb16(Arc<Transform16BitExecutor>),
    /// CMYK of 8 bits.
    Cmyk(Arc<Transform16BitExecutor>),
}

impl ColorTransform {
    /// Returns the conversion of samples of 8 or 16 bits; CMYK has 8.
    pub(super) fn new(
        profile: &ColorProfile,
        model: ColorModel,
        bits: u8,
    ) -> Result<Self, UnusableProfile> {
        let srgb = ColorProfile::new_srgb();
        let options = TransformOptions {
            rendering_intent: RenderingIntent::RelativeColorimetric,
            allow_use_cicp_transfer: false,
            ..TransformOptions::default()
        };
        let by_16_bits =
            |channels| profile.create_transform_16bit(channels, &srgb, channels, options);
        let transform = match model {
            ColorModel::Grey if bits == 16 => Ok(Self::Grey16(grey(profile, u16::MAX)?)),
            ColorModel::Grey => {
                let table = grey(profile, u8::MAX.into())?;
                Ok(Self::Grey8(table.into_iter().map(|level| level as u8).collect()))
            }
            ColorModel::Rgb if bits == 16 || profile.lut_a_to_b_colorimetric.is_some() => {
                by_16_bits(Channels::Rgb).map(Self::Rgb16)
            }
            ColorModel::Rgb => profile
                .create_transform_8bit(Channels::Rgb, &srgb, Channels::Rgb, options)
                .map(Self::Rgb8),
            ColorModel::Cmyk => by_16_bits(Channels::Rgba).map(Self::Cmyk),
        };
        transform.map_err(|_| UnusableProfile)
    }

    /// Converts all pixels. Inks become RGB with an alpha of 255.
    pub(in crate::codec) fn apply(&self, pixels: &mut Pixels) {
        let samples = &mut pixels.samples[..];
        match (self, pixels.layout) {
            (Self::Grey8(table), Layout::Luma8) => {
                samples.iter_mut().for_each(|grey| *grey = table[usize::from(*grey)]);
            }
            (Self::Grey8(table), Layout::LumaAlpha8) => {
                samples.iter_mut().step_by(2).for_each(|grey| *grey = table[usize::from(*grey)]);
            }
            (Self::Grey16(table), Layout::Luma16) => by_table(table, samples, 1),
            (Self::Grey16(table), Layout::LumaAlpha16) => by_table(table, samples, 2),
            (Self::Rgb8(executor), Layout::Rgb8) => convert::<u8, u8, 3, 3>(&**executor, samples),
            (Self::Rgb8(executor), Layout::Rgba8) => convert::<u8, u8, 4, 3>(&**executor, samples),
            (Self::Rgb16(executor), Layout::Rgb8) => {
                convert::<u8, u16, 3, 3>(&**executor, samples);
            }
            (Self::Rgb16(executor), Layout::Rgba8) => {
                convert::<u8, u16, 4, 3>(&**executor, samples);
            }
            (Self::Rgb16(executor), Layout::Rgb16) => {
                convert::<[u8; 2], u16, 3, 3>(&**executor, samples);
            }
            (Self::Rgb16(executor), Layout::Rgba16) => {
                convert::<[u8; 2], u16, 4, 3>(&**executor, samples);
            }
            (Self::Cmyk(executor), Layout::Cmyk8) => {
                convert::<u8, u16, 4, 4>(&**executor, samples);
                pixels.layout = Layout::Rgba8;
            }
            (_, layout) => debug_assert!(false, "{layout:?} is none of the profile's layouts"),
        }
    }
}

/// Returns the sRGB value of each value of grey up to `max`. A grey profile gives light, or
/// lightness if its values stand for L*.
fn grey(profile: &ColorProfile, max: u16) -> Result<Vec<u16>, UnusableProfile> {
    let curve = profile.gray_trc.as_ref().ok_or(UnusableProfile)?;
    let curve = curve.make_linear_evaluator().map_err(|_| UnusableProfile)?;
    let is_lightness = profile.pcs == DataColorSpace::Lab;
    let full = f32::from(max);
    let encoded = |value: u16| {
        let value = curve.evaluate_value(f32::from(value) / full);
        let light = if is_lightness { light(value) } else { value };
        (srgb_encoded(light) * full + 0.5) as u16
    };
    Ok((0..=max).map(encoded).collect())
}

/// Returns the light of a lightness L*, both from 0 to 1 (CIE 1976).
fn light(lightness: f32) -> f32 {
    let f = (100.0 * lightness + 16.0) / 116.0;
    if f > 6.0 / 29.0 { f.powi(3) } else { (f - 4.0 / 29.0) * 108.0 / 841.0 }
}

/// Replaces the first of every `step` samples of 16 bits.
fn by_table(table: &[u16], samples: &mut [u8], step: usize) {
    for sample in samples.as_chunks_mut::<2>().0.iter_mut().step_by(step) {
        *sample = table[usize::from(u16::from_ne_bytes(*sample))].to_ne_bytes();
    }
}

/// Stores a sample as bytes, in the machine's order, for a conversion of `S` samples.
trait Stored<S>: Copy {
    fn read(self) -> S;

    fn written(sample: S) -> Self;
}

impl Stored<Self> for u8 {
    fn read(self) -> Self {
        self
    }

    fn written(sample: Self) -> Self {
        sample
    }
}

impl Stored<u16> for u8 {
    fn read(self) -> u16 {
        u16::from(self) * 257
    }

    fn written(sample: u16) -> Self {
        ((u32::from(sample) + 128) / 257) as Self
    }
}

impl Stored<u16> for [u8; 2] {
    fn read(self) -> u16 {
        u16::from_ne_bytes(self)
    }

    fn written(sample: u16) -> Self {
        sample.to_ne_bytes()
    }
}

/// Borrows bytes as samples.
trait FromBytes: Sized {
    fn samples(bytes: &mut [u8]) -> &mut [Self];
}

impl FromBytes for u8 {
    fn samples(bytes: &mut [u8]) -> &mut [Self] {
        bytes
    }
}

impl FromBytes for [u8; 2] {
    fn samples(bytes: &mut [u8]) -> &mut [Self] {
        bytes.as_chunks_mut().0
    }
}

/// Converts the first `CHANNELS` of the `SAMPLES` samples of each pixel.
fn convert<
    T: Stored<S> + FromBytes,
    S: Copy + Default,
    const SAMPLES: usize,
    const CHANNELS: usize,
>(
    executor: &(dyn TransformExecutor<S> + Send + Sync),
    bytes: &mut [u8],
) {
    let (pixels, _) = T::samples(bytes).as_chunks_mut::<SAMPLES>();
    let mut source = vec![S::default(); PIXELS_AT_A_TIME * CHANNELS];
    let mut target = source.clone();
    for pixels in pixels.chunks_mut(PIXELS_AT_A_TIME) {
        let source = &mut source[..pixels.len() * CHANNELS];
        let target = &mut target[..pixels.len() * CHANNELS];
        for (pixel, source) in pixels.iter().zip(source.as_chunks_mut::<CHANNELS>().0) {
            *source = std::array::from_fn(|channel| pixel[channel].read());
        }
        let converted = executor.transform(source, target);
        debug_assert!(converted.is_ok(), "both have samples for whole pixels");
        for (pixel, target) in pixels.iter_mut().zip(target.as_chunks::<CHANNELS>().0) {
            for (sample, &converted) in pixel.iter_mut().zip(target) {
                *sample = T::written(converted);
            }
        }
    }
}
