//! `replay --all`: the table of outcomes over all words of a size, counted by the lap law, and
//! every word played on the shipped pipelines.

use std::error::Error;
use std::fmt::Write;
use std::num::{NonZeroU32, NonZeroUsize};

use serde::Serialize;

use super::super::interrupt::Interrupt;
use super::super::output::{eprint, print, print_json};
use super::super::{Exit, OutputArgs};
use crate::output::progress::Progress;
use crate::output::terminal::{self, GREEN, PLAIN, RED, many, percent, wrap};
use crate::schedule::{
    Outcome, Outcomes, Owners, Schedule, countable, outcomes, predict, replay_all,
};

const OUTCOMES: [Outcome; 3] = [Outcome::Clean, Outcome::Torn, Outcome::Swapped];

/// The document of `replay --all --json`.
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    requests: usize,
    bands: u32,
    slots: usize,
    words: u64,
    words_mixed: u64,
    thumbnails: u64,
    clean: u64,
    torn: u64,
    swapped: u64,
    outcomes: Vec<Row>,
    played: Played,
}

/// One outcome of a thumbnail.
#[derive(Serialize)]
struct Row {
    outcome: &'static str,
    thumbnails: u64,
    /// The alphabetically first word with such a thumbnail.
    example: Option<String>,
    shared: &'static str,
    owned: &'static str,
    pooled: &'static str,
}

/// Words whose every thumbnail came out as it must when the shipped pipelines played them: on
/// `shared` as the law says, on the others only its owner's.
#[derive(Clone, Copy, Default, Serialize)]
struct Played {
    shared: u64,
    owned: u64,
    pooled: u64,
}

/// Counts all words of a size and prints the table.
///
/// # Errors
/// If there are too many words.
pub(super) fn count(
    requests: usize,
    bands: NonZeroU32,
    slots: NonZeroUsize,
    voice: OutputArgs,
) -> Result<Exit, Box<dyn Error>> {
    let words = countable(requests, bands)?;
    let interrupt = Interrupt::listen();
    let progress = Progress::counting(voice.quiet, "words", words);
    // A walked word stands for all its renamings, which play alike to the letter.
    let names: u64 = (1..=requests as u64).product();
    let mut played = Played::default();
    let mut walked = 0;
    let counted = outcomes(requests, bands, slots, |word, _| {
        played.add(names, word, bands, slots);
        walked += names;
        if walked % (1 << 12) < names {
            progress.set(walked);
        }
        !interrupt.heard()
    })?;
    drop(progress);
    if counted.words < words {
        eprint(&format!("interrupted after {} of {words} words\n", counted.words));
        return Ok(Exit::Interrupted);
    }
    let told = Document::new((requests, bands, slots), &counted, played);
    if voice.json {
        print_json(&told);
    } else {
        print(&told.table(terminal::width()));
    }
    Ok(if told.as_promised() { Exit::Held } else { Exit::Mixed })
}

impl Played {
    fn add(&mut self, names: u64, word: &Schedule, bands: NonZeroU32, slots: NonZeroUsize) {
        let shipped = replay_all(word, bands, slots);
        let own = |owners: &[Owners]| {
            let mut numbered = owners.iter().enumerate();
            numbered.all(|(number, owners)| {
                owners.as_ref().is_some_and(|all| {
                    all.len() == bands.get() as usize && all.iter().all(|&owner| owner == number)
                })
            })
        };
        self.shared += names * u64::from(shipped.shared == predict(word, bands, slots));
        self.owned += names * u64::from(own(&shipped.owned));
        self.pooled += names * u64::from(own(&shipped.pooled));
    }
}

