//! `replay --odds`: after each step, the share of continuations that end mixed.

use std::error::Error;
use std::fmt::Write;

use serde::Serialize;

use super::super::Exit;
use super::super::output::{print, print_json};
use super::Asked;
use crate::output::terminal::{self, GREEN, PLAIN, RED, many, percent, wrap};
use crate::schedule::{Odds, odds};

/// The document of `replay --odds --json`. Prefixes are given by their length.
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    word: String,
    bands: u32,
    slots: usize,
    /// The shortest prefix of whose continuations at least half end mixed.
    likely_after: Option<usize>,
    /// The shortest prefix of whose continuations all end mixed.
    inevitable_after: Option<usize>,
    prefixes: Vec<Prefix>,
}

/// The odds after some of the word's letters.
#[derive(Serialize)]
struct Prefix {
    letters: usize,
    letter: Option<char>,
    /// Whole numbers of any size, in decimal digits.
    mixed: String,
    continuations: String,
    share: f64,
}

/// Prints the odds before the first letter and after each.
///
/// # Errors
/// If counting would take too long.
pub(super) fn weigh(asked: &Asked) -> Result<Exit, Box<dyn Error>> {
    let Asked { word, bands, slots, voice } = asked;
    let odds = odds(word, *bands, *slots)?;
    let letters: Vec<char> = word.to_string().chars().collect();
    let prefix = |(length, odds): (usize, &Odds)| Prefix {
        letters: length,
        letter: length.checked_sub(1).map(|last| letters[last]),
        mixed: odds.mixed.to_string(),
        continuations: odds.all.to_string(),
        share: odds.share(),
    };
    let told = Document {
        schema: "double-exposure/odds/1",
        word: word.to_string(),
        bands: bands.get(),
        slots: slots.get(),
        likely_after: odds.iter().position(Odds::likely),
        inevitable_after: odds.iter().position(Odds::inevitable),
        prefixes: odds.iter().enumerate().map(prefix).collect(),
    };
    if voice.json {
        print_json(&told);
    } else {
        print(&told.chart(terminal::width().max(40)));
    }
    Ok(Exit::Held)
}

/// Columns of the step, the letter and the share, with the blanks behind them.
const FIXED: usize = 6 + 3 + 10;
/// Columns of a bar, at most.
const BAR: usize = 25;
/// Columns of the two counts, at most; longer ones stand in the document only.
const COUNTS: usize = 23;

impl Document {
    fn chart(&self, width: usize) -> String {
        let facts = format!(
            "{} · shared, {} · {}",
            self.word,
            many(self.slots, "slot"),
            many(self.bands, "band")
        );
        let told = "Of all ways to go on after each step, so many end with somebody mixed:";
        let mut text = wrap(&facts, width).join("\n") + "\n" + &wrap(told, width).join("\n");
        text += "\n\n";
        let counts = |prefix: &Prefix| format!("{} of {}", prefix.mixed, prefix.continuations);
        let longest = self.prefixes.iter().map(|prefix| counts(prefix).len()).max().unwrap_or(0);
        let longest = if longest > COUNTS { 0 } else { longest + 2 };
        let bar = BAR.min(width - FIXED - longest);
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
        for told in [self.told("likely", self.likely_after), self.told_inevitable()] {
            let _ = writeln!(text, "{}", wrap(&told, width).join("\n"));
        }
        text
    }

    fn told(&self, what: &str, after: Option<usize>) -> String {
        match after {
            None => format!("It never became {what}."),
            Some(0) => format!("It was {what} before the first step."),
            Some(step) => {
                let letter = self.prefixes[step].letter.unwrap_or(' ');
                format!("It became {what} at step {step}, by {letter}.")
            }
        }
    }

    fn told_inevitable(&self) -> String {
        let told = self.told("inevitable", self.inevitable_after);
        match self.inevitable_after {
            None | Some(0) => told,
            Some(_) => told + " Until then everybody could have made their bands in time.",
        }
    }
}
