//! The odds are exact fractions: at every prefix of a word they are what all of its complete
//! continuations give when each is written out and judged. The numbers that hold them are held
//! against `u128`, and against known shares where no `u128` would do.

use std::num::{NonZeroU32, NonZeroUsize};

use double_exposure::schedule::{
    MAX_POSITIONS, Natural, Odds, OddsError, Outcome, Schedule, count, odds, outcomes, predict,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

fn slots(slots: usize) -> NonZeroUsize {
    NonZeroUsize::new(slots).expect("at least one slot")
}

fn bands(bands: u32) -> NonZeroU32 {
    NonZeroU32::new(bands).expect("at least one band")
}

fn word(text: &str) -> Schedule {
    text.parse().expect("the word is good")
}

fn of(text: &str, each: u32, ring: usize) -> Vec<Odds> {
    odds(&word(text), bands(each), slots(ring)).expect("few enough positions")
}

fn natural(number: u128) -> Natural {
    let mut natural = Natural::default();
    for shift in (0..4).rev() {
        (0..2).for_each(|_| natural.multiply(1 << 16));
        natural.add(&Natural::from((number >> (32 * shift)) as u32));
    }
    natural
}

/// Writes out all continuations of `prefix` by the letters left, and counts the mixed ones and all.
fn written_out(
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
            let (some, more) = written_out(prefix, left, each, ring);
            (mixed, all) = (mixed + some, all + more);
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
        let (mixed, all) = written_out(&mut prefix, &mut left, each, ring);
        let expected = Odds { mixed: natural(mixed.into()), all: natural(all.into()) };
        assert_eq!(odds, expected, "{each} bands, {ring} slots: {prefix} of {text}");
        assert_eq!(odds.inevitable(), mixed == all);
        assert_eq!(odds.likely(), 2 * mixed >= all);
        assert!((odds.share() - mixed as f64 / all as f64).abs() < 1e-12);
    }
}

#[test]
fn the_odds_of_the_story_word_are_the_known_fractions() {
    let fractions: Vec<_> = of("AABABABB", 2, 1)
        .into_iter()
        .map(|odds| format!("{}/{}", odds.mixed, odds.all))
        .collect();
    let known = ["60/70", "30/35", "10/15", "10/10", "4/4", "3/3", "1/1", "1/1", "1/1"];
    assert_eq!(fractions, known);
}

#[test]
fn every_prefix_has_the_odds_that_its_continuations_give_when_written_out() {
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
fn four_requests_on_two_slots_have_the_odds_that_their_continuations_give() {
    // The first letters decide the slots: C and D are in A's and B's, or in B's and A's.
    assert_exact("ABACDBDCBADC", 1, 2);
    assert_exact("DDCCDBACBBAA", 1, 3);
}

#[test]
fn the_odds_before_the_first_letter_are_the_share_of_mixed_words_in_the_table() {
    for (text, requests, each, ring) in
        [("AB", 2, 4, 1), ("ABC", 3, 2, 1), ("ABC", 3, 2, 2), ("ABC", 3, 3, 1), ("ABCD", 4, 1, 3)]
    {
        let table = outcomes(requests, bands(each), slots(ring), |_, _| true).expect("few words");
        let first = of(text, each, ring).swap_remove(0);
        assert_eq!(first.mixed, natural(table.words_mixed.into()));
        assert_eq!(first.all, natural(table.words.into()));
    }
}

#[test]
fn nine_requests_of_four_bands_on_eight_slots_are_counted_though_no_u128_could() {
    assert_eq!(count(9, bands(4)), None);
    let odds = of(&"ABCDEFGHI".repeat(6), 4, 8);
    assert_eq!(odds[0].all.to_string(), "4439413043841128802009762476941510771390464000");
    // The ninth begin laps A, who has its bands to make: before it A can be saved, after it not.
    assert!(odds[8].share() > 0.5 && !odds[8].inevitable());
    assert!(odds[9].inevitable() && odds[54].inevitable());
}

#[test]
fn odds_only_rise_to_one_by_a_lap_and_stay_there() {
    let odds = of("AABBABAB", 2, 1);
    let inevitable: Vec<_> = odds.iter().map(Odds::inevitable).collect();
    assert_eq!(inevitable, [false, false, false, true, true, true, true, true, true]);
    assert!(of("AAABBBAB", 2, 1)[8].mixed == Natural::default(), "A only had its finish to make");
}

#[test]
fn odds_that_would_take_too_long_are_refused_with_the_number() {
    let text: String = ('A'..='Z').collect();
    let error = odds(&word(&text), bands(4), slots(13)).expect_err("13 could be lapped");
    // By 0 to 13 open requests and back to none: 2 × (1 + 5 + … + 5^12) + 5^13.
    let positions = 1_831_054_687;
    assert_eq!(error, OddsError::TooManyPositions { positions });
    assert!(error.to_string().contains(&positions.to_string()));
    let wide = odds(&word(&text), bands(36), slots(13));
    assert_eq!(wide, Err(OddsError::TooManyPositions { positions: u64::MAX }));
    let long = odds(&word("AB"), bands(u32::MAX), slots(5));
    assert_eq!(long, Err(OddsError::TooLong { letters: 2 * u32::MAX as usize }));
    let most = odds(&word(&text), bands(37), slots(1));
    assert_eq!(most, Err(OddsError::TooLong { letters: 26 * 39 }));
    assert!(of(&text, 1, 13).len() == 27 && MAX_POSITIONS > 16_383 + 8_191);
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(20_241_128),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn naturals_reckon_as_u128_does(a: u64, b: u64, factor in 1..=u32::MAX, more: u64) {
        let (a, b) = (u128::from(a) << (more % 30), u128::from(b));
        let mut sum = natural(a);
        sum.add(&natural(b));
        prop_assert_eq!(&sum, &natural(a + b));
        prop_assert_eq!(sum.to_string(), (a + b).to_string());
        prop_assert_eq!(sum.minus(&natural(b)), natural(a));
        prop_assert_eq!(natural(a).cmp(&natural(b)), a.cmp(&b));
        let mut product = natural(a);
        product.multiply(factor);
        prop_assert_eq!(&product, &natural(a * u128::from(factor)));
        prop_assert_eq!(product.divide(factor), 0);
        prop_assert_eq!(product, natural(a));
        let mut quotient = natural(a);
        prop_assert_eq!(u128::from(quotient.divide(factor)), a % u128::from(factor));
        prop_assert_eq!(quotient, natural(a / u128::from(factor)));
        let (low, high) = (a.min(b), a.max(b).max(1));
        let share = natural(low).share_of(&natural(high));
        prop_assert!((share - low as f64 / high as f64).abs() < 1e-12);
        prop_assert_eq!(share == 1.0, low == high);
    }
}

#[test]
fn a_share_is_whole_only_if_nothing_is_missing() {
    let mut whole = Natural::one();
    whole.shuffle_in(500, 500);
    let almost = whole.minus(&Natural::one());
    assert!(almost.share_of(&whole) < 1.0 && almost.share_of(&whole) > 0.999_999);
    assert_eq!(whole.share_of(&whole), 1.0);
    assert_eq!(Natural::default().share_of(&whole), 0.0);
    assert_eq!(Natural::default().to_string(), "0");
}
