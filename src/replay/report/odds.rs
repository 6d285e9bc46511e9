//! Reports after each step of a word (a schedule written as letters) how many of the orders that
//! can follow end mixed.
//!
//! The counts are of orders, and never of chances: a scheduler does not choose all orders equally
//! often.

use std::fmt::Write;
use std::num::{NonZeroU32, NonZeroUsize};

use serde::Serialize;

use crate::output::terminal::{GREEN, PLAIN, RED, grouped, many, percent, wrap};
use crate::schedule::{Odds, OddsError, Schedule, odds};

/// Holds the document of `replay --odds --json`, which names prefixes by their length.
#[derive(Serialize)]
pub(crate) struct OddsDocument {
    schema: &'static str,
    word: String,
    bands: u32,
    slots: usize,
    /// Length of the shortest prefix of whose continuations at least half end mixed.
    half_after: Option<usize>,
    /// Length of the shortest prefix of whose continuations all end mixed.
    inevitable_after: Option<usize>,
    prefixes: Vec<Prefix>,
}

/// Holds the odds after some of the word's letters.
#[derive(Serialize)]
struct Prefix {
    letters: usize,
    letter: Option<char>,
    /// Number of mixed continuations in decimal digits, of any length.
    mixed: String,
    /// Number of continuations in decimal digits, of any length.
    continuations: String,
    share: f64,
}

/// Columns of the step, the letter and the share, with the blanks after them.
const FIXED: usize = 6 + 3 + 10;
/// Upper bound of the columns of a bar.
const MAX_BAR: usize = 25;
/// Upper bound of the columns of the two counts. Only the JSON document has longer counts.
const MAX_COUNTS: usize = 30;

impl OddsDocument {
    /// Computes the odds before the first letter and after each letter.
    ///
    /// # Errors
    /// Returns [`OddsError`] if counting would take too long.
    pub(crate) fn new(
        word: &Schedule,
        bands: NonZeroU32,
        slots: NonZeroUsize,
    ) -> Result<Self, OddsError> {
        let odds = odds(word, bands, slots)?;
        let letters: Vec<char> = word.to_string().chars().collect();
        let prefix = |(length, odds): (usize, &Odds)| Prefix {
            letters: length,
            letter: length.checked_sub(1).map(|last| letters[last]),
            mixed: odds.mixed.to_string(),
            continuations: odds.all.to_string(),
            share: odds.share(),
        };
        Ok(Self {
            schema: "double-exposure/odds/1",
            word: word.to_string(),
            bands: bands.get(),
            slots: slots.get(),
            half_after: odds.iter().position(Odds::at_least_half),
            inevitable_after: odds.iter().position(Odds::inevitable),
            prefixes: odds.iter().enumerate().map(prefix).collect(),
        })
    }

    /// Formats the odds as a bar chart with ANSI colour, in lines of at most `width` columns, where
    /// `width` is at least 40.
    pub(crate) fn chart(&self, width: usize) -> String {
        let facts = format!(
            "{} · shared, {} · {}",
            self.word,
            many(self.slots, "slot"),
            many(self.bands, "band")
        );
        let head = "Of the orders that can follow each step, those that end with a mixed \
                    thumbnail. These are counts of orders, not chances: a scheduler does not \
                    choose all orders equally often.";
        let mut text = wrap(&facts, width) + "\n" + &wrap(head, width);
        text += "\n\n";
        let counts = |prefix: &Prefix| {
            format!("{} of {}", grouped(&prefix.mixed), grouped(&prefix.continuations))
        };
        let longest = self.prefixes.iter().map(|prefix| counts(prefix).len()).max().unwrap_or(0);
        let longest = if longest > MAX_COUNTS { 0 } else { longest + 2 };
        let bar = MAX_BAR.min(width - FIXED - longest);
        text += "step\n";
        for prefix in &self.prefixes {
            let filled = (prefix.share * bar as f64).floor() as usize;
            let colour = match prefix.share {
                1.0 => RED,
                0.0 => GREEN,
                _ => PLAIN,
            };
            let counts = if longest > 0 { counts(prefix) } else { String::new() };
            let row = format!(
                "{:>4}  {}  {colour}{:>8}  {:<bar$}{PLAIN}  {counts}",
                prefix.letters,
                prefix.letter.unwrap_or(' '),
                percent(prefix.share),
                "#".repeat(filled) + &"-".repeat(bar - filled),
            );
            let _ = writeln!(text, "{}", row.trim_end());
        }
        text.push('\n');
        let half = self.sentence("at least half of the orders", self.half_after);
        let mut all = self.sentence("all orders", self.inevitable_after);
        if self.inevitable_after.is_some_and(|step| step > 0) {
            all += " Before this step every request could still make its bands in time.";
        }
        text + &wrap(&half, width) + "\n" + &wrap(&all, width) + "\n"
    }

    /// Tells from which step on these orders, among those that can follow, end mixed.
    fn sentence(&self, orders: &str, after: Option<usize>) -> String {
        match after {
            None => format!("After no step do {orders} that can follow end mixed."),
            Some(0) => format!("Before the first step, {orders} that can follow end mixed."),
            Some(step) => {
                let letter = self.prefixes[step].letter.unwrap_or(' ');
                format!("From step {step} on, by {letter}, {orders} that can follow end mixed.")
            }
        }
    }
}
