//! How wide the paper is, and the words and colours that all tables here share.

use console::Term;

use crate::schedule::Outcome;

pub(crate) const RED: &str = "\x1b[1;31m";
pub(crate) const YELLOW: &str = "\x1b[33m";
pub(crate) const GREEN: &str = "\x1b[32m";
pub(crate) const PLAIN: &str = "\x1b[0m";

/// Columns where nothing says how many there are.
const USUAL: usize = 80;

/// The columns of standard output: what `COLUMNS` says, else the terminal, else 80.
pub(crate) fn width() -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let terminal = || Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
    said.or_else(terminal).filter(|&columns| columns > 0).unwrap_or(USUAL)
}

/// An outcome in one word.
pub(crate) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Clean => "clean",
        Outcome::Torn => "torn",
        Outcome::Swapped => "swapped",
    }
}

pub(crate) fn colour(outcome: Outcome) -> &'static str {
    if outcome.mixed() { RED } else { GREEN }
}

/// Such as `1 slot` or `2 slots`.
pub(crate) fn many(number: impl std::fmt::Display, one: &str) -> String {
    let number = number.to_string();
    if number == "1" { format!("1 {one}") } else { format!("{number} {one}s") }
}

/// Breaks a text at its blanks into lines of at most `width` columns, if its words let it.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A share in percent, to one decimal; nearly none and nearly all are not rounded to it.
pub(crate) fn percent(share: f64) -> String {
    match share * 100.0 {
        none if none > 0.0 && none < 0.1 => "< 0.1 %".into(),
        all if all < 100.0 && all > 99.9 => "> 99.9 %".into(),
        some => format!("{some:.1} %"),
    }
}

/// A name or a line without what a terminal would obey.
pub(crate) fn plain(text: &str) -> String {
    text.trim_end().chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}
