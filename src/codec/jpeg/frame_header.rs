//! A JPEG's frame header: dimensions, components, and what decoding them will cost.
//!
//! All the arithmetic of blocks and memory starts from these few bytes, which anyone can write.

use super::segments::{field, marker, unsupported};
use crate::codec::{Feature, ImageError};

/// What a frame header says, of the kinds that are read here.
#[derive(Clone, Debug)]
pub(super) struct FrameHeader {
    pub(super) progressive: bool,
    /// As stored, in pixels.
    pub(super) width: u16,
    /// As stored, in pixels.
    pub(super) height: u16,
    pub(super) components: Vec<Component>,
}

/// A colour component.
#[derive(Clone, Copy, Debug)]
pub(super) struct Component {
    pub(super) id: u8,
    /// Sampling factors, horizontal and vertical: 1 to 4.
    pub(super) factors: (u8, u8),
}

impl FrameHeader {
    pub(super) fn read(code: u8, payload: &[u8], at: usize) -> Result<Self, ImageError> {
        let progressive = match code {
            marker::SOF0..marker::SOF2 => false,
            marker::SOF2 => true,
            marker::SOF3 => return Err(unsupported(Feature::LosslessCoding)),
            0xC5..=0xC7 => return Err(unsupported(Feature::HierarchicalCoding)),
            _ => return Err(unsupported(Feature::ArithmeticCoding)),
        };
        let &[bits, h1, h0, w1, w0, count, ref rest @ ..] = payload else {
            return Err(field(at));
        };
        if bits != 8 {
            return Err(unsupported(Feature::SampleBits(bits)));
        }
        let (width, height) = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
        if height == 0 {
            return Err(unsupported(Feature::LateHeight));
        }
        if !matches!(count, 1 | 3 | 4) {
            return Err(unsupported(Feature::Components(count)));
        }
        let (fields, extra) = rest.as_chunks::<3>();
        if width == 0 || fields.len() != usize::from(count) || !extra.is_empty() {
            return Err(field(at));
        }
        let components: Vec<_> = fields
            .iter()
            .map(|&[id, factors, _]| Component { id, factors: (factors >> 4, factors & 15) })
            .collect();
        let within = |factor| (1..=4).contains(&factor);
        if !components.iter().all(|c| within(c.factors.0) && within(c.factors.1)) {
            return Err(field(at));
        }
        Ok(Self { progressive, width, height, components })
    }

    /// The largest sampling factors, horizontal and vertical.
    fn largest_factors(&self) -> (u32, u32) {
        let factors = self.components.iter().map(|component| component.factors);
        let (across, down) = factors.fold((1, 1), |(a, b), (c, d)| (a.max(c), b.max(d)));
        (across.into(), down.into())
    }

    /// How many blocks of 8 by 8 samples one interleaved unit has across and down the picture.
    pub(super) fn units(&self) -> (u32, u32) {
        let (across, down) = self.largest_factors();
        (u32::from(self.width).div_ceil(8 * across), u32::from(self.height).div_ceil(8 * down))
    }

    /// How many blocks a component has across and down when it is alone in its scan.
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

    /// Memory at the peak of a conversion, at full scale, in bytes.
    ///
    /// The decoder keeps a progressive file's coefficients, of 2 bytes, beside the planes that it
    /// makes of them, of one byte a sample; of the planes it makes the picture, from which the
    /// frame is filled. libjpeg-turbo needs less: coefficients, planes, and the frame that they are
    /// moved or copied to.
    pub(super) fn memory_bytes(&self) -> u64 {
        let (across, down) = self.units();
        let in_unit: u64 = self
            .components
            .iter()
            .map(|&Component { factors: (across, down), .. }| u64::from(across) * u64::from(down))
            .sum();
        let samples = u64::from(across) * u64::from(down) * in_unit * 64;
        let pixels = u64::from(self.width) * u64::from(self.height);
        let picture = pixels * self.components.len() as u64;
        let coefficients = if self.progressive { 2 * samples } else { 0 };
        let assembling = coefficients + samples + picture;
        let filling = picture + 3 * pixels;
        assembling.max(filling)
    }
}