impl Document {
    fn new(
        (requests, bands, slots): (usize, NonZeroU32, NonZeroUsize),
        counted: &Outcomes,
        played: Played,
    ) -> Self {
        let [clean, torn, swapped] = counted.thumbnails;
        let row = |outcome: Outcome| {
            let thumbnails = counted.thumbnails[outcome as usize];
            let expected = |it: bool| if it { "expected" } else { "forbidden" };
            Row {
                outcome: terminal::outcome(outcome),
                thumbnails,
                example: counted.examples[outcome as usize].as_ref().map(Schedule::to_string),
                shared: expected(thumbnails > 0),
                owned: expected(!outcome.mixed()),
                pooled: expected(!outcome.mixed()),
            }
        };
        Self {
            schema: "double-exposure/outcomes/1",
            requests,
            bands: bands.get(),
            slots: slots.get(),
            words: counted.words,
            words_mixed: counted.words_mixed,
            thumbnails: clean + torn + swapped,
            clean,
            torn,
            swapped,
            outcomes: OUTCOMES.map(row).into(),
            played,
        }
    }

    fn as_promised(&self) -> bool {
        [self.played.shared, self.played.owned, self.played.pooled] == [self.words; 3]
    }

    /// The thumbnails of an outcome as a share of all.
    fn share(&self, row: &Row) -> String {
        percent(row.thumbnails as f64 / self.thumbnails as f64)
    }

    fn row(&self, row: &Row) -> String {
        let Row { outcome, thumbnails, shared, owned, pooled, .. } = row;
        let (share, example) = (self.share(row), example(row));
        format!(
            "{outcome:<7}  {thumbnails:>10}  {share:>8}  {shared:<9}  {owned:<9}  {pooled:<9}  \
             {example}"
        )
    }

    fn table(&self, width: usize) -> String {
        let size = format!(
            "{} · {} · {}: {}, {}",
            many(self.requests, "request"),
            many(self.bands, "band"),
            many(self.slots, "slot"),
            many(self.words, "word"),
            many(self.thumbnails, "thumbnail")
        );
        let mut text = wrap(&size, width.max(40)).join("\n") + "\n\n";
        let rows: Vec<String> = self.outcomes.iter().map(|row| self.row(row)).collect();
        if rows.iter().all(|row| row.chars().count() <= width) {
            text += "outcome  thumbnails     share  shared     owned      pooled     example\n";
            for (row, counted) in rows.iter().zip(&self.outcomes) {
                let (outcome, rest) = row.split_at(counted.outcome.len());
                let _ = writeln!(text, "{}{outcome}{PLAIN}{rest}", dye(counted));
            }
        } else {
            for row in &self.outcomes {
                let share = self.share(row);
                let _ = writeln!(
                    text,
                    "{}{}{PLAIN}: {}, {share}",
                    dye(row),
                    row.outcome,
                    row.thumbnails
                );
                let told = format!(
                    "shared {}, owned {}, pooled {}; example: {}",
                    row.shared,
                    row.owned,
                    row.pooled,
                    example(row)
                );
                for line in wrap(&told, width.max(40) - 2) {
                    let _ = writeln!(text, "  {line}");
                }
            }
        }
        let share = percent(self.words_mixed as f64 / self.words as f64);
        let Played { shared, owned, pooled } = self.played;
        let words = self.words;
        let told = [
            format!("{} of {words} words mix somebody on shared: {share}.", self.words_mixed),
            format!(
                "Played on the shipped pipelines: shared did what the lap law says in {shared} \
                 of {words} words; only owners' rows on owned in {owned}, on pooled in {pooled}."
            ),
        ];
        text.push('\n');
        for line in told.iter().flat_map(|told| wrap(told, width.max(40))) {
            let _ = writeln!(text, "{line}");
        }
        if !self.as_promised() {
            let _ = writeln!(text, "{RED}A promise is broken.{PLAIN}");
        }
        text
    }
}

fn dye(row: &Row) -> &'static str {
    if row.outcome == "clean" { GREEN } else { RED }
}

fn example(row: &Row) -> &str {
    row.example.as_deref().unwrap_or("none")
}
