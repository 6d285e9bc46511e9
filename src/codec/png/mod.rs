//! Decodes PNG, after a check of every chunk up to the pixels.
//!
//! Only five kinds of chunk make the image. The decoder gets these chunks alone, so that the
//! contents of others, such as compressed text of gigabytes, are never decompressed, and damage in
//! them does not matter.

mod verify;

use std::io::Cursor;

use image::codecs::png::PngDecoder;
use image::{ColorType, ImageDecoder};

use self::verify::RowChecksum;
use super::color::{ColorModel, ColorTag, PngColors};
use super::decoded::{Layout, Pixels};
use super::memory::Decoding;
use super::pixel_buffer::PixelBuffer;
use super::{
    Damage, Feature, Format, ImageError, Orientation, Part, limits, orientation, panic_guard,
};

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Holds a PNG whose header is within the limits, and whose chunks are whole up to its pixels.
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
    /// The data, up to the end of the file if the chunk is cut.
    data: &'a [u8],
    /// Start of the chunk's length field, in bytes from the start of the file.
    at: usize,
    /// End of the chunk's checksum, in bytes from the start of the file.
    end: usize,
    checksum: Checksum,
}

/// Describes the checksum of a chunk.
#[derive(Clone, Copy)]
enum Checksum {
    Right,
    Wrong {
        stored: u32,
        computed: u32,
    },
    /// The file ends before the checksum does.
    Cut,
}

impl<'a> Chunk<'a> {
    fn read(file: &'a [u8], at: usize) -> Result<Self, ImageError> {
        let header: &[u8; 8] = file
            .get(at..)
            .and_then(<[u8]>::first_chunk)
            .ok_or_else(|| Format::Png.ends_early(file.len(), Part::EndMarker))?;
        let [l3, l2, l1, l0, name @ ..] = *header;
        let data_end = at + 8 + u32::from_be_bytes([l3, l2, l1, l0]) as usize;
        let Some(&stored) = file.get(data_end..).and_then(<[u8]>::first_chunk) else {
            let data = &file[at + 8..data_end.min(file.len())];
            return Ok(Self { name, data, at, end: file.len(), checksum: Checksum::Cut });
        };
        let (stored, computed) =
            (u32::from_be_bytes(stored), crc32fast::hash(&file[at + 4..data_end]));
        let checksum =
            if stored == computed { Checksum::Right } else { Checksum::Wrong { stored, computed } };
        Ok(Self { name, data: &file[at + 8..data_end], at, end: data_end + 4, checksum })
    }

    /// Refuses a chunk that is cut or whose checksum is wrong.
    fn check(&self) -> Result<(), ImageError> {
        match self.checksum {
            Checksum::Right => Ok(()),
            Checksum::Cut => Err(Format::Png.ends_early(self.end, Part::Rest)),
            Checksum::Wrong { stored, computed } => {
                let at_byte = self.at as u64;
                Err(Format::Png.damaged(Damage::Checksum { at_byte, stored, computed }))
            }
        }
    }

    /// Returns true if a reader that does not know the chunk may skip it, and if no wrong bit can
    /// have made its name out of the name of a chunk that makes the image.
    fn is_ancillary(&self) -> bool {
        let differing_bits = |name: &[u8; 4]| {
            (u32::from_be_bytes(*name) ^ u32::from_be_bytes(self.name)).count_ones()
        };
        let is_right = matches!(self.checksum, Checksum::Right);
        self.name[0].is_ascii_lowercase()
            && (is_right || IMAGE_CHUNKS.iter().all(|name| differing_bits(name) > 1))
    }
}

/// Names of the chunks that make the image.
const IMAGE_CHUNKS: [[u8; 4]; 5] = [*b"IHDR", *b"PLTE", *b"tRNS", *b"IDAT", *b"IEND"];

