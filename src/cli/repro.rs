//! Runs `repro`: the failure and its repairs under the same load, on real photos.

use std::error::Error;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;

use super::interrupt::Interrupt;
use super::limit_args::LimitArgs;
use super::output::File;
use super::{Exit, OutputArgs, parse};
use crate::codec::{Fit, PhotoLimits, Size, ThumbnailSpec};
use crate::output::terminal::{many, plain};
use crate::output::{OutputDir, progress};
use crate::pipelines::PipelineKind;
use crate::repro::load_generator::MAX_IN_FLIGHT;
use crate::repro::report::{self, ReproDocument, junit, summary, table};
use crate::repro::{self, Expectation, PhotoSet, ReproPlan, ReproResults, ReproVerdict};
use crate::sample_photos::{self, SamplePhotos};

/// Runs the same load on each pipeline, and checks every row of every thumbnail.
///
/// Real threads convert real JPEG photos, with a fixed number of requests in flight. `shared` keeps
/// pixels in a ring of shared buffers, and mixes people's photos under load; `owned` and `pooled`
/// move the buffer into the request, and never mix photos.
#[derive(Args)]
pub(super) struct Repro {
    /// Pipeline to run; repeat the flag for several [default: all three].
    #[arg(long = "pipeline", value_enum, value_name = "P")]
    pipelines: Vec<PipelineKind>,
    /// Runs two pipelines at two loads only, in at most 12 seconds or so: `shared` and `owned`,
    /// with 4 and with 64 in flight.
    #[arg(long, conflicts_with_all = ["pipelines", "in_flight"])]
    quick: bool,
    /// Requests in flight, a run for each: 1 to 256.
    #[arg(long, value_delimiter = ',', value_name = "N,N,…", default_value = "1,2,4,8,16,32,64",
          value_parser = parse::count::<usize, 1, { MAX_IN_FLIGHT as u64 }>)]
    in_flight: Vec<usize>,
    /// Slots in the ring of `shared`: 1 to 1024.
    #[arg(long, value_name = "N", default_value = "8",
          value_parser = parse::count::<NonZeroUsize, 1, 1024>)]
    slots: NonZeroUsize,
    /// Bands of a thumbnail, the steps between which other requests may run: 1 to 128.
    #[arg(long, value_name = "N", default_value = "4",
          value_parser = parse::count::<NonZeroU32, 1, 128>)]
    bands: NonZeroU32,
    /// Thumbnails of a run: 1 to 1000000.
    #[arg(long, value_name = "N", default_value_t = 300,
          value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    thumbnails: u64,
    /// Folder of photos. Each subfolder is an owner; without subfolders, each file has its own
    /// owner [default: built in].
    #[arg(long, value_name = "DIR")]
    photos: Option<PathBuf>,
    #[command(flatten)]
    limit: LimitArgs,
    /// Side of the thumbnails, in px: 16 to 2048.
    #[arg(long, value_name = "PX", default_value_t)]
    size: Size,
    /// `cover` fills a square with the middle of the photo, `contain` shows the whole photo.
    #[arg(long, value_name = "FIT", default_value_t)]
    fit: Fit,
    /// Seed that fixes the order in which the photos are requested.
    #[arg(long, value_name = "N", default_value_t = 20_241_128)]
    seed: u64,
    /// Folder for the report; an earlier report in it is replaced.
    #[arg(long, value_name = "DIR", default_value = "double-exposure-report")]
    out: PathBuf,
    /// File for JUnit XML, with a test case for each run; an earlier file is replaced.
    #[arg(long, value_name = "FILE", value_parser = file)]
    junit: Option<PathBuf>,
    /// Expected result; `clean` is for CI: exit code 1 if any thumbnail of any run is mixed.
    #[arg(long, value_enum, default_value_t)]
    expect: Expectation,
    /// Seconds that all runs may take together; runs are shortened to keep the limit: 1 to 86400.
    /// With --quick, the default is 12.
    #[arg(long, value_name = "S", default_value_t = 45, default_value_if("quick", "true", "12"),
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    budget: u64,
    #[command(flatten)]
    output: OutputArgs,
}

/// Pipelines that `--quick` runs.
const QUICK_PIPELINES: [PipelineKind; 2] = [PipelineKind::Shared, PipelineKind::Owned];

