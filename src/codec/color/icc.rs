//! Reads ICC profiles, of which only the tags that a conversion to sRGB needs.

use std::ops::Range;

use moxcms::{
    ColorProfile, DataColorSpace, LutDataType, LutType, LutWarehouse, ParsingOptions, ProfileClass,
    ToneReprCurve, Xyzd,
};

use super::{ColorModel, ColorTag, MAX_PROFILE_BYTES, UnusableProfile};

/// Start of an APP2 segment that holds a part of a profile.
const SIGNATURE: &[u8] = b"ICC_PROFILE\0";

/// Number of parts of a profile in a JPEG, at most 255, since a byte counts them.
const MAX_PARTS: usize = 255;

/// Collects the parts of a profile from the segments of a JPEG.
#[derive(Default)]
pub(in crate::codec) struct IccParts {
    /// Number and count of each part, and its range of the file.
    parts: Vec<([u8; 2], Range<usize>)>,
}

impl IccParts {
    /// Takes the payload of an APP2 segment that begins at a byte of the file. Other payloads are
    /// skipped, and so are all parts behind the 256th, since they make the profile unusable.
    pub(in crate::codec) fn take(&mut self, payload: &[u8], at: usize) {
        let Some(&[number, count, ref data @ ..]) = payload.strip_prefix(SIGNATURE) else { return };
        if self.parts.len() <= MAX_PARTS {
            let end = at + payload.len();
            self.parts.push(([number, count], end - data.len()..end));
        }
    }

    /// Returns the profile's parts in order, none of them if one is missing or there twice.
    pub(in crate::codec) fn finish(mut self) -> ColorTag {
        if self.parts.is_empty() {
            return ColorTag::Srgb;
        }
        self.parts.sort_by_key(|(numbers, _)| *numbers);
        let count = self.parts.len();
        let is_whole = (1..).zip(&self.parts).all(|(number, ([found, of], _))| {
            (usize::from(*found), usize::from(*of)) == (number, count)
        });
        let parts = self.parts.into_iter().map(|(_, range)| range);
        ColorTag::Icc(if is_whole { parts.collect() } else { Vec::new() })
    }
}

/// Returns the parts of a file, joined.
pub(super) fn join(file: &[u8], parts: &[Range<usize>]) -> Result<Vec<u8>, UnusableProfile> {
    if parts.iter().map(ExactSizeIterator::len).sum::<usize>() > MAX_PROFILE_BYTES {
        return Err(UnusableProfile);
    }
    let parts: Option<Vec<_>> = parts.iter().map(|part| file.get(part.clone())).collect();
    Ok(parts.ok_or(UnusableProfile)?.concat())
}

/// Inflates the data of a PNG's iCCP chunk: a name, a zero, the method zero, and a zlib stream.
pub(super) fn inflate(data: &[u8]) -> Result<Vec<u8>, UnusableProfile> {
    let name_end = memchr::memchr(0, data).ok_or(UnusableProfile)?;
    let deflated = data[name_end + 1..].strip_prefix(&[0]).ok_or(UnusableProfile)?;
    fdeflate::decompress_to_vec_bounded(deflated, MAX_PROFILE_BYTES).map_err(|_| UnusableProfile)
}

/// Bytes of the header, with the number of tags, which follow.
const HEADER_BYTES: usize = 132;

/// Position of the version in the header.
const VERSION_BYTE: usize = 8;

/// Bytes of a tag's entry in the table: its name, position and length.
const ENTRY_BYTES: usize = 12;

