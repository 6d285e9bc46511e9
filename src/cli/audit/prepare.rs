//! Runs `audit prepare`: writes photos for the load of another tool.

use std::error::Error;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::super::{Exit, OutputArgs, parse};
use crate::audit::prepared::{MANIFEST, PrepareOptions, prepare};
use crate::audit::spec::{MAX_PEOPLE, MAX_PHOTOS_PER_PERSON, PhotoFormat, PhotosSpec, Sizes};
use crate::codec::Fit;
use crate::output::terminal::many;

/// Prepares photos for an audit under the load of any other tool.
///
/// The command writes photos that carry their owners, and a manifest of them, into a new folder.
/// Any tool on any number of machines uploads the photos, requests their thumbnails, and keeps what
/// comes back. `audit judge` then gives the verdict.
#[derive(Args)]
#[command(after_help = HELP)]
pub(super) struct Prepare {
    /// New or empty folder for the photos and their manifest.
    folder: PathBuf,
    /// Name of the service in reports.
    #[arg(long, value_name = "NAME", default_value = "the service")]
    name: String,
    /// Number of people, from 2 to 64.
    #[arg(long, value_name = "N", default_value_t = 12,
          value_parser = parse::count::<usize, 2, { MAX_PEOPLE as u64 }>)]
    people: usize,
    /// Number of photos of each person, from 1 to 16.
    #[arg(long, value_name = "N", default_value_t = 3,
          value_parser = parse::count::<usize, 1, { MAX_PHOTOS_PER_PERSON as u64 }>)]
    per_person: usize,
    /// Number of people who may see a person's photos, without the owner.
    #[arg(long, value_name = "N", default_value_t = 0)]
    members: usize,
    /// Width of the photos in px, from 64 to 4096.
    #[arg(long, value_name = "PX", default_value_t = 640)]
    width: u32,
    /// Height of the photos in px, from 64 to 4096.
    #[arg(long, value_name = "PX", default_value_t = 480)]
    height: u32,
    /// Format of the photos.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Jpeg)]
    format: Format,
    /// Adds up to four photos whose files end early. A service may refuse them.
    #[arg(long)]
    truncated: bool,
    /// Adds an earlier version of each photo, which is uploaded first and then replaced.
    #[arg(long)]
    replaced: bool,
    /// Sizes to request, in px, such as 256, 128,256 or 96-320.
    #[arg(long, value_name = "SIZES", default_value = "256")]
    sizes: Sizes,
    /// Fit of the thumbnails, which is cover, contain or any.
    #[arg(long, value_name = "FIT", value_enum, default_value_t = FitWord::Any)]
    fit: FitWord,
    /// Seed of the photos' ids [default: a random one].
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    #[command(flatten)]
    output: OutputArgs,
}

/// Names the formats of photos.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Jpeg,
    Png,
}

/// Names the fits of thumbnails.
#[derive(Clone, Copy, ValueEnum)]
enum FitWord {
    Cover,
    Contain,
    Any,
}

const HELP: &str = "\
The folder then holds manifest.json and the folder photos. The manifest lists `run` (a random
number that all names carry), `sizes`, `fit`, `people` (`number`, `name`, `members`) and `photos`
(`name`, `uuid`, `owner`, `number`, `truncated`, and `versions` with `version`, `id` and `file`).

A load tool
  1. uploads each photo as its owner, the versions in their order, under its name or its uuid;
  2. requests thumbnails in the sizes of the manifest, as the owner or a member;
  3. keeps each image, and a record of each request: see `double-exposure audit judge --help`.

Exit codes:
  0    the photos are written
  2    wrong usage, a folder that is not empty, or sizes at which no watermark can be read

Examples:
  double-exposure audit prepare prepared --sizes 128-383 --fit cover --members 1
  double-exposure audit prepare prepared --people 64 --per-person 16";

impl Prepare {
    pub(super) fn run(self) -> Result<Exit, Box<dyn Error>> {
        let options = PrepareOptions {
            name: self.name,
            photos: PhotosSpec {
                people: self.people,
                per_person: self.per_person,
                members: self.members,
                width: self.width,
                height: self.height,
                format: match self.format {
                    Format::Jpeg => PhotoFormat::Jpeg,
                    Format::Png => PhotoFormat::Png,
                },
                truncated: self.truncated,
                replaced: self.replaced,
            },
            sizes: self.sizes,
            fit: match self.fit {
                FitWord::Cover => Some(Fit::Cover),
                FitWord::Contain => Some(Fit::Contain),
                FitWord::Any => None,
            },
            // In 32 bits, so that every reader of JSON keeps all digits.
            seed: self.seed.unwrap_or_else(|| fastrand::u32(..).into()),
        };
        let manifest = prepare(&self.folder, &options)?;
        self.output.print(&manifest, || {
            format!(
                "{} of {} people, run {}: {}\n",
                many(manifest.photos.len(), "photo"),
                manifest.people.len(),
                manifest.run,
                self.folder.join(MANIFEST).display()
            )
        });
        Ok(Exit::Held)
    }
}
