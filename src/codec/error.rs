//! Lists the reasons for refusing a photo, each with its limit and the number that was found.
//!
//! A caller that shows a refusal to a person, or counts refusals by kind, needs no text of a
//! decoder.

use std::fmt;

use super::ForeignFormat;

/// Describes why a photo was refused, or why a thumbnail could not be encoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// The file is longer than [`limits::MAX_FILE_BYTES`](super::limits::MAX_FILE_BYTES).
    #[error(
        "this file has {found:.1} MiB; the limit is {limit}: save it smaller",
        found = mib(*found_bytes), limit = mib(*limit_bytes)
    )]
    File {
        /// Bytes allowed.
        limit_bytes: u64,
        /// Bytes found.
        found_bytes: u64,
    },
    /// A side is longer than [`limits::MAX_SIDE_PX`](super::limits::MAX_SIDE_PX).
    #[error(
        "this photo's longest side has {found_px} px; the limit is {limit_px}: make it smaller"
    )]
    Side {
        /// Pixels allowed.
        limit_px: u32,
        /// Pixels found.
        found_px: u32,
    },
    /// There are more pixels than [`PhotoLimits::max_pixels`](super::PhotoLimits::max_pixels).
    #[error(
        "this photo has {found:.1} megapixels; the limit is {limit} (--max-megapixels): \
         make it smaller",
        found = megapixels(*found_px), limit = megapixels(*limit_px)
    )]
    Pixels {
        /// Pixels allowed.
        limit_px: u64,
        /// Pixels found.
        found_px: u64,
    },
    /// There are more scans than [`limits::MAX_SCANS`](super::limits::MAX_SCANS).
    #[error("this JPEG has {found} scans or more; the limit is {limit}: save it with fewer")]
    Scans {
        /// Scans allowed.
        limit: u32,
        /// Scans found before the file was refused.
        found: u32,
    },
    /// The pixels of all scans together are more than 20 times
    /// [`PhotoLimits::max_pixels`](super::PhotoLimits::max_pixels).
    #[error(
        "this JPEG goes over {found:.0} megapixels in its scans; the limit is {limit}: \
         save it with fewer scans",
        found = megapixels(*found_px), limit = megapixels(*limit_px)
    )]
    ScannedPixels {
        /// Pixels allowed for all scans together.
        limit_px: u64,
        /// Pixels found before the file was refused.
        found_px: u64,
    },
    /// The conversion would need more memory than
    /// [`PhotoLimits::max_memory_bytes`](super::PhotoLimits::max_memory_bytes).
    #[error(
        "this photo needs {found:.0} MiB of memory; the limit is {limit}: \
         make it smaller, or save it as an ordinary JPEG",
        found = mib(*found_bytes), limit = mib(*limit_bytes)
    )]
    Memory {
        /// Bytes allowed.
        limit_bytes: u64,
        /// Bytes needed.
        found_bytes: u64,
    },
    /// The file begins like no format that is known here.
    #[error("this file is no JPEG, PNG or WebP: save it as one of them")]
    Unknown,
    /// The file has no bytes.
    #[error("this file is empty: use a whole copy of it")]
    Empty,
    /// The file is of a format that this codec does not read.
    #[error("this file is {format}, which is not read here: {}", format.advice())]
    Foreign {
        /// The file's format.
        format: ForeignFormat,
    },
    /// The file uses a feature that this codec does not read.
    #[error("this {format} has {feature}, which is not read here: save it as an ordinary {format}")]
    Unsupported {
        /// The file's format.
        format: Format,
        /// The feature.
        feature: Feature,
    },
    /// The file lacks a part that its structure requires.
    #[error("this {format} ends early: at byte {at_byte} {missing} is missing; use a whole copy")]
    EndsEarly {
        /// The file's format.
        format: Format,
        /// Position at which the part is missing, in bytes from the start.
        at_byte: u64,
        /// The missing part.
        missing: Part,
    },
    /// The file contradicts its format, its checksums or its own numbers, so that a pixel would
    /// have to be made up.
    #[error("this {format} is damaged, {damage}: use an undamaged copy")]
    Damaged {
        /// The file's format.
        format: Format,
        /// The damage.
        damage: Damage,
    },
    /// The thumbnail could not be encoded as a JPEG.
    #[error("a thumbnail of {width}x{height} px cannot be written as a JPEG: ask for another size")]
    Unwritable {
        /// The thumbnail's width in pixels.
        width: u32,
        /// The thumbnail's height in pixels.
        height: u32,
    },
}

/// Names the formats that this codec reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// JPEG, baseline and progressive, of 8 bits, Huffman coded.
    Jpeg,
    /// PNG of every bit depth and colour type; only the default image of an animation.
    Png,
    /// WebP, lossy and lossless; only the first frame of an animation.
    WebP,
}

impl Format {
    /// Returns the error for a feature that this codec does not read.
    pub(super) fn unsupported(self, feature: Feature) -> ImageError {
        ImageError::Unsupported { format: self, feature }
    }

    /// Returns the error for a part that is missing at a byte of the file.
    pub(super) fn ends_early(self, at: usize, missing: Part) -> ImageError {
        ImageError::EndsEarly { format: self, at_byte: at as u64, missing }
    }

