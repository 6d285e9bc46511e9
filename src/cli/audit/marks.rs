//! `audit marks`: how far the marks hold, as a table.
//!
//! The audit accuses; this is the measure of how sure it may be, and anybody can make it again.

use std::thread;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::super::interrupt::Interrupt;
use super::super::output::{print, print_json};
use super::super::{Exit, OutputArgs};
use crate::audit::watermark::table::{Count, Counts, Plan, Plant, replay, run, text};

/// Read many thumbnails of marked photos and count who is named wrongly
///
/// Photos are marked, mixed in known ways, sent through pretended services (widths, encoders,
/// resizers, sharpening, a watermark), and every row is read. Exit 1 means that somebody was named
/// who is not in the thumbnail.
#[derive(Args)]
pub(super) struct Marks {
    /// Rows to read, at least: 1000 to 1000000000
    #[arg(long, value_name = "N", default_value_t = 10_000_000,
          value_parser = clap::value_parser!(u64).range(1_000..=1_000_000_000))]
    rows: u64,
    /// Fixes ids, shapes, settings and what is mixed
    #[arg(long, value_name = "N", default_value_t = 20_241_128)]
    seed: u64,
    /// Make one trial again and say all that is found in it; a run names those that went wrong
    #[arg(long, value_name = "N", conflicts_with = "rows")]
    trial: Option<u64>,
    #[command(flatten)]
    voice: OutputArgs,
}

impl Marks {
    pub(super) fn run(self) -> Exit {
        if let Some(number) = self.trial {
            let words = replay(number, self.seed);
            if self.voice.json {
                print_json(
                    &json!({"schema": 1, "seed": self.seed, "trial": number, "read": words}),
                );
            } else {
                print(&format!("{words}\n"));
            }
            return Exit::Held;
        }
        let interrupt = Interrupt::listen();
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let plan = Plan { rows: self.rows, seed: self.seed, threads };
        let bar =
            if self.voice.quiet { ProgressBar::hidden() } else { ProgressBar::new(plan.rows) };
        let style = ProgressStyle::with_template("{prefix:10} {wide_bar} {pos}/{len} {eta:>4}")
            .expect("the template is well formed");
        bar.set_style(style);
        bar.set_prefix("rows");
        let counts = run(&plan, |rows| {
            bar.set_position(rows);
            !interrupt.heard()
        });
        bar.finish_and_clear();
        if self.voice.json {
            print_json(&in_json(&plan, &counts));
        } else {
            print(&text(&plan, &counts));
        }
        match counts.held() {
            false => Exit::Mixed,
            true if interrupt.heard() => Exit::Interrupted,
            true => Exit::Held,
        }
    }
}

fn in_json(plan: &Plan, counts: &Counts) -> Value {
    let count = |count: &Count| {
        json!({
            "thumbnails": count.thumbnails,
            "rows": count.rows,
            "read": count.read,
            "wrong_rows": count.wrong_rows,
            "wrong_findings": count.wrong_findings,
            "as_it_should_be": count.found,
        })
    };
    let clean = counts
        .clean
        .iter()
        .map(|((_, value), of)| json!({"setting": value.trim(), "count": count(of)}));
    let planted = counts.planted.iter().map(|((plant, width), of)| {
        json!({"planted": Plant::ALL[*plant].name(), "width": width, "count": count(of)})
    });
    json!({
        "schema": 1,
        "verdict": if counts.held() { "held" } else { "broken" },
        "seed": plan.seed,
        "wrong": counts.wrong,
        "bound": counts.held().then(|| counts.bound()),
        "all": count(&counts.all),
        "clean": clean.collect::<Vec<_>>(),
        "planted": planted.collect::<Vec<_>>(),
    })
}
