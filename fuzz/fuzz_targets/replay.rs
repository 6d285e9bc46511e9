//! Any text as a word: accepted and printed as typed, or refused with its place.
//!
//! People type words, and what they mistype must be pointed at.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| double_exposure::fuzzing::replay(text));
