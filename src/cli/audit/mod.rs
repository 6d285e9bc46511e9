//! `audit`: does a thumbnail service mix its users? Asked from outside, under load.

mod demo;
mod marks;
mod value_parsers;

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::interrupt::Interrupt;
use super::output::{File, eprint, print, print_json};
use super::serve::span;
use super::{Exit, OutputArgs};
use crate::audit::report::{self, AuditDocument, junit, markdown, table};
use crate::audit::spec::{Mode, ShownFit, SingleUrl, Sizes};
use crate::audit::{
    self, AuditPlan, AuditProgress, AuditResults, AuditVerdict, LoadModel, Target, Url,
};
use crate::output::OutputDir;
use crate::output::progress::Progress;

/// Ask a thumbnail service under load whether it mixes its users
///
/// Photos that carry their owner's identity in every row are sent to the service, thumbnails are
/// asked for, and every row of every answer is read for whose it is. `audit demo` shows it on
/// faults that are planted in a small server inside.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(after_help = HELP)]
pub(super) struct Audit {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    what: Option<What>,
    #[command(flatten)]
    how: How,
    #[command(flatten)]
    voice: OutputArgs,
}

#[derive(Subcommand)]
enum Command {
    Demo(demo::Demo),
    Marks(marks::Marks),
}

/// The service.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct What {
    /// A file that says how the service is asked; see docs/audit.md
    #[arg(long, value_name = "FILE.toml")]
    target: Option<PathBuf>,
    /// A service that fetches photos itself: its URL, with {source} and {size}
    #[arg(long, value_name = "URL")]
    pull: Option<String>,
    /// A service that is posted a photo and answers with its thumbnail: its URL, with {size}
    #[arg(long, value_name = "URL")]
    post: Option<String>,
}

/// The load, and when it is enough.
#[derive(Args)]
struct How {
    /// Where the service is, in place of the file's base
    #[arg(long, value_name = "URL")]
    base: Option<Url>,
    /// Sizes to ask for, in px: 256, or 128,256, or 96-320 [default: the target's]
    #[arg(long, value_name = "SIZES")]
    sizes: Option<Sizes>,
    /// What thumbnails show: cover, contain or any [default: the target's]
    #[arg(long, value_name = "FIT", value_parser = value_parsers::fit)]
    fit: Option<ShownFit>,
    /// A closed loop: requests in flight, a step for each: 1 to 1024
    #[arg(long, value_delimiter = ',', value_name = "N,N,…", default_value = "1,4,16,64",
          value_parser = value_parsers::in_flight)]
    steps: Vec<usize>,
    /// An open loop: requests a second, answered or not, a step for each: 0.1 to 100000
    #[arg(long, value_delimiter = ',', value_name = "R,R,…", conflicts_with = "steps",
          value_parser = value_parsers::rate)]
    rate: Vec<f64>,
    /// How long all steps take together, as 500ms, 30s or 5m
    #[arg(long, value_name = "SPAN", default_value = "30s", value_parser = span)]
    duration: Duration,
    /// How long each step goes on before its times count; mixing counts from the start
    #[arg(long, value_name = "SPAN", default_value = "500ms", value_parser = span)]
    warm_up: Duration,
    /// How long an answer may take
    #[arg(long, value_name = "SPAN", default_value = "10s", value_parser = span)]
    timeout: Duration,
    /// How many KiB an answer may have: 1 to 65536
    #[arg(long, value_name = "KIB", default_value_t = 8192,
          value_parser = clap::value_parser!(u32).range(1..=65_536))]
    most_kib: u32,
    /// End at the first mixed answer
    #[arg(long)]
    until_found: bool,
    /// Findings of mixing that are kept with their pictures: 1 to 1000; all are counted
    #[arg(long, value_name = "N", default_value_t = 20,
          value_parser = clap::value_parser!(u32).range(1..=1000))]
    max_findings: u32,
    /// Answers that must be read for a clean verdict: 1 to 1000000000
    #[arg(long, value_name = "N", default_value_t = 300,
          value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    least: u64,
    /// Fixes the photos' ids and the order of requests
    #[arg(long, value_name = "N", default_value_t = 20_241_128)]
    seed: u64,
    /// Where the report goes; an earlier report there is replaced
    #[arg(long, value_name = "DIR", default_value = "double-exposure-audit")]
    out: PathBuf,
    /// A file for JUnit XML; an earlier file there is replaced
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// A file for a summary in Markdown, which is added to what is there
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
}

const HELP: &str = "\
Exit codes:
  0    clean: enough was read, and nobody else was in it; the bound that this proves is printed
  1    mixed: somebody else was in an answer
  2    wrong usage, or a target's file that cannot be used
  3    inconclusive: too little was read, too many answers could not be, too many were refused
  4    the target could not be reached
  130  interrupted; what was seen so far is reported

Examples:
  double-exposure audit demo
  double-exposure audit --target service.toml --steps 1,8,32 --duration 2m
  double-exposure audit --pull 'http://127.0.0.1:8888/unsafe/{size}x{size}/{source}' --fit cover
  double-exposure audit --post 'http://127.0.0.1:3000/thumbnail?size={size}' --until-found";

