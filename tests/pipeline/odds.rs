//! Checks that the odds are exact fractions. For every prefix of a word (a schedule written as
//! letters) they equal the counts over all complete continuations, each enumerated and classified.
//! Larger odds are compared with known numbers.

use double_exposure::schedule::{
    MAX_POSITIONS, Odds, OddsError, Outcome, count, odds, outcomes, predict,
};
use num_bigint::BigUint;

use crate::{bands, slots, word};

fn of(text: &str, each: u32, ring: usize) -> Vec<Odds> {
    odds(&word(text), bands(each), slots(ring)).expect("few enough positions")
}

/// Enumerates all continuations of `prefix` by the letters left. Counts the mixed ones, and all.
fn enumerated(
    prefix: &mut String,
    left: &mut [(char, usize)],
    each: u32,
    ring: usize,
) -> (u64, u64) {
    if left.iter().all(|&(_, left)| left == 0) {
        let mut finished = predict(&word(prefix), bands(each), slots(ring)).into_iter().enumerate();
        let mixed = |(request, owners): (usize, Option<Vec<usize>>)| {
            Outcome::of(&request, &owners.expect("complete words")).mixed()
        };
        return (u64::from(finished.any(mixed)), 1);
    }
    let (mut mixed, mut all) = (0, 0);
    for at in 0..left.len() {
        if left[at].1 > 0 {
            left[at].1 -= 1;
            prefix.push(left[at].0);
            let (some_mixed, some) = enumerated(prefix, left, each, ring);
            (mixed, all) = (mixed + some_mixed, all + some);
            prefix.pop();
            left[at].1 += 1;
        }
    }
    (mixed, all)
}

fn assert_exact(text: &str, each: u32, ring: usize) {
    let odds = of(text, each, ring);
    assert_eq!(odds.len(), text.len() + 1);
    let mut letters: Vec<char> = text.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    for (length, odds) in odds.into_iter().enumerate() {
        let mut prefix = text[..length].to_owned();
        let left = |&letter: &char| (letter, each as usize + 2 - prefix.matches(letter).count());
        let mut left: Vec<_> = letters.iter().map(left).collect();
        let (mixed, all) = enumerated(&mut prefix, &mut left, each, ring);
        let expected = Odds { mixed: mixed.into(), all: all.into() };
        assert_eq!(odds, expected, "{each} bands, {ring} slots: {prefix} of {text}");
        assert_eq!(odds.inevitable(), mixed == all);
        assert_eq!(odds.at_least_half(), 2 * mixed >= all);
        assert!((odds.share() - mixed as f64 / all as f64).abs() < 1e-12);
    }
}

#[test]
fn the_odds_of_the_example_word_are_the_known_fractions() {
    let fractions: Vec<_> = of("AABABABB", 2, 1)
        .into_iter()
        .map(|odds| format!("{}/{}", odds.mixed, odds.all))
        .collect();
    let known = ["60/70", "30/35", "10/15", "10/10", "4/4", "3/3", "1/1", "1/1", "1/1"];
    assert_eq!(fractions, known);
}

#[test]
fn the_odds_of_every_prefix_equal_the_counts_over_its_continuations() {
    for text in ["AABABABB", "BBBBAAAA", "ABABABAB", "AAABABBB", "BA", "AAAA", "B"] {
        for ring in 1..=3 {
            assert_exact(text, 2, ring);
        }
    }
    for text in ["ABCABCABC", "CCCBBBAAA", "ACBCABABC", "AAABBBCC", "CAB", "AAAB"] {
        for ring in 1..=4 {
            assert_exact(text, 1, ring);
        }
    }
    for ring in 1..=3 {
        assert_exact("AABCBBACACBC", 2, ring);
    }
}

#[test]
fn the_odds_of_four_requests_on_two_slots_equal_the_counts_over_their_continuations() {
    // The order of first letters decides the slots: C and D take those of A and B, or of B and A.
    assert_exact("ABACDBDCBADC", 1, 2);
    assert_exact("DDCCDBACBBAA", 1, 3);
}

#[test]
fn the_odds_before_the_first_letter_equal_the_counts_of_the_table_of_outcomes() {
    for (text, requests, each, ring) in
        [("AB", 2, 4, 1), ("ABC", 3, 2, 1), ("ABC", 3, 2, 2), ("ABC", 3, 3, 1), ("ABCD", 4, 1, 3)]
    {
        let table = outcomes(requests, bands(each), slots(ring), |_, _| true).expect("few words");
        let first = of(text, each, ring).swap_remove(0);
        assert_eq!(first.mixed, BigUint::from(table.words_mixed));
        assert_eq!(first.all, BigUint::from(table.words));
    }
}

#[test]
fn odds_that_exceed_u128_are_exact() {
    assert_eq!(count(9, bands(4)), None);
    let odds = of(&"ABCDEFGHI".repeat(6), 4, 8);
    assert_eq!(odds[0].all.to_string(), "4439413043841128802009762476941510771390464000");
    // The ninth begin laps A, which has its bands to make. Before it the mix-up is avoidable.
    assert!(odds[8].share() > 0.5 && !odds[8].inevitable());
    assert!(odds[9].inevitable() && odds[54].inevitable());
}

#[test]
fn a_mix_up_becomes_inevitable_at_a_lap_and_stays_inevitable() {
    let odds = of("AABBABAB", 2, 1);
    let inevitable: Vec<_> = odds.iter().map(Odds::inevitable).collect();
    assert_eq!(inevitable, [false, false, false, true, true, true, true, true, true]);
    assert!(of("AAABBBAB", 2, 1)[8].mixed == BigUint::ZERO, "A had only its finish to make");
}

#[test]
fn odds_that_would_take_too_long_are_rejected_with_the_number() {
    let text: String = ('A'..='Z').collect();
    let error = odds(&word(&text), bands(4), slots(13)).expect_err("13 requests can be open");
    // From 0 to 13 open requests and back to 0: 2 × (1 + 5 + … + 5^12) + 5^13.
    let positions = 1_831_054_687;
    assert_eq!(error, OddsError::TooManyPositions { positions });
    assert!(error.to_string().contains(&positions.to_string()));
    let wide = odds(&word(&text), bands(36), slots(13));
    assert_eq!(wide, Err(OddsError::TooManyPositions { positions: u64::MAX }));
    let long = odds(&word("AB"), bands(u32::MAX), slots(5));
    assert_eq!(long, Err(OddsError::TooLong { letters: 2 * u32::MAX as usize }));
    let too_long = odds(&word(&text), bands(37), slots(1));
    assert_eq!(too_long, Err(OddsError::TooLong { letters: 26 * 39 }));
    assert!(of(&text, 1, 13).len() == 27 && MAX_POSITIONS > 16_383 + 8_191);
}

#[test]
fn a_share_is_one_only_if_all_continuations_are_mixed() {
    let all = BigUint::from(26_u32).pow(1_000);
    let share = |mixed| Odds { mixed, all: all.clone() }.share();
    let almost_all = share(&all - 1_u32);
    assert!(almost_all < 1.0 && almost_all > 0.999_999);
    assert_eq!(share(all.clone()), 1.0);
    assert_eq!(share(&all / 2_u32), 0.5);
    assert_eq!(share(BigUint::ZERO), 0.0);
    let tiny = share(&all >> 900_u32);
    assert!(tiny > 0.0 && tiny < 1e-270);
}
