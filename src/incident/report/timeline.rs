//! A day in virtual time as text for the terminal: published times beside ours, the counts, and the
//! table of what would have helped.

use std::fmt::Write;

use super::milestones::{lines, meant, told, written};
use crate::incident::{SimulationResults, WhatIfResult, by_load};
use crate::output::terminal::{self, GREEN, PLAIN, RED, YELLOW, percent, wrap};

/// The published figures that the day is held against. Source: the operator's notice.
pub(super) const PUBLISHED_OWNERS: f64 = 135_000.0;
/// See [`PUBLISHED_OWNERS`].
pub(super) const PUBLISHED_VIEWERS: f64 = 114_000.0;

/// The timeline, the counts and the table, in lines of at most the terminal's width from 40 up.
pub fn timeline(findings: &SimulationResults, compared: &[WhatIfResult]) -> String {
    let width = terminal::width().max(40);
    let mut text = String::new();
    opening(&mut text, findings, width);
    moments(&mut text, findings, width);
    counts(&mut text, findings, width);
    knee(&mut text, findings);
    if !compared.is_empty() {
        table(&mut text, compared, width);
    }
    closing(&mut text, findings, width);
    text
}

fn say(text: &mut String, told: &str, width: usize) {
    for line in wrap(told, width) {
        let _ = writeln!(text, "{line}");
    }
}

fn opening(text: &mut String, findings: &SimulationResults, width: usize) {
    let plan = &findings.plan;
    let fleet = &plan.script.fleet;
    let [people, albums, photos] = findings.world;
    let told = format!(
        "{} · 1:{} · seed {} · {people} people, {albums} albums, {photos} photos · {} instances of \
         {} cores · {}, {} slots, {} bands",
        terminal::plain(&plan.script.title),
        plan.scale,
        plan.seed,
        fleet.instances,
        fleet.cores,
        fleet.pipeline,
        fleet.slots,
        fleet.bands
    );
    say(text, &told, width);
    if findings.interrupted {
        say(text, "Interrupted: this is what was known by then.", width);
    }
    text.push('\n');
}

fn moments(text: &mut String, findings: &SimulationResults, width: usize) {
    let wide = width >= 78;
    if wide {
        let _ = writeln!(text, "{:<22}  {:<13}  what", "published", "here");
    }
    for line in lines(findings) {
        let ours = line.ours.map_or(String::new(), |us| told(findings, us));
        let at = written(line.published);
        let meant = meant(line.published).map_or(String::new(), |meant| format!(" ({meant})"));
        let what = terminal::plain(&line.published.what) + &meant;
        if wide {
            let what = wrap(&what, width - 39);
            let _ = writeln!(text, "{at:<22}  {YELLOW}{ours:<13}{PLAIN}  {}", what[0]);
            for more in &what[1..] {
                let _ = writeln!(text, "{:39}{more}", "");
            }
        } else {
            say(text, &format!("{at}: {what}"), width);
            if !ours.is_empty() {
                let _ = writeln!(text, "  {YELLOW}here: {ours}{PLAIN}");
            }
        }
    }
    text.push('\n');
}

fn counts(text: &mut String, findings: &SimulationResults, width: usize) {
    let colour = if findings.wrong_made > 0 { RED } else { GREEN };
    let share = findings.wrong_made as f64 / findings.made.max(1) as f64;
    let _ = writeln!(text, "confirmed, by the run's ledger");
    let _ = writeln!(
        text,
        "  thumbnails made   {}, {colour}wrong {}{PLAIN} ({})",
        findings.made,
        findings.wrong_made,
        percent(share)
    );
    let shown_wrong = findings.confirmed.shown_wrong;
    let _ = writeln!(text, "  thumbnails shown  {}, wrong {shown_wrong}", findings.shown);
    let _ = writeln!(text, "  exposed owners    {}", findings.exposed_owners());
    let _ = writeln!(text, "  affected viewers  {}", findings.affected_viewers());
    let _ = writeln!(text, "  refused, unharmed {}", findings.shed);
    if let Some(guess) = &findings.estimated {
        let about = |guess: Option<f64>, count: u64| match guess {
            None => "?".into(),
            Some(guess) if count == 0 => format!("about {guess:.0}"),
            Some(guess) => {
                format!("about {guess:.0}, {:+.0} %", (guess / count as f64 - 1.0) * 100.0)
            }
        };
        let rate = guess.rate.map_or("?".into(), |rate| format!("{:.3} %", rate * 100.0));
        let _ =
            writeln!(text, "estimated, as without a ledger: people in the window x sampled rate");
        let _ = writeln!(
            text,
            "  sampled           {} of {}, wrong {}: {rate}",
            guess.sampled, guess.accesses, guess.sampled_wrong
        );
        let owners = about(guess.exposed_owners, findings.exposed_owners());
        let viewers = about(guess.affected_viewers, findings.affected_viewers());
        let _ = writeln!(text, "  exposed owners    {owners}");
        let _ = writeln!(text, "  affected viewers  {viewers}");
    }
    let told = findings.told;
    let told = format!(
        "people told: {} rightly, {} without need; {} who should have been are not",
        told.rightly, told.wrongly, told.not_at_all
    );
    say(text, &told, width);
    say(text, &calibration(findings), width);
    text.push('\n');
}

