//! Checks that the watermark detector reads any pixels without a panic, and names only issued ids.
//!
//! A service may send back any pixels, and the detector must survive them.

#![no_main]

libfuzzer_sys::fuzz_target!(|pixels: &[u8]| double_exposure::fuzzing::mark(pixels));
