//! Estimates the memory that a decoder takes for the code tables of a lossless WebP (VP8L).
//!
//! A lossless image may bring up to 65,536 groups of five prefix codes. A few bytes can define a
//! table of kilobytes, so a file of some megabytes can require gigabytes. The decoder has no limit.
//! So the codes are read here first, and not kept. The format is RFC 9649.

use crate::codec::limits;

/// Reads the data up to the image's pixels, and returns the memory of its code tables, in bytes.
/// Stops adding up beyond the limit. Returns `None` if the data is wrong or ends early.
pub(super) fn table_bytes(data: &[u8], width: u32, height: u32) -> Option<u64> {
    let mut bits = Bits { data, at: 0 };
    let width = transforms(&mut bits, width, height)?;
    let cache_symbols = color_cache(&mut bits)?.map_or(0, |cache| cache.len());
    let mut groups = 1;
    if bits.read(1)? == 1 {
        let block = bits.read(3)? + 2;
        let image = entropy_image(&mut bits, blocks(width, block), blocks(height, block))?;
        let highest = image.iter().map(|&[red, green, ..]| u16::from_be_bytes([red, green])).max();
        groups = usize::from(highest?) + 1;
    }
    let mut bytes = 0;
    for _ in 0..groups {
        for alphabet in alphabets(cache_symbols) {
            bytes += Code::read(&mut bits, alphabet)?.table_bytes();
        }
        if bytes > limits::MAX_TABLE_BYTES {
            break;
        }
    }
    Some(bytes)
}

/// Skips the transforms. Returns the image's width as it is coded.
fn transforms(bits: &mut Bits<'_>, mut width: u32, height: u32) -> Option<u32> {
    let mut seen = [false; 4];
    while bits.read(1)? == 1 {
        let transform = bits.read(2)?;
        if std::mem::replace(&mut seen[transform as usize], true) {
            return None;
        }
        match transform {
            // Predictors and colour are a small image with a pixel for every block.
            0 | 1 => {
                let block = bits.read(3)? + 2;
                entropy_image(bits, blocks(width, block), blocks(height, block))?;
            }
            // The subtraction of green has no data.
            2 => {}
            // With a small palette, one coded pixel holds several pixels.
            _ => {
                let colors = bits.read(8)? + 1;
                entropy_image(bits, colors, 1)?;
                width = match colors {
                    1..=2 => blocks(width, 3),
                    3..=4 => blocks(width, 2),
                    5..=16 => blocks(width, 1),
                    _ => width,
                };
            }
        }
    }
    Some(width)
}

/// Returns the number of blocks of 2^`bits` pixels of a side.
fn blocks(side: u32, bits: u32) -> u32 {
    side.div_ceil(1 << bits)
}

/// Reads the size of the colour cache, and returns an empty cache; `None` within for no cache.
fn color_cache(bits: &mut Bits<'_>) -> Option<Option<Vec<Color>>> {
    if bits.read(1)? == 0 {
        return Some(None);
    }
    let size = bits.read(4)?;
    (1..=11).contains(&size).then(|| Some(vec![[0; 4]; 1 << size]))
}

/// Holds red, green, blue and alpha.
type Color = [u8; 4];

/// Returns the number of symbols of each code of a group: green with lengths and cached colours,
/// red, blue, alpha, and distance.
fn alphabets(cache_symbols: usize) -> [usize; 5] {
    [256 + 24 + cache_symbols, 256, 256, 256, 40]
}

