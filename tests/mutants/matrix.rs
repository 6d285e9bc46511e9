//! Who caught which mutant: the verdicts side by side.
//!
//! Plain threads stand in the table and count for nothing: what they find is luck.

use std::fmt::Write;

use crate::ending::{Ending, Finding};
use crate::list::Mutant;

type Endings = Vec<(&'static str, Ending<String>)>;

/// How each search of each pipeline ended.
pub(crate) struct Matrix {
    words: Endings,
    loom: Endings,
    shuttle: Endings,
    stress: Endings,
}

/// A mutant with the verdicts on it.
pub(crate) struct Row {
    mutant: Mutant<'static>,
    /// Of words, loom, shuttle and plain threads; none of what does not compile.
    endings: Option<[Ending<String>; 4]>,
}

impl Matrix {
    pub(crate) fn new(words: Endings, loom: Endings, shuttle: Endings, stress: Endings) -> Self {
        Self { words, loom, shuttle, stress }
    }

    /// # Panics
    /// If the mutant compiles, and is not among those that were tried: its text no longer fits.
    pub(crate) fn row(&self, mutant: Mutant<'static>) -> Row {
        let of = |endings: &Endings| {
            let found = endings.iter().find(|(name, _)| *name == mutant.name);
            let (_, ending) = found.unwrap_or_else(|| panic!("{} no longer fits", mutant.name));
            ending.clone()
        };
        let all = || [of(&self.words), of(&self.loom), of(&self.shuttle), of(&self.stress)];
        let endings = mutant.refused.is_none().then(all);
        Row { mutant, endings }
    }
}

impl Row {
    pub(crate) fn name(&self) -> &'static str {
        self.mutant.name
    }

    /// Whether a checker whose verdict is no luck found something. That the compiler refuses what
    /// the list says it does is a test of its own.
    pub(crate) fn caught(&self) -> bool {
        let found = |ending: &Ending<String>| matches!(ending, Ending::Found { .. });
        self.endings
            .as_ref()
            .is_none_or(|[words, loom, shuttle, _]| [words, loom, shuttle].into_iter().any(found))
    }

    /// Whether words and loom are through with it, and nobody found anything.
    pub(crate) fn clean(&self) -> bool {
        matches!(
            self.endings,
            Some([
                Ending::Exhausted { .. },
                Ending::Exhausted { .. },
                Ending::Capped { .. },
                Ending::Capped { .. },
            ])
        )
    }

    fn cells(&self) -> [String; 7] {
        let name = self.mutant.name.replace('_', " ");
        let file = self.mutant.file.trim_end_matches(".rs").to_owned();
        let breaks = self.mutant.breaks.to_owned();
        let [words, loom, shuttle, stress] = match &self.endings {
            Some(endings) => endings.each_ref().map(|ending| match ending {
                Ending::Capped { executions } => format!("CAPPED {executions}"),
                other => other.to_string(),
            }),
            None => [const { String::new() }; 4].map(|_| "–".to_owned()),
        };
        let rustc = self.mutant.refused.map_or("accepts", |error| error).to_owned();
        let name = format!("{file}: {name}");
        [name, breaks, rustc, words, loom, shuttle, stress]
    }
}

/// The matrix, as a table that Markdown shows too.
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

/// What the first checker that found something in a mutant saw.
pub(crate) fn findings(rows: &[Row]) -> String {
    let mut text = String::new();
    for row in rows {
        let endings = row.endings.iter().flatten();
        let first = endings.zip(["words", "loom", "shuttle", "plain threads"]).find_map(
            |(ending, checker)| match ending {
                Ending::Found { finding: Finding::Fault(saw) | Finding::Panic(saw), .. } => {
                    Some((checker, saw))
                }
                _ => None,
            },
        );
        if let Some((checker, saw)) = first {
            let _ = writeln!(text, "{}, {checker}: {saw}", row.name());
        }
    }
    text
}
