//! A thumbnail through an encoder and back.
//!
//! The decoders are those that readers of answers use: JPEG's planes as they are stored.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::super::{Raster, YCbCrImage};

/// How a thumbnail is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// As it is, such as PNG.
    Lossless,
    /// JPEG of a quality, with colour at half its size: 4:2:0.
    Jpeg420(u8),
    /// JPEG of a quality, with all of its colour: 4:4:4.
    Jpeg444(u8),
    /// Lossy WebP of a quality.
    Webp(u8),
}

impl Coding {
    /// Encodes a picture and decodes it again.
    ///
    /// # Panics
    /// If the picture has a side of 0 px or of more than 16,383.
    pub fn round_trip(self, picture: &Raster) -> YCbCrImage {
        match self {
            Self::Lossless => YCbCrImage::from_rgb(picture),
            Self::Jpeg420(quality) => jpeg(picture, quality, SamplingFactor::F_2_2),
            Self::Jpeg444(quality) => jpeg(picture, quality, SamplingFactor::F_1_1),
            Self::Webp(quality) => webp(picture, quality),
        }
    }
}

fn jpeg(picture: &Raster, quality: u8, sampling: SamplingFactor) -> YCbCrImage {
    let side = |side: u32| u16::try_from(side).expect("a thumbnail is no larger than JPEG allows");
    let (width, height) = (side(picture.width), side(picture.height));
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality);
    encoder.set_sampling_factor(sampling);
    encoder.encode(&picture.rgb, width, height, ColorType::Rgb).expect("memory takes all bytes");
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::YCbCr);
    let pixels = JpegDecoder::new_with_options(ZCursor::new(&bytes), options).decode();
    let pixels = pixels.expect("what was just encoded can be decoded");
    YCbCrImage::from_ycbcr(picture.width, picture.height, &pixels)
}

fn webp(picture: &Raster, quality: u8) -> YCbCrImage {
    let (width, height) = (picture.width, picture.height);
    let bytes = webp::Encoder::from_rgb(&picture.rgb, width, height).encode(f32::from(quality));
    let decoded = image::load_from_memory_with_format(&bytes, image::ImageFormat::WebP);
    let rgb = decoded.expect("what was just encoded can be decoded").into_rgb8().into_raw();
    YCbCrImage::from_rgb(&Raster { width, height, rgb })
}
