//! Every limit is exact to the last pixel, byte and scan: a photo at the limit passes, and a photo
//! beyond it is refused. Most files here are headers only, since limits are checked before
//! decoding.

use double_exposure::codec::limits::{
    MAX_FILE_BYTES, MAX_PIXELS, MAX_SCANNED_PIXELS, MAX_SCANS, MAX_SIDE_PX,
};
use double_exposure::codec::{
    Damage, Feature, Fit, ForeignFormat, Format, ImageError, Part, PhotoLimits, ProbedPhoto, Size,
    ThumbnailSpec, probe,
};

use crate::images::{self, TestImage, png_chunk, png_header};

/// Returns a JPEG's frame header, with these sampling factors.
fn jpeg_header(width: u32, height: u32, marker: u8, factors: &[u8]) -> Vec<u8> {
    let [.., h1, h0] = height.to_be_bytes();
    let [.., w1, w0] = width.to_be_bytes();
    let mut file = vec![0xFF, 0xD8, 0xFF, marker, 0, 8 + 3 * factors.len() as u8, 8];
    file.extend([h1, h0, w1, w0, factors.len() as u8]);
    for (id, factors) in (1..).zip(factors) {
        file.extend([id, *factors, 0]);
    }
    file
}

/// Returns the header of a lossless WebP, and five bytes of zero.
fn webp_header(width: u32, height: u32) -> Vec<u8> {
    let bits = (width - 1) | (height - 1) << 14;
    let mut file = b"RIFF\x16\0\0\0WEBPVP8L\x0A\0\0\0\x2F".to_vec();
    file.extend(bits.to_le_bytes());
    file.extend([0; 5]);
    file
}

fn refusal(file: &[u8]) -> ImageError {
    probe(file).unwrap_err()
}

#[test]
fn a_photo_has_at_most_256_megapixels() {
    let too_many = |width: u32, height: u32| {
        let found_px = u64::from(width) * u64::from(height);
        ImageError::Pixels { limit_px: MAX_PIXELS, found_px }
    };
    // A file at the limit is refused for another reason: it has no data.
    for (width, height) in [(16_000, 16_000), (64_000, 4_000), (4_000, 64_000)] {
        assert!(matches!(refusal(&png_header(width, height, 8, 2)), ImageError::EndsEarly { .. }));
        let jpeg = jpeg_header(width, height, 0xC0, &[0x22, 0x11, 0x11]);
        assert!(matches!(refusal(&jpeg), ImageError::EndsEarly { .. }));
    }
    for (width, height) in [(16_000, 16_001), (16_001, 16_000), (65_500, 3_909)] {
        assert_eq!(refusal(&png_header(width, height, 8, 2)), too_many(width, height));
        let jpeg = jpeg_header(width, height, 0xC2, &[0x11]);
        assert_eq!(refusal(&jpeg), too_many(width, height));
    }
    assert!(matches!(refusal(&webp_header(16_000, 16_000)), ImageError::EndsEarly { .. }));
    assert_eq!(refusal(&webp_header(16_001, 16_000)), too_many(16_001, 16_000));
}

#[test]
fn a_caller_limits_megapixels_and_the_refusal_names_the_flag() {
    assert_eq!(PhotoLimits::default().max_pixels, 128_000_000);
    let photo = |width, height| TestImage::flat(width, height, [3; 3]);
    let at_limit = photo(1_000, 2_000);
    let beyond = photo(1_500, 1_700);
    let files = |image: &TestImage| [image.png(), image.jpeg(|_| ()), image.webp(None)];
    for (at_limit, beyond) in files(&at_limit).into_iter().zip(files(&beyond)) {
        let open =
            |file| ProbedPhoto::open(file, PhotoLimits::of_megapixels(2)).map(|p| p.header());
        assert!(open(at_limit).is_ok());
        let refusal = open(beyond).unwrap_err();
        let expected = ImageError::Pixels { limit_px: 2_000_000, found_px: 2_550_000 };
        assert_eq!(refusal, expected);
        assert_eq!(
            refusal.to_string(),
            "this photo has 2.5 megapixels; the limit is 2 (--max-megapixels): make it smaller"
        );
    }
}

