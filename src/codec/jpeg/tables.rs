//! Which Huffman tables a JPEG brings, and whether its scans name others.
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

    /// Takes a scan's header, which is known to be whole.
    pub(super) fn name(&mut self, payload: &[u8], progressive: bool) {
        let (components, parameters) = payload[1..].split_at(payload.len() - 4);
        let (first, bits) = (parameters[0], parameters[2]);
        for &[_, places] in components.as_chunks::<2>().0 {
            // A progressive scan has coefficients of one kind; to refine means takes no codes.
            let dc = !progressive || first == 0 && bits >> 4 == 0;
            let ac = !progressive || first > 0;
            let lacks = |class, place| self.brought & bit(class, place) == 0;
            let lacking = dc && lacks(0, places >> 4 & 3) || ac && lacks(1, places & 3);
            self.lacking |= lacking;
        }
    }

    /// Whether every table that was named had come.
    pub(super) fn are_whole(self) -> bool {
        !self.lacking
    }
}

fn bit(class: u8, place: u8) -> u8 {
    1 << (class * 4 + place)
}
