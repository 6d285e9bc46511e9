//! Decodes WebP, lossy or lossless, with or without alpha, after a check of its chunks.
//!
//! The container names dimensions twice. A file whose numbers disagree is refused before it is
//! decoded. The decoder gets the image alone, so that damage behind the image does not matter. Of
//! an animation, the first frame is taken.

mod vp8l_memory;

use std::io::Cursor;
use std::ops::Range;

use image::codecs::webp::WebPDecoder;

use super::color::ColorTag;
use super::decoded::{Layout, Pixels};
use super::memory::Decoding;
use super::pixel_buffer::PixelBuffer;
use super::{Damage, Format, ImageError, Orientation, Part, limits, orientation, panic_guard, png};

/// Flags of the extended header (`VP8X`).
const HAS_EXIF: u8 = 0b1000;
const HAS_ALPHA: u8 = 0b1_0000;
const HAS_PROFILE: u8 = 0b10_0000;

/// Bytes of a frame's own header in its chunk.
const FRAME_HEADER_BYTES: usize = 16;

/// Holds a WebP whose image is whole, and which is within the limits.
pub(super) struct WebP<'a> {
    pub(super) file: &'a [u8],
    /// Width and height of the canvas, in pixels.
    pub(super) dimensions: (u32, u32),
    pub(super) orientation: Orientation,
    decoder_bytes: u64,
    has_alpha: bool,
    pub(super) color: ColorTag,
    image: Image,
}

/// Locates the image of a file, or of the first frame of an animation.
#[derive(Clone, Copy, Default)]
struct Image {
    /// Width and height in pixels.
    dimensions: (u32, u32),
    /// Column and row of the canvas where the image begins.
    position: (u32, u32),
    /// Ranges of the file: the data of the chunks, without their headers.
    lossy: Option<ChunkData>,
    lossless: Option<ChunkData>,
    alpha: Option<ChunkData>,
}

/// Holds the start and the end of a chunk's data, in bytes from the start of the file.
type ChunkData = (usize, usize);

/// Holds the first chunk of each kind.
#[derive(Default)]
struct Chunks {
    /// The flags of the extended header, and the width and height of the canvas in pixels.
    extended: Option<(u8, (u32, u32))>,
    image: Image,
    /// The first frame of an animation.
    frame: Option<Image>,
    exif: Option<ChunkData>,
    /// The colour profile's range of the file.
    profile: Option<Range<usize>>,
}

impl<'a> WebP<'a> {
    pub(super) fn open(file: &'a [u8]) -> Result<Self, ImageError> {
        let chunks = Chunks::read(file)?;
        let (flags, canvas) = chunks.extended.unzip();
        let is_animation = !chunks.image.is_whole();
        let image = if is_animation { chunks.frame } else { Some(chunks.image) };
        let image = image.ok_or_else(|| Format::WebP.ends_early(file.len(), Part::Picture))?;
        let (width, height) = canvas.unwrap_or(image.dimensions);
        if is_animation {
            let fits = |at: u32, side: u32, canvas: u32| at + side <= canvas;
            let (x, y) = image.position;
            if !fits(x, image.dimensions.0, width) || !fits(y, image.dimensions.1, height) {
                let end = (x + image.dimensions.0, y + image.dimensions.1);
                return Err(Format::WebP.damaged(two_sizes((width, height), end)));
            }
        } else if image.dimensions != (width, height) {
            return Err(Format::WebP.damaged(two_sizes((width, height), image.dimensions)));
        }
        limits::check_dimensions(width, height)?;
        let tables = table_bytes(file, &image)?;
        limits::check_tables(tables)?;
        let mut decoder_bytes = image_bytes(file, &image) + tables;
        if is_animation {
            decoder_bytes += 4 * u64::from(width) * u64::from(height);
        }
        let has_alpha = image.alpha.is_some() || image.lossless.is_some() || is_animation;
        let flags = flags.unwrap_or_default();
        let exif = chunks.exif.filter(|_| flags & HAS_EXIF != 0);
        let orientation = exif.map_or(Orientation::NoTransforms, |(start, end)| {
            orientation::from_exif(&file[start..end])
        });
        let profile = chunks.profile.filter(|_| flags & HAS_PROFILE != 0);
        let color = profile.map_or(ColorTag::Srgb, |profile| ColorTag::Icc(vec![profile]));
        let dimensions = (width, height);
        Ok(Self { file, dimensions, orientation, decoder_bytes, has_alpha, color, image })
    }

