//! Chance with a seed: the same numbers on every machine and in every version.
//!
//! The generator is SplitMix64 (Steele, Lea and Flood, 2014), written out here, because the draws
//! are part of what a seed promises: no library's next version may change a day. Shares are made by
//! multiplication only, so that no mathematical library has a say either.

/// The step of SplitMix64: 2⁶⁴ divided by the golden ratio, made odd.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// What a draw is about, so that no two questions share their chance.
#[derive(Clone, Copy)]
pub(super) enum Stream {
    Albums = 1,
    Openings,
    Work,
    Owner,
    Platform,
    Instance,
    OnService,
    OnDevice,
    ServerChange,
    Update,
}

/// A stream of numbers.
pub(super) struct SplitMix64(u64);

impl SplitMix64 {
    pub(super) fn new(seed: u64, about: Stream) -> Self {
        Self(hash(seed, about, 0, 0))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        finish(self.0)
    }

    /// From 0 up to and without `bound`, which is at least 1.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        below(self.next(), bound)
    }

    /// From 0 up to and without 1.
    pub(super) fn share(&mut self) -> f64 {
        share(self.next())
    }
}

/// A number that hangs on its arguments only: what is not worth remembering is asked again.
pub(super) fn hash(seed: u64, about: Stream, one: u64, other: u64) -> u64 {
    let mut number = finish(seed.wrapping_add((about as u64).wrapping_mul(STEP)));
    number = finish(number ^ one.wrapping_mul(STEP));
    finish(number.wrapping_add(other.wrapping_mul(STEP)) ^ one)
}

/// A number as one from 0 up to and without `bound`.
pub(super) fn below(number: u64, bound: u64) -> u64 {
    ((u128::from(number) * u128::from(bound)) >> 64) as u64
}

/// A number as one from 0 up to and without 1, in steps of 2⁻⁵³.
pub(super) fn share(number: u64) -> f64 {
    (number >> 11) as f64 / (1_u64 << 53) as f64
}

fn finish(mut number: u64) -> u64 {
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
        let mut chance = SplitMix64(1_234_567);
        let first = [(); 3].map(|()| chance.next());
        assert_eq!(
            first,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn shares_and_bounds_keep_their_ends() {
        assert_eq!(share(0), 0.0);
        assert!(share(u64::MAX) < 1.0);
        assert_eq!((below(0, 7), below(u64::MAX, 7)), (0, 6));
    }
}
