//! Adapts the converter beside this file to the checks.

use double_exposure::kit::{ModelPhoto, SystemUnderTest, switch_point};

use super::converter::{Conversion, Converter, SIDE};

pub struct Adapter(Converter);

/// Makes a photo whose every pixel is its owner's letter. A damaged photo lacks its last pixel.
fn pixels(photo: ModelPhoto) -> Vec<u8> {
    vec![photo.owner; SIDE * SIDE - usize::from(!photo.whole)]
}

impl SystemUnderTest for Adapter {
    type Job = Conversion;

    // The photos of this adapter have thumbnails of two rows, and the converter makes a row a band.
    const BANDS: u32 = 2;

    fn new() -> Self {
        Self(Converter::new(1))
    }

    fn begin(&self, photo: ModelPhoto) -> Option<Conversion> {
        self.0.begin(&pixels(photo))
    }

    fn band(&self, conversion: &mut Conversion) -> bool {
        switch_point();
        self.0.band(conversion)
    }

    fn finish(&self, conversion: Conversion) -> Option<Vec<u8>> {
        Some(self.0.finish(conversion))
    }

    fn convert(&self, photo: ModelPhoto) -> Option<Vec<u8>> {
        self.0.convert(&pixels(photo))
    }
}
