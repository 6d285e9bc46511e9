//! Formats text for a terminal: its width, colours, line breaks, numbers and outcomes.

use std::fmt::Display;

use console::Term;

use crate::schedule::Outcome;

/// ANSI sequence for bold red.
pub(crate) const RED: &str = "\x1b[1;31m";
/// ANSI sequence for yellow.
pub(crate) const YELLOW: &str = "\x1b[33m";
/// ANSI sequence for green.
pub(crate) const GREEN: &str = "\x1b[32m";
/// ANSI sequence that ends a colour.
pub(crate) const PLAIN: &str = "\x1b[0m";

/// Columns of a line if neither `COLUMNS` nor a terminal states them.
const DEFAULT_WIDTH: usize = 80;

/// Smallest width for which text is laid out. A narrower terminal breaks the lines itself.
const MIN_WIDTH: usize = 40;

/// Returns the columns of standard output, at least 40: the value of `COLUMNS`, else the
/// terminal's, else 80.
pub(crate) fn width() -> usize {
    let stated = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let terminal = || Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
    let width = stated.or_else(terminal).filter(|&columns| columns > 0);
    width.unwrap_or(DEFAULT_WIDTH).max(MIN_WIDTH)
}

/// Returns the name of an outcome: clean (no rows of another photo), torn (some) or swapped (all).
pub(crate) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Clean => "clean",
        Outcome::Torn => "torn",
        Outcome::Swapped => "swapped",
    }
}

/// Returns the ANSI sequence for an outcome: red if the thumbnail is mixed, else green.
pub(crate) fn colour(outcome: Outcome) -> &'static str {
    if outcome.mixed() { RED } else { GREEN }
}

/// Returns a number with a comma between groups of three digits, such as `1,234,567` or `-1,000.5`.
/// People read such numbers; JSON and numbers that only identify something stay as they are.
pub(crate) fn grouped(number: impl Display) -> String {
    let text = number.to_string();
    let start = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
    let (sign, rest) = text.split_at(start);
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, fraction) = rest.split_at(end);
    let mut grouped = sign.to_owned();
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + fraction
}

/// Returns a [grouped] number with its noun, such as `1 slot` or `2,000 slots`; `one` is the
/// singular.
pub(crate) fn many(number: impl Display, one: &str) -> String {
    let number = grouped(number);
    if number == "1" { format!("1 {one}") } else { format!("{number} {one}s") }
}

/// Lays out the cells of a table: the first column to the left, the others to the right, two blanks
/// apart.
pub(crate) struct Columns<'l> {
    /// Columns that are shown, by their index.
    pub(crate) shown: &'l [usize],
    /// Width of each column, in characters.
    widths: Vec<usize>,
}

impl<'l> Columns<'l> {
    /// Measures the rows, and selects the first of `layouts` that fits into `width` columns of the
    /// terminal, or else the last one. A layout lists the columns that it shows.
    pub(crate) fn fitting<const N: usize>(
        rows: &[[String; N]],
        layouts: &[&'l [usize]],
        width: usize,
    ) -> Self {
        let widest = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
        let widths: Vec<usize> = (0..N).map(|column| widest(column).unwrap_or(0)).collect();
        let total = |layout: &[usize]| layout.iter().map(|&column| widths[column] + 2).sum();
        let fits = |layout: &&&[usize]| width + 2 >= total(layout);
        let shown = layouts.iter().find(fits).or(layouts.last()).copied().unwrap_or_default();
        Self { shown, widths }
    }

    /// Returns a row as a line. `paint` returns the ANSI sequence of a column's cell.
    pub(crate) fn line<const N: usize>(
        &self,
        row: &[String; N],
        paint: impl Fn(usize) -> &'static str,
    ) -> String {
        let cell = |&column: &usize| {
            let (text, width, colour) = (&row[column], self.widths[column], paint(column));
            let plain = if colour.is_empty() { "" } else { PLAIN };
            if column == self.shown[0] {
                format!("{colour}{text:<width$}{plain}")
            } else {
                format!("{colour}{text:>width$}{plain}")
            }
        };
        self.shown.iter().map(cell).collect::<Vec<_>>().join("  ") + "\n"
    }
}

/// Breaks a text at its spaces into lines of at most `width` columns; a longer word gets a line of
/// its own.
pub(crate) fn wrap(text: &str, width: usize) -> String {
    let (mut wrapped, mut columns) = (String::new(), 0);
    for word in text.split_whitespace() {
        let length = word.chars().count();
        let fits = columns + 1 + length <= width;
        if !wrapped.is_empty() {
            wrapped.push(if fits { ' ' } else { '\n' });
        }
        columns = if fits && !wrapped.is_empty() { columns + 1 + length } else { length };
        wrapped.push_str(word);
    }
    wrapped
}

/// Returns a share in percent with one decimal; `< 0.1 %` and `> 99.9 %` in place of a rounded 0 or
/// 100.
pub(crate) fn percent(share: f64) -> String {
    match share * 100.0 {
        none if none > 0.0 && none < 0.1 => "< 0.1 %".into(),
        all if all < 100.0 && all > 99.9 => "> 99.9 %".into(),
        some => format!("{some:.1} %"),
    }
}

/// Returns a text with `?` in place of control characters, which a terminal would obey.
pub(crate) fn plain(text: &str) -> String {
    text.trim_end().chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::{grouped, many};

    #[test]
    fn digits_before_the_decimal_point_are_grouped_by_three() {
        for (number, expected) in [
            ("0", "0"),
            ("999", "999"),
            ("1000", "1,000"),
            ("12345", "12,345"),
            ("123456", "123,456"),
            ("1234567", "1,234,567"),
            ("1234.5678", "1,234.5678"),
            ("-1000", "-1,000"),
            ("+14 %", "+14 %"),
            ("no number", "no number"),
        ] {
            assert_eq!(grouped(number), expected);
        }
        assert_eq!([many(1, "slot"), many(2_000, "slot")], ["1 slot", "2,000 slots"]);
    }
}
