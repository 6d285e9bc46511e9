//! Checks that a word (a schedule written as letters) gives the exact order of steps, and that an
//! invalid word is rejected with the position of its error. Words are parsed, printed, read step by
//! step, and enumerated against counts known by arithmetic.

use double_exposure::schedule::{
    Act, MAX_LETTERS, Schedule, ScheduleError, Step, count, schedules,
};

use crate::{bands, word};

fn error(text: &str) -> ScheduleError {
    text.parse::<Schedule>().expect_err("the word is invalid")
}

#[test]
fn a_word_prints_as_it_was_typed() {
    for text in ["A", "AABABABB", "CCACACAA", "ZZZZ"] {
        assert_eq!(word(text).to_string(), text);
        assert_eq!(word(&word(text).to_string()), word(text));
    }
    assert_eq!(format!("{:>5}|{:<5}|", word("AB"), word("AB")), "   AB|AB   |");
}

#[test]
fn an_empty_word_is_rejected() {
    assert_eq!(error(""), ScheduleError::Empty);
    assert!(ScheduleError::Empty.to_string().contains("write a letter per step"));
}

#[test]
fn a_character_that_is_no_letter_is_rejected_with_its_position_in_characters() {
    let cases =
        [("AaB", 'a', 2), ("A B", ' ', 2), ("AÉé", 'É', 2), ("📷", '📷', 1), ("AB1", '1', 3)];
    for (text, found, position) in cases {
        assert_eq!(error(text), ScheduleError::NotALetter { found, position }, "{text}");
    }
    // The error names only the first such character.
    assert_eq!(error("é📷"), ScheduleError::NotALetter { found: 'é', position: 1 });
    assert_eq!(
        error("AaB").to_string(),
        "'a' at position 2 names no request: write capital letters"
    );
    assert_eq!(
        error("A\u{202e}").to_string(),
        "'\\u{202e}' at position 2 names no request: write letters A to Z and nothing else"
    );
}

#[test]
fn a_word_may_be_as_long_as_its_bound_and_no_longer() {
    assert_eq!(word(&"Z".repeat(MAX_LETTERS)).bands().get() as usize, MAX_LETTERS - 2);
    let letters = MAX_LETTERS + 1;
    assert_eq!(error(&"Z".repeat(letters)), ScheduleError::TooLong { letters });
}

#[test]
fn requests_are_numbered_by_their_first_letters_and_keep_them() {
    let word = word("CACZA");
    assert_eq!(word.requests(), 3);
    assert_eq!([0, 1, 2].map(|request| word.letter(request)), ['C', 'A', 'Z']);
    let steps: Vec<_> = word.steps().map(|Step { request, before }| (request, before)).collect();
    assert_eq!(steps, [(0, 0), (1, 0), (0, 1), (2, 0), (1, 1)]);
}

#[test]
fn a_requests_letters_are_its_begin_its_bands_and_its_finish() {
    let acts: Vec<_> = word("AAAAA").steps().map(|step| step.act(bands(2))).collect();
    let [begin, finish] = [Act::Begin, Act::Finish].map(Some);
    assert_eq!(acts, [begin, Some(Act::Band(0)), Some(Act::Band(1)), finish, None]);
}

#[test]
fn a_word_has_the_bands_of_its_longest_request_and_at_least_one() {
    for (text, expected) in [("A", 1), ("AAA", 1), ("AAAA", 2), ("ABABBBB", 3), ("BBBBBAAAAAA", 4)]
    {
        assert_eq!(word(text).bands().get(), expected, "{text}");
        assert_eq!(word(text).check(word(text).bands()), Ok(()), "{text}");
    }
}

#[test]
fn a_letter_after_a_requests_finish_is_rejected_with_its_position() {
    let error = word("AABBBBABBA").check(bands(2)).expect_err("B has five letters");
    assert_eq!(error, ScheduleError::TooManySteps { letter: 'B', position: 8, bands: bands(2) });
    assert_eq!(
        error.to_string(),
        "the B at position 8 is one too many: with 2 bands a request has 4 letters, so remove \
         it or set more bands"
    );
    assert_eq!(word("AABBBBABBA").check(bands(4)), Ok(()), "too few letters are no error");
    assert_eq!(word("AAAA").check(bands(u32::MAX)), Ok(()));
}

#[test]
fn all_words_of_a_size_are_enumerated_once_in_alphabetical_order() {
    let sizes =
        [(1, 1, 1), (1, 5, 1), (2, 1, 20), (2, 2, 70), (2, 4, 924), (3, 1, 1680), (3, 2, 34_650)];
    for (requests, each, known) in sizes {
        let mut words = 0;
        let mut last = String::new();
        for word in schedules(requests, bands(each)).expect("a size that can be written") {
            let text = word.to_string();
            assert!(last < text, "{last} comes before {text}");
            for letter in (b'A'..).take(requests).map(char::from) {
                assert_eq!(text.matches(letter).count(), each as usize + 2, "{letter} in {text}");
            }
            assert_eq!(text.len(), requests * (each as usize + 2));
            (words, last) = (words + 1, text);
        }
        assert_eq!(words, known, "{requests} requests of {each} bands");
        assert_eq!(count(requests, bands(each)), Some(known));
    }
    let mut ends = schedules(2, bands(2)).expect("a size that can be written");
    assert_eq!(ends.next(), Some(word("AAAABBBB")));
    assert_eq!(ends.last(), Some(word("BBBBAAAA")));
}

#[test]
fn counts_are_exact_up_to_the_largest_that_fits() {
    assert_eq!(count(0, bands(2)), Some(0));
    assert_eq!(count(1, bands(u32::MAX)), Some(1));
    assert_eq!(count(4, bands(4)), Some(2_308_743_493_056));
    // 130! / 65!² fits, but an intermediate value would not if multiplied before divided. 132! /
    // 66!² does not fit.
    assert_eq!(count(2, bands(63)), Some(95_067_625_827_960_698_145_584_333_020_095_113_100));
    assert_eq!(count(2, bands(64)), None);
    assert_eq!(count(27, bands(1)), None);
    assert_eq!(count(usize::MAX, bands(u32::MAX)), None);
}

#[test]
fn sizes_that_cannot_be_written_are_rejected_before_any_allocation() {
    for requests in [0, 27, usize::MAX] {
        assert_eq!(schedules(requests, bands(1)).err(), Some(ScheduleError::Requests { requests }));
    }
    let letters = MAX_LETTERS + 26;
    assert_eq!(schedules(26, bands(129)).err(), Some(ScheduleError::TooLong { letters }));
    assert!(schedules(2, bands(u32::MAX)).is_err());
    let longest = schedules(26, bands(128)).expect("as long as the bound").next();
    assert_eq!(longest.map(|word| word.to_string().len()), Some(MAX_LETTERS));
}
