//! PNG in: every chunk checked first, then the picture alone decoded.
//!
//! Of a PNG's chunks only four make its picture. The decoder is given just these, so that what
//! other chunks may hold, such as compressed text that unpacks to gigabytes, is never unpacked.

mod verify;

use std::io::Cursor;

use image::codecs::png::PngDecoder;
use image::metadata::Orientation;
use image::{ColorType, ImageDecoder};

use super::decoded::{self, Layout, Pixels};
use super::pixel_buffer::PixelBuffer;
use super::{Damage, Feature, Format, ImageError, Part, limits, panic_guard};

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A PNG whose chunks are whole and whose header is within the limits.
pub(super) struct Png<'a> {
    file: &'a [u8],
    width: u32,
    height: u32,
    /// Bits of a pixel.
    pixel_bits: u64,
    interlaced: bool,
    orientation: Orientation,
}

/// A chunk: its name, its data, and where it lies in the file with length, name and checksum.
struct Chunk<'a> {
    name: [u8; 4],
    data: &'a [u8],
    at: usize,
    end: usize,
}

impl<'a> Chunk<'a> {
    fn read(file: &'a [u8], at: usize) -> Result<Self, ImageError> {
        let ends_early = |missing| ImageError::EndsEarly {
            format: Format::Png,
            at_byte: file.len() as u64,
            missing,
        };
        let header: &[u8; 8] =
            file.get(at..).and_then(<[u8]>::first_chunk).ok_or(ends_early(Part::EndMarker))?;
        let [l3, l2, l1, l0, name @ ..] = *header;
        let data_end = at + 8 + u32::from_be_bytes([l3, l2, l1, l0]) as usize;
        let stored = file.get(data_end..).and_then(<[u8]>::first_chunk);
        let stored = u32::from_be_bytes(*stored.ok_or(ends_early(Part::Rest))?);
        let computed = crc32fast::hash(&file[at + 4..data_end]);
        if stored != computed {
            return Err(damaged(Damage::Checksum { at_byte: at as u64, stored, computed }));
        }
        Ok(Self { name, data: &file[at + 8..data_end], at, end: data_end + 4 })
    }

    /// Whether a reader that does not know it may pass it over.
    fn is_ancillary(&self) -> bool {
        self.name[0].is_ascii_lowercase()
    }
}

/// The chunks that make the picture.
const PICTURE: [[u8; 4]; 5] = [*b"IHDR", *b"PLTE", *b"tRNS", *b"IDAT", *b"IEND"];

impl<'a> Png<'a> {
    pub(super) fn open(file: &'a [u8]) -> Result<Self, ImageError> {
        let first = Chunk::read(file, SIGNATURE.len())?;
        let misplaced = |at: usize| damaged(Damage::Misplaced { at_byte: at as u64 });
        let (b"IHDR", &[w3, w2, w1, w0, h3, h2, h1, h0, bits, color, _, _, interlacing]) =
            (&first.name, first.data)
        else {
            return Err(misplaced(first.at));
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
            return Err(damaged(Damage::Field { at_byte: first.at as u64 }));
        }
        limits::check_dimensions(width, height)?;
        limits::check_memory(memory_bytes(file, width, height, bits, color))?;

        let mut orientation = Orientation::NoTransforms;
        let (mut pictures, mut last_was_picture) = (0, false);
        let mut at = first.end;
        loop {
            let chunk = Chunk::read(file, at)?;
            let is_picture = chunk.name == *b"IDAT";
            match &chunk.name {
                b"IEND" if pictures == 0 => {
                    return Err(ends_early(chunk.at, Part::Picture));
                }
                b"IEND" => break,
                b"IHDR" => return Err(misplaced(at)),
                b"IDAT" if pictures > 0 && !last_was_picture => return Err(misplaced(at)),
                b"eXIf" => orientation = decoded::orientation(chunk.data),
                name if PICTURE.contains(name) || chunk.is_ancillary() => {}
                &name => {
                    let feature = Feature::Chunk(name);
                    return Err(ImageError::Unsupported { format: Format::Png, feature });
                }
            }
            pictures += usize::from(is_picture);
            last_was_picture = is_picture;
            at = chunk.end;
        }
        let pixel_bits = channels * u64::from(bits);
        Ok(Self { file, width, height, pixel_bits, interlaced: interlacing != 0, orientation })
    }

