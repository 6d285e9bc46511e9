//! Runs `audit check`: shows the requests of a target's file, and sends one of each kind if asked.

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::reach::ReachArgs;
use crate::audit::Target;
use crate::audit::check::{CheckedRequest, check};
use crate::cli::{Exit, OutputArgs, parse};
use crate::output::terminal::{GREEN, PLAIN, RED, plain};

/// Shows each request that a target's file describes, without its secrets.
///
/// With --send it sends one request of each kind, and ends at the first that fails.
#[derive(Args)]
pub(super) struct Check {
    /// File that describes the service; see docs/audit.md.
    #[arg(value_name = "FILE.toml")]
    target: PathBuf,
    /// Sends one request of each kind to the service.
    #[arg(long)]
    send: bool,
    /// Upper bound of the time for a response.
    #[arg(long, value_name = "SPAN", default_value = "10s", value_parser = parse::duration)]
    timeout: Duration,
    #[command(flatten)]
    reach: ReachArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Holds the document of `audit check --json`.
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    requests: Vec<CheckedRequest>,
}

impl Check {
    pub(super) fn run(self) -> Result<Exit, Box<dyn Error>> {
        let mut target = Target::read(&self.target, self.reach.base.as_ref())?;
        if let Some(warning) = self.reach.apply(&mut target)? {
            self.output.note(&format!("warning: {warning}\n"));
        }
        let requests = check(&target, self.send.then_some(self.timeout))?;
        let exit = match &requests[..] {
            [.., last] if last.is_unreachable => Exit::Unreachable,
            requests if requests.iter().any(|request| request.has_failed) => Exit::Inconclusive,
            _ => Exit::Held,
        };
        let document = Document { schema: "double-exposure/audit-check/1", requests };
        self.output.print(&document, || document.requests.iter().map(text).collect());
        Ok(exit)
    }
}

/// Writes a request as lines of text.
fn text(checked: &CheckedRequest) -> String {
    let CheckedRequest { name, request, outcome, captured, has_failed, .. } = checked;
    let mut text = format!("{name}: {} {}\n", request.method, plain(&request.url));
    for (name, value) in &request.headers {
        text += &format!("  {name}: {}\n", plain(value));
    }
    for line in request.body.lines() {
        text += &format!("  {}\n", plain(line));
    }
    if let Some(outcome) = outcome {
        let colour = if *has_failed { RED } else { GREEN };
        text += &format!("  {colour}→ {}{PLAIN}\n", plain(outcome));
    }
    if !captured.is_empty() {
        text += &format!("  gives {}\n", plain(&captured.join(", ")));
    }
    text + "\n"
}