#[test]
fn a_caller_limits_the_pixels_of_all_scans_to_20_times_those_of_a_photo() {
    // The file has 33 scans for each of three components.
    let file = TestImage::flat(1_000, 1_000, [9; 3]).jpeg(|e| e.set_progressive_scans(33));
    let open = |megapixels| ProbedPhoto::open(file.clone(), PhotoLimits::of_megapixels(megapixels));
    let limit_px = 20_000_000;
    match open(1).map(|_| ()) {
        Err(ImageError::ScannedPixels { limit_px: limit, found_px }) => {
            assert_eq!(limit, limit_px);
            assert!((33_000_000..33_000_100).contains(&found_px), "{found_px}");
        }
        other => panic!("{other:?}"),
    }
    assert!(open(2).is_ok());
}

#[test]
fn a_caller_limits_the_memory_of_a_conversion() {
    let file = TestImage::flat(900, 700, [9; 3]).jpeg(|e| e.set_progressive(true));
    let spec = ThumbnailSpec { size: Size::MAX, fit: Fit::Contain };
    let needed_bytes =
        ProbedPhoto::open(file.clone(), PhotoLimits::MAX).unwrap().memory_bytes(spec);
    let within = |max_memory_bytes| PhotoLimits { max_memory_bytes, ..PhotoLimits::MAX };
    let decode = |limits| ProbedPhoto::open(file.clone(), limits).unwrap().decode(spec).map(drop);
    assert_eq!(decode(within(needed_bytes)), Ok(()));
    let (limit_bytes, found_bytes) = (needed_bytes - 1, needed_bytes);
    let refusal = ImageError::Memory { limit_bytes, found_bytes };
    assert_eq!(decode(within(limit_bytes)), Err(refusal));
}

#[test]
fn a_side_has_at_most_65_500_px() {
    let too_long = |found_px| ImageError::Side { limit_px: MAX_SIDE_PX, found_px };
    for (width, height) in [(65_500, 1), (1, 65_500)] {
        let row = TestImage::flat(width, height, [3; 3]);
        for file in [row.png(), row.jpeg(|_| ())] {
            assert!(images::decode(&file).is_ok());
        }
    }
    for (width, height) in [(65_501, 1), (1, 65_501)] {
        assert_eq!(refusal(&TestImage::flat(width, height, [3; 3]).png()), too_long(65_501));
        assert_eq!(refusal(&jpeg_header(width, height, 0xC0, &[0x11])), too_long(65_501));
    }
    assert_eq!(refusal(&png_header(u32::MAX, u32::MAX, 8, 2)), too_long(u32::MAX));
}

#[test]
fn a_file_has_at_most_64_mib() {
    let mut file = TestImage::flat(8, 8, [3; 3]).jpeg(|_| ()).to_vec();
    file.resize(MAX_FILE_BYTES as usize, 0);
    assert!(probe(&file).is_ok());
    file.push(0);
    let found_bytes = MAX_FILE_BYTES + 1;
    assert_eq!(refusal(&file), ImageError::File { limit_bytes: MAX_FILE_BYTES, found_bytes });
}

#[test]
fn a_jpeg_has_at_most_100_scans() {
    // The file has 33 scans for each of three components. The 100th and 101st repeat the last.
    let file = TestImage::busy(16, 16, 1).jpeg(|e| e.set_progressive_scans(33));
    let scans: Vec<_> = (0..file.len()).filter(|&at| file[at..].starts_with(b"\xFF\xDA")).collect();
    assert_eq!(scans.len() as u32, MAX_SCANS - 1);
    let (end, last) = (file.len() - 2, scans[scans.len() - 1]);
    let hundred = [&file[..end], &file[last..]].concat();
    assert!(images::decode(&hundred.into()).is_ok());
    let more = [&file[..end], &file[last..end], &file[last..]].concat();
    assert_eq!(refusal(&more), ImageError::Scans { limit: MAX_SCANS, found: MAX_SCANS + 1 });
}

#[test]
fn a_jpegs_scans_go_over_at_most_5120_megapixels() {
    // Each scan of one coefficient has two bytes: all coefficients are zero.
    let grey = |scans: usize| {
        let mut file = jpeg_header(16_000, 16_000, 0xC2, &[0x11]);
        let mut scan = vec![0xFF, 0xDA, 0, 8, 1, 1, 0, 1, 1, 0, 0];
        scan.extend([0x55; 2]);
        file.extend(scan.repeat(scans));
        file.extend([0xFF, 0xD9]);
        file
    };
    assert!(matches!(refusal(&grey(20)), ImageError::EndsEarly { missing: Part::Scans, .. }));
    let limit_px = MAX_SCANNED_PIXELS;
    let found_px = limit_px + 256_000_000;
    assert_eq!(refusal(&grey(21)), ImageError::ScannedPixels { limit_px, found_px });
}

