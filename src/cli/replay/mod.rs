//! Runs `replay`: replays, counts or shrinks schedules, counts what can follow, or starts the game.

mod game;

use std::error::Error;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

use clap::{ArgGroup, Args};

use super::interrupt::Interrupt;
use super::limit_args::LimitArgs;
use super::output::{eprint, print, print_json};
use super::{Exit, OutputArgs, parse};
use crate::codec::{Fit, Size, ThumbnailSpec};
use crate::output::terminal::{self, grouped};
use crate::output::{OutputDir, progress};
use crate::pipelines::PipelineKind;
use crate::play;
use crate::replay::{
    DOCUMENT, ExhaustiveCount, OddsDocument, PhotoAssignment, ReplayConfig, ReplayDocument,
    ReplayResult, ShrinkDocument, table, write,
};
use crate::schedule::{Schedule, countable};

/// Replays a schedule step by step and shows which photo each slot (buffer of a ring) holds.
///
/// A schedule is a word: a letter per step, where the letter names the request. The first `A`
/// decodes A's photo into a slot, the next ones make the bands (groups of rows) of A's thumbnail,
/// and the last one returns the thumbnail. In `AABABABB` B begins between A's two bands: on one
/// slot A is torn (its thumbnail has rows of two photos). The same word always gives the same
/// bytes.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
#[command(group = ArgGroup::new("mode").args(["all", "shrink", "odds", "play"]))]
pub(super) struct Replay {
    /// Letters A to Z, where each request has a begin, its bands and a finish.
    #[arg(value_name = "WORD", required_unless_present_any = ["all", "play"],
          conflicts_with_all = ["all", "play"])]
    word: Option<Schedule>,
    /// Counts the outcomes of all words of a size instead.
    #[arg(long)]
    all: bool,
    /// Shrinks the word to a smallest one in which the first mixed request has the same outcome.
    #[arg(long)]
    shrink: bool,
    /// Counts after each step the orders that can follow, and those of them that end mixed.
    #[arg(long)]
    odds: bool,
    /// Starts a game: you choose the next step, and try to mix a thumbnail.
    #[arg(long)]
    play: bool,
    /// Number of slots in the ring of shared buffers, from 1 to 1024.
    #[arg(long, value_name = "N", default_value = "1",
          value_parser = parse::count::<NonZeroUsize, 1, 1024>)]
    slots: NonZeroUsize,
    /// Number of bands of a thumbnail, from 1 to 128 [default: from the word's letters, else 2].
    #[arg(long, value_name = "N", value_parser = parse::count::<NonZeroU32, 1, 128>)]
    bands: Option<NonZeroU32>,
    /// Number of requests of a word with --all, from 1 to 26 [default: 2].
    #[arg(long, value_name = "N", conflicts_with_all = ["word", "play"],
          value_parser = clap::value_parser!(u8).range(1..=26))]
    requests: Option<u8>,
    /// Pipeline that replays the word.
    #[arg(long, value_enum, value_name = "P", default_value = "shared", conflicts_with = "mode")]
    pipeline: PipelineKind,
    /// Folder of photos, with a subfolder per owner, or with a file per owner [default: built in].
    #[arg(long, value_name = "DIR", conflicts_with = "mode")]
    photos: Option<PathBuf>,
    #[command(flatten)]
    limit: LimitArgs,
    /// Side of the thumbnails in px, from 16 to 2048.
    #[arg(long, value_name = "PX", default_value_t, conflicts_with = "mode")]
    size: Size,
    /// Fit of the photo: `cover` fills a square with the middle of the photo, `contain` shows all.
    #[arg(long, value_name = "FIT", default_value_t, conflicts_with = "mode")]
    fit: Fit,
    /// Folder for the thumbnails, where those of an earlier replay are replaced.
    #[arg(
        long,
        value_name = "DIR",
        default_value = "double-exposure-replay",
        conflicts_with = "mode"
    )]
    out: PathBuf,
    #[command(flatten)]
    output: OutputArgs,
}

