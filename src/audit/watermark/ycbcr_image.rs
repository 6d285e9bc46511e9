//! Holds a decoded thumbnail as luma and two colour planes, all of full size.
//!
//! A service can mix each plane without the others, so the detector reads each plane alone.

use super::Raster;

/// Holds the planes of a thumbnail as JPEG defines them (BT.601, full range), row by row without
/// padding.
#[derive(Clone, Debug)]
pub struct YCbCrImage {
    /// Width in px.
    pub width: u32,
    /// Height in px.
    pub height: u32,
    /// Luma, width × height bytes.
    pub y: Vec<u8>,
    /// Blue difference, width × height bytes, each 128 for a grey pixel.
    pub cb: Vec<u8>,
    /// Red difference, width × height bytes, each 128 for a grey pixel.
    pub cr: Vec<u8>,
}

impl YCbCrImage {
    /// Converts an RGB image, for formats that decode to RGB.
    pub fn from_rgb(image: &Raster) -> Self {
        let (pixels, _) = image.rgb.as_chunks::<3>();
        let pixels: Vec<u8> = pixels.iter().flat_map(|&pixel| ycbcr(pixel)).collect();
        Self::from_ycbcr(image.width, image.height, &pixels)
    }

    /// Separates interleaved pixels, three bytes each in the order Y, Cb, Cr, into planes.
    pub fn from_ycbcr(width: u32, height: u32, pixels: &[u8]) -> Self {
        let plane = |index: usize| pixels.chunks_exact(3).map(|pixel| pixel[index]).collect();
        Self { width, height, y: plane(0), cb: plane(1), cr: plane(2) }
    }
}

/// Converts a pixel with JFIF's formula, rounded.
fn ycbcr(pixel: [u8; 3]) -> [u8; 3] {
    let [red, green, blue] = pixel.map(f32::from);
    let luma = 0.299 * red + 0.587 * green + 0.114 * blue;
    let round = |value: f32| (value + 0.5) as u8;
    [round(luma), round(128.0 + (blue - luma) / 1.772), round(128.0 + (red - luma) / 1.402)]
}
