//! Implements `play`: writes the page on which a learner chooses the order of requests.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use clap::Args;

use super::Exit;
use super::output::{eprint, print};
use crate::play;

/// Writes a page on which you choose the order of requests, and try to mix two users' data.
///
/// The page is one file. It needs no network and no server: open it in a browser.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Play {
    /// The file of the page. An existing file is replaced. `-` is standard output.
    #[arg(long, value_name = "FILE", default_value = "play.html")]
    out: PathBuf,
    /// Print no note.
    #[arg(long, short)]
    quiet: bool,
}

const EXAMPLES: &str = "\
Examples:
  double-exposure play                                   the page, in play.html
  double-exposure play --out - | gzip > play.html.gz     the same, into a pipe

A link can name a level and a word: play.html#ring:AAB.

Exit codes: 0 if the page was written, 2 if the file cannot be written.";

impl Play {
    pub(super) fn run(self) -> Result<Exit, Box<dyn Error>> {
        let page = play::page()?;
        if self.out.as_os_str() == "-" {
            print(&page);
            return Ok(Exit::Held);
        }
        fs::write(&self.out, page).map_err(|error| format!("{}: {error}", self.out.display()))?;
        if !self.quiet {
            eprint(&format!("page: {}\n", self.out.display()));
        }
        Ok(Exit::Held)
    }
}
