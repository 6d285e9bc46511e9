//! Detects baseline JPEGs that lost a Huffman table.
//!
//! Where a table is missing, some decoders take the usual one without a warning, and decode to
//! noise.

use crate::codec::jpeg::segments::{Kind, Segments, marker};

/// Returns true if the file's first scan, a baseline scan whose header is whole, names only Huffman
/// tables that the file defines before it.
pub(super) fn defines_all(file: &[u8]) -> bool {
    // A bit for each of four DC tables, then for each of four AC tables.
    let mut defined = 0_u8;
    for segment in Segments::new(file).map_while(Result::ok) {
        let Kind::Segment(code) = segment.kind else { continue };
        let mut payload = &file[segment.range.start + 4..segment.range.end];
        match code {
            marker::DHT => {
                while let Some((&[index, ref counts @ ..], rest)) =
                    payload.split_first_chunk::<17>()
                {
                    let symbols: usize = counts.iter().map(|&count| usize::from(count)).sum();
                    defined |= bit(index >> 4 & 1, index & 3);
                    payload = rest.get(symbols..).unwrap_or_default();
                }
            }
            marker::SOS => {
                let (components, _) = payload[1..payload.len() - 3].as_chunks::<2>();
                return components.iter().all(|&[_, indices]| {
                    let named = bit(0, indices >> 4 & 3) | bit(1, indices & 3);
                    defined & named == named
                });
            }
            _ => {}
        }
    }
    false
}

fn bit(class: u8, index: u8) -> u8 {
    1 << (class * 4 + index)
}