const EXAMPLES: &str = "\
Examples:
  double-exposure replay AABABABB                     B begins between A's bands: A is torn
  double-exposure replay AAABABBB                     B begins after A's last band: both are clean
  double-exposure replay AABABABB --pipeline owned    the same order, and both are clean
  double-exposure replay AABBCACABCBC --slots 2       C takes A's slot after one round of the ring
  double-exposure replay --all --requests 3 --slots 2     counts all words of this size
  double-exposure replay --odds AABABABB              from which step on do all orders mix?
  double-exposure replay --shrink ABCABCABCABC        the same outcome with the fewest switches
  double-exposure replay --play                       try to mix a thumbnail yourself

Requests take slots in the order of their first letters, round the ring. A request with too few
letters stays unfinished and is not counted. Each request gets a photo of another owner. If there
are more requests than owners, photos are used again, each as another owner's.

Exit codes: 0 if the thumbnails are as the lap law predicts (on `shared` that may be a mix-up), 1 if
not, 2 for wrong usage, 130 if interrupted.";

/// Number of bands without a word and without `--bands`.
const DEFAULT_BANDS: NonZeroU32 = NonZeroU32::new(2).unwrap();

impl Replay {
    pub(super) fn run(self) -> Result<Exit, Box<dyn Error>> {
        let (slots, output) = (self.slots, self.output);
        let Some(word) = self.word.clone() else {
            let bands = self.bands.unwrap_or(DEFAULT_BANDS);
            return if self.play {
                game::play(bands, slots, output)
            } else {
                count_all(self.requests.map_or(2, usize::from), bands, slots, output)
            };
        };
        let bands = self.bands.unwrap_or_else(|| word.bands());
        word.check(bands)?;
        let width = terminal::width();
        if self.shrink {
            let document = ShrinkDocument::new(&word, bands, slots)?;
            if output.json {
                print_json(&document);
            } else {
                print(&format!("{}\n", document.word()));
                if !output.quiet {
                    print(&document.explanation(width));
                }
            }
            Ok(Exit::Held)
        } else if self.odds {
            let document = OddsDocument::new(&word, bands, slots)?;
            output.print(&document, || document.chart(width));
            Ok(Exit::Held)
        } else {
            self.replay(word, bands)
        }
    }

    fn replay(self, word: Schedule, bands: NonZeroU32) -> Result<Exit, Box<dyn Error>> {
        let Self { slots, pipeline, size, fit, output, .. } = self;
        let spec = ThumbnailSpec { size, fit };
        let config = ReplayConfig { word, bands, slots, pipeline, spec };
        let limits = self.limit.limits();
        let assignment = PhotoAssignment::new(&config, limits, self.photos.as_deref())?;
        let notes = assignment.notes(&config);
        let folder = OutputDir::open(&self.out, DOCUMENT)?;
        let result = ReplayResult::new(config, assignment)?;
        let document = ReplayDocument::new(&result);
        write(&folder, &result, &document)?;
        output.note(&notes);
        output.print(&document, || table(&result, terminal::width()));
        if !output.json {
            output.note(&format!("thumbnails: {}\n", folder.path().display()));
            let ReplayConfig { word, bands, slots, pipeline, .. } = &result.config;
            let slots = Some(*slots).filter(|_| *pipeline == PipelineKind::Shared);
            if let Some(link) = play::link(word, *bands, slots) {
                output.note(&format!("play it: play.html{link}, which `play` writes\n"));
            }
        }
        Ok(if result.is_as_predicted() { Exit::Held } else { Exit::Mixed })
    }
}

/// Counts all words of a size and prints the table of outcomes.
///
/// # Errors
/// Returns an error if there are too many words.
fn count_all(
    requests: usize,
    bands: NonZeroU32,
    slots: NonZeroUsize,
    output: OutputArgs,
) -> Result<Exit, Box<dyn Error>> {
    let words = countable(requests, bands)?;
    let interrupt = Interrupt::listen();
    let progress = progress::counting(output.quiet, "words", words);
    let count = ExhaustiveCount::new(requests, bands, slots, |words| {
        progress.set_position(words);
        !interrupt.heard()
    })?;
    drop(progress);
    if count.words < words {
        let [done, words] = [count.words, words].map(grouped);
        eprint(&format!("interrupted after {done} of {words} words\n"));
        return Ok(Exit::Interrupted);
    }
    output.print(&count, || count.table(terminal::width()));
    Ok(if count.is_as_expected() { Exit::Held } else { Exit::Mixed })
}
