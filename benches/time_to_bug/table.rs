//! Prints the searches of one tool at one size as a row of a table.
//!
//! A search that found nothing ranks after every search that found a mix. So the median describes
//! half of all searches, and not half of the successful ones.

use std::fmt;
use std::time::Duration;

use crate::search::{SearchResult, Size, Tool};

/// Holds all searches of a tool at a size, each up to the cap.
pub(crate) struct Line {
    pub(crate) size: Size,
    pub(crate) tool: Tool,
    pub(crate) cap: usize,
    pub(crate) searches: Vec<SearchResult>,
}

/// Prints the head of the Markdown table.
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
        if self.searches.iter().any(|result| matches!(result, SearchResult::Unable)) {
            let no = "n/a";
            return write!(f, "{no:>9} | {no:>9} | {no:>11} | {no:>11} | {no:>13} |");
        }
        let mut found: Vec<(usize, Duration)> = self.searches.iter().filter_map(at).collect();
        let all = self.searches.len();
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

fn at(result: &SearchResult) -> Option<(usize, Duration)> {
    match result {
        SearchResult::Found(at, time) => Some((*at, *time)),
        SearchResult::Missed | SearchResult::Unable => None,
    }
}
