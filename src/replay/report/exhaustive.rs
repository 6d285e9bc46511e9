//! Prints the exact table of outcomes over all words (schedules written as letters) of a size.

use std::fmt::Write;

use crate::output::terminal::{GREEN, PLAIN, RED, grouped, many, percent, wrap};
use crate::replay::exhaustive::{ExhaustiveCount, OutcomeRow, ReplayedWords};

impl ExhaustiveCount {
    /// Formats the table with ANSI colour, in lines of at most `width` columns, where
    /// `width` is at least 40.
    pub(crate) fn table(&self, width: usize) -> String {
        let size = format!(
            "{} · {} · {}: {}, {}",
            many(self.requests, "request"),
            many(self.bands, "band"),
            many(self.slots, "slot"),
            many(self.words, "word"),
            many(self.thumbnails, "thumbnail")
        );
        let mut text = wrap(&size, width) + "\n\n";
        let rows: Vec<String> = self.outcomes.iter().map(|row| self.row(row)).collect();
        if rows.iter().all(|row| row.chars().count() <= width) {
            text += "outcome  thumbnails     share  shared     owned      pooled     example\n";
            for (line, row) in rows.iter().zip(&self.outcomes) {
                let (outcome, rest) = line.split_at(row.outcome.len());
                let _ = writeln!(text, "{}{outcome}{PLAIN}{rest}", colour(row));
            }
        } else {
            self.narrow_rows(&mut text, width);
        }
        let share = percent(self.words_mixed as f64 / self.words as f64);
        let ReplayedWords { shared, owned, pooled } = self.as_expected;
        let [words, mixed, shared, owned, pooled] =
            [self.words, self.words_mixed, shared, owned, pooled].map(grouped);
        let sentences = [
            format!(
                "{mixed} of {words} words mix photos on shared, which is {share} of the orders. \
                 This counts orders, not chances: a scheduler does not choose all orders equally \
                 often."
            ),
            format!(
                "Replayed on the shipped pipelines: shared does what the lap law predicts in \
                 {shared} of {words} words. All rows are their owner's on owned in {owned}, on \
                 pooled in {pooled}."
            ),
        ];
        text.push('\n');
        for sentence in sentences {
            let _ = writeln!(text, "{}", wrap(&sentence, width));
        }
        if !self.is_as_expected() {
            let _ = writeln!(text, "{RED}A promise is broken.{PLAIN}");
        }
        text
    }

    /// Formats a row as one line.
    fn row(&self, row: &OutcomeRow) -> String {
        let OutcomeRow { outcome, thumbnails, shared, owned, pooled, .. } = row;
        let (thumbnails, share, example) = (grouped(thumbnails), self.share(row), example(row));
        format!(
            "{outcome:<7}  {thumbnails:>10}  {share:>8}  {shared:<9}  {owned:<9}  {pooled:<9}  \
             {example}"
        )
    }

    /// Writes each row on several lines, for a terminal that is too narrow for the table.
    fn narrow_rows(&self, text: &mut String, width: usize) {
        for row in &self.outcomes {
            let OutcomeRow { outcome, thumbnails, shared, owned, pooled, .. } = row;
            let (colour, thumbnails, share) = (colour(row), grouped(thumbnails), self.share(row));
            let _ = writeln!(text, "{colour}{outcome}{PLAIN}: {thumbnails}, {share}");
            let verdicts = format!(
                "shared {shared}, owned {owned}, pooled {pooled}; example: {}",
                example(row)
            );
            for line in wrap(&verdicts, width - 2).lines() {
                let _ = writeln!(text, "  {line}");
            }
        }
    }

    /// Returns the thumbnails of an outcome as a share of all thumbnails.
    fn share(&self, row: &OutcomeRow) -> String {
        percent(row.thumbnails as f64 / self.thumbnails as f64)
    }
}

fn colour(row: &OutcomeRow) -> &'static str {
    if row.outcome == "clean" { GREEN } else { RED }
}

fn example(row: &OutcomeRow) -> &str {
    row.example.as_deref().unwrap_or("none")
}
