//! Writes the results of a simulation as text for the terminal: published and simulated times, the
//! counts, and the what-if table.

use std::fmt::Write;

use super::json::relative_error;
use super::milestones::{event_text, published_time, simulated_time, timeline_rows};
use crate::incident::{Comparison, LoadBucket, SimulationResults, WhatIfResult, by_load};
use crate::output::terminal::{self, Columns, GREEN, PLAIN, RED, YELLOW, grouped, percent, wrap};

/// Number of exposed owners that the operator's notice gives.
pub(super) const PUBLISHED_OWNERS: f64 = 135_000.0;
/// Number of affected viewers that the operator's notice gives.
pub(super) const PUBLISHED_VIEWERS: f64 = 114_000.0;

/// Formats the timeline, the counts and the table. Lines are at most as wide as the terminal.
pub fn timeline(results: &SimulationResults, compared: &Comparison) -> String {
    let width = terminal::width();
    let mut text = String::new();
    write_plan(&mut text, results, width);
    write_milestones(&mut text, results, width);
    write_counts(&mut text, results, width);
    write_knee(&mut text, results, width);
    if !compared.rows.is_empty() {
        write_what_ifs(&mut text, compared, width);
    }
    write_law(&mut text, results, width);
    text
}

fn write_wrapped(text: &mut String, paragraph: &str, width: usize) {
    *text += &(wrap(paragraph, width) + "\n");
}

fn write_plan(text: &mut String, results: &SimulationResults, width: usize) {
    let plan = &results.plan;
    let fleet = &plan.scenario.fleet;
    let paragraph = format!(
        "{} · 1:{} · seed {} · {} people, {} albums, {} photos · {} nodes of {} cores · {}, {} \
         slots, {} bands",
        terminal::plain(&plan.scenario.title),
        plan.scale,
        plan.seed,
        grouped(results.people),
        grouped(results.albums),
        grouped(results.photos),
        fleet.nodes,
        fleet.cores,
        fleet.pipeline,
        fleet.slots,
        fleet.bands
    );
    write_wrapped(text, &paragraph, width);
    if results.interrupted {
        write_wrapped(text, "Interrupted: the results end at the interrupt.", width);
    }
    text.push('\n');
}

fn write_milestones(text: &mut String, results: &SimulationResults, width: usize) {
    let wide = width >= 78;
    if wide {
        let _ = writeln!(text, "{:<22}  {:<13}  event", "published", "simulated");
    }
    for row in timeline_rows(results) {
        let simulated = row.simulated.map_or(String::new(), |us| simulated_time(results, us));
        let published = published_time(row.published);
        let event = terminal::plain(&event_text(row.published));
        if wide {
            let event = wrap(&event, width - 39).replace('\n', &format!("\n{:39}", ""));
            let simulated = format!("{YELLOW}{simulated:<13}{PLAIN}");
            let _ = writeln!(text, "{published:<22}  {simulated}  {event}");
        } else {
            write_wrapped(text, &format!("{published}: {event}"), width);
            if !simulated.is_empty() {
                let _ = writeln!(text, "  {YELLOW}simulated: {simulated}{PLAIN}");
            }
        }
    }
    text.push('\n');
}

fn write_counts(text: &mut String, results: &SimulationResults, width: usize) {
    let colour = if results.wrong_made > 0 { RED } else { GREEN };
    let share = percent(results.wrong_made as f64 / results.made.max(1) as f64);
    let (made, wrong_made) = (grouped(results.made), grouped(results.wrong_made));
    let (owners, viewers) = (results.exposed_owners(), results.affected_viewers());
    let (shown, shown_wrong) = (grouped(results.shown), grouped(results.confirmed.shown_wrong));
    let _ = writeln!(text, "confirmed, by the simulation's ledger");
    let _ =
        writeln!(text, "  thumbnails made   {made}, {colour}wrong {wrong_made}{PLAIN} ({share})");
    let _ = writeln!(text, "  thumbnails shown  {shown}, wrong {shown_wrong}");
    let _ = writeln!(text, "  exposed owners    {}", grouped(owners));
    let _ = writeln!(text, "  affected viewers  {}", grouped(viewers));
    let _ = writeln!(text, "  conversions shed  {}", grouped(results.shed));
    if let Some(estimate) = &results.estimated {
        let about = |estimate: Option<f64>, count: u64| {
            let error = relative_error(estimate, count)
                .map_or(String::new(), |error| format!(", {:+.0} %", error * 100.0));
            let about = |number| format!("about {}{error}", grouped(format_args!("{number:.0}")));
            estimate.map_or("?".into(), about)
        };
        let rate = estimate.rate.map_or("?".into(), |rate| format!("{:.3} %", rate * 100.0));
        let _ =
            writeln!(text, "estimated, as without a ledger: people in the window x sampled rate");
        let _ = writeln!(
            text,
            "  sampled           {} of {}, wrong {}: {rate}",
            grouped(estimate.sampled),
            grouped(estimate.accesses),
            grouped(estimate.sampled_wrong)
        );
        let owners = about(estimate.exposed_owners, owners);
        let viewers = about(estimate.affected_viewers, viewers);
        let _ = writeln!(text, "  exposed owners    {owners}");
        let _ = writeln!(text, "  affected viewers  {viewers}");
    }
    let counts = results.notifications;
    let notified = format!(
        "people notified: {} affected, {} not affected; affected people not notified: {}",
        grouped(counts.correct),
        grouped(counts.unneeded),
        grouped(counts.missed)
    );
    write_wrapped(text, &notified, width);
    write_wrapped(text, &calibration(results), width);
    text.push('\n');
}

