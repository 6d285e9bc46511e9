//! Selects the ids of a codebook, and computes the codeword of 32 bits of each id.
//!
//! A detector that accepts any of 65,536 numbers will sooner or later take a blend of two ids for a
//! third. So ids are selected with a minimum Hamming distance, and so that no simple blend of two
//! codewords is a third.

use std::fmt;

use fastrand::Rng;
use thiserror::Error;

use super::layout::{CELLS, MAX_PIXELS, MIN_SIDE_PX, POSITIONS, packed, unpacked};

/// Polynomial of CRC-16/DNP. With 16 data bits any two codewords differ in at least six bits
/// (P. Koopman, "Best CRC Polynomials").
const POLYNOMIAL: u16 = 0x3d65;

/// Minimum Hamming distance between the codewords of a codebook, in bits.
const MIN_DISTANCE: u32 = 8;

/// Minimum number of set bits in a codeword, and also of clear bits. A balanced codeword cannot be
/// confused with the image's brightness or with a gain.
const MIN_WEIGHT: u32 = 12;

/// Maximum number of ids in a codebook.
pub const MAX_IDS: usize = 2048;

/// Identifies one version of a photo. Only a [`Codebook`] creates ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MarkId(u16);

impl MarkId {
    /// Returns the id as a number.
    pub fn get(self) -> u16 {
        self.0
    }

    /// Returns the bits that are embedded, which are the number and then its checksum.
    pub(super) fn codeword(self) -> u32 {
        codeword(self.0)
    }
}

impl fmt::Display for MarkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}", self.0)
    }
}

/// Describes why photos cannot be watermarked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WatermarkError {
    /// The caller requests more ids than can be told apart.
    #[error("{requested} photos cannot be told apart; request at most {MAX_IDS}")]
    TooMany {
        /// Number of ids that the caller requested.
        requested: usize,
    },
    /// The photo is too small to hold a watermark.
    #[error(
        "a photo of {width}x{height} px is too small for a watermark; make each side at least \
             {MIN_SIDE_PX} px long"
    )]
    TooSmall {
        /// Width of the photo in px.
        width: u32,
        /// Height of the photo in px.
        height: u32,
    },
    /// The photo has more than [`MAX_PIXELS`].
    #[error("a photo of {width}x{height} px is too large; use at most {MAX_PIXELS} px")]
    TooLarge {
        /// Width of the photo in px.
        width: u32,
        /// Height of the photo in px.
        height: u32,
    },
    /// The background image has other dimensions than the photo, or another length than its own
    /// dimensions require.
    #[error(
        "the background image is {width}x{height} px in {bytes} bytes; use an image with the \
             photo's dimensions and three bytes per pixel"
    )]
    Background {
        /// Width of the background in px.
        width: u32,
        /// Height of the background in px.
        height: u32,
        /// Length of the background in bytes.
        bytes: usize,
    },
}

/// Holds the ids that photos have. A detector accepts no other id.
#[derive(Clone, Debug)]
pub struct Codebook {
    ids: Vec<MarkId>,
    is_issued: Vec<bool>,
}

impl Codebook {
    /// Selects ids. The same seed gives the same ids in the same order.
    ///
    /// # Errors
    /// Returns [`WatermarkError::TooMany`] if `count` is above [`MAX_IDS`].
    pub fn new(count: usize, seed: u64) -> Result<Self, WatermarkError> {
        let too_many = WatermarkError::TooMany { requested: count };
        if count > MAX_IDS {
            return Err(too_many);
        }
        let mut numbers: Vec<u16> = (0..=u16::MAX).collect();
        Rng::with_seed(seed).shuffle(&mut numbers);
        let mut codebook = Self { ids: Vec::with_capacity(count), is_issued: vec![false; 1 << 16] };
        let mut forbidden = vec![false; 1 << 16];
        for number in numbers {
            if codebook.ids.len() == count {
                return Ok(codebook);
            }
            if !forbidden[usize::from(number)] && codebook.can_add(number) {
                codebook.add(number, &mut forbidden);
            }
        }
        if codebook.ids.len() == count { Ok(codebook) } else { Err(too_many) }
    }

    /// Returns all ids, in the order of their selection.
    pub fn ids(&self) -> &[MarkId] {
        &self.ids
    }

    /// Returns `true` if the id belongs to this codebook.
    pub fn contains(&self, id: MarkId) -> bool {
        self.is_issued[usize::from(id.0)]
    }

    /// Returns the id of a number, or `None` if the codebook does not hold the number.
    pub fn get(&self, number: u16) -> Option<MarkId> {
        self.is_issued[usize::from(number)].then_some(MarkId(number))
    }

    /// Returns `true` if a number is far enough from all ids, if no blend of the number and an id
    /// is a third id, and if the number's watermark, moved to the side, is not the watermark of an
    /// id.
    fn can_add(&self, number: u16) -> bool {
        let own = codeword(number);
        let is_balanced = (MIN_WEIGHT..=32 - MIN_WEIGHT).contains(&own.count_ones());
        is_balanced
            && self.ids.iter().all(|other| {
                let other = other.codeword();
                (own ^ other).count_ones() >= MIN_DISTANCE
                    && blends(own, other).all(|blend| self.decode(blend).is_none())
            })
            && symmetric_numbers(number).all(|third| !self.is_issued[usize::from(third)])
    }

