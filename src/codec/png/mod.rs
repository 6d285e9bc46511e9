//! Decodes PNG, after a check of every chunk.
//!
//! Only five kinds of chunk make the image. The decoder gets these chunks alone, so that the
//! contents of others, such as compressed text of gigabytes, are never decompressed.

mod verify;

use std::io::Cursor;

use image::codecs::png::PngDecoder;
use image::{ColorType, ImageDecoder};

use super::color::{ColorModel, ColorTag, PngColors};
use super::decoded::{Layout, Pixels};
use super::memory::Decoding;
use super::pixel_buffer::PixelBuffer;
use super::{
    Damage, Feature, Format, ImageError, Orientation, Part, limits, orientation, panic_guard,
};

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Holds a PNG whose chunks are whole and whose header is within the limits.
pub(super) struct Png<'a> {
    pub(super) file: &'a [u8],
    /// Width and height as stored, in pixels.
    pub(super) dimensions: (u32, u32),
    pub(super) orientation: Orientation,
    pub(super) color: ColorTag,
    pub(super) color_model: ColorModel,
    /// Bits of a sample.
    pub(super) bits: u8,
    /// Bits of a pixel.
    pixel_bits: u64,
    interlaced: bool,
    /// Bytes of a pixel of the decoder's output.
    output_pixel_bytes: u64,
}

/// Locates a chunk of the file.
struct Chunk<'a> {
    name: [u8; 4],
    data: &'a [u8],
    /// Start of the chunk's length field, in bytes from the start of the file.
    at: usize,
    /// End of the chunk's checksum, in bytes from the start of the file.
    end: usize,
}

impl<'a> Chunk<'a> {
    fn read(file: &'a [u8], at: usize) -> Result<Self, ImageError> {
        let ends_early = |missing| Format::Png.ends_early(file.len(), missing);
        let header: &[u8; 8] =
            file.get(at..).and_then(<[u8]>::first_chunk).ok_or(ends_early(Part::EndMarker))?;
        let [l3, l2, l1, l0, name @ ..] = *header;
        let data_end = at + 8 + u32::from_be_bytes([l3, l2, l1, l0]) as usize;
        let stored = file.get(data_end..).and_then(<[u8]>::first_chunk);
        let stored = u32::from_be_bytes(*stored.ok_or(ends_early(Part::Rest))?);
        let computed = crc32fast::hash(&file[at + 4..data_end]);
        if stored != computed {
            let damage = Damage::Checksum { at_byte: at as u64, stored, computed };
            return Err(Format::Png.damaged(damage));
        }
        Ok(Self { name, data: &file[at + 8..data_end], at, end: data_end + 4 })
    }

    /// Returns true if a reader that does not know the chunk may skip it.
    fn is_ancillary(&self) -> bool {
        self.name[0].is_ascii_lowercase()
    }
}

/// Names of the chunks that make the image.
const IMAGE_CHUNKS: [[u8; 4]; 5] = [*b"IHDR", *b"PLTE", *b"tRNS", *b"IDAT", *b"IEND"];

impl<'a> Png<'a> {
    pub(super) fn open(file: &'a [u8]) -> Result<Self, ImageError> {
        let first = Chunk::read(file, SIGNATURE.len())?;
        let (b"IHDR", &[w3, w2, w1, w0, h3, h2, h1, h0, bits, color, _, _, interlacing]) =
            (&first.name, first.data)
        else {
            return Err(Format::Png.misplaced(first.at));
        };
        let width = u32::from_be_bytes([w3, w2, w1, w0]);
        let height = u32::from_be_bytes([h3, h2, h1, h0]);
        let channels = match color {
            0 | 3 => 1,
            2 => 3,
            4 => 2,
            6 => 4,
            _ => 0,
        };
        if width == 0 || height == 0 || channels == 0 || !matches!(bits, 1 | 2 | 4 | 8 | 16) {
            return Err(Format::Png.invalid_field(first.at));
        }
        limits::check_dimensions(width, height)?;

        let mut orientation = Orientation::NoTransforms;
        let mut colors = PngColors::default();
        let (mut has_pixels, mut last_was_pixels) = (false, false);
        let mut has_transparency = false;
        let mut at = first.end;
        loop {
            let chunk = Chunk::read(file, at)?;
            has_transparency |= chunk.name == *b"tRNS";
            let is_pixels = chunk.name == *b"IDAT";
            match &chunk.name {
                b"IEND" if !has_pixels => {
                    return Err(Format::Png.ends_early(chunk.at, Part::Picture));
                }
                b"IEND" => break,
                b"IHDR" => return Err(Format::Png.misplaced(at)),
                b"IDAT" if has_pixels && !last_was_pixels => return Err(Format::Png.misplaced(at)),
                b"eXIf" => orientation = orientation::from_exif(chunk.data),
                name if IMAGE_CHUNKS.contains(name) => {}
                &name if chunk.is_ancillary() && !has_pixels => {
                    colors.take(name, chunk.data, chunk.at + 8);
                }
                _ if chunk.is_ancillary() => {}
                &name => return Err(Format::Png.unsupported(Feature::Chunk(name))),
            }
            has_pixels |= is_pixels;
            last_was_pixels = is_pixels;
            at = chunk.end;
        }
        Ok(Self {
            file,
            dimensions: (width, height),
            orientation,
            color: colors.finish(),
            color_model: if matches!(color, 0 | 4) { ColorModel::Grey } else { ColorModel::Rgb },
            bits,
            pixel_bits: channels * u64::from(bits),
            interlaced: interlacing != 0,
            output_pixel_bytes: output_pixel_bytes(bits, color, has_transparency),
        })
    }

