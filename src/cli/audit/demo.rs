//! `audit demo`: the auditor on faults that are planted in a small server inside.

use std::error::Error;

use clap::Args;
use serde::Serialize;

use super::super::interrupt::Interrupt;
use super::super::output::{eprint, print, print_json};
use super::super::{Exit, OutputArgs};
use crate::audit::FindingKind;
use crate::audit::demo::{CaseOutcome, CaseResult, Fault, cases, run_case};
use crate::audit::report::bound;
use crate::output::terminal::{GREEN, PLAIN, RED};

/// See the auditor find planted faults, and accuse nobody where there are none
///
/// A small service runs inside, with one fault at a time: it takes half a minute and needs nothing.
/// Exit code 1 if a fault is not found, or somebody is accused who did nothing.
#[derive(Args)]
pub(super) struct Demo {
    /// Take a fault out, to see its line say so; repeat it for several
    #[arg(long, value_name = "FAULT", value_parser = fault)]
    without: Vec<Fault>,
    /// How many seeds each line is shown with: 1 to 100
    #[arg(long, value_name = "N", default_value_t = 3,
          value_parser = clap::value_parser!(u64).range(1..=100))]
    seeds: u64,
    /// The first seed
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    voice: OutputArgs,
}

/// What `--json` says.
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    verdict: &'static str,
    interrupted: bool,
    seeds: u64,
    lines: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    planted: Option<&'static str>,
    looked_for: &'static str,
    seen: &'static str,
    held: bool,
    seeds_held: u64,
    kinds: Vec<FindingKind>,
    read: u64,
    bound: Option<f64>,
}

impl Demo {
    pub(super) fn run(self) -> Result<Exit, Box<dyn Error>> {
        let interrupt = Interrupt::listen();
        let Self { without, seeds, seed, voice } = self;
        if !voice.json {
            print("planted                         seeds  what the auditor says\n");
        }
        let mut all = Vec::new();
        for line in cases(&without) {
            let own = (0..seeds).map(|place| seed.wrapping_add(place));
            let shown = run_case(line, own, &mut |_| !interrupt.heard())?;
            if !voice.json {
                print(&row(&shown, seeds));
            }
            let ends = shown.interrupted;
            all.push(shown);
            if ends {
                break;
            }
        }
        let interrupted = all.iter().any(|shown| shown.interrupted);
        let held = all
            .iter()
            .filter(|shown| !shown.interrupted)
            .all(|s| s.seen == CaseOutcome::AsExpected);
        if voice.json {
            let verdict = if held { "held" } else { "not_held" };
            let schema = "double-exposure/audit-demo/1";
            let lines = all.iter().map(Row::from).collect();
            print_json(&Document { schema, verdict, interrupted, seeds, lines });
        } else if !voice.quiet {
            eprint(match (interrupted, held) {
                (true, _) => "interrupted\n",
                (false, true) => "every fault was found, and nobody was accused\n",
                (false, false) => "not every line is as it should be\n",
            });
        }
        Ok(match (held, interrupted) {
            (false, _) => Exit::Mixed,
            (true, true) => Exit::Interrupted,
            (true, false) => Exit::Held,
        })
    }
}

impl From<&CaseResult> for Row {
    fn from(shown: &CaseResult) -> Self {
        let planted = shown.line.planted;
        Self {
            planted: planted.mixes().then(|| planted.name()),
            looked_for: shown.line.about.name(),
            seen: seen(shown.seen),
            held: shown.seen == CaseOutcome::AsExpected,
            seeds_held: shown.seeds_held,
            kinds: shown.kinds.clone(),
            read: shown.read,
            bound: shown.bound,
        }
    }
}

fn seen(seen: CaseOutcome) -> &'static str {
    match seen {
        CaseOutcome::AsExpected => "as it is",
        CaseOutcome::NotFound => "not found",
        CaseOutcome::FalsePositive => "accused",
        CaseOutcome::Inconclusive => "inconclusive",
    }
}

fn row(shown: &CaseResult, seeds: u64) -> String {
    let colour = if shown.seen == CaseOutcome::AsExpected { GREEN } else { RED };
    let kinds = shown.kinds.iter().map(|kind| kind.words()).collect::<Vec<_>>().join("; ");
    let says = match (shown.seen, shown.bound) {
        _ if shown.interrupted => "interrupted".to_owned(),
        (CaseOutcome::AsExpected, Some(share)) => {
            format!("clean: 0 of {}, at most {}", shown.read, bound(share))
        }
        (CaseOutcome::AsExpected, None) => format!("found: {kinds}"),
        (CaseOutcome::NotFound, _) => "not found".to_owned(),
        (CaseOutcome::FalsePositive, _) => format!("ACCUSED of {kinds}, and nothing is planted"),
        (CaseOutcome::Inconclusive, _) => "inconclusive: too little was seen".to_owned(),
    };
    let held = format!("{}/{seeds}", shown.seeds_held);
    format!("{:<30}  {held:>5}  {colour}{says}{PLAIN}\n", shown.line.about.words())
}

fn fault(text: &str) -> Result<Fault, String> {
    let faults = || Fault::ALL.into_iter().filter(|fault| fault.mixes());
    faults().find(|fault| fault.name() == text).ok_or_else(|| {
        format!("choose one of {}", faults().map(Fault::name).collect::<Vec<_>>().join(", "))
    })
}
