//! Generates random numbers from a seed, the same numbers on every machine and in every version.
//!
//! The generator is SplitMix64 (Steele, Lea and Flood, 2014). It is written out here because the
//! numbers are part of what a seed promises: a new version of a library must not change the
//! results. Shares are computed with multiplications only, so no mathematical library influences
//! them either.

/// Increment of SplitMix64's state, which is 2⁶⁴ divided by the golden ratio and made odd.
const INCREMENT: u64 = 0x9E37_79B9_7F4A_7C15;

/// Names the purpose of a number, so that two purposes never share their numbers.
#[derive(Clone, Copy)]
pub(super) enum Stream {
    Albums = 1,
    Views,
    Work,
    Owner,
    Platform,
    Node,
    ServiceCache,
    DeviceCache,
    ServerChange,
    Update,
}

/// Generates the numbers of one stream.
pub(super) struct SplitMix64(u64);

impl SplitMix64 {
    pub(super) fn new(seed: u64, stream: Stream) -> Self {
        Self(hash(seed, stream, 0, 0))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(INCREMENT);
        mix(self.0)
    }

    /// Returns a number from 0 (inclusive) to `bound` (exclusive). `bound` is at least 1.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        below(self.next(), bound)
    }

    /// Returns a share from 0 (inclusive) to 1 (exclusive).
    pub(super) fn share(&mut self) -> f64 {
        share(self.next())
    }
}

/// Returns a number that depends on the arguments only, so that no caller has to store it.
pub(super) fn hash(seed: u64, stream: Stream, first: u64, second: u64) -> u64 {
    let mut number = mix(seed.wrapping_add((stream as u64).wrapping_mul(INCREMENT)));
    number = mix(number ^ first.wrapping_mul(INCREMENT));
    mix(number.wrapping_add(second.wrapping_mul(INCREMENT)) ^ first)
}

/// Maps a random number to the range from 0 (inclusive) to `bound` (exclusive).
pub(super) fn below(number: u64, bound: u64) -> u64 {
    ((u128::from(number) * u128::from(bound)) >> 64) as u64
}

/// Maps a random number to the range from 0 (inclusive) to 1 (exclusive), in steps of 2⁻⁵³.
pub(super) fn share(number: u64) -> f64 {
    (number >> 11) as f64 / (1_u64 << 53) as f64
}

fn mix(mut number: u64) -> u64 {
    number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_splitmix64_as_published() {
        // The first numbers of the authors' own code for a state of 1234567.
        let mut rng = SplitMix64(1_234_567);
        let first = [(); 3].map(|()| rng.next());
        assert_eq!(
            first,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn shares_and_bounds_include_their_lower_end_only() {
        assert_eq!(share(0), 0.0);
        assert!(share(u64::MAX) < 1.0);
        assert_eq!((below(0, 7), below(u64::MAX, 7)), (0, 6));
    }
}
