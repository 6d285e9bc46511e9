//! Checks that a shrunk word (a schedule written as letters) keeps its subject's outcome, and that
//! no smaller word has that outcome. Every word of few switches is built from its runs and shrunk,
//! unfinished words too, on rings of several sizes.

use std::collections::HashMap;

use double_exposure::schedule::{
    Outcome, Schedule, Subject, predict, shortest_mixed, shrink, subject, switches,
};
use proptest::prelude::*;

use crate::{bands, cases, slots, word};

fn outcome(text: &str, each: u32, ring: usize) -> Option<(char, Outcome)> {
    let word = word(text);
    let Subject { request, outcome } = subject(&word, bands(each), slots(ring))?;
    Some((word.letter(request), outcome))
}

fn shrunk(text: &str, each: u32, ring: usize) -> Option<String> {
    shrink(&word(text), bands(each), slots(ring)).map(|word| word.to_string())
}

fn size(word: &Schedule) -> (usize, usize, usize) {
    (switches(word), word.requests(), word.steps().count())
}

/// Builds every word of at most `switches` switches and at most `max_letters` letters per request.
/// New letters come in alphabetical order, because a renamed word has the same size.
fn all_words(switches: usize, max_letters: usize) -> Vec<String> {
    let mut words = Vec::new();
    let mut longest = vec![String::new()];
    for _ in 0..=switches {
        let shorter = std::mem::take(&mut longest);
        for word in &shorter {
            let next = word.bytes().max().map_or(b'A', |highest| highest + 1);
            for letter in (b'A'..=next).map(char::from).filter(|&next| !word.ends_with(next)) {
                for run in 1..=max_letters - word.matches(letter).count() {
                    longest.push(word.clone() + &letter.to_string().repeat(run));
                }
            }
        }
        words.extend(longest.iter().cloned());
    }
    words
}

/// Checks that a shrunk word keeps the letter of its subject, the subject's outcome, the number of
/// its foreign bands, and does not shrink further.
#[track_caller]
fn assert_keeps_outcome(word: &Schedule, shrunk: &Schedule, each: u32, ring: usize) {
    let (text, small) = (word.to_string(), shrunk.to_string());
    assert_eq!(outcome(&small, each, ring), outcome(&text, each, ring), "{text} to {small}");
    assert!(size(shrunk) <= size(word), "{text} to {small}");
    assert_eq!(self::shrunk(&small, each, ring), Some(small), "{text} shrinks twice");
    let own_bands = |word: &Schedule| {
        let request = subject(word, bands(each), slots(ring)).expect("a request finishes").request;
        let owners = predict(word, bands(each), slots(ring)).swap_remove(request);
        owners.expect("the subject finishes").iter().filter(|owner| **owner == request).count()
    };
    assert_eq!(own_bands(word), own_bands(shrunk), "{text}");
}

#[test]
fn no_word_with_the_same_outcome_is_smaller_than_a_shrunk_word() {
    for (each, ring) in [(1, 1), (2, 1), (3, 1), (4, 1), (1, 2), (2, 2), (3, 2), (1, 3), (2, 3)] {
        // A lap takes `ring + 1` switches, so these words include the smallest ones.
        let words: Vec<_> =
            all_words(ring + 1, each as usize + 2).iter().map(|text| word(text)).collect();
        let outcome = |word| Some(subject(word, bands(each), slots(ring))?.outcome);
        let mut smallest: HashMap<Outcome, _> = HashMap::new();
        for word in &words {
            if let Some(outcome) = outcome(word) {
                let smallest = smallest.entry(outcome).or_insert_with(|| size(word));
                *smallest = size(word).min(*smallest);
            }
        }
        for word in &words {
            let shrunk = shrink(word, bands(each), slots(ring));
            assert_eq!(shrunk.is_some(), outcome(word).is_some(), "{word}");
            if let (Some(shrunk), Some(outcome)) = (shrunk, outcome(word)) {
                assert_keeps_outcome(word, &shrunk, each, ring);
                let (found, least) = (size(&shrunk), smallest[&outcome]);
                assert_eq!(found, least, "{each} bands, {ring} slots: {word} to {shrunk}");
            }
        }
    }
}

