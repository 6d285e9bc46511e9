//! Checks that each scan of a JPEG has enough data, and that the scans together are complete.
//!
//! The checks count what can be counted without decoding: restarts and their order, the minimum of
//! bits that a scan's blocks take, and the bits of every coefficient. A file that was cut in the
//! middle and given an end marker again fails here, or at the decoder's sentinel bytes.

use super::frame_header::{Component, FrameHeader};
use crate::codec::{Damage, Format, ImageError, Part};

/// Maximum of bits of a block: for each of 64 coefficients a code of 16 bits and a value of 15.
const MAX_BLOCK_BITS: u64 = 64 * 31;

/// Holds a scan's header, and counts its restarts.
pub(super) struct Scan {
    /// Indices of the components in the frame header.
    pub(super) components: Vec<usize>,
    /// Numbers of each component's Huffman tables, for means and for the other coefficients.
    pub(super) tables: Vec<(u8, u8)>,
    /// The first and the last coefficient, in zigzag order.
    pub(super) coefficients: (u8, u8),
    /// The lowest bit of the coefficients that came before this scan, and after; 0 before for none.
    pub(super) bits: (u8, u8),
    /// Number of interleaved units, or of blocks if the scan has one component.
    pub(super) units: u64,
    /// Minimum and maximum of bits of a unit.
    unit_bits: (u64, u64),
    /// Number of units between two restarts; 0 for no restarts.
    pub(super) interval: u64,
    /// Number of restarts read so far.
    restarts: u64,
}

impl Scan {
    /// Reads a scan's header at byte `at`.
    pub(super) fn read(
        frame: &FrameHeader,
        payload: &[u8],
        interval: u16,
        at: usize,
    ) -> Result<Self, ImageError> {
        let (&count, rest) = payload.split_first().ok_or_else(|| Format::Jpeg.invalid_field(at))?;
        let count = usize::from(count);
        if !(1..=frame.components.len()).contains(&count) || rest.len() != 2 * count + 3 {
            return Err(Format::Jpeg.invalid_field(at));
        }
        let (ids, parameters) = rest.split_at(2 * count);
        let mut components = Vec::with_capacity(count);
        let mut tables = Vec::with_capacity(count);
        for &[id, numbers] in ids.as_chunks::<2>().0 {
            let index = frame.components.iter().position(|component| component.id == id);
            components.push(index.ok_or_else(|| Format::Jpeg.invalid_field(at))?);
            tables.push((numbers >> 4, numbers & 15));
        }
        let (coefficients, bits) = if frame.progressive {
            ((parameters[0], parameters[1]), (parameters[2] >> 4, parameters[2] & 15))
        } else {
            ((0, 63), (0, 0))
        };
        if coefficients.0 > coefficients.1 || coefficients.1 > 63 {
            return Err(Format::Jpeg.invalid_field(at));
        }
        let ((across, down), blocks_in_unit) = match components[..] {
            [index] => (frame.blocks(frame.components[index]), 1),
            _ => (frame.units(), components.iter().map(|&i| area(frame.components[i])).sum()),
        };
        let block_bits = match (frame.progressive, coefficients.0) {
            // At least a code for the mean and one code for all other coefficients.
            (false, _) => 2,
            // A code, or a bit in a refining scan.
            (true, 0) => 1,
            // One code may say that thousands of blocks are empty.
            (true, _) => 0,
        };
        Ok(Self {
            components,
            tables,
            coefficients,
            bits,
            units: u64::from(across) * u64::from(down),
            unit_bits: (block_bits * blocks_in_unit, MAX_BLOCK_BITS * blocks_in_unit),
            interval: interval.into(),
            restarts: 0,
        })
    }

    /// Returns the number of pixels that the decoder passes over: all if the scan has all
    /// components.
    pub(super) fn pixels(&self, frame: &FrameHeader) -> u64 {
        let all: u64 = frame.components.iter().copied().map(area).sum();
        let in_scan: u64 = self.components.iter().map(|&i| area(frame.components[i])).sum();
        (u64::from(frame.width) * u64::from(frame.height) * in_scan).div_ceil(all)
    }

    /// Checks the coded data up to the next restart or to the scan's end. Returns false if there is
    /// data behind the scan's last unit that belongs to no interval.
    pub(super) fn coded(&self, data: &[u8], at: usize) -> Result<bool, ImageError> {
        let units = match (self.interval, self.restarts) {
            (0, 0) => self.units,
            (interval, restarts) => self.units.saturating_sub(restarts * interval).min(interval),
        };
        let (min_bits, max_bits) = self.unit_bits;
        let min_bytes = (units * min_bits).div_ceil(8);
        // Twice the minimum is enough even if every byte is stuffed.
        if (data.len() as u64) < 2 * min_bytes {
            let stuffed = data.iter().filter(|&&byte| byte == 0xFF).count();
            if ((data.len() - stuffed) as u64) < min_bytes {
                return Err(Format::Jpeg.ends_early(at + data.len(), Part::PixelData));
            }
        }
        // Every byte may be stuffed.
        if units > 0 && data.len() as u64 > 2 * (units * max_bits).div_ceil(8) {
            return Err(Format::Jpeg.damaged(Damage::Excess { at_byte: at as u64 }));
        }
        Ok(units > 0 || data.is_empty())
    }

    /// Counts a restart. Returns false if it has a wrong number, or if the scan has no room for it.
    pub(super) fn restart(&mut self, number: u8) -> bool {
        let is_expected =
            u64::from(number) == self.restarts % 8 && self.restarts < self.intervals();
        self.restarts += 1;
        is_expected
    }

    /// Checks at the end of the scan that no restart is missing.
    pub(super) fn finish(self, at: usize) -> Result<(), ImageError> {
        if self.restarts + 1 < self.intervals() {
            return Err(Format::Jpeg.ends_early(at, Part::PixelData));
        }
        Ok(())
    }

    /// Returns the number of intervals between restarts that hold the scan's units.
    pub(super) fn intervals(&self) -> u64 {
        if self.interval == 0 { 1 } else { self.units.div_ceil(self.interval) }
    }
}

fn area(component: Component) -> u64 {
    u64::from(component.factors.0) * u64::from(component.factors.1)
}

/// Records which bits of which coefficients the scans so far have brought.
pub(super) struct CoefficientBits {
    /// The lowest bit that came of each component and coefficient, or `NONE`.
    lowest: [[u8; 64]; 4],
}

const NONE: u8 = u8::MAX;

impl Default for CoefficientBits {
    fn default() -> Self {
        Self { lowest: [[NONE; 64]; 4] }
    }
}

impl CoefficientBits {
    /// Records the coefficients of a scan.
    pub(super) fn record(&mut self, scan: &Scan) {
        let (first, last) = scan.coefficients;
        for &component in &scan.components {
            self.lowest[component][usize::from(first)..=usize::from(last)].fill(scan.bits.1);
        }
    }

    /// Returns true if every bit of every coefficient has come.
    pub(super) fn is_complete(&self, frame: &FrameHeader) -> bool {
        let components = &self.lowest[..frame.components.len()];
        components.iter().flatten().all(|&lowest| lowest == 0)
    }
}
