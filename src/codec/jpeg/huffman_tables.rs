//! Reads a JPEG's Huffman tables, and holds the standard ones (ITU-T T.81, C.2 and K.3).
//!
//! Frames of Motion JPEG omit their tables, and mean the standard ones.

/// Holds the tables that a file has defined so far: four for means (DC), four for the other
/// coefficients (AC).
#[derive(Default)]
pub(super) struct HuffmanTables {
    dc: [Option<HuffmanTable>; 4],
    ac: [Option<HuffmanTable>; 4],
}

impl HuffmanTables {
    /// Defines the tables of a segment's payload, as far as they are whole.
    pub(super) fn define(&mut self, mut payload: &[u8]) {
        while let Some((&[index, ref counts @ ..], rest)) = payload.split_first_chunk::<17>() {
            let symbols = counts.iter().map(|&count| usize::from(count)).sum();
            let Some((symbols, next)) = rest.split_at_checked(symbols) else { return };
            let class = if index >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            class[usize::from(index & 3)] = HuffmanTable::new(counts, symbols);
            payload = next;
        }
    }

    /// Returns the table for means of this number.
    pub(super) fn dc(&self, index: u8) -> Option<&HuffmanTable> {
        self.dc.get(usize::from(index))?.as_ref()
    }

    /// Returns the table for the other coefficients of this number.
    pub(super) fn ac(&self, index: u8) -> Option<&HuffmanTable> {
        self.ac.get(usize::from(index))?.as_ref()
    }
}

/// Holds a canonical prefix code, whose codes have at most 16 bits.
pub(super) struct HuffmanTable {
    /// For each length, the first 16 bits that begin no code of this length or less.
    limits: [u32; 16],
    /// For each length, the position of its first symbol, less its first code.
    offsets: [i32; 16],
    symbols: Vec<u8>,
}

impl HuffmanTable {
    /// Returns a table, or `None` if there are more codes than their lengths allow.
    fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let (mut limits, mut offsets) = ([0; 16], [0; 16]);
        let (mut code, mut position) = (0_u32, 0);
        for (index, &count) in counts.iter().enumerate() {
            offsets[index] = position - code as i32;
            code += u32::from(count);
            position += i32::from(count);
            limits[index] = code << (15 - index);
            if limits[index] > 1 << 16 {
                return None;
            }
            code <<= 1;
        }
        Some(Self { limits, offsets, symbols: symbols.into() })
    }

    /// Returns the symbol whose code begins these 16 bits, and the code's length.
    pub(super) fn symbol(&self, bits: u16) -> Option<(u8, u32)> {
        let index = self.limits.iter().position(|&limit| u32::from(bits) < limit)?;
        let position = i32::from(bits >> (15 - index)) + self.offsets[index];
        Some((*self.symbols.get(position as usize)?, index as u32 + 1))
    }
}

/// Returns the payload of a segment that defines the standard tables: of number 0 for luma, and of
/// number 1 for chroma.
pub(super) fn standard() -> Vec<u8> {
    let means: Vec<u8> = (0..12).collect();
    let [luma, chroma] = [LUMA_SYMBOLS, CHROMA_SYMBOLS].map(with_the_rest);
    let tables = [
        (0x00, [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0], &means),
        (0x10, [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125], &luma),
        (0x01, [0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0], &means),
        (0x11, [0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119], &chroma),
    ];
    let table = |(index, counts, symbols): (u8, [u8; 16], &Vec<u8>)| {
        [&[index], &counts[..], symbols].concat()
    };
    tables.into_iter().flat_map(table).collect()
}

/// Returns the symbols of a standard table: the frequent ones in the table's order, then all others
/// by number. A symbol is a run of zeros and a size of at most 10 bits, or no size.
fn with_the_rest(frequent: &[u8]) -> Vec<u8> {
    let is_symbol = |symbol: &u8| matches!(symbol & 15, 1..=10) || matches!(symbol, 0x00 | 0xF0);
    let rest = (0..=0xFA).filter(|symbol| is_symbol(symbol) && !frequent.contains(symbol));
    frequent.iter().copied().chain(rest).collect()
}

/// The symbols of the standard table for luma whose codes are shorter than 16 bits.
const LUMA_SYMBOLS: &[u8] = &[
    0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07,
    0x22, 0x71, 0x14, 0x32, 0x81, 0x91, 0xA1, 0x08, 0x23, 0x42, 0xB1, 0xC1, 0x15, 0x52, 0xD1, 0xF0,
    0x24, 0x33, 0x62, 0x72, 0x82,
];

/// The symbols of the standard table for chroma whose codes are shorter than 16 bits.
const CHROMA_SYMBOLS: &[u8] = &[
    0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07, 0x61, 0x71,
    0x13, 0x22, 0x32, 0x81, 0x08, 0x14, 0x42, 0x91, 0xA1, 0xB1, 0xC1, 0x09, 0x23, 0x33, 0x52, 0xF0,
    0x15, 0x62, 0x72, 0xD1, 0x0A, 0x16, 0x24, 0x34, 0xE1, 0x25, 0xF1,
];
