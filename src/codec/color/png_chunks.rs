//! Collects what the chunks of a PNG say about its colours, and decides which of them counts.

use std::ops::Range;

use super::ColorTag;

/// Holds the first chunk of each kind.
#[derive(Default)]
pub(in crate::codec) struct PngColors {
    cicp: Option<[u8; 4]>,
    profile: Option<Range<usize>>,
    is_srgb: bool,
    gamma: Option<u32>,
    chromaticities: Option<[u32; 8]>,
}

impl PngColors {
    /// Takes a chunk whose data begins at a byte of the file. Chunks of other kinds are skipped,
    /// and so are chunks of another length than their kind has.
    pub(in crate::codec) fn take(&mut self, name: [u8; 4], data: &[u8], at: usize) {
        match &name {
            b"cICP" => self.cicp = self.cicp.or(data.try_into().ok()),
            b"iCCP" => _ = self.profile.get_or_insert(at..at + data.len()),
            b"sRGB" => self.is_srgb = true,
            b"gAMA" => {
                self.gamma = self.gamma.or(data.try_into().ok().map(u32::from_be_bytes));
            }
            b"cHRM" => {
                let numbers: Option<[[u8; 4]; 8]> = data.as_chunks().0.try_into().ok();
                let numbers = numbers.map(|numbers| numbers.map(u32::from_be_bytes));
                self.chromaticities = self.chromaticities.or(numbers);
            }
            _ => {}
        }
    }

    /// Returns what counts: cICP, or else iCCP, or else sRGB, or else gAMA and cHRM.
    pub(in crate::codec) fn finish(self) -> ColorTag {
        let Self { cicp, profile, is_srgb, gamma, chromaticities } = self;
        let measured = (gamma.is_some() || chromaticities.is_some()) && !is_srgb;
        cicp.map(ColorTag::Cicp)
            .or(profile.map(ColorTag::DeflatedIcc))
            .or(measured.then_some(ColorTag::Gamma { gamma, chromaticities }))
            .unwrap_or_default()
    }
}
