//! A canvas of planes at 4:2:0, written by libjpeg-turbo.
//!
//! A frame's planes are resized one by one, straight to the size at which they are written. A frame
//! of RGB is resized as RGB, a band at a time, and converted then, when there is least to convert.

use std::borrow::Cow;
use std::ops::Range;

use fast_image_resize::Resizer;
use fast_image_resize::images::{TypedCroppedImageMut, TypedImage, TypedImageRef};
use fast_image_resize::pixels::{U8, U8x3};
use turbojpeg::{Compressor, Subsamp, YuvPlanesImage, compressed_buf_len};

use super::{CropMapping, resize};
use crate::codec::frame::PixelView;
use crate::codec::resample_filter::ResampleFilter;
use crate::codec::ycbcr::{Color, Colors, Planes, Sampling, Shape, color};
use crate::codec::{Bytes, ImageFrame, QUALITY};

/// Luma, and for each 2 by 2 pixels of it a sample of blue and of red difference. Where a side is
/// odd, the last samples of colour stand for the pixels that there are.
pub(in crate::codec) struct Canvas {
    width: u32,
    height: u32,
    /// An even number of columns and of rows, as the encoder reads them: behind an odd number of
    /// them the last is there twice.
    luma: Vec<u8>,
    blue: Vec<u8>,
    red: Vec<u8>,
    /// Kept from band to band with their memory: the resizer, and a band of RGB.
    resizer: Resizer,
    band: Vec<u8>,
}

const NO_COLOR: u8 = 128;

/// A JPEG's headers, and some of its smallest pictures.
const LEAST_BYTES: usize = 4096;

/// A canvas' rows in the making: all of luma's columns and colour's.
struct Band<'c> {
    rows: Range<u32>,
    luma: &'c mut [u8],
    colors: [&'c mut [u8]; 2],
}

impl Canvas {
    /// A white one.
    pub(in crate::codec) fn new((width, height): (u32, u32)) -> Self {
        let samples = width.next_multiple_of(2) as usize * height.next_multiple_of(2) as usize;
        Self {
            width,
            height,
            luma: vec![255; samples],
            blue: vec![NO_COLOR; samples / 4],
            red: vec![NO_COLOR; samples / 4],
            resizer: Resizer::new(),
            band: Vec::new(),
        }
    }

    pub(in crate::codec) fn rgb(&self) -> Cow<'_, [u8]> {
        let (width, height) = (self.width as usize, self.height as usize);
        let luma = self.luma.chunks(self.columns()).take(height).flat_map(|row| &row[..width]);
        let samples: Vec<u8> = luma.chain(&self.blue).chain(&self.red).copied().collect();
        let sampling = Sampling { across: 2, down: 2 };
        let colors = Some(Colors { sampling, before: (0, 0) });
        Cow::Owned(Shape { width, height, colors }.view(&samples).to_rgb())
    }

    /// How many columns of luma there are in memory.
    fn columns(&self) -> usize {
        self.width.next_multiple_of(2) as usize
    }

    /// Makes these rows from a frame that is not empty. They begin at an even one, and end at one
    /// or at the last.
    pub(in crate::codec) fn make(
        &mut self,
        frame: &ImageFrame,
        cut: &CropMapping,
        rows: Range<u32>,
    ) -> Option<()> {
        let columns = self.columns();
        let all = rows.start as usize..rows.end.next_multiple_of(2) as usize;
        let luma = &mut self.luma[all.start * columns..all.end * columns];
        let half = all.start / 2 * (columns / 2)..all.end / 2 * (columns / 2);
        let colors = [&mut self.blue[half.clone()], &mut self.red[half]];
        let mut band = Band { rows, luma, colors };
        match frame.view() {
            PixelView::Planes(planes) => band.of_planes(&mut self.resizer, planes, cut)?,
            PixelView::Rgb(rgb) => {
                let source = TypedImageRef::from_buffer(frame.width(), frame.height(), rgb).ok()?;
                band.of_rgb(&mut self.resizer, &source, cut, &mut self.band)?;
            }
        }
        band.fill_up(self.width as usize);
        Some(())
    }

    /// Writes a JPEG; None if it cannot be one.
    pub(in crate::codec) fn encode(self) -> Option<Bytes> {
        let (width, height) = (self.width as usize, self.height as usize);
        let columns = self.columns();
        let planes = YuvPlanesImage {
            y_plane: &self.luma[..],
            u_plane: &self.blue[..],
            v_plane: &self.red[..],
            width,
            height,
            y_stride: columns,
            u_stride: columns / 2,
            v_stride: columns / 2,
            subsamp: Subsamp::Sub2x2,
        };
        let mut compressor = Compressor::new().ok()?;
        compressor.set_quality(QUALITY.into()).ok()?;
        let longest = compressed_buf_len(width, height, Subsamp::Sub2x2).ok()?;
        // Half a byte a pixel is more than photos take, and memory that is not used costs time too.
        let mut jpeg = vec![0; longest.min(LEAST_BYTES + width * height / 2)];
        let length = compressor.compress_yuv_planes_to_slice(&planes, &mut jpeg).or_else(|_| {
            jpeg = vec![0; longest];
            compressor.compress_yuv_planes_to_slice(&planes, &mut jpeg)
        });
        let length = length.ok()?;
        jpeg.truncate(length);
        jpeg.shrink_to_fit();
        Some(jpeg.into())
    }
}