    /// Adds a number, and forbids all numbers that a blend or a symmetry could turn it into.
    fn add(&mut self, number: u16, forbidden: &mut [bool]) {
        let own = codeword(number);
        symmetric_numbers(number).for_each(|third| forbidden[usize::from(third)] = true);
        let blends = self.ids.iter().flat_map(|other| blends(own, other.codeword()));
        for third in blends.filter_map(number_of) {
            forbidden[usize::from(third)] = true;
        }
        self.is_issued[usize::from(number)] = true;
        self.ids.push(MarkId(number));
    }

    /// Returns the id whose codeword is exactly `bits`.
    pub(super) fn decode(&self, bits: u32) -> Option<MarkId> {
        self.get(number_of(bits)?)
    }
}

/// Returns the bitwise blends of two codewords, and the codewords made of parts of both, as far as
/// a blend differs from both.
fn blends(first: u32, second: u32) -> impl Iterator<Item = u32> {
    const PARTS: [u32; 5] = [0xffff_0000, 0xff00_ff00, 0xff00_0000, 0xffff_ff00, 0xaaaa_aaaa];
    let bitwise = [first & second, first | second, first ^ second, !(first ^ second)];
    let parts = PARTS.into_iter().flat_map(|part| [part, !part]);
    let combined = parts.map(move |part| (first & part) | (second & !part));
    bitwise.into_iter().chain(combined).filter(move |blend| *blend != first && *blend != second)
}

/// Returns the numbers that the rows of a watermark show, guards included, if the rows are moved to
/// the side, mirrored or inverted. No other photo may have one of these numbers.
fn symmetric_numbers(number: u16) -> impl Iterator<Item = u16> {
    let rows = (0..POSITIONS as u8).flat_map(move |position| {
        let cells = packed(codeword(number), position);
        let mirrored = cells.reverse_bits() >> (u64::BITS as usize - CELLS);
        [cells, mirrored, !cells, !mirrored]
    });
    let moved = rows.flat_map(|cells| (0..CELLS).map(move |shift| rotated(cells, shift)));
    let numbers = moved.filter_map(|cells| number_of(unpacked(cells)?));
    numbers.filter(move |third| *third != number)
}

/// Rotates the cells of a row.
fn rotated(cells: u64, shift: usize) -> u64 {
    let cells = cells & ((1 << CELLS) - 1);
    (cells << shift | cells >> (CELLS - shift)) & ((1 << CELLS) - 1)
}

/// Returns the codeword of a number, which is the number and then its checksum.
pub(super) fn codeword(number: u16) -> u32 {
    let [high, low] = number.to_be_bytes().map(usize::from);
    let checksum = CHECKSUMS[0][high] ^ CHECKSUMS[1][low] ^ CHECKSUM_OF_ZERO;
    u32::from(number) << 16 | u32::from(checksum)
}

/// Returns the number of a codeword, or `None` if the checksum is wrong.
pub(super) fn number_of(bits: u32) -> Option<u16> {
    let number = (bits >> 16) as u16;
    (codeword(number) == bits).then_some(number)
}

/// Checksum of the number 0. A value other than 0 keeps the XOR of two codewords from being a
/// third.
const CHECKSUM_OF_ZERO: u16 = 0x5a3c;

/// Contribution of a number's high byte (first table) and low byte (second table) to the checksum.
const CHECKSUMS: [[u16; 256]; 2] = {
    let mut table = [[0; 256]; 2];
    let mut byte = 0;
    while byte < 256 {
        table[0][byte] = remainder((byte as u16) << 8);
        table[1][byte] = remainder(byte as u16);
        byte += 1;
    }
    table
};

/// Returns the remainder of a number's division by the polynomial.
const fn remainder(number: u16) -> u16 {
    let (mut remainder, mut bit) = (number, 0);
    while bit < 16 {
        let carry = remainder >> 15 == 1;
        remainder = (remainder << 1) ^ if carry { POLYNOMIAL } else { 0 };
        bit += 1;
    }
    remainder
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;

    /// Checks weight, distance, blends and symmetries of all ids of a codebook.
    fn check_separation(codebook: &Codebook) {
        for (index, id) in codebook.ids().iter().enumerate() {
            let weight = id.codeword().count_ones();
            assert!((12..=20).contains(&weight), "{id} has {weight} bits set");
            let third = symmetric_numbers(id.get()).find_map(|number| codebook.get(number));
            assert_eq!(third, None, "{id} moved to the side");
            for other in &codebook.ids()[..index] {
                let distance = (id.codeword() ^ other.codeword()).count_ones();
                assert!(distance >= 8, "{id} and {other} differ in {distance} bits");
                let mut blends = blends(id.codeword(), other.codeword());
                let third = blends.find_map(|blend| codebook.decode(blend));
                assert_eq!(third, None, "{id} and {other} blended");
            }
        }
    }

    #[test]
    fn a_full_codebook_has_distance_eight_and_at_least_twelve_bits_of_each_value() {
        check_separation(&Codebook::new(MAX_IDS, 7).expect("a codebook holds MAX_IDS"));
    }

    #[test]
    fn cells_decode_to_their_codeword_unless_a_guard_is_inverted() {
        let codeword = codeword(0x1234);
        for position in 0..POSITIONS as u8 {
            let cells = packed(codeword, position);
            assert_eq!(unpacked(cells), Some(codeword));
            for guard in [0, 1, CELLS - 2, CELLS - 1] {
                assert_eq!(unpacked(cells ^ 1 << guard), None);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 16,
            rng_seed: RngSeed::Fixed(20_241_128),
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn ids_of_every_seed_are_far_apart(seed: u64, count in 2_usize..400) {
            let codebook = Codebook::new(count, seed).expect("a codebook holds 400 ids");
            prop_assert_eq!(codebook.ids().len(), count);
            check_separation(&codebook);
        }
    }
}
