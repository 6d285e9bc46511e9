//! Simulates how a thumbnail service distorts a photo by resizing, sharpening, a logo, changed
//! colours, encoding and decoding.
//!
//! The simulation knows nothing of watermarks. Resizers and encoders are libraries of other
//! authors, as in real services.

use double_exposure::audit::watermark::{Raster, YCbCrImage};
use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use jpeg_encoder::SamplingFactor;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// Selects the filter by which a service resizes a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    Nearest,
    Box,
    Triangle,
    Lanczos3,
}

impl Filter {
    pub(crate) const ALL: [Self; 4] = [Self::Nearest, Self::Box, Self::Triangle, Self::Lanczos3];

    fn algorithm(self) -> ResizeAlg {
        match self {
            Self::Nearest => ResizeAlg::Nearest,
            Self::Box => ResizeAlg::Convolution(FilterType::Box),
            Self::Triangle => ResizeAlg::Convolution(FilterType::Bilinear),
            Self::Lanczos3 => ResizeAlg::Convolution(FilterType::Lanczos3),
        }
    }
}

/// Selects an effect that a service applies to every thumbnail before it encodes the thumbnail.
/// Each effect has a strength that is usual in services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// No effect.
    Plain,
    /// An unsharp mask.
    Sharpen,
    /// A gamma of 1.15.
    Gamma,
    /// A saturation increased by a fifth, and a contrast decreased by a tenth.
    Colours,
    /// A bright logo in the lower right corner, a third as wide and a sixth as high as the
    /// thumbnail.
    Logo,
}

impl Effect {
    pub(crate) const ALL: [Self; 5] =
        [Self::Plain, Self::Sharpen, Self::Gamma, Self::Colours, Self::Logo];

    fn apply(self, thumbnail: &mut Raster) {
        match self {
            Self::Plain => {}
            Self::Sharpen => sharpen(thumbnail),
            Self::Logo => stamp_logo(thumbnail),
            Self::Gamma => map_pixels(thumbnail, |pixel| {
                pixel.map(|sample| 255.0 * (sample / 255.0).powf(1.0 / 1.15))
            }),
            Self::Colours => map_pixels(thumbnail, |[red, green, blue]| {
                let luma = 0.299 * red + 0.587 * green + 0.114 * blue;
                [red, green, blue].map(|sample| {
                    let saturated = luma + 1.2 * (sample - luma);
                    128.0 + 0.9 * (saturated - 128.0)
                })
            }),
        }
    }
}

/// Selects how a service encodes thumbnails. The numbers are qualities, at most 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Lossless,
    /// JPEG with colour of half width and height.
    Jpeg420(u8),
    /// JPEG with colour of full size.
    Jpeg444(u8),
    /// Lossy WebP.
    Webp(u8),
}

impl Encoding {
    /// Encodes a thumbnail and decodes it again, JPEG into its planes as they are stored.
    fn round_trip(self, thumbnail: &Raster) -> YCbCrImage {
        match self {
            Self::Lossless => YCbCrImage::from_rgb(thumbnail),
            Self::Jpeg420(quality) => jpeg_round_trip(thumbnail, quality, SamplingFactor::F_2_2),
            Self::Jpeg444(quality) => jpeg_round_trip(thumbnail, quality, SamplingFactor::F_1_1),
            Self::Webp(quality) => webp_round_trip(thumbnail, quality),
        }
    }
}

/// Simulates a thumbnail service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SimulatedService {
    /// Width of a square thumbnail, or the longest side of another thumbnail, in px.
    pub(crate) size: u32,
    /// True if a thumbnail shows the photo's centre square, false if it shows the whole photo.
    pub(crate) square: bool,
    pub(crate) filter: Filter,
    pub(crate) effect: Effect,
    pub(crate) encoding: Encoding,
}

impl SimulatedService {
    /// Returns the width and the height of the thumbnail of a photo of this width and height.
    pub(crate) fn thumbnail_size(&self, (width, height): (u32, u32)) -> (u32, u32) {
        if self.square {
            return (self.size, self.size);
        }
        let longest = f64::from(width.max(height));
        let scaled = |side: u32| f64::from(side) * f64::from(self.size) / longest;
        let rounded = |side: u32| (scaled(side).round() as u32).max(1);
        (rounded(width), rounded(height))
    }