    pub(super) fn with_bytes(self, file: &[u8]) -> Png<'_> {
        let Self { width, height, pixel_bits, interlaced, orientation, .. } = self;
        Png { file, width, height, pixel_bits, interlaced, orientation }
    }

    /// Width and height as stored, in pixels.
    pub(super) fn dimensions(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    pub(super) fn orientation(&self) -> Orientation {
        self.orientation
    }

    pub(super) fn decode(&self) -> Result<Pixels, ImageError> {
        let picture = self.picture();
        panic_guard::decode(Format::Png, || {
            let chunks = self.chunks().filter(|chunk| chunk.name == *b"IDAT");
            let chunks = chunks.map(|chunk| chunk.data);
            verify::check(chunks, self.unpacked_bytes(), self.file.len())
        })?;
        panic_guard::decode(Format::Png, || {
            let coding = |error: image::ImageError| damaged(Damage::Coding(error.to_string()));
            let decoder = PngDecoder::new(Cursor::new(picture)).map_err(coding)?;
            read(decoder, Format::Png)
        })
    }

    /// The file with the chunks that make the picture and no others.
    fn picture(&self) -> Vec<u8> {
        let mut picture = Vec::with_capacity(self.file.len());
        picture.extend_from_slice(SIGNATURE);
        for chunk in self.chunks().filter(|chunk| PICTURE.contains(&chunk.name)) {
            picture.extend_from_slice(&self.file[chunk.at..chunk.end]);
        }
        picture
    }

    /// The chunks, the end chunk included.
    fn chunks(&self) -> impl Iterator<Item = Chunk<'a>> + use<'a> {
        let (file, mut at) = (self.file, Some(SIGNATURE.len()));
        std::iter::from_fn(move || {
            let chunk = Chunk::read(file, at?).ok()?;
            at = (chunk.name != *b"IEND").then_some(chunk.end);
            Some(chunk)
        })
    }

    /// Bytes of the unpacked pixels: rows of whole bytes, a filter's number before each; if
    /// interlaced, those of seven smaller pictures.
    fn unpacked_bytes(&self) -> u64 {
        let picture = |width: u32, height: u32| {
            let row = (u64::from(width) * self.pixel_bits).div_ceil(8) + 1;
            if width == 0 { 0 } else { row * u64::from(height) }
        };
        if !self.interlaced {
            return picture(self.width, self.height);
        }
        let part = |side: u32, first: u32, step: u32| side.saturating_sub(first).div_ceil(step);
        let passes = ADAM7
            .iter()
            .map(|&[x, y, dx, dy]| picture(part(self.width, x, dx), part(self.height, y, dy)));
        passes.sum()
    }
}

/// The passes of an interlaced picture: first column and row, and the steps between them.
const ADAM7: [[u32; 4]; 7] = [
    [0, 0, 8, 8],
    [4, 0, 8, 8],
    [0, 4, 4, 8],
    [2, 0, 4, 4],
    [0, 2, 2, 4],
    [1, 0, 2, 2],
    [0, 1, 1, 2],
];

/// Decodes with one of `image`'s decoders.
pub(super) fn read(decoder: impl ImageDecoder, format: Format) -> Result<Pixels, ImageError> {
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
            let feature = Feature::Other(format!("{other:?}"));
            return Err(ImageError::Unsupported { format, feature });
        }
    };
    let mut samples = PixelBuffer::zeroed(width as usize * height as usize * layout.bytes());
    decoder.read_image(&mut samples).map_err(|error| ImageError::Damaged {
        format,
        damage: Damage::Coding(error.to_string()),
    })?;
    let filled = (width.into(), height.into());
    Ok(Pixels { samples, width, height, layout, filled })
}

/// Memory at the peak of a conversion, in bytes: the file's picture again, what the decoder makes
/// of it, and the frame.
fn memory_bytes(file: &[u8], width: u32, height: u32, bits: u8, color: u8) -> u64 {
    // A palette may have alpha, and so may a transparent colour.
    let channels = match color {
        0 | 4 => 2,
        _ => 4,
    };
    let sample_bytes = if bits == 16 { 2 } else { 1 };
    let pixels = u64::from(width) * u64::from(height);
    file.len() as u64 + pixels * (channels * sample_bytes + 3)
}

fn ends_early(at: usize, missing: Part) -> ImageError {
    ImageError::EndsEarly { format: Format::Png, at_byte: at as u64, missing }
}

fn damaged(damage: Damage) -> ImageError {
    ImageError::Damaged { format: Format::Png, damage }
}
