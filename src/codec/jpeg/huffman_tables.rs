//! Which Huffman tables a JPEG brings, and whether its baseline scans name others.
//!
//! Where a table was lost, some decoders quietly take the usual one, and decode to noise.

/// The tables so far: a bit for each of four DC tables, then for each of four AC tables.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tables {
    brought: u8,
    lacking: bool,
}

impl Tables {
    /// Takes a segment of tables.
    pub(super) fn bring(&mut self, mut payload: &[u8]) {
        while let Some((&[place, ref counts @ ..], rest)) = payload.split_first_chunk::<17>() {
            let symbols: usize = counts.iter().map(|&count| usize::from(count)).sum();
            self.brought |= bit(place >> 4 & 1, place & 3);
            payload = rest.get(symbols..).unwrap_or_default();
        }
    }

    /// Takes a baseline scan's header, which is known to be whole.
    pub(super) fn name(&mut self, payload: &[u8]) {
        let components = &payload[1..payload.len() - 3];
        for &[_, places] in components.as_chunks::<2>().0 {
            let lacks = |class, place| self.brought & bit(class, place) == 0;
            self.lacking |= lacks(0, places >> 4 & 3) || lacks(1, places & 3);
        }
    }

    /// Whether every table that was named had come; of a baseline photo.
    pub(super) fn are_whole(self) -> bool {
        !self.lacking
    }
}

fn bit(class: u8, place: u8) -> u8 {
    1 << (class * 4 + place)
}
