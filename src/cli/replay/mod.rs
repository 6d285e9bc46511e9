//! `replay`: a schedule played step by step, counted, shrunk, weighed, or made by hand.

mod board;
mod config;
mod document;
mod exhaustive;
mod folder;
mod game;
mod odds;
mod photo_assignment;
mod result;
mod shrink;
mod summary;
mod table;

use std::error::Error;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

use clap::{ArgGroup, Args};

use super::output::{eprint, print, print_json};
use super::repro::{bands, slots};
use super::{Exit, OutputArgs};
use crate::codec::{Fit, Size};
use crate::output::{OutputDir, terminal};
use crate::pipelines::PipelineKind;
use crate::schedule::Schedule;
use config::ReplayConfig;
use document::ReplayDocument;
use photo_assignment::PhotoAssignment;
use result::ReplayResult;

/// Play a schedule, step by step, and see when whose photo lies where
///
/// A schedule is a word: a letter per request, and a letter per step. The first `A` decodes A's
/// photo into a slot, the next ones make the bands of its thumbnail, the last gives it away. In
/// `AABABABB` B begins between A's two bands: on one slot A is torn. Nothing is left to chance: the
/// same word gives the same bytes.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
#[command(group = ArgGroup::new("instead").args(["all", "shrink", "odds", "play"]))]
pub(super) struct Replay {
    /// Letters A to Z: a request has a begin, its bands and a finish
    #[arg(value_name = "WORD", required_unless_present_any = ["all", "play"],
          conflicts_with_all = ["all", "play"])]
    word: Option<Schedule>,
    /// Instead, count the outcomes of all words of a size
    #[arg(long)]
    all: bool,
    /// Instead, print the smallest word that ends in the same kind of outcome
    #[arg(long)]
    shrink: bool,
    /// Instead, print after each step the share of continuations that end mixed
    #[arg(long)]
    odds: bool,
    /// Instead, decide who steps next, and try to tear a photo
    #[arg(long)]
    play: bool,
    /// Slots in the ring of shared buffers: 1 to 1024
    #[arg(long, value_name = "N", default_value = "1", value_parser = slots)]
    slots: NonZeroUsize,
    /// Bands of a thumbnail: 1 to 128 [default: as many as the word's letters, else 2]
    #[arg(long, value_name = "N", value_parser = bands)]
    bands: Option<NonZeroU32>,
    /// With --all, the requests of a word: 1 to 26 [default: 2]
    #[arg(long, value_name = "N", conflicts_with_all = ["word", "play"],
          value_parser = clap::value_parser!(u8).range(1..=26))]
    requests: Option<u8>,
    /// The pipeline that plays the word
    #[arg(
        long,
        value_enum,
        value_name = "P",
        default_value = "shared",
        conflicts_with = "instead"
    )]
    pipeline: PipelineKind,
    /// A folder of photos; a subfolder is an owner, without any each file is [default: built in]
    #[arg(long, value_name = "DIR", conflicts_with = "instead")]
    photos: Option<PathBuf>,
    /// Side of the thumbnails, in px: 16 to 2048
    #[arg(long, value_name = "PX", default_value_t, conflicts_with = "instead")]
    size: Size,
    /// `cover` fills a square with the middle of the photo, `contain` shows all of it
    #[arg(long, value_name = "FIT", default_value_t, conflicts_with = "instead")]
    fit: Fit,
    /// Where the thumbnails go; those of an earlier replay there are replaced
    #[arg(
        long,
        value_name = "DIR",
        default_value = "double-exposure-replay",
        conflicts_with = "instead"
    )]
    out: PathBuf,
    #[command(flatten)]
    voice: OutputArgs,
}

const EXAMPLES: &str = "\
Examples:
  double-exposure replay AABABABB                     B begins between A's bands: A is torn
  double-exposure replay AAABABBB                     B begins after A's last band: nobody is
  double-exposure replay AABABABB --pipeline owned    the same order, and nobody can be
  double-exposure replay AABBCACABCBC --slots 2       C comes round to A's slot
  double-exposure replay --all --requests 3 --slots 2     every word there is, counted
  double-exposure replay --odds AABABABB              when did it become inevitable?
  double-exposure replay --shrink ABCABCABCABC        the same in as few switches as can be
  double-exposure replay --play                       try it yourself

Slots are taken in the order of first letters, round the ring. A request with too few letters stays
unfinished and is not counted. Photos are taken from one owner after the other; if there are more
requests than owners, the photos go round, and each request still counts as another person's.

Exit codes: 0 if the thumbnails are what the lap law says (on `shared` that may be a mix-up), 1 if
not, 2 for wrong usage, 130 if interrupted.";

/// What is asked of a word, whatever is done with it.
struct Asked {
    word: Schedule,
    bands: NonZeroU32,
    slots: NonZeroUsize,
    voice: OutputArgs,
}

impl Replay {
    pub(super) fn run(self) -> Result<Exit, Box<dyn Error>> {
        let two = NonZeroU32::MIN.saturating_add(1);
        let Some(word) = self.word.clone() else {
            let (bands, slots) = (self.bands.unwrap_or(two), self.slots);
            return if self.play {
                game::play(bands, slots, self.voice)
            } else {
                let requests = self.requests.map_or(2, usize::from);
                exhaustive::count(requests, bands, slots, self.voice)
            };
        };
        let bands = self.bands.unwrap_or_else(|| word.bands());
        word.check(bands)?;
        let asked = Asked { word, bands, slots: self.slots, voice: self.voice };
        if self.shrink {
            shrink::shrink(&asked)
        } else if self.odds {
            odds::weigh(&asked)
        } else {
            self.perform(asked)
        }
    }

    fn perform(self, asked: Asked) -> Result<Exit, Box<dyn Error>> {
        let Asked { word, bands, slots, voice } = asked;
        let scene = ReplayConfig {
            word,
            bands,
            slots,
            kind: self.pipeline,
            size: self.size,
            fit: self.fit,
        };
        let cast = PhotoAssignment::new(&scene, self.photos.as_deref())?;
        let folder = OutputDir::open(&self.out, folder::DOCUMENT)?;
        let performance = ReplayResult::of(&scene, &cast)?;
        let told = ReplayDocument::new(&scene, &cast, &performance);
        folder::write(&folder, &scene, &performance, &told)?;
        if !voice.quiet {
            eprint(&cast.remarks(&scene));
        }
        if voice.json {
            print_json(&told);
        } else {
            print(&table::table(&scene, &cast, &performance, terminal::width()));
            if !voice.quiet {
                eprint(&format!("thumbnails: {}\n", folder.path().display()));
            }
        }
        Ok(if performance.as_promised() { Exit::Held } else { Exit::Mixed })
    }
}
