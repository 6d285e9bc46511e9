//! Makes profiles of what a PNG says in numbers: cICP, or gAMA and cHRM.

use moxcms::{
    Chromaticity, CicpColorPrimaries, CicpProfile, ColorPrimaries, ColorProfile, DataColorSpace,
    MatrixCoefficients, ToneReprCurve, TransferCharacteristics,
};

use super::{ColorModel, UnusableProfile};

/// Makes the profile of a cICP chunk: primaries, transfer function, matrix and range, by their
/// numbers in ITU-T H.273. A PNG has no matrix.
pub(super) fn by_cicp(
    [primaries, transfer, matrix, full_range]: [u8; 4],
    model: ColorModel,
) -> Result<ColorProfile, UnusableProfile> {
    let primaries = CicpColorPrimaries::try_from(primaries).map_err(|_| UnusableProfile)?;
    let transfer_characteristics =
        TransferCharacteristics::try_from(transfer).map_err(|_| UnusableProfile)?;
    if matrix != 0 || full_range > 1 {
        return Err(UnusableProfile);
    }
    let mut profile = ColorProfile::new_from_cicp(CicpProfile {
        color_primaries: primaries,
        transfer_characteristics,
        matrix_coefficients: MatrixCoefficients::Identity,
        full_range: true,
    });
    let curve = profile.red_trc.take().ok_or(UnusableProfile)?;
    let curve = match transfer_characteristics {
        TransferCharacteristics::Smpte2084 => sampled(|value| pq(value) / REFERENCE_WHITE),
        TransferCharacteristics::Hlg => sampled(|value| hlg(value) / REFERENCE_WHITE),
        _ => curve,
    };
    let curve = if full_range == 1 { curve } else { of_narrow_range(&curve)? };
    with_curve(profile, curve, model)
}

/// Makes the profile of a gAMA and a cHRM chunk. Without the one, the curve is that of sRGB;
/// without the other, the primaries are.
pub(super) fn by_gamma(
    gamma: Option<u32>,
    chromaticities: Option<[u32; 8]>,
    model: ColorModel,
) -> Result<ColorProfile, UnusableProfile> {
    let mut profile = ColorProfile::new_srgb();
    let mut has_srgb_primaries = true;
    if let Some(numbers) = chromaticities {
        has_srgb_primaries =
            numbers.iter().zip(SRGB_CHROMATICITIES).all(|(a, b)| a.abs_diff(b) <= MAX_ROUNDING);
        let part = |number: u32| number as f32 / 100_000.0;
        let [white, red, green, blue] = *numbers.as_chunks::<2>().0 else {
            return Err(UnusableProfile);
        };
        let [white, red, green, blue] =
            [white, red, green, blue].map(|[x, y]| Chromaticity::new(part(x), part(y)));
        profile.update_rgb_colorimetry(white.to_xyyb(), ColorPrimaries { red, green, blue });
    }
    let curve = match gamma {
        // Programs write this number for sRGB, whose curve no exponent gives.
        Some(gamma) if gamma.abs_diff(SRGB_GAMMA) <= MAX_ROUNDING && has_srgb_primaries => None,
        Some(gamma) if !(MIN_GAMMA..=MAX_GAMMA).contains(&gamma) => return Err(UnusableProfile),
        Some(gamma) => Some(ToneReprCurve::Parametric(vec![100_000.0 / gamma as f32])),
        None => None,
    };
    let curve = curve.or(profile.red_trc.take()).ok_or(UnusableProfile)?;
    with_curve(profile, curve, model)
}

/// White and primaries of sRGB as a cHRM chunk gives them.
const SRGB_CHROMATICITIES: [u32; 8] =
    [31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000];

/// Exponent that a gAMA chunk gives for sRGB.
const SRGB_GAMMA: u32 = 45_455;

/// Difference between two numbers that programs rounded differently, at most 0.001.
const MAX_ROUNDING: u32 = 100;

/// Least exponent of a gAMA chunk, 0.1.
const MIN_GAMMA: u32 = 10_000;

/// Greatest exponent of a gAMA chunk, 10.
const MAX_GAMMA: u32 = 1_000_000;

/// Light of the white of a page in HDR, in cd/m² (ITU-R BT.2408).
const REFERENCE_WHITE: f32 = 203.0;

/// Light of a display's brightest white in HLG, in cd/m² (ITU-R BT.2100).
const HLG_PEAK: f32 = 1000.0;

/// Gives a profile one curve for all components, and refuses colorants that are no numbers.
fn with_curve(
    mut profile: ColorProfile,
    curve: ToneReprCurve,
    model: ColorModel,
) -> Result<ColorProfile, UnusableProfile> {
    if !profile.colorant_matrix().v.as_flattened().iter().all(|part| part.abs() < 10.0) {
        return Err(UnusableProfile);
    }
    profile.cicp = None;
    if model == ColorModel::Grey {
        profile.color_space = DataColorSpace::Gray;
    }
    profile.gray_trc = Some(curve.clone());
    profile.red_trc = Some(curve.clone());
    profile.green_trc = Some(curve.clone());
    profile.blue_trc = Some(curve);
    Ok(profile)
}

/// Samples a curve at 4096 values; light above 1 is clipped.
fn sampled(curve: impl Fn(f32) -> f32) -> ToneReprCurve {
    let samples = (0..4096).map(|step| curve(step as f32 / 4095.0).clamp(0.0, 1.0) * 65_535.0);
    ToneReprCurve::Lut(samples.map(|light| light.round() as u16).collect())
}

/// Stretches a curve over the narrow range of video, 16 to 235 of 255.
fn of_narrow_range(curve: &ToneReprCurve) -> Result<ToneReprCurve, UnusableProfile> {
    let curve = curve.make_linear_evaluator().map_err(|_| UnusableProfile)?;
    let full = |value: f32| ((value * 255.0 - 16.0) / 219.0).clamp(0.0, 1.0);
    Ok(sampled(|value| curve.evaluate_value(full(value))))
}

/// Returns the light in cd/m² of a value in PQ (SMPTE ST 2084).
fn pq(value: f32) -> f32 {
    let root = value.powf(32.0 / 2523.0);
    let light = (root - 0.835_937_5).max(0.0) / (18.851_563 - 18.6875 * root);
    10_000.0 * light.powf(8192.0 / 1305.0)
}

/// Returns the light in cd/m² of a value in HLG, on a display of 1000 cd/m² (ITU-R BT.2100).
fn hlg(value: f32) -> f32 {
    let scene = if value <= 0.5 {
        value * value / 3.0
    } else {
        (((value - 0.559_910_7) / 0.178_832_77).exp() + 0.284_668_92) / 12.0
    };
    HLG_PEAK * scene.powf(1.2)
}
