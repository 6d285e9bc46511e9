//! The codec turns any photo within its limits into the thumbnail that its geometry says, and
//! refuses every other file. Photos are painted and damaged here, and the pixels compared.

mod album;
mod bands;
mod damage;
mod geometry;
mod limits;
mod mixtures;
mod paint;
mod photos;

use proptest::test_runner::{Config, RngSeed};

/// So many random cases, the same in every run.
fn cases(cases: u32) -> Config {
    Config {
        cases,
        rng_seed: RngSeed::Fixed(20_241_128),
        failure_persistence: None,
        ..Config::default()
    }
}
