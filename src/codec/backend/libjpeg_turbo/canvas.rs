//! Resizes bands as planes at 4:2:0, and encodes thumbnails by libjpeg-turbo.
//!
//! The planes of a frame are resized one by one, directly to the size at which they are encoded. A
//! frame of RGB is resized as RGB, a band at a time. The band is converted after that, when there
//! is least to convert.

use std::borrow::Cow;
use std::ops::Range;

use fast_image_resize::Resizer;
use fast_image_resize::images::{TypedCroppedImageMut, TypedImage, TypedImageRef};
use fast_image_resize::pixels::{U8, U8x3};
use turbojpeg::{Compressor, Subsamp, YuvPlanesImage, compressed_buf_len};

use super::planes::{Chroma, ChromaPlane, Planes, Sampling, Shape};
use super::{PixelFormat, color};
use crate::codec::backend::catmull_rom::CATMULL_ROM;
use crate::codec::frame::FrameLayout;
use crate::codec::resample::{CropMapping, LANCZOS, resize};
use crate::codec::{Bytes, ImageFrame, QUALITY};

/// Holds a thumbnail as luma, with a sample of blue and of red difference for each 2 by 2 pixels.
/// Where a side is odd, the last samples of chroma stand for fewer pixels.
pub(in crate::codec) struct Canvas {
    width: u32,
    height: u32,
    /// Luma in an even number of columns and rows, as the encoder reads it. Behind an odd number
    /// of columns or rows, the last is there twice.
    luma: Vec<u8>,
    blue: Vec<u8>,
    red: Vec<u8>,
    /// The resizer, kept from band to band with its memory.
    resizer: Resizer,
    /// Memory for a band of RGB, kept from band to band.
    band: Vec<u8>,
}

/// The chroma of grey.
const NO_CHROMA: u8 = 128;

/// Bytes that are enough for a JPEG's headers, and for the smallest thumbnails.
const HEADER_BYTES: usize = 4096;

/// Borrows the rows of a canvas that one band makes, with all columns of luma and chroma.
struct Band<'c> {
    rows: Range<u32>,
    luma: &'c mut [u8],
    chroma: [&'c mut [u8]; 2],
}

impl Canvas {
    /// Returns a white canvas.
    pub(in crate::codec) fn new((width, height): (u32, u32)) -> Self {
        let samples = width.next_multiple_of(2) as usize * height.next_multiple_of(2) as usize;
        Self {
            width,
            height,
            luma: vec![255; samples],
            blue: vec![NO_CHROMA; samples / 4],
            red: vec![NO_CHROMA; samples / 4],
            resizer: Resizer::new(),
            band: Vec::new(),
        }
    }

