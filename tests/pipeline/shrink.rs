//! A shrunk word ends like the word it came from, and no word with fewer switches, requests or
//! letters does. Every word of as few switches is built from its runs and tried, unfinished ones
//! too, on rings of several sizes.

use std::collections::HashMap;
use std::num::{NonZeroU32, NonZeroUsize};

use double_exposure::schedule::{Outcome, Schedule, classify, minimal, switches};

fn slots(slots: usize) -> NonZeroUsize {
    NonZeroUsize::new(slots).expect("at least one slot")
}

fn bands(bands: u32) -> NonZeroU32 {
    NonZeroU32::new(bands).expect("at least one band")
}

fn word(text: &str) -> Schedule {
    text.parse().expect("the word is good")
}

fn small(outcome: Outcome, each: u32, ring: usize) -> Option<String> {
    minimal(outcome, bands(each), slots(ring)).map(|word| word.to_string())
}

/// Every word of at most so many switches, in which nobody has more letters than `most`, by runs
/// of one letter. New letters come in alphabetical order: any other names make no smaller word.
fn all_words(switches: usize, most: usize) -> Vec<String> {
    let mut words = Vec::new();
    let mut grown = vec![String::new()];
    for _ in 0..=switches {
        let shorter = std::mem::take(&mut grown);
        for word in &shorter {
            let known = word.bytes().max().map_or(b'A', |highest| highest + 1);
            for letter in (b'A'..=known).map(char::from).filter(|&next| !word.ends_with(next)) {
                for run in 1..=most - word.matches(letter).count() {
                    grown.push(word.clone() + &letter.to_string().repeat(run));
                }
            }
        }
        words.extend(grown.iter().cloned());
    }
    words
}

#[test]
fn no_word_that_ends_alike_has_fewer_switches_requests_or_letters() {
    let outcomes = [Outcome::Clean, Outcome::Torn, Outcome::Swapped];
    for (each, ring) in [(1, 1), (2, 1), (3, 1), (4, 1), (1, 2), (2, 2), (3, 2), (1, 3), (2, 3)] {
        let mut best: HashMap<Outcome, _> = HashMap::new();
        // As many switches as a lap takes: the smallest is among these if there is any.
        for text in all_words(ring + 1, each as usize + 2) {
            let tried = word(&text);
            if let Some(outcome) = classify(&tried, bands(each), slots(ring)) {
                let size = (switches(&tried), tried.requests(), text.len(), text);
                let least = best.entry(outcome).or_insert_with(|| size.clone());
                if size < *least {
                    *least = size;
                }
            }
        }
        for outcome in outcomes {
            let least = best.get(&outcome).map(|(.., text)| text.clone());
            assert_eq!(small(outcome, each, ring), least, "{each} bands, {ring} slots");
        }
    }
}

#[test]
fn a_shrunk_word_ends_as_it_should_and_asks_for_the_bands_it_was_given() {
    for each in 1..=8 {
        for ring in 1..=26 {
            for outcome in [Outcome::Clean, Outcome::Torn, Outcome::Swapped] {
                let possible = match outcome {
                    Outcome::Clean => true,
                    Outcome::Torn => each > 1 && ring < 26,
                    Outcome::Swapped => ring < 26,
                };
                let word = minimal(outcome, bands(each), slots(ring));
                assert_eq!(word.is_some(), possible, "{outcome:?} {each} {ring}");
                if let Some(word) = word {
                    assert_eq!(classify(&word, bands(each), slots(ring)), Some(outcome));
                    assert_eq!(word.bands(), bands(each));
                }
            }
        }
    }
}

#[test]
fn the_smallest_words_are_the_ones_a_person_would_write_down() {
    assert_eq!(small(Outcome::Clean, 2, 1).as_deref(), Some("AAAA"));
    assert_eq!(small(Outcome::Torn, 2, 1).as_deref(), Some("AABAA"));
    assert_eq!(small(Outcome::Swapped, 2, 1).as_deref(), Some("ABAAA"));
    assert_eq!(small(Outcome::Torn, 4, 8).as_deref(), Some("AAAABCDEFGHIAA"));
}

#[test]
fn the_kind_of_a_word_is_that_of_the_first_mixed_thumbnail_in_the_order_of_begins() {
    let of = |text, ring| classify(&word(text), bands(2), slots(ring));
    assert_eq!(of("AABAABBB", 1), Some(Outcome::Torn));
    assert_eq!(of("ABAAABBB", 1), Some(Outcome::Swapped));
    assert_eq!(of("AAABABBB", 1), Some(Outcome::Clean));
    // Z begins first and is swapped; A, earlier in the alphabet, is torn after it.
    assert_eq!(of("ZAAMZZZA", 1), Some(Outcome::Swapped));
    assert_eq!(of("ZZAMZZAA", 1), Some(Outcome::Torn));
    assert_eq!(of("ZZAMZZAA", 3), Some(Outcome::Clean));
    // Of two that are finished and mixed, one torn and one swapped, the first decides.
    assert_eq!(of("AABCAABBB", 1), Some(Outcome::Torn));
    assert_eq!(of("ABBCAAABB", 1), Some(Outcome::Swapped));
    assert_eq!(of("AAAB", 1), None, "nobody finishes");
    assert_eq!(of("ABAABBB", 1), Some(Outcome::Clean), "A is not finished and not counted");
}
