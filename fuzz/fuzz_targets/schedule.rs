//! Any word, on every shipped pipeline: the lap law holds, and the repairs mix nobody.
//!
//! Words of a size are enumerated elsewhere; this tries the long and lopsided ones.

#![no_main]

libfuzzer_sys::fuzz_target!(|letters: &[u8]| double_exposure::fuzzing::schedule(letters));
