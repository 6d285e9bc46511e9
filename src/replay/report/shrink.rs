//! `replay --shrink`: the smallest word that ends in the same kind of outcome.

use std::error::Error;

use serde::Serialize;

use super::super::Exit;
use super::super::output::{print, print_json};
use super::Asked;
use crate::output::terminal::{self, PLAIN, many, wrap};
use crate::schedule::{Schedule, classify, minimal, switches};

/// The document of `replay --shrink --json`.
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    bands: u32,
    slots: usize,
    outcome: &'static str,
    given: Size,
    shrunk: Size,
}

/// A word, and how much a person must keep in mind of it.
#[derive(Serialize)]
struct Size {
    word: String,
    switches: usize,
    requests: usize,
    letters: usize,
}

/// There is no outcome to keep.
#[derive(Debug, thiserror::Error)]
#[error(
    "no request of {0} finishes, so it has no outcome to keep: with {1} each needs {2} letters"
)]
struct Unfinished(Schedule, String, u32);

/// Prints the smallest word that ends like the given one.
///
/// # Errors
/// If no request finishes.
pub(super) fn shrink(asked: &Asked) -> Result<Exit, Box<dyn Error>> {
    let Asked { word, bands, slots, voice } = asked;
    let unfinished = || Unfinished(word.clone(), many(bands, "band"), bands.get() + 2);
    let outcome = classify(word, *bands, *slots).ok_or_else(unfinished)?;
    let shrunk = minimal(outcome, *bands, *slots).expect("one word at least ends like this");
    let told = Document {
        schema: "double-exposure/shrink/1",
        bands: bands.get(),
        slots: slots.get(),
        outcome: terminal::outcome(outcome),
        given: Size::of(word),
        shrunk: Size::of(&shrunk),
    };
    if voice.json {
        print_json(&told);
    } else {
        let name = told.outcome;
        let colour = terminal::colour(outcome);
        let width = terminal::width().max(40);
        let (bands, slots) = (many(bands, "band"), many(slots, "slot"));
        let first = if outcome.mixed() { "the first mixed thumbnail" } else { "every thumbnail" };
        print(&format!("{}\n", told.shrunk.word));
        if !voice.quiet {
            let text = format!(
                "In {} ({}), with {bands} on {slots}, {first} is {name}. No word with fewer \
                 switches, then requests, then letters ends so; this one has {}. To lap somebody, \
                 a begin is enough: who only begins stays unfinished.",
                told.given.word,
                told.given.told(),
                told.shrunk.told()
            );
            let text = wrap(&text, width).join("\n");
            print(&format!("{colour}{name}{PLAIN}\n{text}\n"));
        }
    }
    Ok(Exit::Held)
}

impl Size {
    fn of(word: &Schedule) -> Self {
        let (switches, requests) = (switches(word), word.requests());
        Self { word: word.to_string(), switches, requests, letters: word.steps().count() }
    }

    fn told(&self) -> String {
        let switches = many(self.switches, "switch").replace("switchs", "switches");
        format!("{switches}, {}, {}", many(self.requests, "request"), many(self.letters, "letter"))
    }
}
