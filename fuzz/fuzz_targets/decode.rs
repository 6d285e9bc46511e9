//! Checks that hostile bytes, taken as a photo, are refused or decoded as their header says.
//!
//! The decoders are libraries of others, and must survive files of unknown origin.

#![no_main]

use double_exposure::codec::silence_decoder_panics;
use double_exposure::fuzzing;

// The fuzzer takes every panic for a finding, also the panics of decoders that become errors.
libfuzzer_sys::fuzz_target!(init: silence_decoder_panics(), |photo: &[u8]| fuzzing::decode(photo));