    pub(super) fn with_bytes(self, file: &[u8]) -> WebP<'_> {
        WebP { file, ..self }
    }

    /// Returns the memory that decoding takes. A lossless image may have alpha.
    pub(super) fn decoding(&self) -> Decoding {
        let (width, height) = self.dimensions;
        let channels = if self.has_alpha { 4 } else { 3 };
        Decoding {
            peak_bytes: self.decoder_bytes,
            file_copies: 2,
            output_bytes: u64::from(width) * u64::from(height) * channels,
            is_rgb: !self.has_alpha,
            dimensions: self.dimensions,
        }
    }

    pub(super) fn decode(&self) -> Result<Pixels, ImageError> {
        let decode = |image: Image| {
            let file = image.file(self.file);
            panic_guard::decode(Format::WebP, || {
                png::read(WebPDecoder::new(Cursor::new(file)), Format::WebP)
            })
        };
        // The decoder reads a zero behind the end of lossy data, and encoders end it with one. If
        // the decoder gets the data without its last byte, it makes up none that the file lacks.
        let shorter = self.image.without_last_byte();
        let pixels = match (shorter, self.image.last_byte(self.file)) {
            (Some(shorter), Some(0)) => decode(shorter)?,
            (Some(shorter), _) => decode(shorter).and_then(|_| decode(self.image))?,
            (None, _) => decode(self.image)?,
        };
        if self.image.dimensions == self.dimensions {
            return Ok(pixels);
        }
        Ok(on_canvas(&pixels, self.image.position, self.dimensions))
    }
}

impl Image {
    /// Returns a file with this image and nothing else.
    fn file(&self, file: &[u8]) -> Vec<u8> {
        let mut out = b"RIFF\0\0\0\0WEBP".to_vec();
        let mut chunk = |name: &[u8; 4], data: &[u8]| {
            out.extend(name);
            out.extend((data.len() as u32).to_le_bytes());
            out.extend(data);
            out.extend(&[0][..data.len() % 2]);
        };
        let data = |(start, end): ChunkData| &file[start..end];
        if let (Some(alpha), Some(_)) = (self.alpha, self.lossy) {
            let [width, height] =
                [self.dimensions.0, self.dimensions.1].map(|side| (side - 1).to_le_bytes());
            let header = [&[HAS_ALPHA, 0, 0, 0], &width[..3], &height[..3]].concat();
            chunk(b"VP8X", &header);
            chunk(b"ALPH", data(alpha));
        }
        match (self.lossy, self.lossless) {
            (Some(lossy), _) => chunk(b"VP8 ", data(lossy)),
            (None, Some(lossless)) => chunk(b"VP8L", data(lossless)),
            (None, None) => {}
        }
        let length = (out.len() - 8) as u32;
        out[4..8].copy_from_slice(&length.to_le_bytes());
        out
    }

    /// Returns the image without the last byte of lossy data; `None` for a lossless image.
    fn without_last_byte(self) -> Option<Self> {
        let (start, end) = self.lossy?;
        Some(Self { lossy: Some((start, end - 1)), ..self })
    }

    /// Returns the last byte of lossy data.
    fn last_byte(&self, file: &[u8]) -> Option<u8> {
        let (_, end) = self.lossy?;
        file.get(end - 1).copied()
    }

