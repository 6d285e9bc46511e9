//! Compares a learner's guesses about repairs with what an exploration finds.

use crate::words::Outcome;

/// Guesses whether a repair holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guess {
    /// The learner has not guessed yet.
    Unsure,
    /// No word mixes the data of two users.
    Holds,
    /// A word does.
    Fails,
}

/// Compares guesses with the outcomes of the repairs, each with its description, and prints both.
///
/// # Panics
/// Panics if a guess is missing or wrong. A missing guess is reported before any outcome is shown.
pub fn compare(repairs: [(&str, Outcome); 3], guesses: [Guess; 3]) {
    assert!(!guesses.contains(&Guess::Unsure), "guess first: write Holds or Fails into GUESSES");
    let mut wrong = Vec::new();
    for ((repair, outcome), guess) in repairs.into_iter().zip(guesses) {
        let holds = matches!(outcome, Outcome::Exhausted { .. });
        let right = holds == (guess == Guess::Holds);
        let line = format!("{repair}\n    your guess: {guess:?}, found: {outcome}");
        println!("{line}");
        wrong.extend((!right).then_some(line));
    }
    assert!(wrong.is_empty(), "{} of 3 guesses are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