    /// Resizes a photo to a thumbnail. A service can tamper with the thumbnail before it sends it.
    pub(crate) fn resize(&self, photo: &Raster) -> Raster {
        let &Raster { width: photo_width, height: photo_height, rgb: ref pixels } = photo;
        let (width, height) = self.thumbnail_size((photo_width, photo_height));
        let side = photo_width.min(photo_height);
        let crop = if self.square {
            [(photo_width - side) / 2, (photo_height - side) / 2, side, side]
        } else {
            [0, 0, photo_width, photo_height]
        };
        let [left, top, crop_width, crop_height] = crop.map(f64::from);
        let options = ResizeOptions::new().resize_alg(self.filter.algorithm()).crop(
            left,
            top,
            crop_width,
            crop_height,
        );
        let mut rgb = vec![0; width as usize * height as usize * 3];
        let source = TypedImageRef::<U8x3>::from_buffer(photo_width, photo_height, pixels);
        let target = TypedImage::<U8x3>::from_buffer(width, height, &mut rgb);
        Resizer::new()
            .resize_typed(
                &source.expect("a photo's bytes match its dimensions"),
                &mut target.expect("the buffer matches the thumbnail"),
                &options,
            )
            .expect("the crop lies in the photo");
        Raster { width, height, rgb }
    }

    /// Sends a thumbnail. Returns the image that the client decodes.
    pub(crate) fn send(&self, mut thumbnail: Raster) -> YCbCrImage {
        self.effect.apply(&mut thumbnail);
        self.encoding.round_trip(&thumbnail)
    }
}

fn jpeg_round_trip(thumbnail: &Raster, quality: u8, sampling: SamplingFactor) -> YCbCrImage {
    let jpeg = thumbnail.to_jpeg(quality, sampling).expect("JPEG holds the thumbnail");
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::YCbCr);
    let pixels = JpegDecoder::new_with_options(ZCursor::new(&jpeg), options).decode();
    let pixels = pixels.expect("the encoder writes a valid JPEG");
    YCbCrImage::from_ycbcr(thumbnail.width, thumbnail.height, &pixels)
}

fn webp_round_trip(thumbnail: &Raster, quality: u8) -> YCbCrImage {
    let Raster { width, height, ref rgb } = *thumbnail;
    let webp = webp::Encoder::from_rgb(rgb, width, height).encode(f32::from(quality));
    let decoded = image::load_from_memory_with_format(&webp, image::ImageFormat::WebP);
    let rgb = decoded.expect("the encoder writes a valid WebP").into_rgb8().into_raw();
    YCbCrImage::from_rgb(&Raster { width, height, rgb })
}

fn map_pixels(image: &mut Raster, change: impl Fn([f32; 3]) -> [f32; 3]) {
    let (pixels, _) = image.rgb.as_chunks_mut::<3>();
    for pixel in pixels {
        *pixel = change(pixel.map(f32::from)).map(rounded);
    }
}

fn rounded(sample: f32) -> u8 {
    sample.round().clamp(0.0, 255.0) as u8
}

/// Sharpens an image by an unsharp mask with a radius of 1 px and an amount of 0.8.
fn sharpen(image: &mut Raster) {
    let (width, height) = (image.width as usize, image.height as usize);
    let before = image.rgb.clone();
    let at = |x: usize, y: usize, channel: usize| f32::from(before[(y * width + x) * 3 + channel]);
    let near = |x: usize, end: usize| [x.saturating_sub(1), x, (x + 1).min(end - 1)];
    for y in 0..height {
        for x in 0..width {
            for channel in 0..3 {
                let (mut sum, weights) = (0.0, [1.0, 2.0, 1.0]);
                for (row, down) in near(y, height).into_iter().zip(weights) {
                    for (column, across) in near(x, width).into_iter().zip(weights) {
                        sum += down * across * at(column, row, channel);
                    }
                }
                let own = at(x, y, channel);
                image.rgb[(y * width + x) * 3 + channel] = rounded(own + 0.8 * (own - sum / 16.0));
            }
        }
    }
}

/// Stamps a logo of vertical strokes on a bright ground, three quarters opaque.
fn stamp_logo(image: &mut Raster) {
    let (width, height) = (image.width as usize, image.height as usize);
    for y in height - height / 6..height {
        for x in width - width / 3..width {
            let is_stroke = (x + y / 3) % 7 < 2;
            let logo = if is_stroke { 20.0 } else { 245.0 };
            for sample in &mut image.rgb[(y * width + x) * 3..][..3] {
                *sample = rounded(0.25 * f32::from(*sample) + 0.75 * logo);
            }
        }
    }
}