    /// Returns the error for a damage.
    pub(super) fn damaged(self, damage: Damage) -> ImageError {
        ImageError::Damaged { format: self, damage }
    }

    /// Returns the error for coded data that a decoder rejected with a message.
    pub(super) fn coding(self, message: impl fmt::Display) -> ImageError {
        self.damaged(Damage::Coding(message.to_string()))
    }

    /// Returns the error for a marker, chunk or byte in the wrong position.
    pub(super) fn misplaced(self, at: usize) -> ImageError {
        self.damaged(Damage::Misplaced { at_byte: at as u64 })
    }

    /// Returns the error for an invalid field of the segment or chunk at a byte of the file.
    pub(super) fn invalid_field(self, at: usize) -> ImageError {
        self.damaged(Damage::Field { at_byte: at as u64 })
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::WebP => "WebP",
        })
    }
}

/// Names a feature of a format that this codec does not read.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Feature {
    /// Arithmetic coding in a JPEG.
    #[error("arithmetic coding")]
    ArithmeticCoding,
    /// Lossless coding in a JPEG.
    #[error("lossless coding")]
    LosslessCoding,
    /// Hierarchical coding in a JPEG.
    #[error("hierarchical coding")]
    HierarchicalCoding,
    /// Number of bits of a sample in a JPEG, where only 8 are read.
    #[error("{0} bits a sample")]
    SampleBits(u8),
    /// Number of components in a JPEG, where only 1, 3 and 4 are read.
    #[error("{0} components")]
    Components(u8),
    /// Chroma of a JPEG, sampled in a way that the decoder does not read.
    #[error("unusual chroma sampling")]
    Sampling,
    /// Critical chunk of a PNG, by its name.
    #[error("a chunk {}", .0.escape_ascii())]
    Chunk([u8; 4]),
    /// Apple's variant of PNG, which Xcode makes for apps. Its pixels are compressed differently.
    #[error("Apple's own coding for apps (CgBI)")]
    AppleCoding,
    /// Feature by the name that a decoder reports.
    #[error("{0}")]
    Other(String),
}

/// Names a part that a file lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Part {
    /// The rest of a header, segment or chunk.
    #[error("the rest")]
    Rest,
    /// The end marker of a JPEG, or the end chunk of a PNG.
    #[error("the end marker")]
    EndMarker,
    /// An image.
    #[error("a picture")]
    Picture,
    /// Coded or compressed data for all of the pixels.
    #[error("some of the pixels' data")]
    PixelData,
    /// The scans that complete a JPEG.
    #[error("a further scan")]
    Scans,
    /// The height of a JPEG, in its frame header or behind its first scan.
    #[error("the picture's height")]
    Height,
}

/// Describes how a file contradicts its format, its checksums or its own numbers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Damage {
    /// A marker, chunk or byte in the wrong position.
    #[error("byte {at_byte} is out of place")]
    Misplaced {
        /// Position in bytes from the start.
        at_byte: u64,
    },
    /// A field of a header with an invalid value.
    #[error("the header at byte {at_byte} is wrong")]
    Field {
        /// Position of the field's segment or chunk, in bytes from the start.
        at_byte: u64,
    },
    /// A checksum that differs from the bytes that it covers.
    #[error("the checksum at byte {at_byte} is {stored:08x}, not {computed:08x}")]
    Checksum {
        /// Position of the chunk, in bytes from the start.
        at_byte: u64,
        /// The checksum in the file.
        stored: u32,
        /// The checksum of the bytes.
        computed: u32,
    },
    /// A checksum of a PNG's rows that differs from the rows, where the chunks' own is missing.
    #[error("the checksum of its rows is wrong")]
    RowChecksum,
    /// More restarts in a JPEG than the scan has room for.
    #[error("its picture has no room for the restart at byte {at_byte}")]
    Restarts {
        /// Position in bytes from the start.
        at_byte: u64,
    },
    /// More coded data in a JPEG than its blocks can take.
    #[error("too much is coded at byte {at_byte} for the size it names")]
    Excess {
        /// Position where the data begins, in bytes from the start.
        at_byte: u64,
    },
    /// Coded data of a JPEG without Huffman tables that the standard ones do not fit.
    #[error("it has no Huffman tables, and the standard ones do not fit its data")]
    Tables,
    /// Different sizes in two parts of the file, each a width and a height.
    #[error(
        "it names two sizes, {}x{} and {}x{} px",
        first.0, first.1, second.0, second.1
    )]
    Sizes {
        /// The first size in pixels.
        first: (u32, u32),
        /// The second size in pixels.
        second: (u32, u32),
    },
    /// A number of pixels that the decoder made and that differs from the size.
    #[error("its data makes another number of pixels than its size has")]
    SampleCount,
    /// Coded data that a decoder rejected, with the decoder's message.
    #[error("its coding is wrong ({0})")]
    Coding(String),
    /// Coded data on which a decoder panicked.
    #[error("its coding is wrong (the decoder panicked)")]
    Panic,
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

fn megapixels(px: u64) -> f64 {
    px as f64 / 1e6
}
