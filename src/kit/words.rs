//! Replays many words (schedules written as letters) on a system under test: all words of small
//! sizes, words of up to 26 requests in flight, and random words.

use std::iter::repeat_n;
use std::num::NonZeroUsize;

use super::SystemUnderTest;
use super::counterexample::Counterexample;
use super::replay::{bands, owners, replay_word};
use crate::schedule::{Schedule, count, predict, schedules};

/// Upper bound of the number of words of a size that [`words`] replays. Larger sizes are left out.
pub const MAX_EXHAUSTIVE_WORDS: u128 = 50_000;

/// Upper bound of the requests in flight in a word, one for each letter A to Z.
const MAX_REQUESTS: usize = 26;

/// Replays all words of two and of three requests, then words of four to 26 requests in which one
/// waits or all overlap, on a new system for each word. Returns the number of replays.
///
/// Words of two requests are replayed also with the first or the second photo damaged, with one
/// request given up after each of its steps, and with a panic at each switch point. A size with
/// more than [`MAX_EXHAUSTIVE_WORDS`] words is left out, and so is a word with more requests in
/// flight than `S::MAX_IN_FLIGHT`.
///
/// # Errors
/// Returns the first [`Counterexample`], which has the fewest requests.
pub fn words<S: SystemUnderTest>() -> Result<usize, Counterexample> {
    let mut replays = 0;
    let fits = |(word, _): &(Schedule, _)| in_flight(word) <= S::MAX_IN_FLIGHT;
    for (word, damaged) in every_word::<S>().filter(fits) {
        let with_panics = word.requests() <= 2;
        replay_word::<S>(&word, damaged, with_panics).map_err(|counterexample| {
            let found = counterexample.with_replay::<S>();
            let law = lap_law_hint::<S>();
            Counterexample { hint: found.hint.map(|hint| hint + &law), ..found }
        })?;
        replays += 1;
    }
    Ok(replays)
}

/// Iterates over the words of [`words`], each with the letters of its damaged photos.
fn every_word<S: SystemUnderTest>() -> impl Iterator<Item = (Schedule, &'static str)> {
    let bands = bands::<S>();
    let steps = bands.get() as usize + 2;
    let all = move |requests| {
        let few = count(requests, bands).is_some_and(|words| words <= MAX_EXHAUSTIVE_WORDS);
        schedules(requests, bands).ok().filter(|_| few).into_iter().flatten()
    };
    let damaged = ["B", "A"].into_iter().flat_map(move |damaged| all(2).map(move |w| (w, damaged)));
    let given_up = all(2).flat_map(move |word| {
        let each = (1..steps).flat_map(|kept| [('A', kept), ('B', kept)]);
        each.map(|(letter, kept)| (give_up(&word, letter, kept), "")).collect::<Vec<_>>()
    });
    let crowds = (4..=MAX_REQUESTS).flat_map(move |requests| crowds(requests, steps));
    all(2)
        .map(|word| (word, ""))
        .chain(damaged)
        .chain(given_up)
        .chain(all(3).map(|word| (word, "")))
        .chain(crowds.map(|word| (word, "")))
}

/// Returns the largest number of requests that a word has between their first and last letters.
pub(super) fn in_flight(word: &Schedule) -> usize {
    let mut left = vec![0; word.requests()];
    word.steps().for_each(|step| left[step.request] += 1);
    let (mut now, mut most) = (0, 0);
    for step in word.steps() {
        now += usize::from(step.before == 0);
        most = most.max(now);
        left[step.request] -= 1;
        now -= usize::from(left[step.request] == 0);
    }
    most
}

/// Keeps only the first letters of one request.
fn give_up(word: &Schedule, letter: char, kept: usize) -> Schedule {
    let mut seen = 0;
    let letters = word.to_string();
    let letters = letters.chars().filter(|&other| {
        seen += usize::from(other == letter);
        other != letter || seen <= kept
    });
    parse(letters.collect())
}

/// Returns the words of many requests: A waits after each of its steps while the others convert one
/// after the other, and all requests overlap and finish in either order.
fn crowds(requests: usize, steps: usize) -> Vec<Schedule> {
    let letters: Vec<char> = ('A'..='Z').take(requests).collect();
    let others = || letters[1..].iter().flat_map(|&letter| repeat_n(letter, steps));
    let waits = (1..steps).map(|before| {
        let own = |steps| repeat_n('A', steps);
        own(before).chain(others()).chain(own(steps - before)).collect::<String>()
    });
    let begins = || letters.iter().copied();
    let forwards = begins().chain(letters.iter().flat_map(|&letter| repeat_n(letter, steps - 1)));
    let backwards =
        begins().chain(letters.iter().rev().flat_map(|&letter| repeat_n(letter, steps - 1)));
    waits.chain([forwards.collect(), backwards.collect()]).map(parse).collect()
}

