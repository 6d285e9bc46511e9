//! `repro`: the failure and its repairs under the same load, on real photos.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::interrupt::Interrupt;
use super::output::{File, eprint, print, print_json};
use super::{Exit, OutputArgs, exit_code};
use crate::codec::{Fit, Size, ThumbnailSpec};
use crate::output::terminal::plain;
use crate::pipelines::PipelineKind;
use crate::repro::load_generator::MAX_IN_FLIGHT;
use crate::repro::report::{ReproDir, ReproDocument, closing, junit, table};
use crate::repro::{self, Expectation, PhotoSet, ReproPlan, ReproResults, ReproVerdict};
use crate::sample_photos::{self, SamplePhotos};

/// Run the same load on each pipeline and look at every row of every thumbnail
///
/// Real threads convert real JPEG photos, with so many in flight at once. `shared` keeps its pixels
/// in a ring of buffers and mixes people's photos under load; `owned` and `pooled` move the buffer
/// into the request and never do.
#[derive(Args)]
pub(super) struct Repro {
    /// A pipeline to run; repeat it for several [default: all three]
    #[arg(long = "pipeline", value_enum, value_name = "P")]
    pipelines: Vec<PipelineKind>,
    /// Requests in flight, a run for each: 1 to 256
    #[arg(long, value_delimiter = ',', value_name = "N,N,…", default_value = "1,2,4,8,16,32,64",
          value_parser = in_flight)]
    in_flight: Vec<usize>,
    /// Slots in the ring of `shared`: 1 to 1024
    #[arg(long, value_name = "N", default_value = "8", value_parser = slots)]
    slots: NonZeroUsize,
    /// Bands of a thumbnail, the steps between which another request may come: 1 to 128
    #[arg(long, value_name = "N", default_value = "4", value_parser = bands)]
    bands: NonZeroU32,
    /// Thumbnails of a run: 1 to 1000000
    #[arg(long, value_name = "N", default_value_t = 300,
          value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    thumbnails: u64,
    /// A folder of photos; a subfolder is an owner, without any each file is [default: built in]
    #[arg(long, value_name = "DIR")]
    photos: Option<PathBuf>,
    /// Side of the thumbnails, in px: 16 to 2048
    #[arg(long, value_name = "PX", default_value_t)]
    size: Size,
    /// `cover` fills a square with the middle of the photo, `contain` shows all of it
    #[arg(long, value_name = "FIT", default_value_t)]
    fit: Fit,
    /// Fixes the order in which the photos are asked for
    #[arg(long, value_name = "N", default_value_t = 20_241_128)]
    seed: u64,
    /// Where the report goes; an earlier report there is replaced
    #[arg(long, value_name = "DIR", default_value = "double-exposure-report")]
    out: PathBuf,
    /// A file for JUnit XML, a test case per run; an earlier file there is replaced
    #[arg(long, value_name = "FILE", value_parser = file)]
    junit: Option<PathBuf>,
    /// `clean` is for CI: exit 1 if any thumbnail of any run is mixed
    #[arg(long, value_enum, default_value_t)]
    expect: Expectation,
    /// Seconds that the whole may take; runs are shortened to keep it: 1 to 86400
    #[arg(long, value_name = "S", default_value_t = 45,
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    budget: u64,
    #[command(flatten)]
    voice: OutputArgs,
}

impl Repro {
    pub(super) fn run(self) -> Exit {
        exit_code(self.carry_out())
    }

