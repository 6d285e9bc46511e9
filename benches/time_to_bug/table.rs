//! The searches of one tool at one size, as a line of a table.
//!
//! A search that found nothing counts as worse than any that did, so that a median says what half
//! of all searches come to, and not half of the lucky ones.

use std::fmt;
use std::time::Duration;

use crate::search::{Searched, Size, Tool};

/// All searches of a tool at a size, each up to the cap.
pub(crate) struct Line {
    pub(crate) size: Size,
    pub(crate) tool: Tool,
    pub(crate) cap: usize,
    pub(crate) searched: Vec<Searched>,
}

/// Prints the head of the table, in Markdown.
pub(crate) fn head() {
    println!(
        "| {:<4} | {:<17} | {:>9} | {:>9} | {:>11} | {:>11} | {:>13} |",
        "size", "tool", "median @", "worst @", "median time", "worst time", "found nothing"
    );
    let rule = |width: usize| "-".repeat(width);
    let columns = [6, 19, 11, 11, 13, 13, 15].map(rule);
    println!("|{}|", columns.join("|"));
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Size { requests, slots, .. } = self.size;
        write!(f, "| {:<4} | {:<17} | ", format!("{requests}/{slots}"), self.tool)?;
        if self.searched.iter().any(|searched| matches!(searched, Searched::Unable)) {
            let no = "n/a";
            return write!(f, "{no:>9} | {no:>9} | {no:>11} | {no:>11} | {no:>13} |");
        }
        let mut found: Vec<(usize, Duration)> = self.searched.iter().filter_map(at).collect();
        let all = self.searched.len();
        let missed = all - found.len();
        found.sort_unstable();
        let executions = |rank: usize| match found.get(rank) {
            Some((at, _)) => at.to_string(),
            None => format!("> {}", self.cap),
        };
        let mut times: Vec<Duration> = found.iter().map(|(_, time)| *time).collect();
        times.sort_unstable();
        let time = |rank: usize| match times.get(rank) {
            Some(time) => format!("{:.2} ms", time.as_secs_f64() * 1e3),
            None => "–".to_owned(),
        };
        let (median, worst) = ((all - 1) / 2, all - 1);
        write!(f, "{:>9} | {:>9} | ", executions(median), executions(worst))?;
        write!(f, "{:>11} | {:>11} | ", time(median), time(worst))?;
        write!(f, "{:>13} |", format!("{} %", missed * 100 / all))
    }
}

fn at(searched: &Searched) -> Option<(usize, Duration)> {
    match searched {
        Searched::Found(at, time) => Some((*at, *time)),
        Searched::Missed | Searched::Unable => None,
    }
}