/// Names of the tags that are read.
const TAGS: [&[u8; 4]; 9] =
    [b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC", b"kTRC", b"A2B0", b"A2B1"];

/// Parses a profile. Relative colorimetry takes its table, or else the perceptual one, as Little
/// CMS does.
pub(super) fn parse(mut profile: Vec<u8>) -> Result<ColorProfile, UnusableProfile> {
    hide_other_tags(&mut profile).ok_or(UnusableProfile)?;
    let mut parsed = parse_tags(&profile)?;
    if let Some(LutWarehouse::Lut(LutDataType { lut_type: LutType::Lut8, .. })) =
        parsed.lut_a_to_b_colorimetric
    {
        // The parser takes Lab of 8 bits for that of 16 bits in version 2, where white is FF00.
        profile[VERSION_BYTE] = 4;
        parsed = parse_tags(&profile)?;
    }
    Ok(parsed)
}

fn parse_tags(profile: &[u8]) -> Result<ColorProfile, UnusableProfile> {
    let options = ParsingOptions {
        max_profile_size: MAX_PROFILE_BYTES + 1,
        max_allowed_clut_size: MAX_PROFILE_BYTES,
        max_allowed_trc_size: MAX_PROFILE_BYTES,
    };
    let parsed = ColorProfile::new_from_slice_with_options(profile, options);
    let mut parsed = parsed.map_err(|_| UnusableProfile)?;
    let converts_colors = !matches!(
        parsed.profile_class,
        ProfileClass::DeviceLink | ProfileClass::Abstract | ProfileClass::Named
    );
    let perceptual = parsed.lut_a_to_b_perceptual.take();
    parsed.lut_a_to_b_colorimetric = parsed.lut_a_to_b_colorimetric.or(perceptual);
    if converts_colors { Ok(parsed) } else { Err(UnusableProfile) }
}

/// Renames all tags that are not needed, and repeated ones, so that the parser skips them. It would
/// parse every entry, also thousands that point to the same megabytes. Returns `None` if the table
/// is cut off.
fn hide_other_tags(profile: &mut [u8]) -> Option<()> {
    let count = u32::from_be_bytes(*profile.get(HEADER_BYTES - 4..)?.first_chunk()?) as usize;
    let table = profile.get_mut(HEADER_BYTES..)?;
    let table = table.get_mut(..count.checked_mul(ENTRY_BYTES)?)?;
    let mut unread = TAGS.to_vec();
    for [name @ .., _, _, _, _, _, _, _, _] in table.as_chunks_mut::<ENTRY_BYTES>().0 {
        match unread.iter().position(|tag| *tag == name) {
            Some(index) => _ = unread.swap_remove(index),
            None => *name = [0; 4],
        }
    }
    Some(())
}

/// Returns the components that a profile is for.
pub(super) fn model(profile: &ColorProfile) -> Option<ColorModel> {
    match profile.color_space {
        DataColorSpace::Gray => Some(ColorModel::Grey),
        DataColorSpace::Rgb => Some(ColorModel::Rgb),
        DataColorSpace::Cmyk => Some(ColorModel::Cmyk),
        _ => None,
    }
}

/// Greatest difference between the colorants of two profiles of sRGB. Makers round differently.
const MAX_COLORANT_DIFFERENCE: f64 = 0.002;

/// Greatest difference between a curve and that of sRGB, in 255ths after encoding.
const MAX_CURVE_DIFFERENCE: f32 = 0.75;

/// Returns true if a profile means sRGB, or grey with the curve of sRGB.
pub(super) fn is_srgb(profile: &ColorProfile) -> bool {
    if profile.lut_a_to_b_colorimetric.is_some() {
        return false;
    }
    if model(profile) == Some(ColorModel::Grey) {
        return is_srgb_curve(profile.gray_trc.as_ref()) && profile.pcs == DataColorSpace::Xyz;
    }
    let srgb = ColorProfile::new_srgb();
    let colorants = |profile: &ColorProfile| {
        let Xyzd { x, y, z } = profile.red_colorant;
        let green = profile.green_colorant;
        let blue = profile.blue_colorant;
        [x, y, z, green.x, green.y, green.z, blue.x, blue.y, blue.z]
    };
    let pairs = colorants(profile).into_iter().zip(colorants(&srgb));
    let curves = [&profile.red_trc, &profile.green_trc, &profile.blue_trc];
    pairs.map(|(a, b)| (a - b).abs()).all(|difference| difference <= MAX_COLORANT_DIFFERENCE)
        && curves.iter().all(|curve| is_srgb_curve(curve.as_ref()))
}

fn is_srgb_curve(curve: Option<&ToneReprCurve>) -> bool {
    let evaluator = curve.and_then(|curve| curve.make_linear_evaluator().ok());
    evaluator.is_some_and(|evaluator| {
        (0..=255).step_by(5).map(|level| level as f32).all(|level| {
            let encoded = 255.0 * srgb_encoded(evaluator.evaluate_value(level / 255.0));
            (encoded - level).abs() <= MAX_CURVE_DIFFERENCE
        })
    })
}

/// Encodes linear light from 0 to 1 as sRGB (IEC 61966-2-1).
pub(super) fn srgb_encoded(light: f32) -> f32 {
    let light = light.clamp(0.0, 1.0);
    if light <= 0.003_130_8 { 12.92 * light } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_parts_are_kept_than_a_byte_can_count() {
        let mut parts = IccParts::default();
        for at in 0..100_000 {
            parts.take(b"ICC_PROFILE\0\x01\x01part", at);
        }
        assert_eq!(parts.parts.len(), MAX_PARTS + 1);
        assert_eq!(parts.finish(), ColorTag::Icc(Vec::new()));
    }
}
