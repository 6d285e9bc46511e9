//! Walks the entropy-coded data of a JPEG's scans, without making coefficients or pixels.
//!
//! A walk tells which bytes the blocks of a scan are coded in. A block counts only if every bit of
//! it comes from the file, so a walk that reaches the last block proves that no pixel is made up.
//! The codes are those of ITU-T T.81, annexes F and G.

use super::frame_header::FrameHeader;
use super::huffman_tables::{HuffmanTable, HuffmanTables};
use super::scan::Scan;

/// Describes why a walk ended before the last block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WalkError {
    /// The data ended inside a block.
    Exhausted,
    /// The bits are no code, or a code for more coefficients than a block has.
    NoCode,
}

/// Records which coefficients of a progressive JPEG the scans so far have made nonzero, one bit
/// each. A refining scan has a bit for each of them.
pub(super) struct Nonzero {
    /// The blocks of each component, row by row.
    components: Vec<Vec<u64>>,
}

impl Nonzero {
    /// Returns a record without nonzero coefficients; an empty record for a baseline JPEG.
    pub(super) fn new(frame: &FrameHeader) -> Self {
        let (across, down) = frame.units();
        let blocks =
            |(h, v): (u8, u8)| across as usize * usize::from(h) * down as usize * usize::from(v);
        let components = frame.components.iter();
        let components = components
            .map(|c| vec![0; if frame.progressive { blocks(c.factors) } else { 0 }])
            .collect();
        Self { components }
    }
}

/// Walks the data of one interval between two restarts: `units` of the scan from `first`. Returns
/// the number of bytes that they take, without the bytes that stuff or fill.
pub(super) fn walk(
    (frame, scan): (&FrameHeader, &Scan),
    tables: &HuffmanTables,
    nonzero: &mut Nonzero,
    data: &[u8],
    (first, units): (u64, u64),
) -> Result<usize, WalkError> {
    let mut walker = Walker { bits: Bits::new(data), band_end: 0 };
    for unit in first..first + units {
        walker.unit(frame, scan, tables, nonzero, unit)?;
    }
    Ok(walker.bits.used_bytes())
}

/// Walks an interval as [`walk`] does, up to the unit that the data does not hold whole. Returns
/// the number of whole units, and the number of bytes that they take.
pub(super) fn walk_whole_units(
    (frame, scan): (&FrameHeader, &Scan),
    tables: &HuffmanTables,
    nonzero: &mut Nonzero,
    data: &[u8],
    (first, units): (u64, u64),
) -> (u64, usize) {
    let mut walker = Walker { bits: Bits::new(data), band_end: 0 };
    let mut used_bytes = 0;
    for unit in first..first + units {
        if walker.unit(frame, scan, tables, nonzero, unit).is_err() {
            return (unit - first, used_bytes);
        }
        used_bytes = walker.bits.used_bytes();
    }
    (units, used_bytes)
}

/// Returns the record of a block of a component, or an unused one for a baseline JPEG.
fn mask<'n>(
    frame: &FrameHeader,
    nonzero: &'n mut Nonzero,
    index: usize,
    (column, row): (u64, u64),
) -> Option<&'n mut u64> {
    let stride = u64::from(frame.units().0) * u64::from(frame.components[index].factors.0);
    nonzero.components[index].get_mut((row * stride + column) as usize)
}

/// Walks the blocks of one interval.
struct Walker<'a> {
    bits: Bits<'a>,
    /// Number of blocks, from the next one, that a code already declared to end (EOBRUN).
    band_end: u32,
}

