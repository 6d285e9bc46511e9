//! Detects watermarks in arbitrary pixels: the detector never panics and names only ids of the
//! codebook.
//!
//! A service under audit can send any pixels, and the detector must survive all of them.

#![no_main]

libfuzzer_sys::fuzz_target!(|pixels: &[u8]| double_exposure::fuzzing::watermark(pixels));