/// Decodes an image that has one group of codes.
fn entropy_image(bits: &mut Bits<'_>, width: u32, height: u32) -> Option<Vec<Color>> {
    let mut cache = color_cache(bits)?;
    let cache_symbols = cache.as_ref().map_or(0, Vec::len);
    let mut codes = Vec::with_capacity(5);
    for alphabet in alphabets(cache_symbols) {
        codes.push(Code::read(bits, alphabet)?);
    }
    let length = width as usize * height as usize;
    let mut image: Vec<Color> = Vec::with_capacity(length);
    while image.len() < length {
        let from = image.len();
        match codes[0].symbol(bits)? {
            green @ 0..256 => {
                let red = codes[1].symbol(bits)? as u8;
                let blue = codes[2].symbol(bits)? as u8;
                let alpha = codes[3].symbol(bits)? as u8;
                image.push([red, green as u8, blue, alpha]);
            }
            prefix @ 256..280 => {
                let copied = distance(bits, u32::from(prefix) - 256)?;
                let prefix = codes[4].symbol(bits)?;
                let code = distance(bits, prefix.into())?;
                let back = back(code, width);
                if copied > length - from || back > from {
                    return None;
                }
                for at in from..from + copied {
                    image.push(image[at - back]);
                }
            }
            cached => image.push(*cache.as_ref()?.get(usize::from(cached) - 280)?),
        }
        if let Some(cache) = &mut cache {
            let shift = 32 - cache.len().trailing_zeros();
            for &[red, green, blue, alpha] in &image[from..] {
                let argb = u32::from_be_bytes([alpha, red, green, blue]);
                cache[(argb.wrapping_mul(0x1E35_A7BD) >> shift) as usize] =
                    [red, green, blue, alpha];
            }
        }
    }
    Some(image)
}

/// Reads a length or a distance code, from its prefix and extra bits.
fn distance(bits: &mut Bits<'_>, prefix: u32) -> Option<usize> {
    let value = if prefix < 4 {
        prefix + 1
    } else {
        let extra = (prefix - 2) >> 1;
        ((2 + (prefix & 1)) << extra) + bits.read(extra)? + 1
    };
    Some(value as usize)
}

/// Returns the number of pixels that a distance code refers back. The first 120 codes are positions
/// nearby, in two dimensions.
fn back(code: usize, width: u32) -> usize {
    let Some(&(x, y)) = NEARBY.get(code - 1) else { return code - NEARBY.len() };
    let pixels = i64::from(x) + i64::from(y) * i64::from(width);
    usize::try_from(pixels).unwrap_or(0).max(1)
}

/// Holds a canonical prefix code. A code of a single symbol takes no bits.
struct Code {
    /// Number of symbols by the length of their code in bits.
    counts: [u16; 16],
    /// The symbols, sorted by the length of their code, then by number.
    symbols: Vec<u16>,
}

impl Code {
    fn read(bits: &mut Bits<'_>, alphabet: usize) -> Option<Self> {
        if bits.read(1)? == 1 {
            let second = bits.read(1)? == 1;
            let width = if bits.read(1)? == 1 { 8 } else { 1 };
            let mut symbols = vec![bits.read(width)? as u16];
            if second {
                symbols.push(bits.read(8)? as u16);
            }
            let mut counts = [0; 16];
            counts[1] = symbols.len() as u16;
            let known = symbols.iter().all(|&symbol| usize::from(symbol) < alphabet);
            return known.then_some(Self { counts, symbols });
        }
        let mut lengths = [0; LENGTH_ORDER.len()];
        let count = 4 + bits.read(4)? as usize;
        for &symbol in LENGTH_ORDER.get(..count)? {
            lengths[symbol] = bits.read(3)? as u8;
        }
        let code = Self::of_lengths(&lengths)?;
        Self::of_lengths(&Self::read_lengths(bits, &code, alphabet)?)
    }

    fn read_lengths(bits: &mut Bits<'_>, code: &Self, alphabet: usize) -> Option<Vec<u8>> {
        let mut left = alphabet;
        if bits.read(1)? == 1 {
            let width = 2 + 2 * bits.read(3)?;
            left = 2 + bits.read(width)? as usize;
        }
        let mut lengths = Vec::with_capacity(alphabet);
        let mut previous = 8;
        while left > 0 && lengths.len() < alphabet {
            left -= 1;
            let (length, times) = match code.symbol(bits)? {
                length @ 0..16 => (length as u8, 1),
                16 => (previous, 3 + bits.read(2)?),
                17 => (0, 3 + bits.read(3)?),
                _ => (0, 11 + bits.read(7)?),
            };
            if length != 0 {
                previous = length;
            }
            lengths.resize(lengths.len() + times as usize, length);
        }
        (lengths.len() <= alphabet).then_some(lengths)
    }