impl Audit {
    pub(super) fn run(self) -> Result<Exit, Box<dyn Error>> {
        match self.command {
            Some(Command::Demo(demo)) => demo.run(),
            Some(Command::Marks(marks)) => Ok(marks.run()),
            None => self.carry_out(),
        }
    }

    fn carry_out(self) -> Result<Exit, Box<dyn Error>> {
        let plan = self.plan()?;
        let How { out, junit: junit_file, markdown: markdown_file, .. } = &self.how;
        let folder = OutputDir::open(out, report::DOCUMENT)?;
        let junit_file = junit_file.as_deref().map(File::create).transpose()?;
        let markdown_file = markdown_file.as_deref().map(File::append).transpose()?;
        let interrupt = Interrupt::listen();
        let bar = Progress::with_message(self.voice.quiet, "setting up");
        let findings = audit::run(&plan, &mut |progress| {
            show(&bar, progress);
            !interrupt.heard()
        })?;
        drop(bar);
        if let Some(file) = junit_file {
            file.write(&junit(&plan, &findings))?;
        }
        if let Some(file) = markdown_file {
            file.write(markdown(&plan, &findings).as_bytes())?;
        }
        report::write(&folder, &plan, &findings, &self.again())?;
        if self.voice.json {
            print_json(&AuditDocument::new(&plan, &findings));
        } else {
            print(&table(&plan, &findings));
            if !self.voice.quiet {
                eprint(&format!("report: {}\n", folder.path().display()));
            }
        }
        Ok(exit(&findings))
    }

    fn plan(&self) -> Result<AuditPlan, Box<dyn Error>> {
        let How { base, sizes, fit, steps, rate, .. } = &self.how;
        let what = self.what.as_ref().ok_or("name a target")?;
        let simple = |mode, url: &String| SingleUrl { mode, url: url.clone() }.target();
        let mut target = match (&what.target, &what.pull, &what.post) {
            (Some(file), ..) => Target::read(file, base.as_ref())?,
            (None, Some(url), _) => simple(Mode::Pull, url)?,
            (None, None, Some(url)) => simple(Mode::Post, url)?,
            (None, None, None) => return Err("name a target".into()),
        };
        if let Some(sizes) = sizes {
            target.thumbnail.sizes = sizes.clone();
        }
        target.thumbnail.fit = fit.unwrap_or(target.thumbnail.fit);
        let drives = if rate.is_empty() {
            steps.iter().map(|&in_flight| LoadModel::Closed(in_flight)).collect()
        } else {
            rate.iter().map(|&rate| LoadModel::Open(rate)).collect()
        };
        Ok(AuditPlan {
            target,
            drives,
            warm_up: self.how.warm_up,
            duration: self.how.duration,
            timeout: self.how.timeout,
            most_bytes: self.how.most_kib as usize * 1024,
            until_found: self.how.until_found,
            max_findings: self.how.max_findings as usize,
            least: self.how.least,
            seed: self.how.seed,
        })
    }

    /// The command that asks the same again, for a POSIX shell.
    fn again(&self) -> String {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
        let mut command = "double-exposure audit".to_owned();
        if let Some(what) = &self.what {
            let file = what.target.as_ref().map(|file| file.display().to_string());
            for (flag, value) in [("target", &file), ("pull", &what.pull), ("post", &what.post)] {
                if let Some(value) = value {
                    command += &format!(" --{flag} {}", quoted(value));
                }
            }
        }
        let How { base, rate, steps, duration, warm_up, seed, .. } = &self.how;
        if let Some(base) = base {
            command += &format!(" --base {base}");
        }
        let listed = |numbers: Vec<String>| numbers.join(",");
        if rate.is_empty() {
            command +=
                &format!(" --steps {}", listed(steps.iter().map(usize::to_string).collect()));
        } else {
            command += &format!(" --rate {}", listed(rate.iter().map(f64::to_string).collect()));
        }
        let (duration, warm_up) = (duration.as_millis(), warm_up.as_millis());
        command + &format!(" --duration {duration}ms --warm-up {warm_up}ms --seed {seed}")
    }
}

/// Shows rate, requests in flight, answers read, and mixed answers.
fn show(bar: &Progress, progress: AuditProgress) {
    let AuditProgress { elapsed, total, asked, in_flight, read, mixed } = progress;
    if total.is_zero() {
        return;
    }
    let rate = asked as f64 / elapsed.as_secs_f64().max(0.001);
    bar.set_total(total.as_millis() as u64);
    bar.set(elapsed.min(total).as_millis() as u64);
    let mixed = if mixed > 0 { format!("{mixed} MIXED") } else { "0 mixed".into() };
    bar.set_message(format!("{rate:.0}/s, {in_flight} in flight, {read} read, {mixed}"));
}

fn exit(findings: &AuditResults) -> Exit {
    match findings.verdict {
        AuditVerdict::Mixed => Exit::Mixed,
        _ if findings.interrupted => Exit::Interrupted,
        AuditVerdict::Clean => Exit::Held,
        AuditVerdict::Inconclusive => Exit::Inconclusive,
        AuditVerdict::Unreachable => Exit::Unreachable,
    }
}
