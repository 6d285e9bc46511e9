//! Prints the table of mutants and checkers, with the verdict of each checker.
//!
//! The table shows plain threads too, but their findings are luck and do not count.

use std::fmt::Write;

use crate::exploration::{Exploration, Finding};
use crate::list::Mutant;

/// Holds the exploration of each pipeline by one checker.
pub(crate) type Explorations = Vec<(&'static str, Exploration<String>)>;

/// Holds a mutant and its explorations.
pub(crate) struct Row {
    mutant: Mutant<'static>,
    /// Explorations by words, loom, shuttle and plain threads, or `None` if the mutant does not
    /// compile.
    explorations: Option<[Exploration<String>; 4]>,
}

impl Row {
    /// Collects the explorations of a mutant by words, loom, shuttle and plain threads.
    ///
    /// # Panics
    /// Panics if a mutant that should compile was not explored, because its text no longer fits.
    pub(crate) fn new(mutant: Mutant<'static>, checkers: &[Explorations; 4]) -> Self {
        let of = |explorations: &Explorations| {
            let found = explorations.iter().find(|(name, _)| *name == mutant.name);
            let (_, exploration) =
                found.unwrap_or_else(|| panic!("{} no longer fits", mutant.name));
            exploration.clone()
        };
        let explorations = mutant.rejected_with.is_none().then(|| checkers.each_ref().map(of));
        Self { mutant, explorations }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.mutant.name
    }

    /// Returns true if loom and shuttle both found something, far below their caps, or if the
    /// mutant does not compile. Another test checks the compiler's errors. Words miss mistakes
    /// inside a step, and the findings of plain threads are luck.
    pub(crate) fn is_caught(&self) -> bool {
        self.explorations
            .as_ref()
            .is_none_or(|[_, loom, shuttle, _]| loom.is_found() && shuttle.is_found())
    }

    /// Returns true if words and loom are exhausted and no checker found anything.
    pub(crate) fn is_clean(&self) -> bool {
        matches!(
            self.explorations,
            Some([
                Exploration::Exhausted { .. },
                Exploration::Exhausted { .. },
                Exploration::Capped { .. },
                Exploration::Capped { .. },
            ])
        )
    }

    fn cells(&self) -> [String; 7] {
        let name = self.mutant.name.replace('_', " ");
        let file = self.mutant.file.trim_end_matches(".rs").to_owned();
        let breaks = self.mutant.breaks.to_owned();
        let [words, loom, shuttle, stress] = match &self.explorations {
            Some(explorations) => explorations.each_ref().map(|exploration| match exploration {
                Exploration::Capped { executions } => format!("CAPPED {executions}"),
                other => format!("{other:#}"),
            }),
            None => [const { String::new() }; 4].map(|_| "–".to_owned()),
        };
        let rustc = self.mutant.rejected_with.map_or("accepts", |error| error).to_owned();
        let name = format!("{file}: {name}");
        [name, breaks, rustc, words, loom, shuttle, stress]
    }
}

/// Formats the matrix as a Markdown table.
pub(crate) fn table<'r>(rows: impl Iterator<Item = &'r Row>) -> String {
    let head = ["pipeline", "breaks", "rustc", "words", "loom", "shuttle", "plain threads"];
    let mut cells = vec![head.map(String::from)];
    cells.extend(rows.map(Row::cells));
    let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..head.len()).map(|column| width(column).unwrap_or(0)).collect();
    let mut table = String::new();
    for (line, row) in cells.iter().enumerate() {
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(table, "| {cell:<width$} ");
        }
        table.push_str("|\n");
        if line == 0 {
            for width in &widths {
                let _ = write!(table, "|{}", "-".repeat(width + 2));
            }
            table.push_str("|\n");
        }
    }
    table
}

/// Lists the finding of the first checker for each mutant.
pub(crate) fn findings(rows: &[Row]) -> String {
    let mut text = String::new();
    for row in rows {
        let explorations = row.explorations.iter().flatten();
        let first = explorations.zip(["words", "loom", "shuttle", "plain threads"]).find_map(
            |(exploration, checker)| match exploration {
                Exploration::Found {
                    finding: Finding::Fault(text) | Finding::Panic(text), ..
                } => Some((checker, text)),
                _ => None,
            },
        );
        if let Some((checker, message)) = first {
            let _ = writeln!(text, "{}, {checker}: {message}", row.name());
        }
    }
    text
}