#[test]
fn a_shrunk_word_keeps_the_letter_and_the_lap_of_its_subject() {
    for (text, each, ring, expected) in [
        ("AABBCCABCABC", 2, 1, "AABAA"),
        ("ABCDDCBAABCDABCD", 2, 3, "ABCDAAA"),
        // A smaller number of own bands is kept: A is torn after its first band of four.
        ("AABBBBBBAAAA", 4, 1, "AABAAAA"),
        ("AAAABBBBBBAA", 4, 1, "AAAABAA"),
        ("XXXXQQRQQRRR", 2, 1, "QQRQQ"),
        ("XXXXQQRQQRRR", 2, 2, "XXXX"),
        ("ZYXZYXZYXZYX", 2, 2, "ZYXZZZ"),
        ("XXXXQQRRQQRR", 2, 1, "QQRQQ"),
    ] {
        assert_eq!(shrunk(text, each, ring).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn a_smallest_word_does_not_shrink() {
    for (text, each, ring) in
        [("AAAA", 2, 1), ("AABAA", 2, 1), ("ABAAA", 2, 1), ("AAAABCDEFGHIAA", 4, 8)]
    {
        assert_eq!(shrunk(text, each, ring).as_deref(), Some(text));
    }
    assert_eq!(shrunk("AAAB", 2, 1), None, "no request finishes");
}

#[test]
fn the_shortest_mixed_word_is_torn_where_it_can_be_and_exists_if_a_lap_is_possible() {
    for each in 1..=8 {
        for ring in 1..=26 {
            let word = shortest_mixed(bands(each), slots(ring));
            assert_eq!(word.is_some(), ring < 26, "{each} bands, {ring} slots");
            if let Some(word) = word {
                let text = word.to_string();
                let expected = if each > 1 { Outcome::Torn } else { Outcome::Swapped };
                assert_eq!(outcome(&text, each, ring), Some(('A', expected)), "{text}");
                assert_eq!(text.len(), each as usize + 2 + ring);
                assert_eq!(word.bands(), bands(each));
                assert_eq!(shrunk(&text, each, ring), Some(text));
            }
        }
    }
    let shortest = |each, ring| shortest_mixed(bands(each), slots(ring)).map(|w| w.to_string());
    assert_eq!(shortest(1, 1).as_deref(), Some("ABAA"));
    assert_eq!(shortest(2, 1).as_deref(), Some("AABAA"));
    assert_eq!(shortest(4, 8).as_deref(), Some("AAAABCDEFGHIAA"));
}

#[test]
fn the_subject_of_a_word_is_its_first_mixed_request_in_the_order_of_begins() {
    use Outcome::{Clean, Swapped, Torn};
    let subject = |text, ring| outcome(text, 2, ring);
    assert_eq!(subject("AABAABBB", 1), Some(('A', Torn)));
    assert_eq!(subject("ABAAABBB", 1), Some(('A', Swapped)));
    assert_eq!(subject("AAABABBB", 1), Some(('A', Clean)));
    // Z begins first and is mixed. A comes earlier in the alphabet and begins later.
    assert_eq!(subject("ZAAMZZZA", 1), Some(('Z', Swapped)));
    assert_eq!(subject("ZZAMZZAA", 1), Some(('Z', Torn)));
    assert_eq!(subject("ZZAMZZAA", 3), Some(('Z', Clean)));
    // Two requests are finished and mixed, one torn and one swapped. The first decides.
    assert_eq!(subject("AABCAABBB", 1), Some(('A', Torn)));
    assert_eq!(subject("ABBCAAABB", 1), Some(('A', Swapped)));
    assert_eq!(subject("AAAB", 1), None, "no request finishes");
    assert_eq!(subject("ABAABBB", 1), Some(('B', Clean)), "A is unfinished and not counted");
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn random_words_shrink_to_words_with_the_same_outcome(
        text in "[A-H]{1,60}", ring in 1..=5_usize,
    ) {
        let word = word(&text);
        let each = word.bands();
        if let Some(shrunk) = shrink(&word, each, slots(ring)) {
            assert_keeps_outcome(&word, &shrunk, each.get(), ring);
        }
    }
}
