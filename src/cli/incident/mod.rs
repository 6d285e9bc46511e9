//! Implements `incident`: simulates 28 November 2024 in virtual time, and the same day again with
//! one thing changed.

mod what_if_args;

use std::error::Error;
use std::fs;
use std::io::Write;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::ProgressBar;

use super::interrupt::Interrupt;
use super::output::{File, print};
use super::{Exit, OutputArgs, parse};
use crate::incident::report::{self, IncidentDocument, IncidentPage, timeline};
use crate::incident::{
    self, Comparison, Scenario, SimulationPlan, SimulationResults, WhatIf, WhatIfResult,
};
use crate::output::{OutputDir, progress};
use crate::sample_photos;
use what_if_args::WhatIfArgs;

/// Maximum number of images on the page.
const MAX_IMAGES: usize = 6;

/// Maximum number of people of the changed days that no flag asks for, so that all of them together
/// take seconds.
const MAX_COMPARED_PEOPLE: u64 = 200_000;

/// Factor between two scales that are tried.
const STEP: NonZeroU32 = NonZeroU32::new(10).unwrap();

/// Simulates 28 November 2024 in virtual time, on the real pipelines.
///
/// A scenario describes the people, the traffic and the nodes that make thumbnails. The simulation
/// uses no clock: it steps each conversion through the shipped pipelines at its virtual time. No
/// random number decides where photos mix: load and slots decide it. The same seed gives the same
/// results, byte for byte.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Incident {
    /// A scenario of another day; see --print-scenario.
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Prints the scenario of 28 November 2024, to be edited, and simulates nothing.
    #[arg(long)]
    print_scenario: bool,
    /// The seed of every random number.
    #[arg(long, value_name = "N", default_value_t = 20_241_128)]
    seed: u64,
    /// The divisor of people, photos and views, and the factor of a conversion's time.
    #[arg(long, value_name = "N", default_value = "100",
          value_parser = parse::count::<NonZeroU32, 1, 1_000_000>)]
    scale: NonZeroU32,
    /// A file for a log of every thumbnail made and shown, as JSON Lines. An existing file is
    /// replaced.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// The folder of the page. An existing page is replaced.
    #[arg(long, value_name = "DIR", default_value = "double-exposure-incident")]
    out: PathBuf,
    /// A folder of photos for the images on the page [default: built in].
    #[arg(long, value_name = "DIR")]
    photos: Option<PathBuf>,
    #[command(flatten)]
    what_ifs: WhatIfArgs,
    #[command(flatten)]
    output: OutputArgs,
}

const EXAMPLES: &str = "\
Each flag under \"The same day with one thing changed\" also simulates that day, and compares it
with the day itself in one table. With one or more of these flags, the timeline, the log and the
page describe the day with all of these changes. Without such a flag, all changes are compared at a
scale of at most 200,000 people, which takes seconds; --what-ifs compares them at the day's scale.

Examples:
  double-exposure incident                               the day, its page and its timeline
  double-exposure incident --what-ifs                    eight changes, at the day's own scale
  double-exposure incident --pipeline owned              no wrong thumbnail, at any load
  double-exposure incident --canaries --json             as one document
  double-exposure incident --print-scenario > my.toml    a scenario to edit, then:
  double-exposure incident --scenario my.toml --scale 1000

Exit codes: 0 if the lap law held and only the shared ring mixed photos, 1 if not, 2 for wrong usage
or a scenario that contradicts itself, 130 after an interrupt, with the results until then.";

