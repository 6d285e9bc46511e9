//! Runs `audit judge`: judges what another load tool recorded.

use std::error::Error;
use std::path::PathBuf;

use clap::Args;

use super::super::interrupt::Interrupt;
use super::super::{Exit, OutputArgs};
use super::quoted;
use super::report_args::ReportArgs;
use crate::audit::prepared::{JudgeOptions, judge};
use crate::output::progress;

/// Folder of the records if no other is named, in the folder of the photos.
const ANSWERS: &str = "answers";

/// Judges what another load tool kept of the answers to prepared photos.
///
/// The judge reads records of any number of machines, in any order. It gives the verdict, the
/// bounds, the causes and the report of `audit`. What was not recorded counts as not seen, and
/// never as clean.
#[derive(Args)]
#[command(after_help = HELP)]
pub(super) struct Judge {
    /// Folder that `audit prepare` wrote.
    folder: PathBuf,
    /// Files of records, or folders that hold such files (*.jsonl); `-` reads standard input
    /// [default: the folder answers in FOLDER].
    records: Vec<PathBuf>,
    /// Pattern of the images' paths, in place of records: text, {photo}, {size}, {fit}, {viewer},
    /// {version}, {status}, {step}, {machine}, and * for any text.
    #[arg(long, value_name = "PATTERN")]
    pattern: Option<String>,
    /// Number of requests that the load tool sent; those without a record count as not seen.
    #[arg(long, value_name = "N")]
    sent: Option<u64>,
    /// Upper bound of the KiB of an image's file, from 1 to 65536.
    #[arg(long, value_name = "KIB", default_value_t = 8192,
          value_parser = clap::value_parser!(u32).range(1..=65_536))]
    max_kib: u32,
    #[command(flatten)]
    report: ReportArgs,
    #[command(flatten)]
    output: OutputArgs,
}

const HELP: &str = "\
A record is one line of JSON:
  {\"photo\":\"3f…-p01-2\",\"size\":256,\"viewer\":1,\"sent\":1732795200.125,
   \"done\":1732795200.140,\"status\":200,\"file\":\"17.jpg\",\"step\":32}

  photo    name, uuid or file of the requested photo, as in the manifest
  size     requested size in px; may be left out if the manifest has one size
  fit      requested fit: cover, contain or any [default: that of the manifest]
  viewer   number or name of the person who asked [default: the owner]
  version  number of the version that was uploaded last [default: the last one]
  sent     time of sending, in seconds since 1970 or as RFC 3339; with `done` it gives the requests
  done     in flight and the latency
  status   status of the answer [default: 200 if there is a file]
  file     path of the answer's body, relative to the file of the record
  error    reason why there was no answer
  headers  object with the headers of the answer; without it nothing is said about them
  step     number of the step of the load, such as its number of users [default: 1]
  machine  name of the machine or process [default: the file of the record]

Times are compared on one machine only, so clocks may differ. A repeated line with the same image
counts once. A line that is no record, and an image that is missing, count as not seen.

Exit codes:
  0    clean: enough conversions were seen, and no answer shows another person's photo
  1    mixed: at least one answer shows another person's photo; or a kind of --fail-on was found
  2    wrong usage, or a folder or a file that cannot be read
  3    inconclusive: too few conversions were seen, or too many answers could not be read or were
       not seen
  130  interrupted; the report holds the results so far

Examples:
  double-exposure audit judge prepared
  double-exposure audit judge prepared machine-1 machine-2 --sent 60000
  double-exposure audit judge prepared images --pattern '{photo}_{size}_*.jpg'";

impl Judge {
    pub(super) fn run(self) -> Result<Exit, Box<dyn Error>> {
        let default = || vec![self.folder.join(ANSWERS)];
        let sources = if self.records.is_empty() { default() } else { self.records.clone() };
        let options = JudgeOptions {
            sources,
            pattern: self.pattern.clone(),
            sent: self.sent,
            max_bytes: self.max_kib as usize * 1024,
            max_findings: self.report.max_findings as usize,
            min_conversions: self.report.min_conversions,
            require: self.report.require.clone(),
        };
        let report = self.report.open()?;
        let interrupt = Interrupt::listen();
        let bar = progress::with_message(self.output.quiet, "reading records");
        let (plan, results) = judge(&self.folder, &options, &mut |progress| {
            bar.set_length(progress.records);
            bar.set_position(progress.judged);
            bar.set_message(match progress.mixed {
                _ if progress.judged == 0 => format!("{} records", progress.records),
                0 => format!("{} of {}, 0 mixed", progress.judged, progress.records),
                mixed => format!("{} of {}, {mixed} MIXED", progress.judged, progress.records),
            });
            !interrupt.heard()
        })?;
        drop(bar);
        report.write(&plan, results, &self.rerun_command(), self.output)
    }

    /// Returns the command that judges the same records again, for a POSIX shell.
    fn rerun_command(&self) -> String {
        let mut command = "double-exposure audit judge".to_owned();
        for path in [&self.folder].into_iter().chain(&self.records) {
            command += &format!(" {}", quoted(&path.display().to_string()));
        }
        if let Some(pattern) = &self.pattern {
            command += &format!(" --pattern {}", quoted(pattern));
        }
        if let Some(sent) = self.sent {
            command += &format!(" --sent {sent}");
        }
        command + &format!(" --max-kib {}{}", self.max_kib, self.report.flags())
    }
}
