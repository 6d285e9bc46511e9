//! The table as text, as the command prints it and the documents show it.
//!
//! Markdown, because it reads as well in a terminal as on a page.

use std::fmt::Write as _;

use super::super::{Codebook, Detection, RowFinding};
use super::{Count, Counts, Plan, Plant, Trial, WIDTHS};

/// The whole table, as Markdown.
pub fn text(plan: &Plan, counts: &Counts) -> String {
    let all = &counts.all;
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{} rows of {} thumbnails, seed {}: {} rows and {} findings name somebody who is not in \
         the thumbnail.",
        all.rows, all.thumbnails, plan.seed, all.wrong_rows, all.wrong_findings
    );
    if counts.held() {
        let _ = writeln!(text, "So at most {:.1e} of such rows do, at 95 %.", counts.bound());
    }
    for (number, words) in &counts.wrong {
        let _ = writeln!(text, "\nWrong in trial {number}: {words}");
    }
    text += "\nClean thumbnails, by each setting alone:\n\n";
    text += "| setting | thumbnails | rows | read | wrong | called clean |\n";
    text += "|---|---:|---:|---:|---:|---:|\n";
    for ((_, value), count) in &counts.clean {
        let _ = writeln!(
            text,
            "| {value} | {} | {} | {} | {} | {} |",
            count.thumbnails,
            count.rows,
            share(count.read, count.rows),
            count.wrong_rows + count.wrong_findings,
            share(count.found, count.thumbnails)
        );
    }
    text += "\nMixed thumbnails, found with their owner and rows, by width in px:\n\n| planted |";
    WIDTHS.iter().for_each(|width| text += &format!(" {width} |"));
    text += "\n|---|";
    WIDTHS.iter().for_each(|_| text += "---:|");
    for (at, plant) in Plant::ALL.iter().enumerate() {
        let _ = write!(text, "\n| {} |", plant.name());
        for width in WIDTHS {
            let count = counts.planted.get(&(at, width)).copied().unwrap_or_default();
            let Count { found, thumbnails, .. } = count;
            let _ = write!(text, " {} |", share(found, thumbnails));
        }
    }
    text.push('\n');
    text
}

/// One trial in words: its setting, who is in it, and what was found.
pub(super) fn alone(trial: &Trial, issued: &Codebook) -> String {
    let [own, other] = trial.people(issued);
    let reading = trial.read(issued);
    let mut text = format!("{}; of {own}", trial.words());
    if trial.plant != Plant::Clean {
        let _ = write!(text, " and {other}");
    }
    let Detection { read, unknown, verdict, .. } = &reading;
    let _ = write!(text, ": {verdict:?}, {read} rows read, {unknown} unknown");
    for finding in &reading.findings {
        let RowFinding { kind, rows, planes, share, found } = finding;
        let who = found.map_or("nobody".into(), |id| id.to_string());
        let _ =
            write!(text, "; {kind:?} of {who}, rows {rows:?} in {planes}, {:.1} %", 100.0 * share);
    }
    text
}

/// A share in percent, never rounded to all or to none.
fn share(part: u64, of: u64) -> String {
    match (part, of) {
        (_, 0) => "–".into(),
        (0, _) => "0 %".into(),
        (part, of) if part == of => "100 %".into(),
        _ => format!("{:.1} %", (part as f64 / of as f64 * 100.0).clamp(0.1, 99.9)),
    }
}
