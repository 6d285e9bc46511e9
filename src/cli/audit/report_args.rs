//! Writes the report of an audit, whether this program or another tool ran the load.

use std::error::Error;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::super::output::File;
use super::super::{Exit, OutputArgs};
use crate::audit::report::{self, AuditDocument, junit, markdown, table};
use crate::audit::{AuditPlan, AuditResults, AuditVerdict, FindingKind, MixKind};
use crate::output::OutputDir;

/// Selects the limits of the verdict, and the files of the report.
#[derive(Args)]
pub(super) struct ReportArgs {
    /// Upper bound of the findings of mixing that are kept with their images, from 1 to 1000.
    #[arg(long, value_name = "N", default_value_t = 20,
          value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(super) max_findings: u32,
    /// Lower bound of the conversions under load that a clean verdict needs, from 1 to
    /// 1000000000. An answer that may come from a cache is no conversion.
    #[arg(long, value_name = "N", default_value_t = 300,
          value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub(super) min_conversions: u64,
    /// Kinds of mixes that must be visible for a clean verdict: rows, colour, blends.
    #[arg(
        long,
        value_delimiter = ',',
        value_name = "KIND,…",
        value_enum,
        hide_possible_values = true
    )]
    pub(super) require: Vec<MixKind>,
    /// Kinds of findings, other than mixing, that make the exit code 1: stale, stranger,
    /// other_photo, size, type, order, public, no_validator, not_issued, cut or unread.
    #[arg(
        long,
        value_delimiter = ',',
        value_name = "KIND,…",
        value_enum,
        hide_possible_values = true
    )]
    fail_on: Vec<FindingKind>,
    /// Folder of the report; replaces an earlier report there.
    #[arg(long, value_name = "DIR", default_value = "double-exposure-audit")]
    out: PathBuf,
    /// File for JUnit XML; replaces an earlier file.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// File to which a summary in Markdown is appended.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
}

/// Holds the files of a report, opened before an audit starts.
pub(super) struct ReportFiles<'a> {
    folder: OutputDir,
    junit: Option<File<'a>>,
    markdown: Option<File<'a>>,
    fail_on: &'a [FindingKind],
}

impl ReportArgs {
    /// Opens the files of the report, so that an unwritable path costs no audit.
    pub(super) fn open(&self) -> Result<ReportFiles<'_>, Box<dyn Error>> {
        Ok(ReportFiles {
            folder: OutputDir::open(&self.out, report::DOCUMENT)?,
            junit: self.junit.as_deref().map(File::create).transpose()?,
            markdown: self.markdown.as_deref().map(File::append).transpose()?,
            fail_on: &self.fail_on,
        })
    }

    /// Returns the flags by which the same verdict can be reached again, for a shell.
    pub(super) fn flags(&self) -> String {
        fn names<T: ValueEnum>(kinds: &[T]) -> String {
            let values = kinds.iter().filter_map(T::to_possible_value);
            values.map(|value| value.get_name().to_owned()).collect::<Vec<_>>().join(",")
        }
        let mut flags = format!(" --min-conversions {}", self.min_conversions);
        for (flag, kinds) in [("require", names(&self.require)), ("fail-on", names(&self.fail_on))]
        {
            if !kinds.is_empty() {
                flags += &format!(" --{flag} {kinds}");
            }
        }
        flags
    }
}

impl ReportFiles<'_> {
    /// Writes and prints the report. `command` runs the audit again. Returns the exit of the
    /// verdict.
    pub(super) fn write(
        self,
        plan: &AuditPlan,
        mut results: AuditResults,
        command: &str,
        output: OutputArgs,
    ) -> Result<Exit, Box<dyn Error>> {
        results.fail_on(self.fail_on);
        let results = &results;
        if let Some(file) = self.junit {
            file.write(&junit(plan, results))?;
        }
        if let Some(file) = self.markdown {
            file.write(markdown(plan, results).as_bytes())?;
        }
        report::write(&self.folder, plan, results, command)?;
        output.print(&AuditDocument::new(plan, results), || table(plan, results));
        if !output.json {
            output.note(&format!("again: {command}\n"));
            output.note(&format!("report: {}\n", self.folder.path().display()));
        }
        Ok(exit(results))
    }
}

fn exit(results: &AuditResults) -> Exit {
    match results.verdict {
        AuditVerdict::Mixed => Exit::Mixed,
        _ if !results.failed_on.is_empty() => Exit::Mixed,
        _ if results.interrupted => Exit::Interrupted,
        AuditVerdict::Clean => Exit::Held,
        AuditVerdict::Inconclusive => Exit::Inconclusive,
        AuditVerdict::Unreachable => Exit::Unreachable,
    }
}