    /// Takes a chunk of the image, and ignores other chunks.
    fn take(
        &mut self,
        file: &[u8],
        name: [u8; 4],
        (start, end): ChunkData,
    ) -> Result<(), ImageError> {
        let (data, at) = (&file[start..end], start - 8);
        let field = || Format::WebP.invalid_field(at);
        match &name {
            b"VP8 " | b"VP8L" if self.lossy.is_some() || self.lossless.is_some() => {
                return Err(Format::WebP.misplaced(at));
            }
            b"VP8 " => {
                let &[_, _, _, 0x9D, 0x01, 0x2A, w0, w1, h0, h1, ..] = data else {
                    return Err(field());
                };
                // The two highest bits hold a factor for display.
                let side = |bytes| u32::from(u16::from_le_bytes(bytes) & 0x3FFF);
                let (width, height) = (side([w0, w1]), side([h0, h1]));
                if width == 0 || height == 0 {
                    return Err(field());
                }
                (self.lossy, self.dimensions) = (Some((start, end)), (width, height));
            }
            b"VP8L" => {
                self.dimensions = lossless_dimensions(data)
                    .ok_or_else(|| Format::WebP.ends_early(end, Part::Picture))?;
                self.lossless = Some((start, end));
            }
            b"ALPH" => _ = self.alpha.get_or_insert((start, end)),
            _ => {}
        }
        Ok(())
    }

    fn is_whole(&self) -> bool {
        self.lossy.is_some() || self.lossless.is_some()
    }
}

impl Chunks {
    fn read(file: &[u8]) -> Result<Self, ImageError> {
        let length = file.get(4..8).and_then(<[u8]>::first_chunk).map(|&n| u32::from_le_bytes(n));
        let end = length.map_or(0, |length| length as usize + 8);
        // A wrong length in the header does not matter if the image is whole.
        let mut result = Ok(());
        for end in [end, file.len()] {
            let Some(file) = file.get(..end) else { continue };
            let mut chunks = Self::default();
            result = read_chunks(file, 12, |name, data| chunks.take(file, name, data));
            // Whatever stands behind the image cannot change it.
            if chunks.image.is_whole() || chunks.frame.is_some() {
                return Ok(chunks);
            }
        }
        result.map(|()| Self::default())
    }

    fn take(&mut self, file: &[u8], name: [u8; 4], data: ChunkData) -> Result<(), ImageError> {
        let (start, end) = data;
        let at = start - 8;
        match &name {
            b"VP8X" if self.extended.is_none() && at == 12 => {
                let &[flags, _, _, _, w0, w1, w2, h0, h1, h2, ..] = &file[start..end] else {
                    return Err(Format::WebP.invalid_field(at));
                };
                let side = |bytes| integer(bytes) + 1;
                self.extended = Some((flags, (side([w0, w1, w2]), side([h0, h1, h2]))));
            }
            b"VP8X" => return Err(Format::WebP.misplaced(at)),
            b"ANMF" if self.frame.is_none() => self.frame = Some(frame(file, data)?),
            b"EXIF" => _ = self.exif.get_or_insert(data),
            b"ICCP" => _ = self.profile.get_or_insert(start..end),
            _ => self.image.take(file, name, data)?,
        }
        Ok(())
    }
}

/// Reads the chunks of a file or of a frame from byte `at`.
fn read_chunks(
    file: &[u8],
    mut at: usize,
    mut take: impl FnMut([u8; 4], ChunkData) -> Result<(), ImageError>,
) -> Result<(), ImageError> {
    while at < file.len() {
        let header: &[u8; 8] =
            file[at..].first_chunk().ok_or_else(|| Format::WebP.ends_early(at, Part::Rest))?;
        let [name @ .., l0, l1, l2, l3] = *header;
        let end = at + 8 + u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        if end > file.len() {
            return Err(Format::WebP.ends_early(file.len(), Part::Rest));
        }
        take(name, (at + 8, end))?;
        // Chunks are padded to an even length; the padding of the last chunk may be missing.
        at = end + end % 2;
    }
    Ok(())
}