/// Requests in flight of `--quick`: one load below the knee, and one at which `shared` must mix.
const QUICK_IN_FLIGHT: [usize; 2] = [4, 64];

impl Repro {
    pub(super) fn run(self) -> Result<Exit, Box<dyn Error>> {
        let start = Instant::now();
        let budget = Duration::from_secs(self.budget);
        let folder = OutputDir::open(&self.out, report::DOCUMENT)?;
        let junit_file = self.junit.as_deref().map(File::create).transpose()?;
        let interrupt = Interrupt::listen();
        let plan = ReproPlan {
            pipelines: match self.pipelines {
                _ if self.quick => QUICK_PIPELINES.into(),
                none if none.is_empty() => {
                    vec![PipelineKind::Shared, PipelineKind::Owned, PipelineKind::Pooled]
                }
                some => some,
            },
            in_flight: if self.quick { QUICK_IN_FLIGHT.into() } else { self.in_flight },
            slots: self.slots,
            bands: self.bands,
            thumbnails: self.thumbnails,
            spec: ThumbnailSpec { size: self.size, fit: self.fit },
            seed: self.seed,
            expect: self.expect,
            deadline: start + budget,
        };
        let SamplePhotos { photos, skipped } = sample_photos::load(self.photos.as_deref())?;
        let quiet = self.output.quiet;
        let progress = progress::counting(quiet, "photos", photos.len() as u64);
        let limits = self.limit.limits();
        let shape = (plan.spec, plan.bands);
        let photo_set = PhotoSet::prepare(photos, skipped, limits, shape, |done| {
            progress.set_position(done as u64);
            !interrupt.heard() && start.elapsed() < budget / 3
        })?;
        drop(progress);
        self.output.note(&left_out(&photo_set));

        let total = plan.thumbnails * (plan.pipelines.len() * plan.in_flight.len()) as u64;
        let progress = progress::counting(quiet, "thumbnails", total);
        let on_progress = |done| progress.set_position(done);
        let results = repro::run(&plan, &photo_set, on_progress, || !interrupt.heard())?;
        drop(progress);
        if let Some(file) = junit_file {
            file.write(&junit(&plan, &results))?;
        }
        let command = rerun_command(&plan, self.photos.as_deref(), self.limit, self.budget);
        report::write(&folder, &plan, &photo_set, &results, &command)?;
        self.output.print(&ReproDocument::new(&plan, &photo_set, &results), || {
            format!("{}\n{}", table(&plan, &photo_set, &results), summary(&plan, &results))
        });
        if !self.output.json {
            self.output.note(&format!("report: {}\n", folder.path().display()));
        }
        Ok(exit(&results))
    }
}

fn exit(results: &ReproResults) -> Exit {
    if results.oracle_faults() > 0 || results.verdict == ReproVerdict::Mixed {
        Exit::Mixed
    } else if results.interrupted {
        Exit::Interrupted
    } else if results.verdict == ReproVerdict::Inconclusive {
        Exit::Inconclusive
    } else {
        Exit::Held
    }
}

/// Returns the command line that makes the same runs, quoted for a POSIX shell.
fn rerun_command(plan: &ReproPlan, photos: Option<&Path>, limit: LimitArgs, budget: u64) -> String {
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
    if limit.max_megapixels != PhotoLimits::DEFAULT_MEGAPIXELS {
        command += &format!(" --max-megapixels {}", limit.max_megapixels);
    }
    if plan.expect == Expectation::Clean {
        command += " --expect clean";
    }
    command + &format!(" --budget {budget}")
}

/// Lists the photos that are not in the run, each with the reason.
fn left_out(photo_set: &PhotoSet) -> String {
    let mut text = String::new();
    for skipped in &photo_set.skipped {
        let path = plain(&skipped.path.display().to_string());
        text += &format!("skipped {path}: {}\n", plain(&skipped.reason));
    }
    if photo_set.unused > 0 {
        text += &format!(
            "not used: {}; a run uses at most {}, or the time was too short\n",
            many(photo_set.unused, "photo"),
            repro::MAX_PHOTOS
        );
    }
    text
}

fn file(text: &str) -> Result<PathBuf, String> {
    match text {
        "" | "-" => Err("name a file for the JUnit XML".into()),
        name => Ok(name.into()),
    }
}