impl Incident {
    pub(super) fn run(self) -> Result<Exit, Box<dyn Error>> {
        if self.print_scenario {
            print(incident::DEFAULT_SCENARIO);
            return Ok(Exit::Held);
        }
        let scenario = match &self.scenario {
            Some(path) => read_scenario(path)?,
            None => Scenario::built_in(),
        };
        let day = SimulationPlan { scenario, scale: self.scale, seed: self.seed };
        day.check()?;
        let selected = self.what_ifs.selected(&day)?;
        let combined = self.what_ifs.combined(&day)?;
        let folder = OutputDir::open(&self.out, report::DOCUMENT)?;
        let mut log = self.log.as_deref().map(File::create).transpose()?;
        let photos = sample_photos::load(self.photos.as_deref())?;
        let interrupt = Interrupt::listen();
        let keep_running = || !interrupt.heard();
        let (day, selected) = match selected[..] {
            [] => (smaller(&day), possible(&day)),
            _ => (day, selected),
        };
        let progress = progress::counting(self.output.quiet, "days", 2 + selected.len() as u64);

        let mut log = log.as_mut().map(File::writer);
        let log = log.as_mut().map(|log| log as &mut dyn Write);
        let results = incident::simulate(&combined, log, &keep_running)?;
        progress.inc(1);
        let compared = compare(&progress, &keep_running, &day, &selected, &results)?;
        drop(progress);
        let as_promised = results.as_promised() && compared.iter().all(|(_, promised)| *promised);
        let rows: Vec<WhatIfResult> = compared.into_iter().map(|(row, _)| row).collect();
        let compared = Comparison { scale: day.scale.get(), rows };
        let images = incident::sample_images(&results, &photos.photos, MAX_IMAGES)?;
        let page = IncidentPage { results: &results, compared: &compared, images: &images };
        report::write(&folder, &page)?;
        let document = IncidentDocument::new(&results, &compared);
        self.output.print(&document, || timeline(&results, &compared));
        if !self.output.json {
            self.output.note(&format!("page: {}\n", folder.path().display()));
        }
        Ok(if !as_promised {
            Exit::Mixed
        } else if interrupt.heard() {
            Exit::Interrupted
        } else {
            Exit::Held
        })
    }
}

/// Returns the rows of the what-if table: the day itself, each change alone, and all changes
/// together if `combined` is none of these. An interrupted simulation gives no row.
fn compare(
    progress: &ProgressBar,
    keep_running: &dyn Fn() -> bool,
    day: &SimulationPlan,
    selected: &[WhatIf],
    combined: &SimulationResults,
) -> Result<Vec<(WhatIfResult, bool)>, Box<dyn Error>> {
    let mut days = vec![("the day itself".to_owned(), None, day.clone())];
    days.extend(
        selected
            .iter()
            .map(|change| (change.to_string(), Some(change.flag()), change.apply(day.clone()))),
    );
    let is_compared = |(.., plan): &(_, _, SimulationPlan)| *plan == combined.plan;
    if day.scale == combined.plan.scale && !days.iter().any(is_compared) {
        days.push(("all of these together".into(), None, combined.plan.clone()));
    }
    let mut rows = Vec::new();
    for (name, flag, plan) in days {
        let changed;
        let results = if plan == combined.plan {
            combined
        } else if keep_running() {
            changed = incident::simulate(&plan, None, keep_running)?;
            progress.inc(1);
            &changed
        } else {
            break;
        };
        if !results.interrupted {
            rows.push((WhatIfResult::new(name, flag, results), results.as_promised()));
        }
    }
    Ok(rows)
}

/// Returns the day at the smallest scale, from its own on in steps of ten, that has at most
/// [`MAX_COMPARED_PEOPLE`].
fn smaller(day: &SimulationPlan) -> SimulationPlan {
    let mut smaller = day.clone();
    while smaller.people() > MAX_COMPARED_PEOPLE {
        smaller.scale = smaller.scale.saturating_mul(STEP);
    }
    smaller
}

/// Returns all changes that do not contradict the scenario.
fn possible(day: &SimulationPlan) -> Vec<WhatIf> {
    let mut changes = WhatIf::all(&day.scenario.what_ifs);
    changes.retain(|change| change.apply(day.clone()).scenario.check().is_ok());
    changes
}

fn read_scenario(path: &Path) -> Result<Scenario, String> {
    let with_path = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let length = fs::metadata(path).map_err(|error| with_path(&error))?.len();
    if length > incident::MAX_SCENARIO_BYTES as u64 {
        return Err(with_path(&incident::ScenarioError::TooLong(length as usize)));
    }
    let text = fs::read_to_string(path).map_err(|error| with_path(&error))?;
    Scenario::read(&text).map_err(|error| with_path(&error))
}