    pub(super) fn with_bytes(self, file: &[u8]) -> Png<'_> {
        Png { file, ..self }
    }

    /// Returns the memory that decoding takes.
    pub(super) fn decoding(&self) -> Decoding {
        let (width, height) = self.dimensions;
        let output_bytes = u64::from(width) * u64::from(height) * self.output_pixel_bytes;
        Decoding {
            peak_bytes: output_bytes,
            file_copies: 1,
            output_bytes,
            is_rgb: self.output_pixel_bytes == 3,
            dimensions: self.dimensions,
        }
    }

    pub(super) fn decode(&self) -> Result<Pixels, ImageError> {
        let image_file = self.image_file();
        panic_guard::decode(Format::Png, || {
            let chunks = self.chunks().filter(|chunk| chunk.name == *b"IDAT");
            let chunks = chunks.map(|chunk| chunk.data);
            verify::check(chunks, self.unpacked_bytes(), self.file.len())
        })?;
        panic_guard::decode(Format::Png, || {
            read(PngDecoder::new(Cursor::new(image_file)), Format::Png)
        })
    }

    /// Returns the file with the chunks that make the image and no others.
    fn image_file(&self) -> Vec<u8> {
        let mut image_file = Vec::with_capacity(self.file.len());
        image_file.extend_from_slice(SIGNATURE);
        for chunk in self.chunks().filter(|chunk| IMAGE_CHUNKS.contains(&chunk.name)) {
            image_file.extend_from_slice(&self.file[chunk.at..chunk.end]);
        }
        image_file
    }

    /// Returns all chunks up to the end chunk, which is included.
    fn chunks(&self) -> impl Iterator<Item = Chunk<'a>> + use<'a> {
        let (file, mut at) = (self.file, Some(SIGNATURE.len()));
        std::iter::from_fn(move || {
            let chunk = Chunk::read(file, at?).ok()?;
            at = (chunk.name != *b"IEND").then_some(chunk.end);
            Some(chunk)
        })
    }

    /// Returns the number of bytes of the decompressed pixels. A row has whole bytes, with the
    /// number of a filter before it. An interlaced image has the rows of seven smaller images.
    fn unpacked_bytes(&self) -> u64 {
        let (width, height) = self.dimensions;
        let image_bytes = |width: u32, height: u32| {
            let row = (u64::from(width) * self.pixel_bits).div_ceil(8) + 1;
            if width == 0 { 0 } else { row * u64::from(height) }
        };
        if !self.interlaced {
            return image_bytes(width, height);
        }
        let part = |side: u32, first: u32, step: u32| side.saturating_sub(first).div_ceil(step);
        let passes = ADAM7
            .iter()
            .map(|&[x, y, dx, dy]| image_bytes(part(width, x, dx), part(height, y, dy)));
        passes.sum()
    }
}

/// First column, first row, and steps across and down of each pass of an interlaced image.
const ADAM7: [[u32; 4]; 7] = [
    [0, 0, 8, 8],
    [4, 0, 8, 8],
    [0, 4, 4, 8],
    [2, 0, 4, 4],
    [0, 2, 2, 4],
    [1, 0, 2, 2],
    [0, 1, 1, 2],
];

/// Decodes an image with one of the decoders of the crate `image`.
pub(super) fn read(
    decoder: image::ImageResult<impl ImageDecoder>,
    format: Format,
) -> Result<Pixels, ImageError> {
    let decoder = decoder.map_err(|error| format.coding(error))?;
    let (width, height) = decoder.dimensions();
    let layout = match decoder.color_type() {
        ColorType::L8 => Layout::Luma8,
        ColorType::La8 => Layout::LumaAlpha8,
        ColorType::Rgb8 => Layout::Rgb8,
        ColorType::Rgba8 => Layout::Rgba8,
        ColorType::L16 => Layout::Luma16,
        ColorType::La16 => Layout::LumaAlpha16,
        ColorType::Rgb16 => Layout::Rgb16,
        ColorType::Rgba16 => Layout::Rgba16,
        other => {
            return Err(format.unsupported(Feature::Other(format!("{other:?}"))));
        }
    };
    let mut samples = PixelBuffer::zeroed(width as usize * height as usize * layout.bytes());
    decoder.read_image(&mut samples).map_err(|error| format.coding(error))?;
    let valid = (width.into(), height.into());
    Ok(Pixels { samples, width, height, layout, valid })
}

/// Returns the bytes of a pixel of the decoder's output. A palette becomes RGB, and a transparent
/// colour becomes alpha.
fn output_pixel_bytes(bits: u8, color: u8, has_transparency: bool) -> u64 {
    let channels = match color {
        0 => 1,
        4 => 2,
        6 => 4,
        _ => 3,
    };
    let alpha = u64::from(has_transparency && matches!(color, 0 | 2 | 3));
    (channels + alpha) * if bits == 16 { 2 } else { 1 }
}