    fn of_lengths(lengths: &[u8]) -> Option<Self> {
        let mut counts = [0; 16];
        let mut symbols: Vec<u16> =
            (0..lengths.len() as u16).filter(|&symbol| lengths[usize::from(symbol)] > 0).collect();
        symbols.sort_by_key(|&symbol| lengths[usize::from(symbol)]);
        for &symbol in &symbols {
            counts[usize::from(lengths[usize::from(symbol)])] += 1;
        }
        let taken: u32 = (1..16).map(|length| u32::from(counts[length]) << (15 - length)).sum();
        (symbols.len() == 1 || taken == 1 << 15).then_some(Self { counts, symbols })
    }

    fn symbol(&self, bits: &mut Bits<'_>) -> Option<u16> {
        if let [symbol] = self.symbols[..] {
            return Some(symbol);
        }
        let (mut code, mut first, mut index) = (0, 0, 0);
        for &count in &self.counts[1..] {
            code |= bits.read(1)?;
            let count = u32::from(count);
            if code < first + count {
                return self.symbols.get((index + code - first) as usize).copied();
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        None
    }

    /// Returns the bytes that the decoder allocates for the code: a table of 4 bytes for each code
    /// of 10 bits or of the longest length, a tree of two nodes of 16 bytes for each longer code,
    /// and handles.
    fn table_bytes(&self) -> u64 {
        const HANDLES: u64 = 160;
        if self.symbols.len() == 1 {
            return HANDLES;
        }
        let longest = self.counts.iter().rposition(|&count| count > 0).unwrap_or(0);
        let long: u64 = self.counts[11..].iter().map(|&count| u64::from(count)).sum();
        HANDLES + (4 << longest.min(10)) + 32 * long
    }
}

/// Reads bits, from the lowest of each byte up.
struct Bits<'a> {
    data: &'a [u8],
    /// Index of the next bit.
    at: usize,
}

impl Bits<'_> {
    fn read(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for bit in 0..count {
            let byte = *self.data.get(self.at / 8)?;
            value |= u32::from(byte >> (self.at % 8) & 1) << bit;
            self.at += 1;
        }
        Some(value)
    }
}

/// The order in which the lengths of the code for lengths are stored.
const LENGTH_ORDER: [usize; 19] =
    [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/// Columns and rows that short distance codes refer back (RFC 9649, 5.2.2).
#[rustfmt::skip]
const NEARBY: [(i8, i8); 120] = [
    (0, 1),  (1, 0),  (1, 1),  (-1, 1), (0, 2),  (2, 0),  (1, 2),  (-1, 2),
    (2, 1),  (-2, 1), (2, 2),  (-2, 2), (0, 3),  (3, 0),  (1, 3),  (-1, 3),
    (3, 1),  (-3, 1), (2, 3),  (-2, 3), (3, 2),  (-3, 2), (0, 4),  (4, 0),
    (1, 4),  (-1, 4), (4, 1),  (-4, 1), (3, 3),  (-3, 3), (2, 4),  (-2, 4),
    (4, 2),  (-4, 2), (0, 5),  (3, 4),  (-3, 4), (4, 3),  (-4, 3), (5, 0),
    (1, 5),  (-1, 5), (5, 1),  (-5, 1), (2, 5),  (-2, 5), (5, 2),  (-5, 2),
    (4, 4),  (-4, 4), (3, 5),  (-3, 5), (5, 3),  (-5, 3), (0, 6),  (6, 0),
    (1, 6),  (-1, 6), (6, 1),  (-6, 1), (2, 6),  (-2, 6), (6, 2),  (-6, 2),
    (4, 5),  (-4, 5), (5, 4),  (-5, 4), (3, 6),  (-3, 6), (6, 3),  (-6, 3),
    (0, 7),  (7, 0),  (1, 7),  (-1, 7), (5, 5),  (-5, 5), (7, 1),  (-7, 1),
    (4, 6),  (-4, 6), (6, 4),  (-6, 4), (2, 7),  (-2, 7), (7, 2),  (-7, 2),
    (3, 7),  (-3, 7), (7, 3),  (-7, 3), (5, 6),  (-5, 6), (6, 5),  (-6, 5),
    (8, 0),  (4, 7),  (-4, 7), (7, 4),  (-7, 4), (8, 1),  (8, 2),  (6, 6),
    (-6, 6), (8, 3),  (5, 7),  (-5, 7), (7, 5),  (-7, 5), (8, 4),  (6, 7),
    (-6, 7), (7, 6),  (-7, 6), (8, 5),  (7, 7),  (-7, 7), (8, 6),  (8, 7),
];
