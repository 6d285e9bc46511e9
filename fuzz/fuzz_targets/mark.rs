//! Any bytes as a thumbnail's pixels: read without a panic, and nobody is named who was not issued.
//!
//! What a service sends back is not ours, and the reader must not fall over it.

#![no_main]

libfuzzer_sys::fuzz_target!(|pixels: &[u8]| double_exposure::fuzzing::mark(pixels));
