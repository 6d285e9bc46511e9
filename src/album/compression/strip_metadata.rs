//! Strips metadata from a JPEG file: place, camera, names, previews.

const START: u8 = 0xD8;
const END: u8 = 0xD9;
const SCAN: u8 = 0xDA;
const COMMENT: u8 = 0xFE;

/// Returns the JPEG without EXIF, XMP, comments and any bytes after its end. Colour profiles and
/// the markers that decoders need stay. Returns `None` if the segments cannot be parsed.
pub(super) fn strip_metadata(jpeg: &[u8]) -> Option<Vec<u8>> {
    let mut bare = vec![0xFF, START];
    let mut rest = jpeg.strip_prefix(&bare[..])?;
    loop {
        while rest.get(1) == Some(&0xFF) {
            rest = &rest[1..];
        }
        let [0xFF, marker, after @ ..] = rest else { return None };
        if *marker == END {
            bare.extend([0xFF, END]);
            return Some(bare);
        }
        let length = usize::from(u16::from_be_bytes(*after.first_chunk()?));
        let body = after.get(2..length)?;
        let mut segment = 2 + length;
        if *marker == SCAN {
            segment += scan_length(&rest[segment..])?;
        }
        if is_needed(*marker, body) {
            bare.extend(&rest[..segment]);
        }
        rest = &rest[segment..];
    }
}

fn is_needed(marker: u8, body: &[u8]) -> bool {
    match marker {
        0xE0 => body.starts_with(b"JFIF\0"),
        0xE2 => body.starts_with(b"ICC_PROFILE\0"),
        0xEE => body.starts_with(b"Adobe"),
        COMMENT | 0xE1..=0xEF => false,
        _ => true,
    }
}

/// Returns the length of a scan's coded data, which ends at the first marker other than a restart
/// marker.
fn scan_length(data: &[u8]) -> Option<usize> {
    let ends = |pair: &[u8]| pair[0] == 0xFF && !matches!(pair[1], 0 | 0xD0..=0xD7 | 0xFF);
    data.windows(2).position(ends)
}
