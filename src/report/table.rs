//! The reproduction as a table that a person reads at a glance, and what it comes to in words.

use std::fmt::Write;

use crate::repro::{Findings, GATE_THUMBNAILS, Kind, Plan, Run, Subjects, Verdict};

const RED: &str = "\x1b[1;31m";
const GREEN: &str = "\x1b[32m";
const PLAIN: &str = "\x1b[0m";

/// A line per run, at most 80 columns wide, with ANSI colour.
pub fn table(plan: &Plan, subjects: &Subjects, findings: &Findings) -> String {
    let mut text = format!(
        "{} photos of {} owners · {} px, {} · {} slots · {} bands · {} cores · seed {}\n\n",
        subjects.requests.len(),
        subjects.owners.len(),
        plan.size.get(),
        plan.fit,
        plan.slots,
        plan.bands,
        findings.cores,
        plan.seed
    );
    text +=
        "pipeline  in flight  thumbnails  mixed    share  torn/swapped  later/earlier   per s\n";
    let mut previous = None;
    for run in &findings.runs {
        if previous.is_some_and(|kind| kind != run.kind) {
            text.push('\n');
        }
        previous = Some(run.kind);
        line(&mut text, run);
    }
    text += "\nlater/earlier: foreign rows of photos decoded after, before the thumbnail's own\n";
    text
}

fn line(text: &mut String, run: &Run) {
    let tally = &run.tally;
    let colour = if tally.mixed() > 0 { RED } else { GREEN };
    let percent = 100.0 * tally.mixed() as f64 / tally.thumbnails.max(1) as f64;
    let _ = writeln!(
        text,
        "{:<8}  {:>9}  {:>10}  {colour}{:>5}  {:>5.1} %{PLAIN}  {:>12}  {:>13}  {:>6.0}",
        run.kind,
        run.in_flight,
        tally.thumbnails,
        tally.mixed(),
        percent,
        format!("{}/{}", tally.torn, tally.swapped),
        format!("{}/{}", tally.rows_from_later, tally.rows_from_earlier),
        run.per_second
    );
}

/// What the runs come to, in plain words, beside what is published about the real event.
pub fn closing(plan: &Plan, findings: &Findings) -> String {
    let mut text = String::new();
    if findings.interrupted {
        text += "Interrupted: this is what was done so far.\n";
    }
    let short = findings.runs.iter().filter(|run| run.tally.thumbnails < run.asked).count();
    if short > 0 && !findings.interrupted {
        let _ = writeln!(
            text,
            "Time was short: {short} of {} runs made fewer than the {} thumbnails asked for.",
            findings.runs.len(),
            plan.thumbnails
        );
    }
    if findings.oracle_faults() > 0 {
        let _ = writeln!(
            text,
            "The two oracles disagree about {} rows: this program is at fault, believe no count.",
            findings.oracle_faults()
        );
    }
    let worst = findings.runs.iter().filter(|run| !run.kind.is_repair()).max_by_key(|run| {
        let tally = &run.tally;
        tally.mixed() * 1_000_000 / tally.thumbnails.max(1)
    });
    if let Some(run) = worst.filter(|run| run.tally.mixed() > 0) {
        text += &mixed_up(run);
    }
    text += &repairs(findings);
    let colour = match findings.verdict {
        Verdict::Reproduced | Verdict::Clean => GREEN,
        Verdict::Mixed | Verdict::Inconclusive => RED,
    };
    let _ = writeln!(text, "\n{colour}{}{PLAIN}: {}", findings.verdict, meaning(findings.verdict));
    text
}

fn mixed_up(run: &Run) -> String {
    let tally = &run.tally;
    let direction = match (tally.rows_from_later, tally.rows_from_earlier) {
        (later, 0) => format!("all {later} foreign rows are from photos decoded later"),
        (later, earlier) => format!("{later} foreign rows are from later photos, {earlier} not"),
    };
    format!(
        "With {} in flight on {} slots, {} of {} thumbnails showed somebody else's photo\n\
         ({} owners exposed, {} viewers affected); {direction}.\n\
         Published about 28 November 2024: part of the photo due to be processed next got into\n\
         the one being processed (ministry's written guidance, 28 March 2025). That shared\n\
         buffers were the reason there is this project's inference, not a published fact.\n",
        run.in_flight,
        run.slots,
        tally.mixed(),
        tally.thumbnails,
        tally.exposed_owners.len(),
        tally.affected_viewers.len(),
    )
}

fn repairs(findings: &Findings) -> String {
    let mut text = String::new();
    for kind in [Kind::Owned, Kind::Pooled] {
        let runs = || findings.runs.iter().filter(|run| run.kind == kind);
        let thumbnails: u64 = runs().map(|run| run.tally.thumbnails).sum();
        let mixed: u64 = runs().map(|run| run.tally.mixed()).sum();
        if thumbnails > 0 {
            let bound = match mixed {
                0 => format!(" (at most {:.2} % at 95 %)", 300.0 / thumbnails as f64),
                _ => String::new(),
            };
            let _ = writeln!(text, "{kind}: {mixed} of {thumbnails} thumbnails mixed{bound}.");
        }
    }
    text
}

fn meaning(verdict: Verdict) -> String {
    match verdict {
        Verdict::Reproduced => {
            "what must mix mixed, what must not did not. `cargo test` proves why.".into()
        }
        Verdict::Mixed => "a thumbnail shows somebody else's photo where none may.".into(),
        Verdict::Clean => "nothing mixed, and nothing was expected to.".into(),
        Verdict::Inconclusive => format!(
            "too little was seen to say. More thumbnails, more in flight than twice the slots, or \
             two cores may help; a gate needs {GATE_THUMBNAILS} thumbnails in each run."
        ),
    }
}
