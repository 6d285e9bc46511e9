//! The codec turns every photo within its limits into the thumbnail that its geometry requires, and
//! refuses every other file. The tests make and damage photos, and compare pixels; they also read
//! folders of photos, and run the fuzz targets' functions on their seeds.

mod bands;
mod chroma;
mod color;
mod cut_jpegs;
mod damage;
mod formats;
mod frame_formats;
mod fuzz_corpus;
mod geometry;
mod hostile_images;
mod hostile_profiles;
mod icc_profiles;
mod images;
mod limits;
mod no_invented_pixels;
mod normalize;
mod sample_photos;
mod untidy_jpegs;

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use proptest::test_runner::{Config, RngSeed};

/// Returns a configuration of `cases` random cases, the same in every run.
fn cases(cases: u32) -> Config {
    Config {
        cases,
        rng_seed: RngSeed::Fixed(20_241_128),
        failure_persistence: None,
        ..Config::default()
    }
}

/// Time after which a file counts as one that never ends. The slowest takes six seconds of an idle
/// processor; a busy one takes many times as long.
const FILE_TIMEOUT: Duration = Duration::from_secs(180);

/// Runs `work` on each file. Panics with the file's name if `work` panics or exceeds the timeout.
#[track_caller]
fn run_on_each(files: Vec<(String, Bytes)>, work: fn(&Bytes)) {
    let (done, watch) = mpsc::channel();
    let names: Vec<_> = files.iter().map(|(name, _)| name.clone()).collect();
    let worker = thread::spawn(move || {
        for (_, file) in files {
            work(&file);
            done.send(()).unwrap();
        }
    });
    for name in names {
        match watch.recv_timeout(FILE_TIMEOUT) {
            Ok(()) => {}
            Err(RecvTimeoutError::Timeout) => panic!("{name} takes longer than {FILE_TIMEOUT:?}"),
            Err(RecvTimeoutError::Disconnected) => panic!("{name} panicked"),
        }
    }
    worker.join().unwrap();
}
