//! Converts a pixel from RGB to YCbCr and back, as JFIF defines it: BT.601, full range.
//!
//! The arithmetic uses whole numbers of 65,536ths, rounded, so that every machine makes the same
//! image.

/// Converts a factor to 65,536ths.
const fn parts(factor: f64) -> i32 {
    (factor * 65_536.0 + 0.5) as i32
}

const HALF: i32 = 1 << 15;

/// Converts red, green and blue to luma, blue difference and red difference.
pub(super) fn from_rgb(rgb: [u8; 3]) -> [u8; 3] {
    let [r, g, b] = rgb.map(i32::from);
    let luma = parts(0.299) * r + parts(0.587) * g + parts(0.114) * b;
    let blue = parts(0.5) * b - parts(0.168_735_892) * r - parts(0.331_264_108) * g;
    let red = parts(0.5) * r - parts(0.418_687_589) * g - parts(0.081_312_411) * b;
    [byte(luma), byte(blue + (128 << 16)), byte(red + (128 << 16))]
}

/// Converts luma, blue difference and red difference to red, green and blue.
pub(super) fn to_rgb(ycbcr: [u8; 3]) -> [u8; 3] {
    let [luma, blue, red] = ycbcr.map(i32::from);
    let (luma, blue, red) = (luma << 16, blue - 128, red - 128);
    [
        byte(luma + parts(1.402) * red),
        byte(luma - parts(0.344_136_286) * blue - parts(0.714_136_286) * red),
        byte(luma + parts(1.772) * blue),
    ]
}

fn byte(parts: i32) -> u8 {
    ((parts + HALF) >> 16).clamp(0, 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_the_scales_have_the_values_of_jfif() {
        for (rgb, ycbcr) in [
            ([0; 3], [0, 128, 128]),
            ([255; 3], [255, 128, 128]),
            ([77; 3], [77, 128, 128]),
            ([255, 0, 0], [76, 85, 255]),
            ([0, 255, 0], [150, 44, 21]),
            ([0, 0, 255], [29, 255, 107]),
        ] {
            assert_eq!(from_rgb(rgb), ycbcr, "{rgb:?}");
        }
    }

    #[test]
    fn colours_survive_a_round_trip_within_2_of_255() {
        for number in 0..=0x00FF_FFFF_u32 / 97 {
            let [rgb @ .., _] = (number * 97).to_le_bytes();
            let back = to_rgb(from_rgb(rgb));
            assert!((0..3).all(|i| rgb[i].abs_diff(back[i]) <= 2), "{rgb:?} {back:?}");
        }
    }
}
