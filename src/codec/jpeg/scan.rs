//! A JPEG's scans: how much data each must have at least, and whether together they are complete.
//!
//! What can be counted without decoding is counted: restarts and their order, the least bits that
//! a scan's blocks take, and the bits of every coefficient. A file cut in the middle that has got
//! an end marker again is found out here, or in the decoder's trap.

use super::frame_header::{Component, FrameHeader};
use super::segments::{damaged, ends_early, field};
use crate::codec::{Damage, ImageError, Part};

/// The most bits of a block: for each of 64 coefficients a code of 16 bits and a value of 15.
const BLOCK_BITS: u64 = 64 * 31;

/// A scan's header, and how far its coded data has come.
pub(super) struct Scan {
    /// The components, by their index in the frame header.
    components: Vec<usize>,
    /// The first and the last coefficient, in zigzag order.
    coefficients: (u8, u8),
    /// The bit that the coefficients have come down to, before and after; 0 before means none yet.
    bits: (u8, u8),
    /// How many units it has: of all its components, or blocks if it has one.
    units: u64,
    /// The least and the most bits a unit takes.
    unit_bits: (u64, u64),
    /// Units between two restarts; 0 for no restarts.
    interval: u64,
    /// Restarts seen.
    restarts: u64,
}

impl Scan {
    pub(super) fn read(
        frame: &FrameHeader,
        payload: &[u8],
        interval: u16,
        at: usize,
    ) -> Result<Self, ImageError> {
        let (&count, rest) = payload.split_first().ok_or_else(|| field(at))?;
        let count = usize::from(count);
        if !(1..=frame.components.len()).contains(&count) || rest.len() != 2 * count + 3 {
            return Err(field(at));
        }
        let (ids, parameters) = rest.split_at(2 * count);
        let mut components = Vec::with_capacity(count);
        for &[id, _] in ids.as_chunks::<2>().0 {
            let index = frame.components.iter().position(|component| component.id == id);
            components.push(index.ok_or_else(|| field(at))?);
        }
        let (coefficients, bits) = if frame.progressive {
            ((parameters[0], parameters[1]), (parameters[2] >> 4, parameters[2] & 15))
        } else {
            ((0, 63), (0, 0))
        };
        if coefficients.0 > coefficients.1 || coefficients.1 > 63 {
            return Err(field(at));
        }
        let ((across, down), blocks_in_unit) = match components[..] {
            [one] => (frame.blocks(frame.components[one]), 1),
            _ => (frame.units(), components.iter().map(|&i| area(frame.components[i])).sum()),
        };
        let block_bits = match (frame.progressive, coefficients.0) {
            // At least a code for the mean and one for the rest.
            (false, _) => 2,
            // A code or, when refining, a bit.
            (true, 0) => 1,
            // One code may say of thousands of blocks that they have nothing.
            (true, _) => 0,
        };
        Ok(Self {
            components,
            coefficients,
            bits,
            units: u64::from(across) * u64::from(down),
            unit_bits: (block_bits * blocks_in_unit, BLOCK_BITS * blocks_in_unit),
            interval: interval.into(),
            restarts: 0,
        })
    }

    /// How many pixels the decoder goes over: all, if all components are in the scan.
    pub(super) fn pixels(&self, frame: &FrameHeader) -> u64 {
        let of = |components: &mut dyn Iterator<Item = usize>| -> u64 {
            components.map(|i| area(frame.components[i])).sum()
        };
        let all = of(&mut (0..frame.components.len()));
        let here = of(&mut self.components.iter().copied());
        (u64::from(frame.width) * u64::from(frame.height) * here).div_ceil(all)
    }

    /// Takes the coded data up to the next restart or to the scan's end.
    pub(super) fn coded(&self, data: &[u8], at: usize) -> Result<(), ImageError> {
        let units = if self.interval == 0 {
            self.units
        } else {
            self.units.saturating_sub(self.restarts * self.interval).min(self.interval)
        };
        let (least, most) = self.unit_bits;
        let least_bytes = (units * least).div_ceil(8);
        // Where there is enough anyway, the stuffing need not be counted.
        if (data.len() as u64) < 2 * least_bytes {
            let stuffed = data.iter().filter(|&&byte| byte == 0xFF).count();
            if ((data.len() - stuffed) as u64) < least_bytes {
                return Err(ends_early(at + data.len(), Part::PixelData));
            }
        }
        // Every byte may be stuffed.
        if data.len() as u64 > 2 * (units * most).div_ceil(8) {
            return Err(damaged(Damage::Excess { at_byte: at as u64 }));
        }
        Ok(())
    }

    pub(super) fn restart(&mut self, number: u8, at: usize) -> Result<(), ImageError> {
        // One more than there is room for may stand at the end.
        if u64::from(number) != self.restarts % 8 || self.restarts > self.expected_restarts() {
            return Err(damaged(Damage::Restarts { at_byte: at as u64 }));
        }
        self.restarts += 1;
        Ok(())
    }

    pub(super) fn finish(self, at: usize) -> Result<(), ImageError> {
        if self.restarts < self.expected_restarts() {
            return Err(ends_early(at, Part::PixelData));
        }
        Ok(())
    }

    fn expected_restarts(&self) -> u64 {
        if self.interval == 0 { 0 } else { self.units.div_ceil(self.interval).saturating_sub(1) }
    }
}

fn area(component: Component) -> u64 {
    u64::from(component.factors.0) * u64::from(component.factors.1)
}

/// Which bits of which coefficients the scans so far have brought.
pub(super) struct Progress {
    /// Of each component and coefficient the lowest bit that came, or `NOTHING`.
    lowest: [[u8; 64]; 4],
}

const NOTHING: u8 = u8::MAX;

impl Default for Progress {
    fn default() -> Self {
        Self { lowest: [[NOTHING; 64]; 4] }
    }
}

impl Progress {
    pub(super) fn note(&mut self, scan: &Scan) {
        let (first, last) = scan.coefficients;
        for &component in &scan.components {
            self.lowest[component][usize::from(first)..=usize::from(last)].fill(scan.bits.1);
        }
    }

    /// Whether every bit of every coefficient has come.
    pub(super) fn is_complete(&self, frame: &FrameHeader) -> bool {
        let components = &self.lowest[..frame.components.len()];
        components.iter().flatten().all(|&lowest| lowest == 0)
    }
}