    fn carry_out(self) -> Result<Exit, Box<dyn std::error::Error>> {
        let start = Instant::now();
        let budget = Duration::from_secs(self.budget);
        let folder = ReproDir::open(&self.out)?;
        let junit_file = self.junit.as_deref().map(File::create).transpose()?;
        let interrupt = Interrupt::listen();
        let plan = ReproPlan {
            pipelines: match self.pipelines {
                none if none.is_empty() => {
                    vec![PipelineKind::Shared, PipelineKind::Owned, PipelineKind::Pooled]
                }
                some => some,
            },
            in_flight: self.in_flight,
            slots: self.slots,
            bands: self.bands,
            thumbnails: self.thumbnails,
            spec: ThumbnailSpec { size: self.size, fit: self.fit },
            seed: self.seed,
            expect: self.expect,
            deadline: start + budget,
        };
        let SamplePhotos { photos, skipped } = match &self.photos {
            Some(dir) => sample_photos::read_dir(dir)?,
            None => SamplePhotos { photos: sample_photos::default_set(), skipped: Vec::new() },
        };
        let bar = Bar::new(self.voice, "photos", photos.len() as u64);
        let shape = (plan.spec, plan.bands);
        let subjects = PhotoSet::prepare(photos, skipped, shape, |done| {
            bar.at(done as u64);
            !interrupt.heard() && start.elapsed() < budget / 3
        })?;
        drop(bar);
        if !self.voice.quiet {
            eprint(&left_out(&subjects));
        }

        let total = plan.thumbnails * (plan.pipelines.len() * plan.in_flight.len()) as u64;
        let bar = Bar::new(self.voice, "thumbnails", total);
        let findings = repro::run(&plan, &subjects, |done| bar.at(done), || !interrupt.heard())?;
        drop(bar);
        if let Some(file) = junit_file {
            file.write(&junit(&plan, &findings))?;
        }
        folder.write(
            &plan,
            &subjects,
            &findings,
            &rerun_command(&plan, self.photos.as_deref(), self.budget),
        )?;
        if self.voice.json {
            print_json(&ReproDocument::new(&plan, &subjects, &findings));
        } else {
            print(&table(&plan, &subjects, &findings));
            print(&format!("\n{}", closing(&plan, &findings)));
            if !self.voice.quiet {
                eprint(&format!("report: {}\n", folder.path().display()));
            }
        }
        Ok(exit(&findings))
    }
}

fn exit(findings: &ReproResults) -> Exit {
    if findings.oracle_faults() > 0 || findings.verdict == ReproVerdict::Mixed {
        Exit::Mixed
    } else if findings.interrupted {
        Exit::Interrupted
    } else if findings.verdict == ReproVerdict::Inconclusive {
        Exit::Inconclusive
    } else {
        Exit::Held
    }
}

/// The command that makes the same runs, for a POSIX shell.
fn rerun_command(plan: &ReproPlan, photos: Option<&Path>, budget: u64) -> String {
    let mut command = "double-exposure repro".to_owned();
    for kind in &plan.pipelines {
        command += &format!(" --pipeline {kind}");
    }
    let in_flight: Vec<_> = plan.in_flight.iter().map(usize::to_string).collect();
    command += &format!(
        " --in-flight {} --slots {} --bands {} --thumbnails {} --size {} --fit {} --seed {}",
        in_flight.join(","),
        plan.slots,
        plan.bands,
        plan.thumbnails,
        plan.spec.size,
        plan.spec.fit,
        plan.seed
    );
    if let Some(photos) = photos {
        let quoted = photos.display().to_string().replace('\'', r"'\''");
        command += &format!(" --photos '{quoted}'");
    }
    if plan.expect == Expectation::Clean {
        command += " --expect clean";
    }
    command + &format!(" --budget {budget}")
}

/// The photos that are not in the run, by name, each with its reason.
fn left_out(subjects: &PhotoSet) -> String {
    let mut text = String::new();
    for skipped in &subjects.skipped {
        let path = plain(&skipped.path.display().to_string());
        text += &format!("skipped {path}: {}\n", plain(&skipped.reason));
    }
    if subjects.unused > 0 {
        text += &format!(
            "{} photos are not used: {} are at most, or time was short\n",
            subjects.unused,
            repro::MAX_PHOTOS
        );
    }
    text
}

/// A progress bar on standard error, on a terminal only.
struct Bar(ProgressBar);

impl Bar {
    fn new(voice: OutputArgs, what: &'static str, total: u64) -> Self {
        if voice.quiet {
            return Self(ProgressBar::hidden());
        }
        let style = ProgressStyle::with_template("{prefix:10} {wide_bar} {pos}/{len} {eta:>4}")
            .expect("the template is well formed");
        Self(ProgressBar::new(total).with_style(style).with_prefix(what))
    }

    fn at(&self, done: u64) {
        self.0.set_position(done);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn file(text: &str) -> Result<PathBuf, String> {
    match text {
        "" | "-" => Err("JUnit goes to a file: name one".into()),
        name => Ok(name.into()),
    }
}

fn in_flight(text: &str) -> Result<usize, String> {
    bounded(text, MAX_IN_FLIGHT)
}

pub(super) fn slots(text: &str) -> Result<NonZeroUsize, String> {
    bounded(text, 1024).map(|slots| NonZeroUsize::new(slots).expect("1 at least"))
}

pub(super) fn bands(text: &str) -> Result<NonZeroU32, String> {
    bounded(text, 128).map(|bands| NonZeroU32::new(bands as u32).expect("1 at least"))
}

fn bounded(text: &str, most: usize) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=most).contains(number));
    number.ok_or_else(|| format!("not a whole number from 1 to {most}"))
}