/// Replays the word that these choices make, so that a search by random numbers searches words.
///
/// Each choice selects the request that makes the next step. Requests are numbered from 0 in the
/// order in which they begin. The request of `given_up` stops after the number of steps that stands
/// beside it, and the photo of the request `damaged` is damaged. At the end all others finish. A
/// word with more requests in flight than `S::MAX_IN_FLIGHT` is not replayed.
///
/// # Errors
/// Returns a [`Counterexample`] if the replay does.
pub fn replay_choices<S: SystemUnderTest>(
    choices: &[usize],
    given_up: Option<(usize, usize)>,
    damaged: Option<usize>,
) -> Result<(), Counterexample> {
    let steps = bands::<S>().get() as usize + 2;
    let word = chosen_word(choices, given_up, steps);
    let Some(word) = word.filter(|word| in_flight(word) <= S::MAX_IN_FLIGHT) else {
        return Ok(());
    };
    let damaged = damaged.filter(|&request| request < word.requests());
    let damaged = damaged.map(|request| word.letter(request).to_string()).unwrap_or_default();
    replay_word::<S>(&word, &damaged, true).map_err(Counterexample::with_replay::<S>)
}

/// Builds the word of [`replay_choices`], or `None` for no choices.
fn chosen_word(
    choices: &[usize],
    given_up: Option<(usize, usize)>,
    steps: usize,
) -> Option<Schedule> {
    let mut begun: Vec<usize> = Vec::new();
    let mut left: Vec<usize> = Vec::new();
    let mut letters = String::new();
    let letter = |request: usize| char::from(b'A' + request as u8);
    for choice in choices.iter().map(|choice| choice % MAX_REQUESTS) {
        let request = begun.iter().position(|other| *other == choice).unwrap_or_else(|| {
            let kept = given_up.filter(|(request, _)| *request == begun.len());
            left.push(kept.map_or(steps, |(_, kept)| kept.clamp(1, steps)));
            begun.push(choice);
            begun.len() - 1
        });
        if left[request] > 0 {
            left[request] -= 1;
            letters.push(letter(request));
        }
    }
    for (request, left) in left.into_iter().enumerate() {
        letters.extend(repeat_n(letter(request), left));
    }
    (!letters.is_empty()).then(|| parse(letters))
}

fn parse(letters: String) -> Schedule {
    letters.parse().expect("letters A to Z, fewer than the bound of a word")
}

/// Checks that the system is a ring of `slots` shared buffers to the letter: in all words of two
/// requests, and of three if they are few, the lap law predicts the owner of every band.
///
/// The law applies to a system that shares its buffers. No repair follows it.
///
/// # Errors
/// Returns a sentence with the first word in which the owners differ from the prediction.
pub fn lap_law<S: SystemUnderTest>(slots: NonZeroUsize) -> Result<(), String> {
    let bands = bands::<S>();
    let sizes = [2, 3].into_iter().filter(|&requests| {
        count(requests, bands).is_some_and(|words| words <= MAX_EXHAUSTIVE_WORDS)
    });
    let words = sizes.flat_map(|requests| schedules(requests, bands).ok()).flatten();
    for word in words.filter(|word| in_flight(word) <= S::MAX_IN_FLIGHT) {
        let predicted = predict(&word, bands, slots);
        let shown = owners::<S>(&word).map_err(|panic| format!("{word} panics: {panic}"))?;
        if shown != predicted {
            return Err(format!(
                "{word} shows {shown:?}, and the lap law predicts {predicted:?} for {slots} slots"
            ));
        }
    }
    Ok(())
}

/// Explains a mix-up as a ring of shared buffers, if the system is one.
fn lap_law_hint<S: SystemUnderTest>() -> String {
    let slots = (1..=2).filter_map(NonZeroUsize::new).find(|&slots| lap_law::<S>(slots).is_ok());
    slots.map_or_else(String::new, |slots| {
        format!(
            "\nall words follow the lap law of a ring with slots: {slots}. A request keeps an \
             index, or another claim, where it should keep its own buffer"
        )
    })
}
