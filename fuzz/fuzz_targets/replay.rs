//! Checks that any text is accepted as a word and printed as typed, or refused with a position.
//!
//! A word is a schedule written as letters. Users type words, and an error must point at the
//! mistake.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| double_exposure::fuzzing::replay(text));
