//! Runs `audit`: audits a thumbnail service from outside, under load.

mod check;
mod demo;
mod judge;
mod prepare;
mod reach;
mod report_args;

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use indicatif::ProgressBar;

use self::report_args::ReportArgs;
use super::interrupt::Interrupt;
use super::{Exit, OutputArgs, parse};
use crate::audit::spec::{Mode, Sizes};
use crate::audit::{self, AuditPlan, AuditProgress, LoadModel, MAX_IN_FLIGHT, Target, quoted};
use crate::codec::Fit;
use crate::output::progress;

/// Audits a thumbnail service under load for mixed photos.
///
/// The audit uploads photos whose watermark names the owner in every row, requests their
/// thumbnails, and reads every row of every response. `audit demo` shows it on faults that are
/// planted in a small built-in service.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(after_help = HELP)]
pub(super) struct Audit {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    target: Option<TargetArgs>,
    #[command(flatten)]
    reach: reach::ReachArgs,
    #[command(flatten)]
    plan: PlanArgs,
    #[command(flatten)]
    report: ReportArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Subcommand)]
enum Command {
    Check(check::Check),
    Demo(demo::Demo),
    Prepare(prepare::Prepare),
    Judge(judge::Judge),
}

/// Selects the service.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct TargetArgs {
    /// File that describes the service; see docs/audit.md.
    #[arg(long, value_name = "FILE.toml")]
    target: Option<PathBuf>,
    /// URL of a service that fetches photos itself, with {source} and {size}.
    #[arg(long, value_name = "URL")]
    pull: Option<String>,
    /// URL of a service that answers a posted photo with its thumbnail, with {size}.
    #[arg(long, value_name = "URL")]
    post: Option<String>,
}

/// Selects the load and the limits.
#[derive(Args)]
struct PlanArgs {
    /// Sizes to request, in px, such as 256, 128,256 or 96-320 [default: those of the target].
    #[arg(long, value_name = "SIZES")]
    sizes: Option<Sizes>,
    /// Fit of the thumbnails, which is cover, contain or any [default: that of the target].
    #[arg(long, value_name = "FIT", value_parser = ["cover", "contain", "any"],
          hide_possible_values = true)]
    fit: Option<String>,
    /// Requests in flight of each step of a closed loop, from 1 to 1024.
    #[arg(long, value_delimiter = ',', value_name = "N,N,…", default_value = "1,4,16,64",
          value_parser = parse::count::<usize, 1, { MAX_IN_FLIGHT as u64 }>)]
    steps: Vec<usize>,
    /// Requests per second of each step of an open loop, answered or not, from 0.1 to 100000.
    #[arg(long, value_delimiter = ',', value_name = "R,R,…", conflicts_with = "steps",
          value_parser = rate)]
    rate: Vec<f64>,
    /// Duration of all steps together, such as 500ms, 30s or 5m.
    #[arg(long, value_name = "SPAN", default_value = "30s", value_parser = parse::duration)]
    duration: Duration,
    /// Time of each step before its latency counts; mixing counts from the start.
    #[arg(long, value_name = "SPAN", default_value = "500ms", value_parser = parse::duration)]
    warm_up: Duration,
    /// Upper bound of the time for a response.
    #[arg(long, value_name = "SPAN", default_value = "10s", value_parser = parse::duration)]
    timeout: Duration,
    /// Upper bound of the KiB of a response, from 1 to 65536.
    #[arg(long, value_name = "KIB", default_value_t = 8192,
          value_parser = clap::value_parser!(u32).range(1..=65_536))]
    max_kib: u32,
    /// Ends the audit at the first mixed answer.
    #[arg(long)]
    until_found: bool,
    /// Percent of the requests that the audit gives up before, while or after the answer comes,
    /// from 0 to 50. They never count against the service.
    #[arg(long, value_name = "PERCENT", default_value_t = 5,
          value_parser = clap::value_parser!(u32).range(0..=50))]
    hang_up: u32,
    /// Seed of the photos' ids and of the order of requests [default: another one each time].
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

const HELP: &str = "\
Exit codes:
  0    clean: enough conversions were made under the load, and no answer shows another
       person's photo
  1    mixed: at least one answer shows another person's photo; or a kind of --fail-on was found
  2    wrong usage, or a target's file that cannot be used
  3    inconclusive: too few conversions were made, too many answers could not be read, too
       many requests failed, or a required kind of mix is not visible
  4    the target could not be reached
  130  interrupted; the report holds the results so far

Examples:
  double-exposure audit demo
  double-exposure audit check service.toml --send
  double-exposure audit --target service.toml --steps 1,8,32 --duration 2m
  double-exposure audit --pull 'http://127.0.0.1:8888/unsafe/{size}x{size}/{source}' --fit cover
  double-exposure audit --post 'http://127.0.0.1:3000/thumbnail?size={size}' --until-found
  double-exposure audit prepare prepared      photos for the load of any other tool
  double-exposure audit judge prepared        the verdict on what that tool kept";

impl Audit {
    pub(super) fn run(self) -> Result<Exit, Box<dyn Error>> {
        match self.command {
            Some(Command::Check(check)) => check.run(),
            Some(Command::Demo(demo)) => demo.run(),
            Some(Command::Prepare(prepare)) => prepare.run(),
            Some(Command::Judge(judge)) => judge.run(),
            None => self.audit(),
        }
    }