impl Walker<'_> {
    /// Walks all blocks of a unit of the scan.
    fn unit(
        &mut self,
        frame: &FrameHeader,
        scan: &Scan,
        tables: &HuffmanTables,
        nonzero: &mut Nonzero,
        unit: u64,
    ) -> Result<(), WalkError> {
        if let [index] = scan.components[..] {
            let (across, _) = frame.blocks(frame.components[index]);
            let block = (unit % u64::from(across), unit / u64::from(across));
            return self.block(scan, 0, tables, mask(frame, nonzero, index, block));
        }
        let across = u64::from(frame.units().0);
        for (selected, &index) in scan.components.iter().enumerate() {
            let (h, v) = frame.components[index].factors;
            for (y, x) in (0..v).flat_map(|y| (0..h).map(move |x| (y, x))) {
                let column = unit % across * u64::from(h) + u64::from(x);
                let row = unit / across * u64::from(v) + u64::from(y);
                let mask = mask(frame, nonzero, index, (column, row));
                self.block(scan, selected, tables, mask)?;
            }
        }
        Ok(())
    }

    fn block(
        &mut self,
        scan: &Scan,
        selected: usize,
        tables: &HuffmanTables,
        mask: Option<&mut u64>,
    ) -> Result<(), WalkError> {
        let (dc, ac) = scan.tables[selected];
        let (first, last) = scan.coefficients;
        let is_refining = scan.bits.0 != 0;
        let mut unused = 0;
        let mask = mask.unwrap_or(&mut unused);
        if first == 0 && is_refining {
            self.bits.take(1)?;
        } else if first == 0 {
            let size = self.bits.symbol(tables.dc(dc))?;
            self.bits.take(size.into())?;
        }
        match (last, is_refining) {
            (0, _) => Ok(()),
            (_, false) => self.coefficients(tables.ac(ac), first.max(1), last, mask),
            (_, true) => self.refine(tables.ac(ac), first.max(1), last, mask),
        }
    }

    /// Walks the coefficients of a block that come for the first time.
    fn coefficients(
        &mut self,
        table: Option<&HuffmanTable>,
        first: u8,
        last: u8,
        mask: &mut u64,
    ) -> Result<(), WalkError> {
        if self.band_end > 0 {
            self.band_end -= 1;
            return Ok(());
        }
        let mut at = u32::from(first);
        while at <= u32::from(last) {
            let symbol = self.bits.symbol(table)?;
            let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 && run < 15 {
                self.band_end = (1 << run) - 1 + self.bits.take(run)?;
                return Ok(());
            }
            at += run;
            // A run of 16 zeros may end with the band, a coefficient lies inside it.
            if at > u32::from(last) {
                return Err(WalkError::NoCode);
            }
            if size > 0 {
                self.bits.take(size)?;
                *mask |= 1 << at;
            }
            at += 1;
        }
        Ok(())
    }

    /// Walks the next bit of a block's coefficients: of each that is nonzero, and of new ones.
    fn refine(
        &mut self,
        table: Option<&HuffmanTable>,
        first: u8,
        last: u8,
        mask: &mut u64,
    ) -> Result<(), WalkError> {
        let (mut at, last) = (u32::from(first), u32::from(last));
        while self.band_end == 0 && at <= last {
            let symbol = self.bits.symbol(table)?;
            let (mut run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 && run < 15 {
                self.band_end = (1 << run) + self.bits.take(run)?;
                break;
            }
            if size > 1 {
                return Err(WalkError::NoCode);
            }
            self.bits.take(size)?;
            loop {
                if at > last {
                    return if size == 0 { Ok(()) } else { Err(WalkError::NoCode) };
                }
                if *mask >> at & 1 == 1 {
                    self.bits.take(1)?;
                } else if run == 0 {
                    break;
                } else {
                    run -= 1;
                }
                at += 1;
            }
            *mask |= u64::from(size) << at;
            at += 1;
        }
        if self.band_end > 0 {
            let rest = if at > last { 0 } else { *mask >> at << at & (u64::MAX >> (63 - last)) };
            for _ in 0..rest.count_ones() {
                self.bits.take(1)?;
            }
            self.band_end -= 1;
        }
        Ok(())
    }
}

/// Reads bits of entropy-coded data, without the bytes that stuff or fill.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    /// The next bits, in the lowest `count` bits.
    window: u64,
    count: u32,
    /// Number of bytes in the window so far.
    loaded: usize,
}

impl<'a> Bits<'a> {
    fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0, window: 0, count: 0, loaded: 0 }
    }

    fn fill(&mut self) {
        while self.count <= 48 {
            let Some(byte) = next_byte(self.data, &mut self.at) else { return };
            self.window = self.window << 8 | u64::from(byte);
            self.count += 8;
            self.loaded += 1;
        }
    }

    /// Reads at most 16 bits.
    fn take(&mut self, bits: u32) -> Result<u32, WalkError> {
        if self.count < bits {
            self.fill();
        }
        self.count = self.count.checked_sub(bits).ok_or(WalkError::Exhausted)?;
        Ok((self.window >> self.count & ((1 << bits) - 1)) as u32)
    }

    /// Reads a code, and returns its symbol.
    fn symbol(&mut self, table: Option<&HuffmanTable>) -> Result<u8, WalkError> {
        if self.count < 16 {
            self.fill();
        }
        let missing = 16_u32.saturating_sub(self.count);
        // Behind the data stand ones, which are no code alone.
        let next = self.window << missing | ((1 << missing) - 1);
        let code = (next >> (self.count + missing - 16)) as u16;
        match table.and_then(|table| table.symbol(code)) {
            Some((symbol, length)) => {
                self.take(length)?;
                Ok(symbol)
            }
            None if missing > 0 => Err(WalkError::Exhausted),
            None => Err(WalkError::NoCode),
        }
    }

    fn used_bytes(&self) -> usize {
        self.loaded - self.count as usize / 8
    }
}

/// Returns the next byte of entropy-coded data: one `FF` for any number of them and the zero that
/// stuffs them.
fn next_byte(data: &[u8], at: &mut usize) -> Option<u8> {
    let &byte = data.get(*at)?;
    *at += 1;
    if byte == 0xFF {
        while data.get(*at) == Some(&0xFF) {
            *at += 1;
        }
        // The file may end before the zero.
        *at = data.len().min(*at + 1);
    }
    Some(byte)
}

/// Appends the first `length` bytes of entropy-coded data, stuffed and not filled. Returns the
/// position of the rest.
pub(super) fn copy(data: &[u8], length: usize, to: &mut Vec<u8>) -> usize {
    let mut at = 0;
    for byte in (0..length).map_while(|_| next_byte(data, &mut at)) {
        to.push(byte);
        if byte == 0xFF {
            to.push(0);
        }
    }
    at
}
