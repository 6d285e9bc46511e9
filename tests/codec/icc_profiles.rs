//! Makes ICC profiles, files with profiles, and the colours that they stand for.

use bytes::Bytes;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder};
use jpeg_encoder::{ColorType, SamplingFactor};

use crate::images::{TestImage, jpeg, png_chunk};

/// Describes an RGB colour space by numbers of its own, and not by those of a library.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RgbSpace {
    pub(crate) name: &'static str,
    /// Red, green and blue in XYZ of D50, one in each row, as a profile stores them.
    colorants: [[f64; 3]; 3],
    /// Linear sRGB from linear RGB of this space.
    to_srgb: [[f64; 3]; 3],
    /// Exponent of the curve, or that of sRGB.
    gamma: Option<f64>,
}

pub(crate) const SRGB: RgbSpace = RgbSpace {
    name: "sRGB",
    colorants: [[0.4361, 0.2225, 0.0139], [0.3851, 0.7169, 0.0971], [0.1431, 0.0606, 0.7141]],
    to_srgb: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    gamma: None,
};

pub(crate) const DISPLAY_P3: RgbSpace = RgbSpace {
    name: "Display P3",
    colorants: [[0.5151, 0.2412, -0.0011], [0.2920, 0.6922, 0.0419], [0.1571, 0.0666, 0.7841]],
    to_srgb: [[1.2249, -0.2247, 0.0], [-0.0420, 1.0419, 0.0], [-0.0197, -0.0786, 1.0979]],
    gamma: None,
};

pub(crate) const ADOBE_RGB: RgbSpace = RgbSpace {
    name: "Adobe RGB",
    colorants: [[0.6097, 0.3111, 0.0195], [0.2053, 0.6257, 0.0609], [0.1492, 0.0632, 0.7446]],
    to_srgb: [[1.3984, -0.3984, 0.0], [0.0, 1.0, 0.0], [0.0, -0.0429, 1.0429]],
    gamma: Some(563.0 / 256.0),
};

pub(crate) const PRO_PHOTO: RgbSpace = RgbSpace {
    name: "ProPhoto",
    colorants: [[0.7977, 0.2880, 0.0], [0.1352, 0.7119, 0.0], [0.0313, 0.0001, 0.8249]],
    to_srgb: [[2.0341, -0.7274, -0.3067], [-0.2288, 1.2317, -0.0029], [-0.0086, -0.1533, 1.1619]],
    gamma: Some(1.8),
};

impl RgbSpace {
    /// Returns the profile, with curves and a matrix.
    pub(crate) fn profile(&self) -> Vec<u8> {
        let curve = match self.gamma {
            Some(gamma) => gamma_curve(gamma),
            None => table_curve(1024, decoded_srgb),
        };
        let mut tags: Vec<([u8; 4], Vec<u8>)> = Vec::new();
        for (component, colorant) in b"rgb".iter().zip(self.colorants) {
            let mut xyz = b"XYZ \0\0\0\0".to_vec();
            xyz.extend(colorant.into_iter().flat_map(fixed));
            tags.push(([*component, b'X', b'Y', b'Z'], xyz));
            tags.push(([*component, b'T', b'R', b'C'], curve.clone()));
        }
        profile(b"RGB ", b"XYZ ", &tags)
    }

    /// Returns a colour as sRGB.
    pub(crate) fn srgb(&self, color: [u8; 3]) -> [u8; 3] {
        let linear = color.map(|value| {
            let value = f64::from(value) / 255.0;
            self.gamma.map_or_else(|| decoded_srgb(value), |gamma| value.powf(gamma))
        });
        self.to_srgb.map(|row| {
            let light: f64 = row.iter().zip(linear).map(|(part, light)| part * light).sum();
            (255.0 * encoded_srgb(light)).round() as u8
        })
    }
}

/// Decodes a value of sRGB to light (IEC 61966-2-1).
fn decoded_srgb(value: f64) -> f64 {
    if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

/// Encodes light as sRGB.
pub(crate) fn encoded_srgb(light: f64) -> f64 {
    let light = light.clamp(0.0, 1.0);
    if light <= 0.003_130_8 { 12.92 * light } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 }
}

/// Returns a number as a profile stores it, in 65,536ths.
fn fixed(number: f64) -> [u8; 4] {
    ((number * 65_536.0).round() as i32).to_be_bytes()
}

/// Returns a curve that is an exponent.
pub(crate) fn gamma_curve(gamma: f64) -> Vec<u8> {
    let mut curve = b"curv\0\0\0\0\0\0\0\x01".to_vec();
    curve.extend(((gamma * 256.0).round() as u16).to_be_bytes());
    curve
}

/// Returns a curve that is a table.
fn table_curve(entries: u32, curve: impl Fn(f64) -> f64) -> Vec<u8> {
    let mut table = b"curv\0\0\0\0".to_vec();
    table.extend(entries.to_be_bytes());
    let last = f64::from(entries - 1);
    table.extend((0..entries).flat_map(|entry| {
        ((curve(f64::from(entry) / last) * 65_535.0).round() as u16).to_be_bytes()
    }));
    table
}