    fn audit(self) -> Result<Exit, Box<dyn Error>> {
        let source = self.target.as_ref().ok_or("name a target")?;
        let plan = self.plan(source)?;
        let report = self.report.open()?;
        let interrupt = Interrupt::listen();
        let bar = progress::with_message(self.output.quiet, "setting up");
        let results = audit::run(&plan, &mut |progress| {
            show(&bar, progress);
            !interrupt.heard()
        })?;
        drop(bar);
        let command = self.rerun_command(source, plan.seed);
        report.write(&plan, results, &command, self.output)
    }

    fn plan(&self, source: &TargetArgs) -> Result<AuditPlan, Box<dyn Error>> {
        let PlanArgs { sizes, fit, steps, rate, .. } = &self.plan;
        let mut target = match (&source.target, &source.pull, &source.post) {
            (Some(file), ..) => Target::read(file, self.reach.base.as_ref())?,
            (None, Some(url), _) => Target::from_url(Mode::Pull, url)?,
            (None, None, Some(url)) => Target::from_url(Mode::Post, url)?,
            (None, None, None) => return Err("name a target".into()),
        };
        if let Some(warning) = self.reach.apply(&mut target)? {
            self.output.note(&format!("warning: {warning}\n"));
        }
        if let Some(sizes) = sizes {
            target.thumbnail.sizes = sizes.clone();
        }
        target.thumbnail.fit = match fit.as_deref() {
            None => target.thumbnail.fit,
            Some("cover") => Some(Fit::Cover),
            Some("contain") => Some(Fit::Contain),
            Some(_) => None,
        };
        let load = if rate.is_empty() {
            steps.iter().map(|&in_flight| LoadModel::Closed(in_flight)).collect()
        } else {
            rate.iter().map(|&rate| LoadModel::Open(rate)).collect()
        };
        Ok(AuditPlan {
            target,
            load,
            warm_up: self.plan.warm_up,
            duration: self.plan.duration,
            timeout: self.plan.timeout,
            max_bytes: self.plan.max_kib as usize * 1024,
            until_found: self.plan.until_found,
            enough_conversions: None,
            max_findings: self.report.max_findings as usize,
            min_conversions: self.report.min_conversions,
            require: self.report.require.clone(),
            hang_up: f64::from(self.plan.hang_up) / 100.0,
            // In 32 bits, so that every reader of JSON keeps all digits.
            seed: self.plan.seed.unwrap_or_else(|| fastrand::u32(..).into()),
        })
    }

    /// Returns the command that runs the same audit again, for a POSIX shell.
    fn rerun_command(&self, source: &TargetArgs, seed: u64) -> String {
        let TargetArgs { target, pull, post } = source;
        let PlanArgs { sizes, fit, rate, steps, duration, warm_up, hang_up, .. } = &self.plan;
        let PlanArgs { timeout, max_kib, until_found, .. } = &self.plan;
        let file = target.as_ref().map(|file| quoted(&file.display().to_string()));
        let list = |numbers: Vec<String>| (!numbers.is_empty()).then(|| numbers.join(","));
        let rates = list(rate.iter().map(f64::to_string).collect());
        let steps = list(steps.iter().map(usize::to_string).collect());
        let flags = [
            ("target", file),
            ("pull", pull.as_deref().map(quoted)),
            ("post", post.as_deref().map(quoted)),
            ("sizes", sizes.as_ref().map(Sizes::ranges)),
            ("fit", fit.clone()),
            ("steps", steps.filter(|_| rates.is_none())),
            ("rate", rates),
            ("duration", Some(format!("{}ms", duration.as_millis()))),
            ("warm-up", Some(format!("{}ms", warm_up.as_millis()))),
            ("hang-up", Some(hang_up.to_string())),
            ("seed", Some(seed.to_string())),
            ("timeout", Some(format!("{}ms", timeout.as_millis()))),
            ("max-kib", Some(max_kib.to_string())),
        ];
        let flags = flags.into_iter().filter_map(|(flag, value)| Some((flag, value?)));
        let flags: String = flags.map(|(flag, value)| format!(" --{flag} {value}")).collect();
        let reach = self.reach.flags().into_iter().filter_map(|(flag, value)| Some((flag, value?)));
        let reach = reach.map(|(flag, value)| match value.is_empty() {
            true => format!(" --{flag}"),
            false => format!(" --{flag} {}", quoted(&value)),
        });
        let reach: String = reach.collect();
        let until_found = if *until_found { " --until-found" } else { "" };
        format!("double-exposure audit{flags}{}{until_found}{reach}", self.report.flags())
    }
}

/// Shows the rate, the requests in flight, the conversions, and the mixed answers.
fn show(bar: &ProgressBar, progress: AuditProgress) {
    let AuditProgress { elapsed, total, requests, in_flight, conversions, mixed } = progress;
    if total.is_zero() {
        return;
    }
    let rate = requests as f64 / elapsed.as_secs_f64().max(0.001);
    bar.set_length(total.as_millis() as u64);
    bar.set_position(elapsed.min(total).as_millis() as u64);
    let mixed = if mixed > 0 { format!("{mixed} MIXED") } else { "0 mixed".into() };
    bar.set_message(format!(
        "{rate:.0}/s, {in_flight} in flight, {conversions} conversions, {mixed}"
    ));
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate| (0.1..=100_000.0).contains(rate));
    rate.ok_or_else(|| "not a number from 0.1 to 100000".to_owned())
}
