//! Prints an evaluation as the Markdown that docs/watermarks.md shows, and describes single trials.

use std::fmt::Write as _;

use double_exposure::audit::watermark::{Codebook, RowFinding};

use super::{Counts, Tampering, Trial, WIDTHS};

/// Maximum number of wrong trials that the table names. It names the lowest numbers.
const MAX_WRONG: usize = 20;

/// Formats all counts of a run as Markdown.
pub(crate) fn table(seed: u64, counts: &Counts) -> String {
    let total = &counts.total;
    let mut text = format!(
        "{} rows of {} thumbnails, seed {seed}: {} rows and {} findings name a photo that is not \
         in the thumbnail.\n",
        total.rows, total.thumbnails, total.wrong_rows, total.wrong_findings
    );
    if total.wrong() == 0 {
        let _ = writeln!(text, "So at most {:.1e} of such rows do, at 95 %.", counts.bound());
    }
    for (number, description) in counts.wrong.iter().take(MAX_WRONG) {
        let _ = writeln!(text, "\nWrong in trial {number}: {description}");
    }
    text += "\nClean thumbnails, by each setting alone:\n\n";
    text += "| setting | thumbnails | rows | read | wrong | called clean |\n";
    text += "|---|---:|---:|---:|---:|---:|\n";
    for ((_, setting), count) in &counts.clean {
        let _ = writeln!(
            text,
            "| {setting} | {} | {} | {} | {} | {} |",
            count.thumbnails,
            count.rows,
            percent(count.rows_read, count.rows),
            count.wrong(),
            percent(count.found, count.thumbnails)
        );
    }
    text += "\nMixed thumbnails, found with the other photo's id and rows, by width in px:\n\n";
    text += "| tampering |";
    WIDTHS.iter().for_each(|width| text += &format!(" {width} |"));
    text += "\n|---|";
    text += &"---:|".repeat(WIDTHS.len());
    for (index, tampering) in Tampering::ALL.iter().enumerate() {
        let _ = write!(text, "\n| {} |", tampering.name());
        for width in WIDTHS {
            let count = counts.tampered.get(&(index, width)).copied().unwrap_or_default();
            let _ = write!(text, " {} |", percent(count.found, count.thumbnails));
        }
    }
    text + "\n"
}

/// Describes a trial: its settings, the ids in the thumbnail, and all findings.
pub(crate) fn describe(trial: &Trial, codebook: &Codebook) -> String {
    let [own, other] = trial.ids(codebook);
    let detection = trial.detect(codebook);
    let mut text = format!("{trial}; of {own}");
    if trial.tampering != Tampering::Clean {
        let _ = write!(text, " and {other}");
    }
    let _ = write!(
        text,
        ": {:?}, {} rows read, {} unknown",
        detection.verdict, detection.rows_read, detection.rows_unknown
    );
    for RowFinding { kind, rows, planes, share, id } in &detection.findings {
        let id = id.map_or("no id".into(), |id| id.to_string());
        let share = 100.0 * share;
        let _ = write!(text, "; {kind:?} of {id}, rows {rows:?} in {planes}, {share:.1} %");
    }
    text
}

/// Formats a share in percent. Only a count of none is rounded to 0 %, and only all to 100 %.
fn percent(part: u64, of: u64) -> String {
    match (part, of) {
        (_, 0) => "–".into(),
        (0, _) => "0 %".into(),
        (part, of) if part == of => "100 %".into(),
        _ => format!("{:.1} %", (part as f64 / of as f64 * 100.0).clamp(0.1, 99.9)),
    }
}