/// Returns a table of colours from `inputs` components to Lab, with a grid of two points for each,
/// from a function of the inputs, each 0 or 1.
pub(crate) fn table_of_colors(inputs: u8, lab: impl Fn(&[u32]) -> [f64; 3]) -> Vec<u8> {
    let mut tag = b"mft2\0\0\0\0".to_vec();
    tag.extend([inputs, 3, 2, 0]);
    tag.extend([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0].into_iter().flat_map(fixed));
    tag.extend([0, 2, 0, 2]);
    tag.extend([0, 0, 0xFF, 0xFF].repeat(inputs.into()));
    for point in 0..1_u32 << inputs {
        let point: Vec<u32> = (0..inputs).rev().map(|input| point >> input & 1).collect();
        let [l, a, b] = lab(&point);
        for value in [l / 100.0 * 65_280.0, (a + 128.0) * 256.0, (b + 128.0) * 256.0] {
            tag.extend((value.round() as u16).to_be_bytes());
        }
    }
    tag.extend([0, 0, 0xFF, 0xFF].repeat(3));
    tag
}

/// Returns a table of colours of 8 bits from RGB to Lab, which shows the first component's light
/// alone, as grey.
pub(crate) fn grey_table_of_8_bits() -> Vec<u8> {
    let mut tag = b"mft1\0\0\0\0\x03\x03\x02\0".to_vec();
    tag.extend([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0].into_iter().flat_map(fixed));
    let curves: Vec<u8> = (0..3).flat_map(|_| 0..=255).collect();
    tag.extend(&curves);
    tag.extend((0..8).flat_map(|point| [if point < 4 { 0 } else { 255 }, 128, 128]));
    tag.extend(&curves);
    tag
}

/// Returns a profile of version 2 for a display.
pub(crate) fn profile(space: &[u8; 4], pcs: &[u8; 4], tags: &[([u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut profile = vec![0; 128];
    profile[8] = 2;
    profile[12..16].copy_from_slice(b"mntr");
    profile[16..20].copy_from_slice(space);
    profile[20..24].copy_from_slice(pcs);
    profile[36..40].copy_from_slice(b"acsp");
    for (at, number) in [(68, 0.9642), (72, 1.0), (76, 0.8249)] {
        profile[at..at + 4].copy_from_slice(&fixed(number));
    }
    profile.extend((tags.len() as u32).to_be_bytes());
    let (mut table, mut data) = (Vec::new(), Vec::new());
    let start = 132 + 12 * tags.len();
    for (name, tag) in tags {
        table.extend(name);
        table.extend(((start + data.len()) as u32).to_be_bytes());
        table.extend((tag.len() as u32).to_be_bytes());
        data.extend(tag);
        data.resize(data.len().next_multiple_of(4), 0);
    }
    profile.extend(table);
    profile.extend(data);
    let length = profile.len() as u32;
    profile[..4].copy_from_slice(&length.to_be_bytes());
    profile
}

/// Returns the profile of grey with an exponent.
pub(crate) fn grey_profile(gamma: f64) -> Vec<u8> {
    profile(b"GRAY", b"XYZ ", &[(*b"kTRC", gamma_curve(gamma))])
}

/// Returns an APP2 segment with a part of a profile.
pub(crate) fn icc_segment(number: u8, count: u8, part: &[u8]) -> Vec<u8> {
    let mut segment = vec![0xFF, 0xE2];
    segment.extend((part.len() as u16 + 16).to_be_bytes());
    segment.extend(b"ICC_PROFILE\0");
    segment.extend([number, count]);
    segment.extend(part);
    segment
}

/// Inserts segments behind a JPEG's start marker.
pub(crate) fn with_segments(jpeg: &[u8], segments: &[Vec<u8>]) -> Bytes {
    [&jpeg[..2], &segments.concat(), &jpeg[2..]].concat().into()
}

/// Names a chunk of a PNG, and gives its data.
pub(crate) type PngChunk<'a> = (&'a [u8; 4], &'a [u8]);

/// Inserts chunks behind a PNG's header chunk.
pub(crate) fn with_chunks(png: &[u8], chunks: &[PngChunk<'_>]) -> Bytes {
    let chunks: Vec<u8> = chunks.iter().flat_map(|(name, data)| png_chunk(name, data)).collect();
    [&png[..33], &chunks, &png[33..]].concat().into()
}

/// Returns a PNG's iCCP chunk data with a profile.
pub(crate) fn iccp(profile: &[u8]) -> Vec<u8> {
    let mut data = b"a name\0\0".to_vec();
    data.extend(fdeflate::compress_to_vec(profile));
    data
}

/// Encodes an image with a profile in each format, JPEG at the highest quality.
pub(crate) fn files_with_profile(image: &TestImage, profile: &[u8]) -> [(&'static str, Bytes); 4] {
    let TestImage { width, height, rgb } = image;
    let file = jpeg(rgb, *width, *height, ColorType::Rgb, |encoder| {
        encoder.set_quality(100);
        encoder.set_sampling_factor(SamplingFactor::F_1_1);
        encoder.add_icc_profile(profile).unwrap();
    });
    let mut webp = Vec::new();
    let mut encoder = WebPEncoder::new_lossless(&mut webp);
    encoder.set_icc_profile(profile.to_vec()).unwrap();
    encoder.encode(rgb, *width, *height, ExtendedColorType::Rgb8).unwrap();
    let png = |samples: &[u8], color| {
        let mut file = Vec::new();
        let mut encoder = PngEncoder::new(&mut file);
        encoder.set_icc_profile(profile.to_vec()).unwrap();
        encoder.write_image(samples, *width, *height, color).unwrap();
        Bytes::from(file)
    };
    // The encoder takes the machine's byte order. A sample and itself is the sample times 257.
    let wide: Vec<u8> = rgb.iter().flat_map(|&sample| [sample; 2]).collect();
    [
        ("JPEG", file),
        ("PNG", png(rgb, ExtendedColorType::Rgb8)),
        ("PNG of 16 bits", png(&wide, ExtendedColorType::Rgb16)),
        ("WebP", webp.into()),
    ]
}
