//! Makes copies of a photo's file: the same picture in a file that no other request has sent.
//!
//! A service must convert a file that it has never seen, so copies are new work for it. A comment
//! in the file makes its bytes new, and leaves every pixel as it is.

use bytes::Bytes;

use super::spec::PhotoFormat;

/// Length of the signature and the first chunk (IHDR) of every PNG file.
const PNG_HEAD_BYTES: usize = 8 + 25;

/// Length of JPEG's first marker (SOI).
const JPEG_HEAD_BYTES: usize = 2;

/// Returns a file with the same pixels, whose comment names the copy. Copy 0 is the file itself.
pub(super) fn copied(file: &Bytes, format: PhotoFormat, copy: u64) -> Bytes {
    let comment = format!("copy {copy}");
    let (head, insertion) = match format {
        _ if copy == 0 => return file.clone(),
        PhotoFormat::Jpeg => (JPEG_HEAD_BYTES, jpeg_comment(comment.as_bytes())),
        PhotoFormat::Png => (PNG_HEAD_BYTES, png_text(comment.as_bytes())),
    };
    let (head, rest) = file.split_at(head.min(file.len()));
    [head, &insertion, rest].concat().into()
}

/// Returns a comment segment (COM) of JPEG.
fn jpeg_comment(text: &[u8]) -> Vec<u8> {
    let length = (text.len() as u16 + 2).to_be_bytes();
    [&[0xFF, 0xFE], &length[..], text].concat()
}

/// Returns a text chunk (tEXt) of PNG.
fn png_text(text: &[u8]) -> Vec<u8> {
    let data = [b"tEXtComment\0", text].concat();
    let length = (data.len() as u32 - 4).to_be_bytes();
    [&length[..], &data, &crc32(&data).to_be_bytes()].concat()
}

/// Returns the CRC-32 of PNG's chunks (ISO 3309).
fn crc32(data: &[u8]) -> u32 {
    let step = |crc: u32, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
    let byte = |crc: u32, &byte: &u8| (0..8).fold(crc ^ u32::from(byte), step);
    !data.iter().fold(u32::MAX, byte)
}

#[cfg(test)]
mod tests {
    use super::super::spec::PhotosSpec;
    use super::super::test_photos::TestPhotos;
    use super::*;
    use crate::codec::{InspectedPixels, inspect_pixels};

    #[test]
    fn a_copy_has_the_pixels_of_its_photo_and_bytes_that_no_other_copy_has() {
        for format in [PhotoFormat::Jpeg, PhotoFormat::Png] {
            let spec = PhotosSpec {
                people: 2,
                per_person: 1,
                members: 0,
                width: 96,
                height: 64,
                format,
                truncated: false,
                replaced: false,
            };
            let photos = TestPhotos::generate(spec, 1).expect("the photos fit");
            let files = [0, 1, 2, u64::MAX].map(|copy| photos.file(0, copy));
            let pixels = |file: &Bytes| {
                let (_, _, pixels) =
                    inspect_pixels(file, 1 << 20).expect("a copy is a whole image");
                match pixels {
                    InspectedPixels::YCbCr(pixels) | InspectedPixels::Rgb(pixels) => pixels,
                }
            };
            for (index, file) in files.iter().enumerate() {
                assert_eq!(pixels(file), pixels(&files[0]), "{format:?}");
                assert!(files[..index].iter().all(|other| other != file), "{format:?}");
            }
            assert_eq!(files[0], photos.all[0].file);
        }
    }

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }
}
