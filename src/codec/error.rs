//! Why a photo is refused: a closed list, each reason with the limit and what was found.
//!
//! Whoever shows a refusal to a person or counts them by kind needs no text from a decoder.

use std::fmt;

/// Why a photo was refused, or a thumbnail could not be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// The file is longer than [`limits::FILE_BYTES`](super::limits::FILE_BYTES).
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
    /// A side is longer than [`limits::SIDE_PX`](super::limits::SIDE_PX).
    #[error(
        "this photo's longest side has {found_px} px; the limit is {limit_px}: make it smaller"
    )]
    Side {
        /// Pixels allowed.
        limit_px: u32,
        /// Pixels found.
        found_px: u32,
    },
    /// There are more pixels than [`limits::PIXELS`](super::limits::PIXELS).
    #[error(
        "this photo has {found:.1} megapixels; the limit is {limit}: make it smaller",
        found = megapixels(*found_px), limit = megapixels(*limit_px)
    )]
    Pixels {
        /// Pixels allowed.
        limit_px: u64,
        /// Pixels found.
        found_px: u64,
    },
    /// There are more scans than [`limits::SCANS`](super::limits::SCANS).
    #[error("this JPEG has {found} scans or more; the limit is {limit}: save it with fewer")]
    Scans {
        /// Scans allowed.
        limit: u32,
        /// Scans found, at least.
        found: u32,
    },
    /// Scans times pixels are more than
    /// [`limits::SCANNED_PIXELS`](super::limits::SCANNED_PIXELS).
    #[error(
        "this JPEG goes over {found:.0} megapixels in its scans; the limit is {limit}: \
         save it with fewer scans",
        found = megapixels(*found_px), limit = megapixels(*limit_px)
    )]
    ScannedPixels {
        /// Pixels allowed, all scans together.
        limit_px: u64,
        /// Pixels found, at least.
        found_px: u64,
    },
    /// Decoding would need more memory than
    /// [`limits::MEMORY_BYTES`](super::limits::MEMORY_BYTES).
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
    /// The file begins like none of the formats.
    #[error("this file is no JPEG, PNG or WebP: save it as one of them")]
    Unknown,
    /// The file uses something that is not read here.
    #[error("this {format} has {feature}, which is not read here: save it as an ordinary {format}")]
    Unsupported {
        /// The file's format.
        format: Format,
        /// What it uses.
        feature: Feature,
    },
    /// Something is missing that the file promises.
    #[error("this {format} ends early: at byte {at_byte} {missing} is missing; copy it again")]
    EndsEarly {
        /// The file's format.
        format: Format,
        /// Where the missing part was looked for, in bytes from the start.
        at_byte: u64,
        /// What is missing.
        missing: Part,
    },
    /// The file contradicts its format, its checksums or itself.
    #[error("this {format} is damaged, {damage}: copy it again")]
    Damaged {
        /// The file's format.
        format: Format,
        /// What was found.
        damage: Damage,
    },
    /// The thumbnail could not be written as a JPEG.
    #[error("a thumbnail of {width}x{height} px cannot be written as a JPEG: ask for another size")]
    Unwritable {
        /// The thumbnail's width in pixels.
        width: u32,
        /// Its height in pixels.
        height: u32,
    },
}

/// The formats that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// JPEG: baseline and progressive, 8 bits, Huffman coded.
    Jpeg,
    /// PNG: every bit depth and colour type; of an animation the default image.
    Png,
    /// WebP: lossy and lossless, still.
    WebP,
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

/// What a file may use and is not read here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Feature {
    /// JPEG: arithmetic coding.
    ArithmeticCoding,
    /// JPEG: lossless coding.
    LosslessCoding,
    /// JPEG: hierarchical coding.
    HierarchicalCoding,
    /// JPEG: so many bits a sample, where only 8 are read.
    SampleBits(u8),
    /// JPEG: so many components, where 1, 3 and 4 are read.
    Components(u8),
    /// JPEG: chroma sampled in a way that the decoder does not read.
    Sampling,
    /// JPEG: a height that is only told after the first scan.
    LateHeight,
    /// PNG: a critical chunk of this name.
    Chunk([u8; 4]),
    /// WebP: more pictures than one.
    Animation,
    /// Something that the decoder names so.
    Other(String),
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ArithmeticCoding => f.write_str("arithmetic coding"),
            Self::LosslessCoding => f.write_str("lossless coding"),
            Self::HierarchicalCoding => f.write_str("hierarchical coding"),
            Self::SampleBits(bits) => write!(f, "{bits} bits a sample"),
            Self::Components(count) => write!(f, "{count} components"),
            Self::Sampling => f.write_str("unusual chroma sampling"),
            Self::LateHeight => f.write_str("no height in its header"),
            Self::Chunk(name) => write!(f, "a chunk {}", name.escape_ascii()),
            Self::Animation => f.write_str("an animation"),
            Self::Other(what) => f.write_str(what),
        }
    }
}

/// What a file that ends early lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The rest of its header, segment or chunk.
    Rest,
    /// JPEG: the end marker; PNG: the end chunk.
    EndMarker,
    /// Any picture at all.
    Picture,
    /// Coded or compressed data for all of the pixels.
    PixelData,
    /// JPEG: the scans that complete the picture.
    Scans,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rest => "the rest",
            Self::EndMarker => "the end marker",
            Self::Picture => "a picture",
            Self::PixelData => "some of the pixels' data",
            Self::Scans => "a further scan",
        })
    }
}

/// How a file contradicts its format, its checksums or itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Damage {
    /// A marker, chunk or byte stands where it may not.
    Misplaced {
        /// Where, in bytes from the start.
        at_byte: u64,
    },
    /// A field of a header holds what it may not.
    Field {
        /// The field's segment or chunk, in bytes from the start.
        at_byte: u64,
    },
    /// A checksum differs from the bytes it covers.
    Checksum {
        /// The chunk, in bytes from the start.
        at_byte: u64,
        /// The checksum in the file.
        stored: u32,
        /// The checksum of the bytes.
        computed: u32,
    },
    /// JPEG: restart markers out of order, or more of them than the scan has room for.
    Restarts {
        /// Where, in bytes from the start.
        at_byte: u64,
    },
    /// JPEG: more coded data than the picture's blocks can take.
    Excess {
        /// Where it begins, in bytes from the start.
        at_byte: u64,
    },
    /// Two places of the file give different sizes, or its pixels another number of them.
    Sizes,
    /// The decoder gave up, with these words.
    Coding(String),
    /// The decoder panicked.
    Panic,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Misplaced { at_byte } => write!(f, "byte {at_byte} is out of place"),
            Self::Field { at_byte } => write!(f, "the header at byte {at_byte} is wrong"),
            Self::Checksum { at_byte, stored, computed } => {
                write!(f, "the checksum at byte {at_byte} is {stored:08x}, not {computed:08x}")
            }
            Self::Restarts { at_byte } => write!(f, "a restart is wrong at byte {at_byte}"),
            Self::Excess { at_byte } => {
                write!(f, "too much is coded at byte {at_byte} for the size it names")
            }
            Self::Sizes => f.write_str("it names two sizes"),
            Self::Coding(words) => write!(f, "its coding is wrong ({words})"),
            Self::Panic => f.write_str("its coding is wrong (the decoder panicked)"),
        }
    }
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

fn megapixels(px: u64) -> f64 {
    px as f64 / 1e6
}
