//! Recognises the formats of files that are often taken for photos and that this codec does not
//! read, so that a refusal says what the user can do.

/// Names a format that this codec does not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ForeignFormat {
    /// HEIF with HEVC, as iPhones write it.
    #[error("a HEIC photo")]
    Heic,
    /// HEIF with AV1.
    #[error("an AVIF image")]
    Avif,
    /// JPEG XL.
    #[error("a JPEG XL image")]
    JpegXl,
    /// JPEG 2000.
    #[error("a JPEG 2000 image")]
    Jpeg2000,
    /// GIF.
    #[error("a GIF")]
    Gif,
    /// TIFF, and the raw formats of cameras that build on it.
    #[error("a TIFF, or a camera's raw photo")]
    Tiff,
    /// Canon's and Fujifilm's raw formats that do not build on TIFF.
    #[error("a camera's raw photo")]
    Raw,
    /// Windows bitmap.
    #[error("a BMP")]
    Bmp,
    /// Photoshop document.
    #[error("a Photoshop document")]
    Photoshop,
    /// PDF.
    #[error("a PDF")]
    Pdf,
    /// SVG.
    #[error("an SVG drawing")]
    Svg,
    /// Web page, for example a service's page instead of a download.
    #[error("a web page")]
    WebPage,
    /// Video: MP4, QuickTime, AVI, Matroska.
    #[error("a video")]
    Video,
}

impl ForeignFormat {
    /// Returns what the user can do.
    pub(super) fn advice(self) -> &'static str {
        match self {
            Self::Heic | Self::Avif | Self::JpegXl | Self::Jpeg2000 | Self::Raw => {
                "open it in the app that shows it, and export it as a JPEG"
            }
            Self::Gif | Self::Tiff | Self::Bmp | Self::Photoshop | Self::Svg => {
                "save it as a JPEG or PNG"
            }
            Self::Pdf => "export its page as a JPEG or PNG",
            Self::WebPage => "download the photo itself",
            Self::Video => "save a frame of it as a JPEG",
        }
    }

    /// Returns the format of a file by its first bytes.
    pub(super) fn detect(file: &[u8]) -> Option<Self> {
        const STARTS: [(&[u8], ForeignFormat); 17] = [
            (b"GIF8", ForeignFormat::Gif),
            (b"II*\0", ForeignFormat::Tiff),
            (b"MM\0*", ForeignFormat::Tiff),
            (b"II+\0", ForeignFormat::Tiff),
            (b"MM\0+", ForeignFormat::Tiff),
            (b"IIU\0", ForeignFormat::Tiff),
            (b"IIRO", ForeignFormat::Tiff),
            (b"FUJIFILMCCD-RAW", ForeignFormat::Raw),
            (b"8BPS", ForeignFormat::Photoshop),
            (b"%PDF-", ForeignFormat::Pdf),
            (b"\xFF\x0A", ForeignFormat::JpegXl),
            (b"\0\0\0\x0CJXL \r\n\x87\n", ForeignFormat::JpegXl),
            (b"\xFF\x4F\xFF\x51", ForeignFormat::Jpeg2000),
            (b"\0\0\0\x0CjP  \r\n\x87\n", ForeignFormat::Jpeg2000),
            (b"\x1A\x45\xDF\xA3", ForeignFormat::Video),
            (b"OggS", ForeignFormat::Video),
            (b"FLV\x01", ForeignFormat::Video),
        ];
        let known = STARTS.iter().find(|(start, _)| file.starts_with(start));
        if let Some(&(_, format)) = known {
            return Some(format);
        }
        match (file.first_chunk::<4>(), file.get(4..8), file.get(8..12)) {
            (Some(b"RIFF"), _, Some(b"AVI ")) => Some(Self::Video),
            // The reserved fields of a bitmap's header are zero.
            (Some([b'B', b'M', ..]), _, _) if file.get(6..10) == Some(&[0; 4]) => Some(Self::Bmp),
            (_, Some(b"ftyp"), _) => Some(Self::by_brands(file)),
            (_, Some(b"moov" | b"mdat" | b"wide" | b"free" | b"skip" | b"pnot"), _) => {
                Some(Self::Video)
            }
            _ => Self::by_text(file),
        }
    }

    /// Returns the format of a file of the ISO base media file format, by the brands that it names.
    fn by_brands(file: &[u8]) -> Self {
        let length = file.first_chunk().map_or(0, |&length| u32::from_be_bytes(length)) as usize;
        // The major brand, a version, and the compatible brands, of which files have a few.
        let brands = file[8..file.len().min(length.clamp(12, 128))].as_chunks::<4>().0;
        let has = |names: &[&[u8; 4]]| brands.iter().any(|brand| names.contains(&brand));
        if has(&[b"avif", b"avis"]) {
            Self::Avif
        } else if has(&[b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"]) {
            Self::Heic
        } else if has(&[b"crx "]) {
            Self::Raw
        } else {
            Self::Video
        }
    }

    fn by_text(file: &[u8]) -> Option<Self> {
        let text = file.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(file);
        let text = text[..text.len().min(1024)].trim_ascii_start().to_ascii_lowercase();
        let has = |word: &[u8]| text.windows(word.len()).any(|part| part == word);
        if text.starts_with(b"<svg") || text.starts_with(b"<?xml") && has(b"<svg") {
            Some(Self::Svg)
        } else if [&b"<!doctype html"[..], b"<html", b"<head"]
            .iter()
            .any(|tag| text.starts_with(tag))
        {
            Some(Self::WebPage)
        } else {
            None
        }
    }
}