#[test]
fn a_webp_of_megabytes_that_needs_gigabytes_of_tables_is_refused() {
    let mut file = webp_header(4, 4);
    file.truncate(25);
    file.extend(table_bomb());
    let length = (file.len() - 20) as u32;
    file[16..20].copy_from_slice(&length.to_le_bytes());
    file.extend(vec![0; file.len() % 2]);
    let length = (file.len() - 8) as u32;
    file[4..8].copy_from_slice(&length.to_le_bytes());
    assert!(file.len() < 8 << 20);
    match refusal(&file) {
        ImageError::Memory { limit_bytes, found_bytes } => assert!(found_bytes > limit_bytes),
        other => panic!("{other:?}"),
    }
}

/// Returns a lossless image whose one pixel of entropy image names group 65,535, followed by 65,536
/// groups of codes of the largest size.
fn table_bomb() -> Vec<u8> {
    let mut bits = Bits::default();
    // The image has no transforms, no cache, and an entropy image in blocks of 4 px without cache.
    bits.put(&[(0, 1), (0, 1), (1, 1), (0, 3), (0, 1)]);
    // In the entropy image, green and red are always 255, and the other channels 0.
    for symbol in [255, 255, 0, 0, 0] {
        bits.put(&[(1, 1), (0, 1), (1, 1), (symbol, 8)]);
    }
    for _ in 0..65_536 {
        for alphabet in [280, 256, 256, 256] {
            large_code(&mut bits, alphabet);
        }
        bits.put(&[(1, 1), (0, 1), (0, 1), (0, 1)]);
    }
    bits.bytes
}

/// Writes a code with lengths of 1 to 8 bits for eight symbols, and of 15 bits for 128 more, which
/// takes a full table and a deep tree.
fn large_code(bits: &mut Bits, alphabet: u32) {
    // The code for lengths has 3 bits for five lengths, and 4 bits for six.
    let code_length = |symbol: u32| match symbol {
        15 | 16 | 18 | 1 | 2 => 3,
        3..=8 => 4,
        _ => 0,
    };
    let order = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
    bits.put(&[(0, 1), (15, 4)]);
    for symbol in order {
        bits.put(&[(code_length(symbol), 3)]);
    }
    bits.put(&[(0, 1)]);
    // Canonical codes are ordered by length, then by symbol, and written from their highest bit.
    let code = |symbol: u32| {
        let mut symbols: Vec<u32> = (0..19).filter(|&symbol| code_length(symbol) > 0).collect();
        symbols.sort_by_key(|&symbol| (code_length(symbol), symbol));
        let (mut code, mut length) = (0u32, 3);
        for other in symbols {
            code <<= code_length(other) - length;
            length = code_length(other);
            if other == symbol {
                break;
            }
            code += 1;
        }
        (code.reverse_bits() >> (32 - length), length)
    };
    for length in 1..=8 {
        bits.put(&[code(length)]);
    }
    bits.put(&[code(15)]);
    for _ in 0..21 {
        bits.put(&[code(16), (3, 2)]);
    }
    bits.put(&[code(15)]);
    let mut left = alphabet - 136;
    while left > 0 {
        // A run has 11 to 138 zeros.
        let zeros = if left > 138 { left.min(149) - 11 } else { left };
        bits.put(&[code(18), (zeros - 11, 7)]);
        left -= zeros;
    }
}

/// Writes bits, from the lowest of each byte up.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: u32,
}

impl Bits {
    fn put(&mut self, fields: &[(u32, u32)]) {
        for &(value, width) in fields {
            for bit in 0..width {
                if self.used.is_multiple_of(8) {
                    self.bytes.push(0);
                }
                *self.bytes.last_mut().unwrap() |= ((value >> bit & 1) as u8) << (self.used % 8);
                self.used += 1;
            }
        }
    }
}

#[test]
fn compressed_text_and_profiles_are_never_decompressed() {
    let picture = TestImage::busy(20, 20, 3);
    let whole = picture.png();
    let bomb = [b"key\0\0".to_vec(), vec![0x78; 1 << 20]].concat();
    let after_header = 8 + 25;
    for name in [b"zTXt", b"iCCP", b"iTXt"] {
        let file =
            [&whole[..after_header], &png_chunk(name, &bomb), &whole[after_header..]].concat();
        assert_eq!(images::decode(&file.into()).unwrap().rgb(), picture.rgb);
    }
}

