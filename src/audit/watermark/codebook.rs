//! Which numbers may be a photo's, and the word of 32 bits that each is painted as.
//!
//! A reader that accepts any of 65,536 numbers will sooner or later take a blend of two for a
//! third. So numbers are issued: far from each other, and so that no simple blend of two is a
//! third.

use std::fmt;

use fastrand::Rng;
use thiserror::Error;

use super::layout::{CELLS, PLACES, packed, unpacked};

/// CRC-16/DNP's polynomial: with 16 bits of data any two words differ in six bits at least
/// (P. Koopman, "Best CRC Polynomials").
const POLYNOMIAL: u16 = 0x3d65;

/// So many bits, at least, tell the words of two issued ids apart.
const APART: u32 = 8;

/// A word has at least so many bits set, and at least so many clear, so that neither the picture's
/// brightness nor a gain can be taken for it.
const OF_EACH: u32 = 12;

/// The most ids that are issued at once.
pub const MAX_IDS: usize = 2048;

/// The number of a photo's version, painted into its pixels; only issued ones are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MarkId(u16);

impl MarkId {
    /// The number.
    pub fn get(self) -> u16 {
        self.0
    }

    /// The bits that are painted: the number, then its checksum.
    pub(super) fn word(self) -> u32 {
        word(self.0)
    }
}

impl fmt::Display for MarkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}", self.0)
    }
}

/// Why a photo cannot be marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CodebookError {
    /// More ids than can be told apart.
    #[error("{asked} photos cannot be told apart; ask for at most {most}")]
    TooMany {
        /// How many were asked for.
        asked: usize,
        /// How many there can be.
        most: usize,
    },
    /// A photo without room for a mark.
    #[error("a photo of {width}x{height} px has no room for a mark; give each side {least} px")]
    TooSmall {
        /// Its width in px.
        width: u32,
        /// Its height in px.
        height: u32,
        /// The least that each side must have, in px.
        least: u32,
    },
    /// A photo that is larger than anybody needs.
    #[error("a photo of {width}x{height} px is too large; paint at most {most} px")]
    TooLarge {
        /// Its width in px.
        width: u32,
        /// Its height in px.
        height: u32,
        /// The most pixels there may be.
        most: u64,
    },
    /// A picture to weave into that has other dimensions, or not as many bytes as it says.
    #[error(
        "the picture under the mark is {width}x{height} px in {bytes} bytes; give it the \
             photo's dimensions, and three bytes a pixel"
    )]
    Under {
        /// Its width in px.
        width: u32,
        /// Its height in px.
        height: u32,
        /// The bytes it has.
        bytes: usize,
    },
}

/// The ids that are photos', and no others.
#[derive(Clone, Debug)]
pub struct Codebook {
    ids: Vec<MarkId>,
    is_issued: Vec<bool>,
}

impl Codebook {
    /// Issues ids; the same seed issues the same, in the same order.
    ///
    /// # Errors
    /// If more than [`MAX_IDS`] are asked for.
    pub fn new(count: usize, seed: u64) -> Result<Self, CodebookError> {
        let too_many = CodebookError::TooMany { asked: count, most: MAX_IDS };
        if count > MAX_IDS {
            return Err(too_many);
        }
        let mut numbers: Vec<u16> = (0..=u16::MAX).collect();
        Rng::with_seed(seed).shuffle(&mut numbers);
        let mut issued = Self { ids: Vec::with_capacity(count), is_issued: vec![false; 1 << 16] };
        let mut blends = vec![false; 1 << 16];
        for number in numbers {
            if issued.ids.len() == count {
                return Ok(issued);
            }
            if !blends[usize::from(number)] && issued.may_join(number) {
                issued.join(number, &mut blends);
            }
        }
        if issued.ids.len() == count { Ok(issued) } else { Err(too_many) }
    }

    /// All of them, in the order in which they were issued.
    pub fn ids(&self) -> &[MarkId] {
        &self.ids
    }

    /// Whether an id is one of them.
    pub fn contains(&self, id: MarkId) -> bool {
        self.is_issued[usize::from(id.0)]
    }

    /// The id of a number, if it is issued.
    pub fn get(&self, number: u16) -> Option<MarkId> {
        self.is_issued[usize::from(number)].then_some(MarkId(number))
    }

    /// Far enough from all, blended with any of them no third, and moved to the side none of them.
    fn may_join(&self, number: u16) -> bool {
        let word = word(number);
        let balanced = (OF_EACH..=32 - OF_EACH).contains(&word.count_ones());
        balanced
            && self.ids.iter().all(|other| {
                let other = other.word();
                (word ^ other).count_ones() >= APART
                    && blends(word, other).all(|blend| self.number_of(blend).is_none())
            })
            && moved(number).all(|third| !self.is_issued[usize::from(third)])
    }