    /// Returns all rows as RGB.
    pub(in crate::codec) fn rgb(&self) -> Cow<'_, [u8]> {
        let (width, height) = (self.width as usize, self.height as usize);
        let luma = self.luma.chunks(self.columns()).take(height).flat_map(|row| &row[..width]);
        let samples: Vec<u8> = luma.chain(&self.blue).chain(&self.red).copied().collect();
        let sampling = Sampling { across: 2, down: 2 };
        let chroma = Some(Chroma { sampling, before: (0, 0) });
        Cow::Owned(Shape { width, height, chroma }.view(&samples).to_rgb())
    }

    /// Returns the number of columns of luma in memory.
    fn columns(&self) -> usize {
        self.width.next_multiple_of(2) as usize
    }

    /// Makes these rows from a frame that is not empty. The rows begin at an even row, and end at
    /// an even row or at the last. Returns `None` if the frame lacks pixels.
    pub(in crate::codec) fn make(
        &mut self,
        frame: &ImageFrame,
        mapping: &CropMapping,
        rows: Range<u32>,
    ) -> Option<()> {
        let columns = self.columns();
        let all = rows.start as usize..rows.end.next_multiple_of(2) as usize;
        let luma = &mut self.luma[all.start * columns..all.end * columns];
        let half = all.start / 2 * (columns / 2)..all.end / 2 * (columns / 2);
        let chroma = [&mut self.blue[half.clone()], &mut self.red[half]];
        let mut band = Band { rows, luma, chroma };
        let FrameLayout { width, height, format, .. } = frame.layout;
        match format {
            PixelFormat::Planes(chroma) => {
                let planes = Shape { width, height, chroma }.view(frame.samples());
                band.of_planes(&mut self.resizer, planes, mapping)?;
            }
            PixelFormat::Rgb => {
                let rgb = frame.samples();
                let source = TypedImageRef::from_buffer(frame.width(), frame.height(), rgb).ok()?;
                band.of_rgb(&mut self.resizer, &source, mapping, &mut self.band)?;
            }
        }
        band.double_odd_edges(self.width as usize);
        Some(())
    }

    /// Encodes the planes as a JPEG. Returns `None` if they cannot be one.
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
        // Half a byte a pixel is more than photos take, and memory that is not used costs time.
        let mut jpeg = vec![0; longest.min(HEADER_BYTES + width * height / 2)];
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
        mapping: &CropMapping,
    ) -> Option<()> {
        let (width, height) = (planes.shape.width as u32, planes.shape.height as u32);
        let source = TypedImageRef::<U8>::from_buffer(width, height, planes.luma).ok()?;
        let (wide, high) = (mapping.all.0, self.rows.end - self.rows.start);
        let whole = TypedImage::<U8>::from_buffer(
            wide.next_multiple_of(2),
            high.next_multiple_of(2),
            self.luma,
        );
        let mut target = TypedCroppedImageMut::new(whole.ok()?, 0, 0, wide, high).ok()?;
        let part = (mapping.columns(0..wide), mapping.rows(self.rows.clone()));
        resize(resizer, LANCZOS, &source, part, &mut target)?;
        match planes.chroma() {
            None => self.chroma.iter_mut().for_each(|plane| plane.fill(NO_CHROMA)),
            Some(chroma) => {
                for (plane, target) in chroma.into_iter().zip(&mut self.chroma) {
                    resize_chroma(resizer, plane, mapping, &self.rows, target)?;
                }
            }
        }
        Some(())
    }

    fn of_rgb(
        &mut self,
        resizer: &mut Resizer,
        source: &TypedImageRef<'_, U8x3>,
        mapping: &CropMapping,
        memory: &mut Vec<u8>,
    ) -> Option<()> {
        let (wide, high) = (mapping.all.0, self.rows.end - self.rows.start);
        let width = wide as usize;
        let length = width * high as usize * 3;
        if memory.len() < length {
            memory.resize(length, 0);
        }
        let mut target = TypedImage::<U8x3>::from_buffer(wide, high, &mut memory[..length]).ok()?;
        let part = (mapping.columns(0..wide), mapping.rows(self.rows.clone()));
        resize(resizer, LANCZOS, source, part, &mut target)?;

        let (rgb, _) = memory[..length].as_chunks::<3>();
        let columns = width.next_multiple_of(2);
        for (luma, rgb) in self.luma.chunks_mut(columns).zip(rgb.chunks(width)) {
            for (luma, &rgb) in luma.iter_mut().zip(rgb) {
                [*luma, ..] = color::from_rgb(rgb);
            }
        }
        let [blue, red] = &mut self.chroma;
        let chroma = blue.chunks_mut(columns / 2).zip(red.chunks_mut(columns / 2));
        for (pair, (blue, red)) in rgb.chunks(2 * width).zip(chroma) {
            let (upper, lower) = pair.split_at(width);
            let lower = if lower.is_empty() { upper } else { lower };
            let squares = upper.chunks(2).zip(lower.chunks(2));
            for ((upper, lower), (blue, red)) in squares.zip(blue.iter_mut().zip(red)) {
                [_, *blue, *red] = color::from_rgb(mean(upper, lower));
            }
        }
        Some(())
    }

    /// Doubles the last column and row of luma where their number is odd.
    fn double_odd_edges(&mut self, width: usize) {
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

/// Resizes a plane of chroma into its part of a band. Behind the samples that stand for two columns
/// or rows each, one more may stand for the last column or row alone. That sample is resized alone,
/// so that chroma lies where luma does, also where a side is odd. The filter has two lobes: chroma
/// was stored at half the size, and no eye sees a third lobe.
fn resize_chroma(
    resizer: &mut Resizer,
    plane: ChromaPlane<'_>,
    mapping: &CropMapping,
    rows: &Range<u32>,
    target: &mut [u8],
) -> Option<()> {
    let source =
        TypedImageRef::<U8>::from_buffer(plane.width as u32, plane.height as u32, plane.samples);
    let source = source.ok()?;
    let (wide, high) = (mapping.all.0.div_ceil(2), (rows.end - rows.start).div_ceil(2));
    for down in pairs_and_rest(rows) {
        for across in pairs_and_rest(&(0..mapping.all.0)) {
            let whole = TypedImage::<U8>::from_buffer(wide, high, target).ok()?;
            let (left, top) = (across.start / 2, (down.start - rows.start) / 2);
            let (width, height) = (across.len().div_ceil(2), down.len().div_ceil(2));
            let mut target =
                TypedCroppedImageMut::new(whole, left, top, width as u32, height as u32).ok()?;
            let part = (
                plane.columns(mapping.columns(across.clone())),
                plane.rows(mapping.rows(down.clone())),
            );
            resize(resizer, CATMULL_ROM, &source, part, &mut target)?;
        }
    }
    Some(())
}

/// Returns the columns or rows that come in pairs, then the last one if their number is odd.
fn pairs_and_rest(all: &Range<u32>) -> impl Iterator<Item = Range<u32>> + use<> {
    let even = all.end - all.end % 2;
    [all.start..even, even..all.end].into_iter().filter(|part| !part.is_empty())
}

/// Returns the mean colour of a square of pixels, or of the fewer pixels at an odd edge.
fn mean(upper: &[[u8; 3]], lower: &[[u8; 3]]) -> [u8; 3] {
    let pixels = (upper.len() + lower.len()) as u32;
    std::array::from_fn(|i| {
        let sum: u32 = upper.iter().chain(lower).map(|pixel| u32::from(pixel[i])).sum();
        ((sum + pixels / 2) / pixels) as u8
    })
}