#[test]
fn a_refusal_names_the_unsupported_feature() {
    let unsupported = |file: &[u8]| match refusal(file) {
        ImageError::Unsupported { feature, .. } => feature,
        other => panic!("{other:?}"),
    };
    let marker = |marker| jpeg_header(8, 8, marker, &[0x11]);
    assert_eq!(unsupported(&marker(0xC3)), Feature::LosslessCoding);
    assert_eq!(unsupported(&marker(0xC5)), Feature::HierarchicalCoding);
    assert_eq!(unsupported(&marker(0xC9)), Feature::ArithmeticCoding);
    assert_eq!(unsupported(&jpeg_header(8, 8, 0xC0, &[0x11; 2])), Feature::Components(2));
    let mut twelve_bits = marker(0xC1);
    twelve_bits[6] = 12;
    assert_eq!(unsupported(&twelve_bits), Feature::SampleBits(12));
    let mut chunk = png_header(4, 4, 8, 2);
    chunk.extend(png_chunk(b"NEWC", b""));
    assert_eq!(unsupported(&chunk), Feature::Chunk(*b"NEWC"));
    let apple = [&png_header(4, 4, 8, 2)[..8], &png_chunk(b"CgBI", &[0x50, 0, 0x20, 6])].concat();
    assert_eq!(unsupported(&apple), Feature::AppleCoding);
}

#[test]
fn a_refusal_names_the_format_that_is_not_read_and_what_the_user_can_do() {
    let brands = |brands: &[u8]| {
        let length = 8 + brands.len() as u32;
        [&length.to_be_bytes(), &b"ftyp"[..], brands, b"\0\0\0\x08mdat"].concat()
    };
    let files = [
        (ForeignFormat::Heic, brands(b"heic\0\0\0\0mif1heic")),
        (ForeignFormat::Heic, brands(b"mif1\0\0\0\0mif1miaf")),
        (ForeignFormat::Avif, brands(b"mif1\0\0\0\0mif1avifmiaf")),
        (ForeignFormat::Avif, brands(b"avis\0\0\0\0msf1")),
        (ForeignFormat::Raw, brands(b"crx \0\0\0\x01crx isom")),
        (ForeignFormat::Video, brands(b"isom\0\0\x02\0isomiso2avc1mp41")),
        (ForeignFormat::Video, brands(b"qt  \0\0\0\0")),
        (ForeignFormat::Video, b"\0\0\0\x08wide\0\0\0\0mdat".to_vec()),
        (ForeignFormat::Video, b"RIFF\x24\0\0\0AVI LIST".to_vec()),
        (ForeignFormat::JpegXl, b"\xFF\x0A\xFA".to_vec()),
        (ForeignFormat::JpegXl, b"\0\0\0\x0CJXL \r\n\x87\n".to_vec()),
        (ForeignFormat::Jpeg2000, b"\0\0\0\x0CjP  \r\n\x87\n".to_vec()),
        (ForeignFormat::Gif, b"GIF89a".to_vec()),
        (ForeignFormat::Tiff, b"MM\0*\0\0\0\x08".to_vec()),
        (ForeignFormat::Bmp, b"BM\x36\0\0\0\0\0\0\0\x36".to_vec()),
        (ForeignFormat::Pdf, b"%PDF-1.7".to_vec()),
        (ForeignFormat::Svg, b"<?xml version='1.0'?>\n<svg>".to_vec()),
        (ForeignFormat::WebPage, b"\xEF\xBB\xBF\n<!DOCTYPE html>".to_vec()),
    ];
    for (format, file) in files {
        assert_eq!(refusal(&file), ImageError::Foreign { format }, "{}", file.escape_ascii());
    }
    let heic = ImageError::Foreign { format: ForeignFormat::Heic }.to_string();
    assert_eq!(
        heic,
        "this file is a HEIC photo, which is not read here: open it in the app that shows it, and \
         export it as a JPEG"
    );
    for file in [&b"\xFF"[..], b"RIFF____WAVE", b"\x89PNG", b"BMW", b"<?xml version='1.0'?>"] {
        assert_eq!(refusal(file), ImageError::Unknown);
    }
    assert_eq!(refusal(b""), ImageError::Empty);
}

#[test]
fn an_image_without_pixels_is_damaged() {
    for (width, height) in [(0, 5), (5, 0)] {
        let file = png_header(width, height, 8, 2);
        let damage = Damage::Field { at_byte: 8 };
        assert_eq!(refusal(&file), ImageError::Damaged { format: Format::Png, damage });
    }
    let damage = Damage::Field { at_byte: 2 };
    let file = jpeg_header(0, 5, 0xC0, &[0x11]);
    assert_eq!(refusal(&file), ImageError::Damaged { format: Format::Jpeg, damage });
}
