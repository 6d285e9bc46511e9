//! Reads a JPEG's frame header: dimensions and components. Estimates the memory that decoding
//! takes.
//!
//! All the arithmetic of blocks and memory starts from these few bytes, which an attacker can
//! choose.

use super::scaled;
use super::segments::marker;
use crate::codec::{Feature, Format, ImageError};

/// Holds a frame header of a supported kind.
#[derive(Clone, Debug)]
pub(in crate::codec) struct FrameHeader {
    pub(super) progressive: bool,
    /// Width as stored, in pixels.
    pub(super) width: u16,
    /// Height as stored, in pixels; 0 if it follows behind the first scan.
    pub(super) height: u16,
    pub(in crate::codec) components: Vec<Component>,
}

/// Describes a colour component.
#[derive(Clone, Copy, Debug)]
pub(in crate::codec) struct Component {
    pub(super) id: u8,
    /// Horizontal and vertical sampling factors, 1 to 4.
    pub(in crate::codec) factors: (u8, u8),
}

impl FrameHeader {
    /// Reads the header of marker `code` at byte `at`.
    pub(super) fn read(code: u8, payload: &[u8], at: usize) -> Result<Self, ImageError> {
        let progressive = match code {
            marker::SOF0..marker::SOF2 => false,
            marker::SOF2 => true,
            marker::SOF3 => return Err(Format::Jpeg.unsupported(Feature::LosslessCoding)),
            0xC5..=0xC7 => return Err(Format::Jpeg.unsupported(Feature::HierarchicalCoding)),
            _ => return Err(Format::Jpeg.unsupported(Feature::ArithmeticCoding)),
        };
        let &[bits, h1, h0, w1, w0, count, ref rest @ ..] = payload else {
            return Err(Format::Jpeg.invalid_field(at));
        };
        if bits != 8 {
            return Err(Format::Jpeg.unsupported(Feature::SampleBits(bits)));
        }
        let (width, height) = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
        if !matches!(count, 1 | 3 | 4) {
            return Err(Format::Jpeg.unsupported(Feature::Components(count)));
        }
        let (fields, extra) = rest.as_chunks::<3>();
        if width == 0 || fields.len() != usize::from(count) || !extra.is_empty() {
            return Err(Format::Jpeg.invalid_field(at));
        }
        let components: Vec<_> = fields
            .iter()
            .map(|&[id, factors, _]| Component { id, factors: (factors >> 4, factors & 15) })
            .collect();
        let within = |factor| (1..=4).contains(&factor);
        if !components.iter().all(|c| within(c.factors.0) && within(c.factors.1)) {
            return Err(Format::Jpeg.invalid_field(at));
        }
        Ok(Self { progressive, width, height, components })
    }

    /// Returns the largest horizontal and vertical sampling factors.
    pub(super) fn largest_factors(&self) -> (u32, u32) {
        let factors = self.components.iter().map(|component| component.factors);
        let (across, down) = factors.fold((1, 1), |(a, b), (c, d)| (a.max(c), b.max(d)));
        (across.into(), down.into())
    }

    /// Returns the number of interleaved units across and down the image.
    pub(super) fn units(&self) -> (u32, u32) {
        let (across, down) = self.largest_factors();
        (u32::from(self.width).div_ceil(8 * across), u32::from(self.height).div_ceil(8 * down))
    }

    /// Returns the number of blocks of 8 by 8 samples across and down of a component that is alone
    /// in its scan.
    pub(super) fn blocks(&self, component: Component) -> (u32, u32) {
        let (across, down) = self.largest_factors();
        let samples = |side: u16, factor: u8, largest: u32| {
            (u32::from(side) * u32::from(factor)).div_ceil(largest)
        };
        (
            samples(self.width, component.factors.0, across).div_ceil(8),
            samples(self.height, component.factors.1, down).div_ceil(8),
        )
    }

    /// Returns the dimensions at a scale in eighths, in pixels.
    pub(super) fn scaled_dimensions(&self, eighths: u32) -> (u32, u32) {
        (scaled(self.width.into(), eighths), scaled(self.height.into(), eighths))
    }

    /// Returns the bytes that `jpeg-decoder` holds at its peak, at a scale in eighths.
    ///
    /// The decoder keeps the coefficients of a progressive file at full size, 2 bytes each, beside
    /// the planes that it makes from them, one byte a sample. From the planes it makes the image.
    pub(super) fn decoder_bytes(&self, eighths: u32) -> u64 {
        let (across, down) = self.units();
        let in_unit: u64 = self
            .components
            .iter()
            .map(|&Component { factors: (across, down), .. }| u64::from(across) * u64::from(down))
            .sum();
        let blocks = u64::from(across) * u64::from(down) * in_unit;
        let (width, height) = self.scaled_dimensions(eighths);
        let image = u64::from(width) * u64::from(height) * self.components.len() as u64;
        let coefficients = if self.progressive { 2 * 64 * blocks } else { 0 };
        coefficients + blocks * u64::from(eighths * eighths) + image
    }
}
