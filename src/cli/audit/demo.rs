//! Runs `audit demo`: audits a small built-in service with planted faults.

use std::error::Error;

use clap::Args;
use serde::Serialize;

use super::super::interrupt::Interrupt;
use super::super::output::{eprint, print, print_json};
use super::super::{Exit, OutputArgs};
use crate::audit::demo::{CaseOutcome, CaseResult, Fault, cases, run_case};
use crate::audit::report::percent;
use crate::output::terminal::{GREEN, PLAIN, RED};

/// Shows that the auditor finds planted faults and reports no mixing where no fault is planted.
///
/// A small built-in service runs with one fault at a time. The demonstration takes half a minute
/// and needs no set-up. The exit code is 1 if a fault is not found, or if there is a false
/// positive.
#[derive(Args)]
pub(super) struct Demo {
    /// Fault to leave out, so that its line says "not found"; repeat it for several.
    #[arg(long, value_name = "FAULT", value_enum, hide_possible_values = true)]
    without: Vec<Fault>,
    /// Number of seeds of each line, from 1 to 100.
    #[arg(long, value_name = "N", default_value_t = 3,
          value_parser = clap::value_parser!(u64).range(1..=100))]
    seeds: u64,
    /// First seed.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    output: OutputArgs,
}

/// Holds the document of `audit demo --json`.
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    verdict: &'static str,
    interrupted: bool,
    seeds: u64,
    cases: Vec<CaseResult>,
}

impl Demo {
    pub(super) fn run(self) -> Result<Exit, Box<dyn Error>> {
        let interrupt = Interrupt::listen();
        let Self { without, seeds, seed, output } = self;
        if !output.json {
            print("planted                         seeds  what the auditor says\n");
        }
        let mut results = Vec::new();
        for case in cases(&without) {
            let seeds_of_case = (0..seeds).map(|index| seed.wrapping_add(index));
            let result = run_case(case, seeds_of_case, &mut |_| !interrupt.heard())?;
            if !output.json {
                print(&row(&result, seeds));
            }
            let interrupted = result.interrupted;
            results.push(result);
            if interrupted {
                break;
            }
        }
        let interrupted = results.iter().any(|result| result.interrupted);
        let passed = results
            .iter()
            .filter(|result| !result.interrupted)
            .all(|result| result.outcome == CaseOutcome::AsExpected);
        if output.json {
            let verdict = if passed { "passed" } else { "failed" };
            let schema = "double-exposure/audit-demo/1";
            print_json(&Document { schema, verdict, interrupted, seeds, cases: results });
        } else if !output.quiet {
            eprint(match (interrupted, passed) {
                (true, _) => "interrupted\n",
                (false, true) => "every fault was found, without a false positive\n",
                (false, false) => "not every line is as expected\n",
            });
        }
        Ok(match (passed, interrupted) {
            (false, _) => Exit::Mixed,
            (true, true) => Exit::Interrupted,
            (true, false) => Exit::Held,
        })
    }
}

fn row(result: &CaseResult, seeds: u64) -> String {
    let colour = if result.outcome == CaseOutcome::AsExpected { GREEN } else { RED };
    let kinds = result.kinds.iter().map(|kind| kind.description()).collect::<Vec<_>>().join("; ");
    let text = match (result.outcome, result.bound) {
        _ if result.interrupted => "interrupted".to_owned(),
        (CaseOutcome::AsExpected, Some(share)) => {
            format!("clean: 0 of {}, at most {}", result.read, percent(share))
        }
        (CaseOutcome::AsExpected, None) => format!("found: {kinds}"),
        (CaseOutcome::NotFound, _) => "not found".to_owned(),
        (CaseOutcome::FalsePositive, _) => format!("FALSE POSITIVE: {kinds}"),
        (CaseOutcome::Inconclusive, _) => format!("inconclusive: {}", result.reasons.join("; ")),
    };
    let passed = format!("{}/{seeds}", result.seeds_as_expected);
    format!("{:<30}  {passed:>5}  {colour}{text}{PLAIN}\n", result.case.expected.description())
}
