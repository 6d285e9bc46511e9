//! `incident`: 28 November 2024 in virtual time, and the same day again with one thing changed.

mod what_if_args;

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use clap::Args;

use super::interrupt::Interrupt;
use super::output::{eprint, print, print_json};
use super::{Exit, OutputArgs};
use crate::incident::report::{self, IncidentPage, timeline};
use crate::incident::{
    self, IncidentDocument, Scenario, SimulationPlan, SimulationResults, WhatIf, WhatIfResult,
};
use crate::output::OutputDir;
use crate::output::progress::Progress;
use crate::sample_photos::{self, SamplePhotos};
use what_if_args::WhatIfArgs;

/// Pictures on the page at most.
const MOST_PICTURES: usize = 6;

/// The whole event in virtual time, on the real pipelines
///
/// A script says who there is, how much is looked at and when, and what makes the thumbnails; a
/// simulation without a clock steps each conversion through the shipped pipelines at its virtual
/// moment. Where photos mix is never drawn: it comes from load against slots. The same seed gives
/// the same day, byte for byte.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Incident {
    /// A script of another day; see --print-script
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// Instead, print the script of 28 November 2024, to be edited
    #[arg(long)]
    print_script: bool,
    /// Fixes every draw
    #[arg(long, value_name = "N", default_value_t = 20_241_128)]
    seed: u64,
    /// Divides people, photos and views, and multiplies a conversion's time
    #[arg(long, value_name = "N", default_value = "100", value_parser = scale)]
    scale: NonZeroU32,
    /// A file for every thumbnail made and shown, as JSON Lines; an earlier file there is replaced
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Where the page goes; an earlier one there is replaced
    #[arg(long, value_name = "DIR", default_value = "double-exposure-incident")]
    out: PathBuf,
    /// A folder of photos for the pictures on the page [default: built in]
    #[arg(long, value_name = "DIR")]
    photos: Option<PathBuf>,
    #[command(flatten)]
    changes: WhatIfArgs,
    #[command(flatten)]
    voice: OutputArgs,
}

const EXAMPLES: &str = "\
Each flag under \"The same day with one thing changed\" plays that day too, and compares it with
the day itself in one table. With one or several of them, what is told, logged and drawn is the
day with all of these changes.

Examples:
  double-exposure incident                            the day, its page and its timeline
  double-exposure incident --what-ifs                 what would have helped?
  double-exposure incident --pipeline owned           nobody is mixed, at any load
  double-exposure incident --canaries --json          in one document
  double-exposure incident --print-script > my.toml   a day of one's own: edit, then
  double-exposure incident --script my.toml --scale 1000

Exit codes: 0 if the lap law held and only the shared ring mixed, 1 if not, 2 for wrong usage or a
script that contradicts itself, 130 if interrupted: what is known by then is told.";

impl Incident {
    pub(super) fn run(self) -> Result<Exit, Box<dyn Error>> {
        if self.print_script {
            print(incident::DEFAULT);
            return Ok(Exit::Held);
        }
        let script = match &self.script {
            Some(path) => read(path)?,
            None => Scenario::of_the_day(),
        };
        let day = SimulationPlan { script, scale: self.scale, seed: self.seed };
        day.check()?;
        let asked = self.changes.asked(&day)?;
        let told = self.changes.told(&day)?;
        let folder = OutputDir::open(&self.out, report::DOCUMENT)?;
        let mut log = self.log.as_deref().map(Log::create).transpose()?;
        let photos = match &self.photos {
            Some(dir) => sample_photos::read_dir(dir)?,
            None => SamplePhotos { photos: sample_photos::default_set(), skipped: Vec::new() },
        };
        let interrupt = Interrupt::listen();
        let go_on = || !interrupt.heard();
        let count = 1 + asked.len();
        let progress = Progress::counting(self.voice.quiet || count == 1, "days", count as u64);
        let days = Days { progress, go_on: &go_on };

        let findings = days.play(&told, log.as_mut())?;
        let compared = days.compare(&day, &asked, &findings)?;
        let mut as_promised = findings.as_promised();
        as_promised &= compared.iter().all(|(_, held)| *held);
        let compared: Vec<WhatIfResult> = compared.into_iter().map(|(row, _)| row).collect();
        drop(days);
        let pictures = incident::pictures(&findings, &photos.photos, MOST_PICTURES)?;
        let page = IncidentPage { findings: &findings, compared: &compared, pictures: &pictures };
        report::write(&folder, &page)?;
        if self.voice.json {
            print_json(&IncidentDocument::new(&findings, compared));
        } else {
            print(&timeline(&findings, &compared));
            if !self.voice.quiet {
                eprint(&format!("page: {}\n", folder.path().display()));
            }
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

/// Plays days one after the other, and shows how many are done.
struct Days<'a> {
    progress: Progress,
    go_on: &'a dyn Fn() -> bool,
}

impl Days<'_> {
    fn play(
        &self,
        plan: &SimulationPlan,
        log: Option<&mut Log>,
    ) -> Result<SimulationResults, Box<dyn Error>> {
        let Some(log) = log else { return Ok(incident::play(plan, None, self.go_on)?) };
        let findings = incident::play(plan, Some(&mut log.file), self.go_on)?;
        log.file.flush().map_err(|error| format!("{}: {error}", log.path.display()))?;
        self.progress.increment();
        Ok(findings)
    }

    /// The rows of the table: the day itself, each change alone, and all together if the told day
    /// is none of these. No row is made of a day that was cut short.
    fn compare(
        &self,
        day: &SimulationPlan,
        asked: &[WhatIf],
        told: &SimulationResults,
    ) -> Result<Vec<(WhatIfResult, bool)>, Box<dyn Error>> {
        let mut days = vec![("the day itself".to_owned(), None, day.clone())];
        days.extend(
            asked
                .iter()
                .map(|change| (change.to_string(), Some(change.flag()), change.of(day.clone()))),
        );
        if asked.is_empty() {
            days.clear();
        } else if days.iter().all(|(.., plan)| *plan != told.plan) {
            days.push(("all of these together".into(), None, told.plan.clone()));
        }
        let mut rows = Vec::new();
        for (name, flag, plan) in days {
            let played;
            let findings = if plan == told.plan {
                told
            } else if (self.go_on)() {
                played = incident::play(&plan, None, self.go_on)?;
                self.progress.increment();
                &played
            } else {
                break;
            };
            if !findings.interrupted {
                rows.push((WhatIfResult::new(name, flag, findings), findings.as_promised()));
            }
        }
        Ok(rows)
    }
}

fn read(path: &Path) -> Result<Scenario, String> {
    let named = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let length = fs::metadata(path).map_err(|error| named(&error))?.len();
    if length > incident::MAX_BYTES as u64 {
        return Err(named(&incident::ScenarioError::TooLong(length as usize)));
    }
    let text = fs::read_to_string(path).map_err(|error| named(&error))?;
    Scenario::read(&text).map_err(|error| named(&error))
}

/// The log, opened before anything runs: a day whose log has no place is lost time.
struct Log {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Log {
    fn create(path: &Path) -> Result<Self, String> {
        let file = File::create(path).map_err(|error| {
            format!("{}: {error}; name a file that can be written", path.display())
        })?;
        Ok(Self { path: path.into(), file: BufWriter::with_capacity(1 << 20, file) })
    }
}

fn scale(text: &str) -> Result<NonZeroU32, String> {
    let number = text.parse().ok().filter(|number| (1..=1_000_000).contains(number));
    let number = number.and_then(NonZeroU32::new);
    number.ok_or_else(|| "not a whole number from 1 to 1000000".into())
}