    fn join(&mut self, number: u16, forbidden: &mut [bool]) {
        let own = word(number);
        moved(number).for_each(|third| forbidden[usize::from(third)] = true);
        for other in &self.ids {
            for blend in blends(own, other.word()) {
                let third = (blend >> 16) as u16;
                if word(third) == blend {
                    forbidden[usize::from(third)] = true;
                }
            }
        }
        self.is_issued[usize::from(number)] = true;
        self.ids.push(MarkId(number));
    }

    /// The id whose word these bits are.
    pub(super) fn number_of(&self, bits: u32) -> Option<MarkId> {
        self.get((bits >> 16) as u16).filter(|id| id.word() == bits)
    }
}

/// What two words make of each other that is neither: bit by bit, and with a part of each.
fn blends(one: u32, other: u32) -> impl Iterator<Item = u32> {
    const PARTS: [u32; 10] = [
        0xffff_0000,
        0x0000_ffff,
        0xff00_ff00,
        0x00ff_00ff,
        0xff00_0000,
        0x00ff_ffff,
        0xffff_ff00,
        0x0000_00ff,
        0xaaaa_aaaa,
        0x5555_5555,
    ];
    let bitwise = [one & other, one | other, one ^ other, !(one ^ other)];
    let parted = PARTS.map(|part| (one & part) | (other & !part));
    bitwise.into_iter().chain(parted).filter(move |blend| *blend != one && *blend != other)
}

/// The numbers that a photo's own rows say, guards and all, where they are moved to the side,
/// turned over or inverted: nobody else may have one of them.
fn moved(number: u16) -> impl Iterator<Item = u16> {
    let rows = (0..PLACES as u8).flat_map(move |place| {
        let cells = packed(word(number), place);
        let turned = cells.reverse_bits() >> (u64::BITS as usize - CELLS);
        [cells, turned, !cells, !turned]
    });
    let all = rows.flat_map(|cells| (0..CELLS).map(move |by| rotated(cells, by)));
    let whole = all.filter_map(|cells| {
        let bits = unpacked(cells)?;
        let said = (bits >> 16) as u16;
        (word(said) == bits).then_some(said)
    });
    whole.filter(move |said| *said != number)
}

/// Cells moved to the side, those that go out at one end coming in at the other.
fn rotated(cells: u64, by: usize) -> u64 {
    let cells = cells & ((1 << CELLS) - 1);
    (cells << by | cells >> (CELLS - by)) & ((1 << CELLS) - 1)
}

/// A number and its checksum.
pub(super) fn word(number: u16) -> u32 {
    let [high, low] = number.to_be_bytes().map(usize::from);
    let checksum = CHECKSUMS[0][high] ^ CHECKSUMS[1][low] ^ START;
    u32::from(number) << 16 | u32::from(checksum)
}

/// What the checksum of 0 is: not 0, so that no two words make a third by XOR.
const START: u16 = 0x5a3c;

/// The checksum's share of a number's high and of its low byte.
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

const fn remainder(number: u16) -> u16 {
    let (mut rest, mut bit) = (number, 0);
    while bit < 16 {
        let carry = rest >> 15 == 1;
        rest = (rest << 1) ^ if carry { POLYNOMIAL } else { 0 };
        bit += 1;
    }
    rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;

    fn hold(issued: &Codebook) {
        for (place, one) in issued.ids().iter().enumerate() {
            let ones = one.word().count_ones();
            assert!((12..=20).contains(&ones), "{one} has {ones} bits set");
            let moved = moved(one.get()).find_map(|number| issued.get(number));
            assert_eq!(moved, None, "{one} moved to the side");
            for other in &issued.ids()[..place] {
                let apart = (one.word() ^ other.word()).count_ones();
                assert!(apart >= 8, "{one} and {other} differ in {apart} bits");
                let third = blends(one.word(), other.word()).find_map(|b| issued.number_of(b));
                assert_eq!(third, None, "{one} and {other} blended");
            }
        }
    }

    #[test]
    fn words_of_as_many_as_can_be_issued_differ_in_eight_bits_and_hold_twelve_of_each() {
        hold(&Codebook::new(MAX_IDS, 7).expect("so many can be issued"));
    }

    #[test]
    fn a_mark_is_read_from_its_cells_and_from_no_cells_with_a_guard_turned() {
        let word = word(0x1234);
        for place in 0..PLACES as u8 {
            let cells = packed(word, place);
            assert_eq!(unpacked(cells), Some(word));
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
        fn whatever_the_seed_issued_ids_are_far_apart(seed: u64, count in 2_usize..400) {
            let issued = Codebook::new(count, seed).expect("so many can be issued");
            prop_assert_eq!(issued.ids().len(), count);
            hold(&issued);
        }
    }
}
