//! Checks that shared buffers mix photos exactly as the lap law predicts, and that the repairs
//! never mix photos. The library's pipelines, pool and schedules are called on one thread, in
//! chosen and in random orders of steps, with symbolic photos and with real ones.

#[allow(dead_code, reason = "only the models number frames")]
mod codec;
mod compile_fail_docs;
mod lap_law;
mod odds;
mod outcomes;
mod pool;
mod schedules;
mod shapes;
mod shrink;
#[cfg(feature = "app")]
mod two_requests;

use std::num::{NonZeroU32, NonZeroUsize};

use double_exposure::pipeline;
use double_exposure::schedule::Schedule;
use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;

fn slots(slots: usize) -> NonZeroUsize {
    NonZeroUsize::new(slots).expect("at least one slot")
}

fn bands(bands: u32) -> NonZeroU32 {
    NonZeroU32::new(bands).expect("at least one band")
}

fn word(text: &str) -> Schedule {
    text.parse().expect("the word is valid")
}

/// Configures a property test with a fixed seed, so that every run tries the same cases.
fn cases(cases: u32) -> ProptestConfig {
    let rng_seed = RngSeed::Fixed(20_241_128);
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..ProptestConfig::default() }
}
