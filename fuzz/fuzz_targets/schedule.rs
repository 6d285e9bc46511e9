//! Checks that every pipeline obeys the lap law on any word, and that the repairs mix no photos.
//!
//! A word is a schedule written as letters. Tests enumerate the words of small sizes; the fuzzer
//! tries long and lopsided words.

#![no_main]

libfuzzer_sys::fuzz_target!(|letters: &[u8]| double_exposure::fuzzing::schedule(letters));