/// Reads a frame of an animation.
fn frame(file: &[u8], (start, end): ChunkData) -> Result<Image, ImageError> {
    let field = || Format::WebP.invalid_field(start - 8);
    let &[x0, x1, x2, y0, y1, y2, w0, w1, w2, h0, h1, h2, ..] = &file[start..end] else {
        return Err(field());
    };
    let mut image = Image::default();
    read_chunks(&file[..end], start + FRAME_HEADER_BYTES, |name, data| {
        image.take(file, name, data)
    })?;
    let dimensions = (integer([w0, w1, w2]) + 1, integer([h0, h1, h2]) + 1);
    if !image.is_whole() {
        return Err(Format::WebP.ends_early(end, Part::Picture));
    }
    if image.dimensions != dimensions {
        return Err(Format::WebP.damaged(two_sizes(dimensions, image.dimensions)));
    }
    image.position = (2 * integer([x0, x1, x2]), 2 * integer([y0, y1, y2]));
    Ok(image)
}

/// Reads a little-endian integer of 24 bits.
fn integer([low, middle, high]: [u8; 3]) -> u32 {
    u32::from_le_bytes([low, middle, high, 0])
}

fn two_sizes(first: (u32, u32), second: (u32, u32)) -> Damage {
    Damage::Sizes { first, second }
}

/// Returns a transparent canvas with an image at a position, as browsers and libvips begin an
/// animation: they ignore the background colour that the file suggests.
fn on_canvas(image: &Pixels, (x, y): (u32, u32), (width, height): (u32, u32)) -> Pixels {
    let mut samples = PixelBuffer::zeroed(4 * width as usize * height as usize);
    let rows = samples.chunks_exact_mut(4 * width as usize).skip(y as usize);
    let bytes = image.layout.bytes();
    for (to, from) in rows.zip(image.samples.chunks_exact(bytes * image.width as usize)) {
        let to = to[4 * x as usize..].chunks_exact_mut(4);
        for (to, from) in to.zip(from.chunks_exact(bytes)) {
            to[3] = 255;
            to[..bytes].copy_from_slice(from);
        }
    }
    let valid = (width.into(), height.into());
    Pixels { samples, width, height, layout: Layout::Rgba8, valid }
}

/// Reads the width and height of a lossless image from its first five bytes.
fn lossless_dimensions(data: &[u8]) -> Option<(u32, u32)> {
    let &[0x2F, b0, b1, b2, b3, ..] = data else { return None };
    let bits = u32::from_le_bytes([b0, b1, b2, b3]);
    Some(((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1))
}

/// Estimates the memory at the decoder's peak, in bytes, without the tables of lossless codes.
fn image_bytes(file: &[u8], image: &Image) -> u64 {
    let (width, height) = image.dimensions;
    let area = |side: u32| {
        u64::from(width.next_multiple_of(side)) * u64::from(height.next_multiple_of(side))
    };
    let pixels = area(1);
    // A lossy image takes its planes in blocks of 16 by 16 pixels, and two copies of its data while
    // it reads them. A lossless image takes a second copy where it has no alpha, and the memory of
    // its transforms. Alpha takes a lossless image and one channel.
    let lossy = if image.lossy.is_some() { area(16) * 3 / 2 + 2 * file.len() as u64 } else { 0 };
    let lossless = if image.lossless.is_some() { 5 * pixels } else { 0 };
    let alpha = if image.alpha.is_some() { 6 * pixels } else { 0 };
    4 * pixels + lossy + lossless + alpha
}

/// Estimates the memory for the tables of lossless codes, in bytes.
fn table_bytes(file: &[u8], image: &Image) -> Result<u64, ImageError> {
    let (width, height) = image.dimensions;
    let data = |(start, end): ChunkData| &file[start..end];
    // The codes follow a lossless image's dimensions, or the byte that tells how alpha is coded.
    let streams = [
        image.lossless.map(|range| &data(range)[5..]),
        image
            .alpha
            .map(data)
            .and_then(|data| data.split_first())
            .and_then(|(&coding, data)| (coding & 0b11 == 1).then_some(data)),
    ];
    let tables = streams.into_iter().flatten().map(|data| {
        vp8l_memory::table_bytes(data, width, height)
            .ok_or_else(|| Format::WebP.ends_early(file.len(), Part::PixelData))
    });
    tables.sum()
}
