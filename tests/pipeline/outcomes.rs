//! The table of outcomes is exact: every count over all words of a size, every example, and every
//! moment of a trace. Counts from the tree of words are held against all words one by one, read
//! off their letters, and against the shipped pipelines played on each.

use std::num::{NonZeroU32, NonZeroUsize};

use double_exposure::schedule::{
    Act, Outcome, Outcomes, OutcomesError, Schedule, ScheduleError, countable, outcomes, predict,
    replay_all, schedules, trace,
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

fn counted(requests: usize, each: u32, ring: usize) -> Outcomes {
    outcomes(requests, bands(each), slots(ring), |_, _| true).expect("few enough words")
}

/// For each request of a word, its outcome, told from the letters alone: a band is foreign if a
/// request of the same slot wrote its first letter after mine.
fn read_off(word: &str, each: usize, ring: usize) -> Vec<Outcome> {
    let mut firsts: Vec<char> = Vec::new();
    word.chars().for_each(|letter| {
        if !firsts.contains(&letter) {
            firsts.push(letter);
        }
    });
    let of = |(number, &letter): (usize, &char)| {
        let mine: Vec<usize> = word.match_indices(letter).map(|(at, _)| at).collect();
        let lapped = firsts
            .get(number + ring)
            .map_or(usize::MAX, |&next| word.find(next).expect("one of the word's letters"));
        let foreign = mine[1..=each].iter().filter(|&&at| at > lapped).count();
        match foreign {
            0 => Outcome::Clean,
            _ if foreign == each => Outcome::Swapped,
            _ => Outcome::Torn,
        }
    };
    firsts.iter().enumerate().map(of).collect()
}

#[test]
fn the_table_of_two_requests_two_bands_and_one_slot_is_the_known_one() {
    let table = counted(2, 2, 1);
    assert_eq!((table.words, table.words_mixed), (70, 60));
    assert_eq!(table.thumbnails, [80, 20, 40]);
    let examples = table.examples.map(|example| example.expect("each outcome occurs").to_string());
    assert_eq!(examples, ["AAAABBBB", "AABAABBB", "ABAAABBB"]);
}

#[test]
fn every_count_and_example_is_what_all_words_one_by_one_give() {
    let sizes = [(1, 1), (1, 7), (2, 1), (2, 2), (2, 3), (2, 6), (3, 1), (3, 2)];
    for (requests, each) in sizes {
        for ring in 1..=4 {
            let mut one_by_one = Outcomes::default();
            for word in schedules(requests, bands(each)).expect("a size that can be written") {
                let outcomes = read_off(&word.to_string(), each as usize, ring);
                one_by_one.words += 1;
                one_by_one.words_mixed += u64::from(outcomes.iter().any(|one| one.mixed()));
                for outcome in outcomes {
                    one_by_one.thumbnails[outcome as usize] += 1;
                    one_by_one.examples[outcome as usize].get_or_insert_with(|| word.clone());
                }
            }
            let size = format!("{requests} requests, {each} bands, {ring} slots");
            assert_eq!(counted(requests, each, ring), one_by_one, "{size}");
        }
    }
}

#[test]
fn four_requests_are_counted_as_the_lap_law_predicts_them() {
    let (mut mixed, mut thumbnails) = (0, [0; 3]);
    for word in schedules(4, bands(1)).expect("a size that can be written") {
        let finished = predict(&word, bands(1), slots(2)).into_iter().enumerate();
        let outcomes: Vec<Outcome> = finished
            .map(|(request, owners)| Outcome::of(&request, &owners.expect("complete words")))
            .collect();
        mixed += u64::from(outcomes.iter().any(|one| one.mixed()));
        outcomes.iter().for_each(|&one| thumbnails[one as usize] += 1);
    }
    let table = counted(4, 1, 2);
    assert_eq!((table.words, table.words_mixed), (369_600, mixed));
    assert_eq!(table.thumbnails, thumbnails);
    assert_eq!(table.examples[1], None, "a thumbnail of one band is never torn");
}

#[test]
fn with_a_slot_for_each_request_nobody_is_mixed() {
    for ring in [3, 4, usize::MAX] {
        let table = counted(3, 2, ring);
        assert_eq!((table.words, table.words_mixed), (34_650, 0));
        assert_eq!(table.thumbnails, [3 * 34_650, 0, 0]);
        assert_eq!(table.examples[1..], [None, None]);
    }
}

#[test]
fn what_the_shipped_pipelines_make_of_every_walked_word_is_what_the_table_counts() {
    for (requests, each, ring) in [(2, 2, 1), (2, 3, 2), (3, 1, 1), (3, 2, 2)] {
        let mut walked = 0;
        let table = outcomes(requests, bands(each), slots(ring), |word, outcomes| {
            walked += 1;
            let shipped = replay_all(word, bands(each), slots(ring));
            let of = |owners: &[Option<Vec<usize>>]| -> Vec<Outcome> {
                let one = |(number, owners): (usize, &Option<Vec<usize>>)| {
                    Outcome::of(&number, owners.as_ref().expect("complete words"))
                };
                owners.iter().enumerate().map(one).collect()
            };
            assert_eq!(of(&shipped.shared), outcomes, "{word}");
            assert_eq!(shipped.shared, predict(word, bands(each), slots(ring)), "{word}");
            for owners in [shipped.owned, shipped.pooled] {
                let own = |(number, owners)| owners == Some(vec![number; each as usize]);
                assert!(owners.into_iter().enumerate().all(own), "{word}");
            }
            true
        });
        let names: u64 = (1..=requests as u64).product();
        assert_eq!(table.expect("few enough words").words, walked * names);
    }
}

#[test]
fn a_walk_ends_when_it_is_told_to() {
    let mut left = 5;
    let table = outcomes(3, bands(2), slots(1), |_, _| {
        left -= 1;
        left > 0
    });
    assert_eq!(table.expect("few enough words").words, 5 * 6);
}

#[test]
fn sizes_beyond_five_million_words_are_refused_with_their_number() {
    assert_eq!(countable(2, bands(10)), Ok(2_704_156));
    assert_eq!(countable(1, bands(128)), Ok(1));
    let error = countable(2, bands(11)).expect_err("too many words");
    assert_eq!(error, OutcomesError::TooMany { words: 10_400_600 });
    assert!(error.to_string().contains("10400600"), "{error}");
    assert_eq!(countable(26, bands(128)), Err(OutcomesError::Countless));
    let refused = outcomes(4, bands(2), slots(1), |_, _| panic!("no word is walked"));
    assert_eq!(refused, Err(OutcomesError::TooMany { words: 63_063_000 }));
    for requests in [0, 27] {
        let error = OutcomesError::Word(ScheduleError::Requests { requests });
        assert_eq!(countable(requests, bands(1)), Err(error));
    }
    assert!(matches!(countable(1, bands(u32::MAX)), Err(OutcomesError::Word(_))));
}

#[test]
fn a_trace_shows_the_lap_and_the_band_that_takes_the_strangers_rows() {
    let moments = trace(&word("AABABABB"), bands(2), slots(1));
    let lies: Vec<_> = moments.iter().map(|moment| moment.slots[0]).collect();
    assert_eq!(lies, [0, 0, 1, 1, 1, 1, 1, 1].map(Some));
    let laps: Vec<_> = moments.iter().map(|moment| moment.laps).collect();
    assert_eq!(laps, [None, None, Some(0), None, None, None, None, None]);
    let shows: Vec<_> = moments.iter().map(|moment| moment.shows).collect();
    assert_eq!(shows, [None, Some(0), None, Some(1), Some(1), None, Some(1), None]);
}

#[test]
fn who_has_made_all_bands_can_no_longer_be_lapped() {
    let moments = trace(&word("AAABABBB"), bands(2), slots(1));
    assert!(moments.iter().all(|moment| moment.laps.is_none()), "A has only its finish to make");
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(20_241_128),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_trace_shows_the_owners_that_the_law_predicts_and_a_slot_each_keeps_everybody_clean(
        text in "[A-F]{1,40}", ring in 1..=7_usize,
    ) {
        let word = word(&text);
        let each = word.bands();
        let finished = predict(&word, each, slots(ring));
        let moments = trace(&word, each, slots(ring));
        for (request, owners) in finished.into_iter().enumerate() {
            let mine = moments.iter().filter(|moment| moment.step.request == request);
            let shown: Vec<usize> = mine.filter_map(|moment| moment.shows).collect();
            if let Some(owners) = owners {
                prop_assert_eq!(&shown, &owners);
                let lapped = moments.iter().any(|moment| moment.laps == Some(request));
                prop_assert_eq!(lapped, Outcome::of(&request, &owners).mixed());
            }
        }
        for moment in trace(&word, each, slots(word.requests())) {
            prop_assert_eq!(moment.slot, moment.step.request);
            prop_assert!(moment.shows.is_none_or(|shown| shown == moment.step.request));
            prop_assert_eq!(moment.shows.is_some(), matches!(moment.act, Act::Band(_)));
        }
    }
}