impl<'a> Png<'a> {
    pub(super) fn open(file: &'a [u8]) -> Result<Self, ImageError> {
        let first = Chunk::read(file, SIGNATURE.len())?;
        if first.name == *b"CgBI" {
            return Err(Format::Png.unsupported(Feature::AppleCoding));
        }
        first.check()?;
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
        let mut has_transparency = false;
        let (mut has_pixels, mut at) = (false, first.end);
        loop {
            // Nothing behind the pixels can change them.
            let chunk = match Chunk::read(file, at) {
                Err(_) if has_pixels => break,
                chunk => chunk?,
            };
            has_transparency |= chunk.name == *b"tRNS";
            match &chunk.name {
                b"IDAT" => has_pixels = true,
                b"IEND" if has_pixels => break,
                b"IEND" => return Err(Format::Png.ends_early(chunk.at, Part::Picture)),
                name if chunk.is_ancillary() && *name != *b"tRNS" => match (name, chunk.check()) {
                    (_, Err(_)) => {}
                    (b"eXIf", _) => orientation = orientation::from_exif(chunk.data),
                    _ if has_pixels => {}
                    (&name, _) => colors.take(name, chunk.data, chunk.at + 8),
                },
                _ if has_pixels && chunk.check().is_err() => break,
                b"PLTE" | b"tRNS" => chunk.check()?,
                b"IHDR" => return Err(Format::Png.misplaced(at)),
                &name => {
                    chunk.check()?;
                    return Err(Format::Png.unsupported(Feature::Chunk(name)));
                }
            }
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
        panic_guard::decode(Format::Png, || self.check_pixels())?;
        panic_guard::decode(Format::Png, || {
            read(PngDecoder::new(Cursor::new(image_file)), Format::Png)
        })
    }

    /// Refuses pixels of which a row is missing, or whose checksums are wrong. The chunks have a
    /// checksum each, and the rows have one together. If those of one kind are wrong, the other
    /// kind must be right. The file may end before a checksum.
    fn check_pixels(&self) -> Result<(), ImageError> {
        let pixels = || self.image_chunks().filter(|chunk| chunk.name == *b"IDAT");
        let data = || pixels().map(|chunk| chunk.data);
        let rows = verify::check(data, self.unpacked_bytes(), self.file.len())?;
        let mut wrong = pixels().filter(|c| matches!(c.checksum, Checksum::Wrong { .. }));
        let is_cut = pixels().any(|chunk| matches!(chunk.checksum, Checksum::Cut));
        match (rows, wrong.next()) {
            (RowChecksum::Right, _) | (RowChecksum::Unread, None) => Ok(()),
            (_, Some(chunk)) => chunk.check(),
            (RowChecksum::Wrong, None) if is_cut => Err(Format::Png.damaged(Damage::RowChecksum)),
            (RowChecksum::Wrong, None) => Ok(()),
        }
    }

    /// Returns the file with the chunks that make the image and no others.
    fn image_file(&self) -> Vec<u8> {
        let mut image_file = Vec::with_capacity(self.file.len() + 12);
        image_file.extend_from_slice(SIGNATURE);
        for chunk in self.image_chunks() {
            let Chunk { name, data, .. } = chunk;
            if let Checksum::Right = chunk.checksum {
                image_file.extend_from_slice(&self.file[chunk.at..chunk.end]);
                continue;
            }
            image_file.extend((data.len() as u32).to_be_bytes());
            let start = image_file.len();
            image_file.extend(name);
            image_file.extend(data);
            let checksum = crc32fast::hash(&image_file[start..]);
            image_file.extend(checksum.to_be_bytes());
        }
        image_file.extend(b"\0\0\0\0IEND\xAE\x42\x60\x82");
        image_file
    }

    /// Returns the chunks that make the image, up to the last one with pixels. Pixels behind other
    /// chunks do not belong to them.
    fn image_chunks(&self) -> impl Iterator<Item = Chunk<'a>> + use<'a> {
        let (file, mut at) = (self.file, SIGNATURE.len());
        let mut has_pixels = false;
        let chunks = std::iter::from_fn(move || {
            let chunk = Chunk::read(file, at).ok()?;
            at = chunk.end;
            has_pixels |= chunk.name == *b"IDAT";
            (!has_pixels || chunk.name == *b"IDAT").then_some(chunk)
        });
        chunks.filter(|chunk| IMAGE_CHUNKS.contains(&chunk.name))
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