/// How near the day comes to the published figures.
pub(super) fn calibration(findings: &SimulationResults) -> String {
    let (owners, viewers) = (findings.exposed_owners(), findings.affected_viewers());
    if viewers == 0 {
        return "nobody is affected".into();
    }
    format!(
        "{} of the window's viewers are affected (published: 0.3 % or less of thumbnails); {:.2} \
         exposed owners to an affected viewer (published: {:.2})",
        fine_percent(viewers as f64 / findings.viewers.max(1) as f64),
        owners as f64 / viewers as f64,
        PUBLISHED_OWNERS / PUBLISHED_VIEWERS
    )
}

/// A small share, such as `0.31 %`.
pub(super) fn fine_percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

fn knee(text: &mut String, findings: &SimulationResults) {
    let rows = by_load(&findings.plan, &findings.minutes);
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(text, "load of the cores  new maker's thumbnails   mixed     share");
    for row in rows {
        let load = load(row.from_percent, row.to_percent);
        let share = fine_percent(row.wrong as f64 / row.made.max(1) as f64);
        let _ = writeln!(text, "{load:>17}  {:>22}  {:>6}  {share:>8}", row.made, row.wrong);
    }
    text.push('\n');
}

/// A range of load, such as `80 to 85 %`.
pub(super) fn load(from: u32, to: u32) -> String {
    if to > 1_000 { format!("{from} % and more") } else { format!("{from} to {to} %") }
}

fn table(text: &mut String, compared: &[WhatIfResult], width: usize) {
    const HEAD: [&str; 8] =
        ["wrong", "owners", "viewers", "min", "hours", "rightly", "wrongly", "not"];
    let rows: Vec<_> = compared.iter().map(|row| (row.name.as_str(), cells(row))).collect();
    let name = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let room = |column: usize| {
        let cells = rows.iter().map(|(_, cells)| cells[column].len());
        cells.chain([HEAD[column].len()]).max().unwrap_or(0) + 2
    };
    if name + (0..HEAD.len()).map(room).sum::<usize>() > width {
        for (name, cells) in &rows {
            say(text, &format!("{name}:"), width);
            let told = HEAD.iter().zip(cells).map(|(head, cell)| format!("{head} {cell}"));
            say(text, &format!("  {}", told.collect::<Vec<_>>().join(", ")), width);
        }
    } else {
        let head = HEAD.map(String::from);
        for (name_of, cells) in [("", head)].iter().chain(&rows) {
            let _ = write!(text, "{name_of:name$}");
            for (column, cell) in cells.iter().enumerate() {
                let _ = write!(text, "{cell:>room$}", room = room(column));
            }
            text.push('\n');
        }
    }
    let legend = "wrong thumbnails made; exposed owners; affected viewers; min from the first \
                  wrong one to detection; hours from it until the last wrong copy is gone; people \
                  told rightly, wrongly, not at all";
    say(text, legend, width);
    text.push('\n');
}

/// A row's numbers as text.
pub(super) fn cells(row: &WhatIfResult) -> [String; 8] {
    let or_never = |number: Option<f64>| number.map_or("-".into(), |number| format!("{number:.0}"));
    [
        row.wrong_made.to_string(),
        row.exposed_owners.to_string(),
        row.affected_viewers.to_string(),
        or_never(row.minutes_to_detection),
        row.hours_until_last_copy.map_or("-".into(), |hours| format!("{hours:.1}")),
        row.told.rightly.to_string(),
        row.told.wrongly.to_string(),
        row.told.not_at_all.to_string(),
    ]
}

fn closing(text: &mut String, findings: &SimulationResults, width: usize) {
    let held = &findings.law;
    let told = format!(
        "The lap law held {} thumbnails of this run to the band, and {} mixed ones once more as \
         words of their own slots.",
        held.thumbnails, held.words
    );
    say(text, &told, width);
    if held.broken > 0 {
        let _ = writeln!(text, "{RED}It does not hold for {}.{PLAIN}", held.broken);
    }
    if !findings.as_promised() {
        let _ = writeln!(text, "{RED}A promise is broken.{PLAIN}");
    }
}
