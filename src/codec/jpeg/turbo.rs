//! JPEG in by libjpeg-turbo, as planes: what it takes without a complaint, it decodes.
//!
//! It is nearly twice as fast, and lenient: where data is wrong or missing it warns and shows grey.
//! So it never has the last word. Whatever it warns of, and whatever is not usual enough to be
//! given to it, is decided by the decoder in Rust, which both builds have, and refused for the
//! same reasons.

use turbojpeg::{Decompressor, ScalingFactor, Subsamp, YuvImage, yuv_pixels_len};

use jpeg_decoder::ColorTransform;

use super::{Jpeg, scaled};
use crate::codec::decoded::{Layout, Pixels};
use crate::codec::pixel_buffer::PixelBuffer;
use crate::codec::ycbcr::Sampling;
use crate::codec::{Format, panic_guard};

impl Jpeg<'_> {
    /// Decodes at a scale in eighths. None if it takes the other decoder to decode it or to say
    /// what is wrong.
    pub(super) fn decode_planes(&self, eighths: u32) -> Option<Pixels> {
        // At the end of a scan and at restarts it passes over what is left or wanting, and where a
        // table is lacking it takes the usual one, all without a word.
        let usual = self.survey.one_stretch && self.survey.tables.are_whole();
        let subsamp = usual.then(|| self.subsamp())??;
        let decoded = panic_guard::decode(Format::Jpeg, || Ok(self.planes(subsamp, eighths)));
        decoded.ok()?.ok()
    }

    fn planes(&self, subsamp: Subsamp, eighths: u32) -> turbojpeg::Result<Pixels> {
        let mut decoder = Decompressor::new()?;
        let header = decoder.read_header(self.file)?;
        let (width, height) = self.dimensions();
        // It writes as many samples as the header tells *it*, wherever they were thought to go.
        let told = (header.width as u32, header.height as u32, header.subsamp);
        if told != (width, height, subsamp) {
            return Err(turbojpeg::Error::OutOfBounds);
        }
        decoder.set_scaling_factor(ScalingFactor::new(eighths as usize, 8))?;
        let (width, height) = (scaled(width, eighths), scaled(height, eighths));
        let (columns, rows) = (width as usize, height as usize);
        let mut samples = PixelBuffer::zeroed(yuv_pixels_len(columns, 1, rows, subsamp)?);
        let pixels = &mut samples[..];
        let image = YuvImage { pixels, width: columns, align: 1, height: rows, subsamp };
        decoder.decompress_to_yuv(self.file, image)?;
        let sampling = (subsamp != Subsamp::Gray)
            .then(|| Sampling { across: subsamp.width(), down: subsamp.height() });
        let (layout, filled) = (Layout::Planes(sampling), self.filled(width, height));
        Ok(Pixels { samples, width, height, layout, filled })
    }

    /// How colour is sampled, if it is in one of the ways that the planes are made for.
    fn subsamp(&self) -> Option<Subsamp> {
        let factors: Vec<_> = self.survey.frame.components.iter().map(|c| c.factors).collect();
        match (self.survey.color_transform(), &factors[..]) {
            (ColorTransform::Grayscale, [(1, 1)]) => Some(Subsamp::Gray),
            (ColorTransform::YCbCr, [luma, (1, 1), (1, 1)]) => match luma {
                (1, 1) => Some(Subsamp::None),
                (2, 1) => Some(Subsamp::Sub2x1),
                (2, 2) => Some(Subsamp::Sub2x2),
                (1, 2) => Some(Subsamp::Sub1x2),
                (4, 1) => Some(Subsamp::Sub4x1),
                (1, 4) => Some(Subsamp::Sub1x4),
                _ => None,
            },
            _ => None,
        }
    }
}
