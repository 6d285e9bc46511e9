//! Hostile bytes as a photo: refused, or made into what its header promised.
//!
//! The decoders are others' code, and the strangers' files are what they must survive.

#![no_main]

use double_exposure::codec::silence_decoder_panics;
use double_exposure::fuzzing;

// The fuzzer takes every panic for a finding, also those of decoders, which become refusals.
libfuzzer_sys::fuzz_target!(init: silence_decoder_panics(), |photo: &[u8]| fuzzing::decode(photo));
