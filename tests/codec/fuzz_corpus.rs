//! Every seed of every fuzz target has the properties that the fuzzer checks, on stable and without
//! a fuzzer. Each seed goes through the same function of the library as the target's inputs, and a
//! function that panics on one seed is seen to fail.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use bytes::Bytes;
use double_exposure::codec::{ImageError, normalize, probe, silence_decoder_panics};
use double_exposure::fuzzing;

use crate::run_on_each;

/// Names of the targets.
const TARGETS: [&str; 4] = ["decode", "replay", "schedule", "watermark"];

/// Bytes of a seed, at most 64 KiB, like the inputs that the fuzzer makes.
const MAX_SEED_BYTES: usize = 64 << 10;

/// Returns the names of the entries of a folder of the repository.
fn names(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Returns the text or bytes of a file of the repository.
fn read(file: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

/// Returns the seeds of a target with their names.
fn seeds(target: &str) -> Vec<(String, Bytes)> {
    let folder = format!("fuzz/seeds/{target}");
    let seed = |name: String| (name.clone(), read(&format!("{folder}/{name}")).into());
    names(&folder).into_iter().map(seed).collect()
}

/// Runs a target's function on each of its seeds.
fn check(target: &str, body: fn(&Bytes)) {
    let seeds = seeds(target);
    assert!(!seeds.is_empty(), "{target} has no seeds");
    for (name, seed) in &seeds {
        assert!(seed.len() <= MAX_SEED_BYTES, "{name} has {} bytes", seed.len());
    }
    run_on_each(seeds, body);
}

#[test]
fn seeds_of_hostile_photos_have_every_property() {
    silence_decoder_panics();
    check("decode", |seed| fuzzing::decode(seed));
}

#[test]
fn seeds_of_schedules_obey_the_lap_law() {
    check("schedule", |seed| fuzzing::schedule(seed));
}

#[test]
fn seeds_of_typed_words_are_accepted_or_refused_with_their_position() {
    // The fuzzer gives this target text alone.
    check("replay", |seed| fuzzing::replay(std::str::from_utf8(seed).expect("the seed is text")));
}

#[test]
fn seeds_of_strange_pixels_are_read_and_name_only_issued_ids() {
    check("watermark", |seed| fuzzing::watermark(seed));
}

#[test]
#[should_panic(expected = "torn.word panicked")]
fn a_function_that_panics_on_one_seed_fails_with_its_name() {
    check("schedule", |seed| assert!(seed != "AABABABB", "the control"));
}

#[test]
fn hostile_seeds_reach_every_format_and_both_verdicts() {
    let verdicts: BTreeSet<(bool, String)> = seeds("decode")
        .iter()
        .map(|(_, seed)| match probe(seed).and_then(|header| normalize(seed).map(|_| header)) {
            Ok(header) => (true, header.format.to_string()),
            Err(ImageError::Damaged { format, .. } | ImageError::EndsEarly { format, .. }) => {
                (false, format.to_string())
            }
            Err(other) => (false, other.to_string()),
        })
        .collect();
    for (whole, format) in ["JPEG", "PNG", "WebP"].into_iter().flat_map(|f| [(true, f), (false, f)])
    {
        assert!(verdicts.contains(&(whole, format.into())), "{whole} {format} in {verdicts:?}");
    }
}

#[test]
fn every_fuzz_target_is_short_has_seeds_and_is_smoke_run() {
    assert_eq!(names("fuzz/fuzz_targets"), TARGETS.map(|target| format!("{target}.rs")).into());
    assert_eq!(names("fuzz/seeds"), TARGETS.map(str::to_owned).into());
    let text = |file: &str| String::from_utf8(read(file)).unwrap();
    let smoke_run = text(".ci/fuzz");
    for target in TARGETS {
        let file = format!("fuzz/fuzz_targets/{target}.rs");
        let text = text(&file);
        let code = text.lines().filter(|line| !line.is_empty() && !line.starts_with("//"));
        assert!(code.count() <= 10, "{file} is longer than ten lines");
        assert!(text.contains(&format!("fuzzing::{target}(")), "{file} calls the same function");
        assert!(smoke_run.contains(target), "{target} is not smoke-run");
    }
}