/// Compares the results with the published figures, in words.
pub(super) fn calibration(results: &SimulationResults) -> String {
    let (owners, viewers) = (results.exposed_owners(), results.affected_viewers());
    if viewers == 0 {
        return "no viewer is affected".into();
    }
    format!(
        "{} of the window's viewers are affected (published: 0.3 % or less of thumbnails); {:.2} \
         exposed owners per affected viewer (published: {:.2})",
        fine_percent(viewers as f64 / results.viewers.max(1) as f64),
        owners as f64 / viewers as f64,
        PUBLISHED_OWNERS / PUBLISHED_VIEWERS
    )
}

/// Formats a small share, such as `0.31 %`.
fn fine_percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

fn write_knee(text: &mut String, results: &SimulationResults, width: usize) {
    let buckets = by_load(&results.plan, &results.minutes);
    if buckets.is_empty() {
        return;
    }
    let head = ["load of the cores", "new maker's thumbnails", "wrong", "share"];
    let short = ["load", "new maker's", "wrong", "share"];
    let row = |bucket: &LoadBucket| {
        let [load, share] = load_cells(bucket);
        [load, grouped(bucket.made), grouped(bucket.wrong), share]
    };
    let head = if width < 60 { short } else { head };
    let head = [head.map(String::from)];
    let rows: Vec<_> = head.into_iter().chain(buckets.iter().map(row)).collect();
    let columns = Columns::fitting(&rows, &[&[0, 1, 2, 3]], width);
    rows.iter().for_each(|row| *text += &columns.line(row, |_| ""));
    text.push('\n');
}

/// Formats the range of load, such as `80 to 85 %`, and the share of wrong thumbnails.
pub(super) fn load_cells(row: &LoadBucket) -> [String; 2] {
    let (from, to) = (row.from_percent, row.to_percent);
    let load = if to > 1_000 { format!("{from} % and more") } else { format!("{from} to {to} %") };
    [load, fine_percent(row.wrong as f64 / row.made.max(1) as f64)]
}

/// Columns of the what-if table by their index, and of its narrower forms for narrower terminals.
const LAYOUTS: [&[usize]; 3] = [&[0, 1, 2, 3, 4, 5, 6, 7, 8], &[0, 1, 2, 3, 4, 5], &[0, 1, 2, 3]];

/// Columns of a change's name in the what-if table before it is broken into lines.
const NAME_WIDTH: usize = 13;

fn write_what_ifs(text: &mut String, compared: &Comparison, width: usize) {
    const HEAD: [&str; 9] =
        ["", "wrong", "owners", "viewers", "min", "hours", "correct", "unneeded", "missed"];
    let cells = |row: &WhatIfResult| -> [String; 9] {
        let cells = cells(row);
        std::array::from_fn(|column| match column {
            0 => row.name.chars().take(NAME_WIDTH).collect(),
            _ => cells[column - 1].clone(),
        })
    };
    let head = [HEAD.map(String::from)];
    let mut rows: Vec<_> = head.into_iter().chain(compared.rows.iter().map(cells)).collect();
    let shown = Columns::fitting(&rows, &LAYOUTS, width).shown;
    // The names get what the other columns leave.
    let numbers = Columns::fitting(&rows, &[&shown[1..]], width).line(&rows[0], |_| "");
    let name_width = width.saturating_sub(numbers.chars().count() + 1).max(NAME_WIDTH);
    let names = compared.rows.iter().map(|row| wrap(&row.name, name_width));
    let names: Vec<Vec<String>> =
        names.map(|name| name.lines().map(String::from).collect()).collect();
    for (row, name) in rows[1..].iter_mut().zip(&names) {
        row[0] = name.first().cloned().unwrap_or_default();
    }
    let columns = Columns::fitting(&rows, &[shown], width);
    write_wrapped(
        text,
        &format!("The same day with one thing changed, 1:{}", compared.scale),
        width,
    );
    *text += &columns.line(&rows[0], |_| "");
    for (row, name) in rows[1..].iter().zip(&names) {
        *text += &columns.line(row, |_| "");
        name.iter().skip(1).for_each(|rest| *text += &format!("{rest}\n"));
    }
    let mut legend = "wrong thumbnails made; exposed owners; affected viewers".to_owned();
    if shown.contains(&5) {
        legend += "; min from the first wrong thumbnail to detection; hours from the first wrong \
                   thumbnail until the last wrong copy is deleted";
    }
    if shown.contains(&8) {
        legend += "; notifications: correct, unneeded, missed";
    }
    write_wrapped(text, &legend, width);
    text.push('\n');
}

/// Formats the numbers of a what-if.
pub(super) fn cells(row: &WhatIfResult) -> [String; 8] {
    let minutes = row.minutes_to_detection.map(|minutes| format!("{minutes:.0}"));
    let hours = row.hours_until_last_copy.map(|hours| format!("{hours:.1}"));
    [
        grouped(row.wrong_made),
        grouped(row.exposed_owners),
        grouped(row.affected_viewers),
        minutes.unwrap_or("-".into()),
        hours.unwrap_or("-".into()),
        grouped(row.notifications.correct),
        grouped(row.notifications.unneeded),
        grouped(row.notifications.missed),
    ]
}

fn write_law(text: &mut String, results: &SimulationResults, width: usize) {
    let counts = &results.lap_law;
    let checked = format!(
        "Lap law: {} thumbnails checked band by band, and {} wrong thumbnails checked again as \
         words of their own slots.",
        grouped(counts.thumbnails),
        grouped(counts.words)
    );
    write_wrapped(text, &checked, width);
    if counts.violations > 0 {
        let _ = writeln!(text, "{RED}Violations: {}.{PLAIN}", grouped(counts.violations));
    }
    if !results.as_promised() {
        let _ = writeln!(text, "{RED}Not as expected: a promise is broken.{PLAIN}");
    }
}
