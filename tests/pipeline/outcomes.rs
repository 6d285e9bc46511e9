//! Checks that the table of outcomes is exact: every count over all words (schedules written as
//! letters) of a size, every example, and every step of a trace. The counts of the tree search are
//! compared with all words one by one, read from their letters, and with replays on the shipped
//! pipelines.

use double_exposure::schedule::{
    Act, Outcome, Outcomes, OutcomesError, ScheduleError, countable, outcomes, predict, replay_all,
    schedules, trace,
};
use proptest::prelude::*;

use crate::lap_law::read_letters;
use crate::{bands, cases, slots, word};

fn counted(requests: usize, each: u32, ring: usize) -> Outcomes {
    outcomes(requests, bands(each), slots(ring), |_, _| true).expect("few enough words")
}

/// Returns the outcome of each request of a word, read from the letters.
fn outcomes_of_letters(word: &str, each: usize, ring: usize) -> Vec<Outcome> {
    let owners = read_letters(word, each, ring, &[true; 26]).into_iter().enumerate();
    let outcome = |(request, owners): (usize, Option<Result<Vec<usize>, usize>>)| {
        Outcome::of(&request, &owners.expect("complete words").expect("whole photos"))
    };
    owners.map(outcome).collect()
}

#[test]
fn the_table_of_two_requests_two_bands_and_one_slot_has_the_known_counts() {
    let table = counted(2, 2, 1);
    assert_eq!((table.words, table.words_mixed), (70, 60));
    assert_eq!(table.thumbnails, [80, 20, 40]);
    let examples = table.examples.map(|example| example.expect("each outcome occurs").to_string());
    assert_eq!(examples, ["AAAABBBB", "AABAABBB", "ABAAABBB"]);
}

