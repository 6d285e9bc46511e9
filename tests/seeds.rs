//! Every seed of every fuzz target keeps the promises that the fuzzer looks for breaches of, on
//! stable and without a fuzzer. Each file of a target's folder goes through the same function of
//! the library as the target's inputs do, and a function that breaks on one file is seen to fail.

#[path = "model/watchdog.rs"]
mod watchdog;

use std::collections::BTreeSet;
use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};

use double_exposure::codec::{ImageError, inspect, silence_decoder_panics};
use double_exposure::fuzzing;
use watchdog::ten_seconds;

type Body = fn(&[u8]);

/// The targets, each with the function that it calls.
const TARGETS: [(&str, Body); 4] = [
    ("decode", fuzzing::decode),
    ("schedule", fuzzing::schedule),
    ("replay", replay),
    ("watermark", fuzzing::watermark),
];

/// Files longer than this are no seeds: the fuzzer makes inputs of at most so many bytes.
const SEED_BYTES: usize = 64 << 10;

/// Bytes that are no text are none of this target's inputs, as the fuzzer has it.
fn replay(bytes: &[u8]) {
    fuzzing::replay(std::str::from_utf8(bytes).expect("this target's seeds are text"));
}

fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target)
}

/// The seeds of a target, by name.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder(target)).expect("each target has a folder of seeds");
    let mut seeds: Vec<_> = entries
        .map(|entry| {
            let path = entry.expect("a folder can be listed").path();
            let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
            (name, fs::read(path).expect("seeds are files"))
        })
        .collect();
    seeds.sort();
    seeds
}

/// The names of the seeds on which a body panics.
fn broken(seeds: &[(String, Vec<u8>)], body: impl Fn(&[u8])) -> Vec<&str> {
    let breaks = |seed: &[u8]| panic::catch_unwind(AssertUnwindSafe(|| body(seed))).is_err();
    seeds.iter().filter(|(_, seed)| breaks(seed)).map(|(name, _)| name.as_str()).collect()
}

#[track_caller]
fn hold(target: &str) {
    let _watch = ten_seconds();
    let (_, body) = TARGETS.into_iter().find(|(name, _)| *name == target).expect("a target");
    let seeds = seeds(target);
    assert!(!seeds.is_empty(), "{target} has no seeds");
    for (name, seed) in &seeds {
        assert!(seed.len() <= SEED_BYTES, "{name} has {} bytes", seed.len());
    }
    assert_eq!(broken(&seeds, body), [""; 0], "{target}");
}

#[test]
fn seeds_of_hostile_photos_keep_every_promise() {
    silence_decoder_panics();
    hold("decode");
}

#[test]
fn seeds_of_schedules_keep_the_lap_law() {
    hold("schedule");
}

#[test]
fn seeds_of_typed_words_are_accepted_or_refused_with_their_place() {
    hold("replay");
}

#[test]
fn seeds_of_unusual_pixels_are_read_and_name_only_ids_of_the_codebook() {
    hold("watermark");
}

#[test]
fn a_body_that_breaks_on_one_seed_is_named_with_it() {
    let _watch = ten_seconds();
    let seeds = seeds("schedule");
    assert!(seeds.len() > 1);
    let on_torn = |seed: &[u8]| assert!(seed != b"AABABABB", "the control");
    assert_eq!(broken(&seeds, on_torn), ["torn.word"]);
}

#[test]
fn hostile_seeds_reach_every_format_and_both_verdicts() {
    let verdicts: BTreeSet<(bool, String)> = seeds("decode")
        .iter()
        .map(|(_, seed)| match inspect(seed) {
            Ok(header) => (true, header.format.to_string()),
            Err(ImageError::Damaged { format, .. } | ImageError::EndsEarly { format, .. }) => {
                (false, format.to_string())
            }
            Err(other) => (false, other.to_string()),
        })
        .collect();
    for expected in ["JPEG", "PNG", "WebP"].into_iter().flat_map(|f| [(true, f), (false, f)]) {
        let (whole, format) = expected;
        assert!(verdicts.contains(&(whole, format.into())), "{expected:?} in {verdicts:?}");
    }
}

#[test]
fn every_fuzz_target_is_short_has_seeds_and_is_smoke_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let listed = |folder: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(root.join(folder)).expect("the folder is there");
        let names = entries.map(|entry| entry.expect("it can be listed").path());
        names.map(|path| path.file_stem().expect("a name").to_string_lossy().into()).collect()
    };
    let known: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(listed("fuzz/fuzz_targets"), known);
    assert_eq!(listed("fuzz/seeds"), known);
    let smoke = fs::read_to_string(root.join(".ci/fuzz")).expect("the smoke run is a script");
    for target in &known {
        let file = format!("fuzz/fuzz_targets/{target}.rs");
        let text = fs::read_to_string(root.join(&file)).expect("a target is a file");
        let code = text.lines().filter(|line| !line.is_empty() && !line.starts_with("//"));
        assert!(code.count() <= 10, "{file} is longer than ten lines");
        assert!(text.contains(&format!("fuzzing::{target}(")), "{file} calls the same function");
        assert!(smoke.contains(target), "{target} is not smoke-run");
    }
}