impl Band<'_> {
    fn of_planes(
        &mut self,
        resizer: &mut Resizer,
        planes: Planes<'_>,
        cut: &CropMapping,
    ) -> Option<()> {
        let (width, height) = (planes.shape.width as u32, planes.shape.height as u32);
        let source = TypedImageRef::<U8>::from_buffer(width, height, planes.luma).ok()?;
        let (wide, high) = (cut.all.0, self.rows.end - self.rows.start);
        let whole = TypedImage::<U8>::from_buffer(
            wide.next_multiple_of(2),
            high.next_multiple_of(2),
            self.luma,
        );
        let mut target = TypedCroppedImageMut::new(whole.ok()?, 0, 0, wide, high).ok()?;
        let part = (cut.columns(0..wide), cut.rows(self.rows.clone()));
        resize(resizer, ResampleFilter::Lanczos, &source, part, &mut target)?;
        match planes.colors() {
            None => self.colors.iter_mut().for_each(|color| color.fill(NO_COLOR)),
            Some(colors) => {
                for (color, target) in colors.into_iter().zip(&mut self.colors) {
                    resize_color(resizer, color, cut, &self.rows, target)?;
                }
            }
        }
        Some(())
    }

    fn of_rgb(
        &mut self,
        resizer: &mut Resizer,
        source: &TypedImageRef<'_, U8x3>,
        cut: &CropMapping,
        memory: &mut Vec<u8>,
    ) -> Option<()> {
        let (wide, high) = (cut.all.0, self.rows.end - self.rows.start);
        let width = wide as usize;
        let length = width * high as usize * 3;
        if memory.len() < length {
            memory.resize(length, 0);
        }
        let mut target = TypedImage::<U8x3>::from_buffer(wide, high, &mut memory[..length]).ok()?;
        let part = (cut.columns(0..wide), cut.rows(self.rows.clone()));
        resize(resizer, ResampleFilter::Lanczos, source, part, &mut target)?;

        let (rgb, _) = memory[..length].as_chunks::<3>();
        let columns = width.next_multiple_of(2);
        for (luma, rgb) in self.luma.chunks_mut(columns).zip(rgb.chunks(width)) {
            for (luma, &rgb) in luma.iter_mut().zip(rgb) {
                [*luma, ..] = color::from_rgb(rgb);
            }
        }
        let [blue, red] = &mut self.colors;
        let colors = blue.chunks_mut(columns / 2).zip(red.chunks_mut(columns / 2));
        for (pair, (blue, red)) in rgb.chunks(2 * width).zip(colors) {
            let (upper, lower) = pair.split_at(width);
            let lower = if lower.is_empty() { upper } else { lower };
            let squares = upper.chunks(2).zip(lower.chunks(2));
            for ((upper, lower), (blue, red)) in squares.zip(blue.iter_mut().zip(red)) {
                [_, *blue, *red] = color::from_rgb(mean(upper, lower));
            }
        }
        Some(())
    }

    /// Gives an odd last column and row of luma their doubles.
    fn fill_up(&mut self, width: usize) {
        let columns = width.next_multiple_of(2);
        if width < columns {
            for row in self.luma.chunks_mut(columns) {
                row[width] = row[width - 1];
            }
        }
        if self.rows.end % 2 == 1 {
            let last = self.luma.len() - columns;
            self.luma.copy_within(last - columns..last, last);
        }
    }
}

/// Resizes a plane of colour into its part of a band. Behind the samples that stand for two columns
/// or rows each there may be one that stands for the last alone, which is resized alone: so colour
/// lies where luma does, also where a side is odd. By a filter of two lobes: of colour, which was
/// stored at half the size, no eye sees the third.
fn resize_color(
    resizer: &mut Resizer,
    color: Color<'_>,
    cut: &CropMapping,
    rows: &Range<u32>,
    target: &mut [u8],
) -> Option<()> {
    let source =
        TypedImageRef::<U8>::from_buffer(color.width as u32, color.height as u32, color.samples);
    let source = source.ok()?;
    let (wide, high) = (cut.all.0.div_ceil(2), (rows.end - rows.start).div_ceil(2));
    for down in pairs_and_rest(rows) {
        for across in pairs_and_rest(&(0..cut.all.0)) {
            let whole = TypedImage::<U8>::from_buffer(wide, high, target).ok()?;
            let (left, top) = (across.start / 2, (down.start - rows.start) / 2);
            let (width, height) = (across.len().div_ceil(2), down.len().div_ceil(2));
            let mut target =
                TypedCroppedImageMut::new(whole, left, top, width as u32, height as u32).ok()?;
            let part =
                (color.columns(cut.columns(across.clone())), color.rows(cut.rows(down.clone())));
            resize(resizer, ResampleFilter::CatmullRom, &source, part, &mut target)?;
        }
    }
    Some(())
}

/// The columns or rows that come in pairs, then, if there is one more, that one.
fn pairs_and_rest(all: &Range<u32>) -> impl Iterator<Item = Range<u32>> + use<> {
    let even = all.end - all.end % 2;
    [all.start..even, even..all.end].into_iter().filter(|part| !part.is_empty())
}

/// The mean colour of a square of pixels, or of as many as there are.
fn mean(upper: &[[u8; 3]], lower: &[[u8; 3]]) -> [u8; 3] {
    let pixels = (upper.len() + lower.len()) as u32;
    std::array::from_fn(|i| {
        let sum: u32 = upper.iter().chain(lower).map(|pixel| u32::from(pixel[i])).sum();
        ((sum + pixels / 2) / pixels) as u8
    })
}