#[test]
fn every_count_and_example_equals_that_of_all_words_one_by_one() {
    let sizes = [(1, 1), (1, 7), (2, 1), (2, 2), (2, 3), (2, 6), (3, 1), (3, 2)];
    for (requests, each) in sizes {
        for ring in 1..=4 {
            let mut one_by_one = Outcomes::default();
            for word in schedules(requests, bands(each)).expect("a size that can be written") {
                let outcomes = outcomes_of_letters(&word.to_string(), each as usize, ring);
                one_by_one.words += 1;
                one_by_one.words_mixed += u64::from(outcomes.iter().any(|outcome| outcome.mixed()));
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
        mixed += u64::from(outcomes.iter().any(|outcome| outcome.mixed()));
        outcomes.iter().for_each(|&outcome| thumbnails[outcome as usize] += 1);
    }
    let table = counted(4, 1, 2);
    assert_eq!((table.words, table.words_mixed), (369_600, mixed));
    assert_eq!(table.thumbnails, thumbnails);
    assert_eq!(table.examples[1], None, "a thumbnail of one band is never torn");
}

#[test]
fn no_word_is_mixed_with_a_slot_for_each_request() {
    for ring in [3, 4, usize::MAX] {
        let table = counted(3, 2, ring);
        assert_eq!((table.words, table.words_mixed), (34_650, 0));
        assert_eq!(table.thumbnails, [3 * 34_650, 0, 0]);
        assert_eq!(table.examples[1..], [None, None]);
    }
}

#[test]
fn replays_of_every_visited_word_have_the_outcomes_that_the_table_counts() {
    for (requests, each, ring) in [(2, 2, 1), (2, 3, 2), (3, 1, 1), (3, 2, 2)] {
        let mut visited = 0;
        let table = outcomes(requests, bands(each), slots(ring), |word, outcomes| {
            visited += 1;
            let replayed = replay_all(word, bands(each), slots(ring));
            let of = |owners: &[Option<Vec<usize>>]| -> Vec<Outcome> {
                let outcome = |(number, owners): (usize, &Option<Vec<usize>>)| {
                    Outcome::of(&number, owners.as_ref().expect("complete words"))
                };
                owners.iter().enumerate().map(outcome).collect()
            };
            assert_eq!(of(&replayed.shared), outcomes, "{word}");
            assert_eq!(replayed.shared, predict(word, bands(each), slots(ring)), "{word}");
            for owners in [replayed.owned, replayed.pooled] {
                let own = |(number, owners)| owners == Some(vec![number; each as usize]);
                assert!(owners.into_iter().enumerate().all(own), "{word}");
            }
            true
        });
        let renamings: u64 = (1..=requests as u64).product();
        assert_eq!(table.expect("few enough words").words, visited * renamings);
    }
}

#[test]
fn a_search_ends_when_the_callback_returns_false() {
    let mut left = 5;
    let table = outcomes(3, bands(2), slots(1), |_, _| {
        left -= 1;
        left > 0
    });
    assert_eq!(table.expect("few enough words").words, 5 * 6);
}

#[test]
fn sizes_beyond_five_million_words_are_rejected_with_their_number() {
    assert_eq!(countable(2, bands(10)), Ok(2_704_156));
    assert_eq!(countable(1, bands(128)), Ok(1));
    let error = countable(2, bands(11)).expect_err("too many words");
    assert_eq!(error, OutcomesError::TooMany { words: 10_400_600 });
    assert!(error.to_string().contains("10400600"), "{error}");
    assert_eq!(countable(26, bands(128)), Err(OutcomesError::Overflow));
    let rejected = outcomes(4, bands(2), slots(1), |_, _| panic!("no word is visited"));
    assert_eq!(rejected, Err(OutcomesError::TooMany { words: 63_063_000 }));
    for requests in [0, 27] {
        let error = OutcomesError::Word(ScheduleError::Requests { requests });
        assert_eq!(countable(requests, bands(1)), Err(error));
    }
    assert!(matches!(countable(1, bands(u32::MAX)), Err(OutcomesError::Word(_))));
}

#[test]
fn a_trace_shows_the_lap_and_the_band_with_foreign_rows() {
    let steps = trace(&word("AABABABB"), bands(2), slots(1));
    let owners: Vec<_> = steps.iter().map(|step| step.slots[0]).collect();
    assert_eq!(owners, [0, 0, 1, 1, 1, 1, 1, 1].map(Some));
    let laps: Vec<_> = steps.iter().map(|step| step.laps).collect();
    assert_eq!(laps, [None, None, Some(0), None, None, None, None, None]);
    let shows: Vec<_> = steps.iter().map(|step| step.shows).collect();
    assert_eq!(shows, [None, Some(0), None, Some(1), Some(1), None, Some(1), None]);
}

#[test]
fn a_request_that_has_made_all_bands_is_not_lapped() {
    let steps = trace(&word("AAABABBB"), bands(2), slots(1));
    assert!(steps.iter().all(|step| step.laps.is_none()), "A has only its finish to make");
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_trace_shows_the_predicted_owners_and_no_foreign_owner_with_a_slot_for_each_request(
        text in "[A-F]{1,40}", ring in 1..=7_usize,
    ) {
        let word = word(&text);
        let each = word.bands();
        let finished = predict(&word, each, slots(ring));
        let steps = trace(&word, each, slots(ring));
        for (request, owners) in finished.into_iter().enumerate() {
            let own = steps.iter().filter(|step| step.step.request == request);
            let shown: Vec<usize> = own.filter_map(|step| step.shows).collect();
            if let Some(owners) = owners {
                prop_assert_eq!(&shown, &owners);
                let lapped = steps.iter().any(|step| step.laps == Some(request));
                prop_assert_eq!(lapped, Outcome::of(&request, &owners).mixed());
            }
        }
        for step in trace(&word, each, slots(word.requests())) {
            prop_assert_eq!(step.slot, step.step.request);
            prop_assert!(step.shows.is_none_or(|shown| shown == step.step.request));
            prop_assert_eq!(step.shows.is_some(), matches!(step.act, Act::Band(_)));
        }
    }
}
