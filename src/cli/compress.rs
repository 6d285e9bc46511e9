//! `compress`: the 35-day compression, once, now.

use std::error::Error;

use clap::Args;
use serde::Serialize;

use super::data_args::{Data, bytes, note};
use super::interrupt::Interrupt;
use super::output::{print, print_json};
use super::{Exit, OutputArgs};
use crate::album::{CompressionFailure, CompressionSummary, Moment, compress_due};
use crate::output::progress::Progress;

/// Compress the photos that were posted 35 days ago or earlier
///
/// Each is decoded, shrunk to at most 2048 px, turned upright, freed of its metadata, decoded again
/// and compared, and only then replaces the original, in one step. What would grow stays as it is.
/// A photo that fails is left as it is and named; later runs try it again, at growing intervals. It
/// can be stopped at any moment, and run while `serve` does.
#[derive(Args)]
pub(super) struct Compress {
    #[command(flatten)]
    data: Data,
    /// The moment to take for now, by RFC 3339: for drills
    #[arg(long, value_name = "RFC3339")]
    now: Option<Moment>,
    #[command(flatten)]
    voice: OutputArgs,
}

impl Compress {
    pub(super) fn run(self) -> Result<Exit, Box<dyn Error>> {
        let store = self.data.open(self.now)?;
        let now = store.clock().now();
        let interrupt = Interrupt::listen();
        let progress = Progress::counting(self.voice.quiet, "photos", 0);
        let summary = compress_due(&store, |so_far| {
            progress.set_total(so_far.due);
            progress.set(so_far.done());
            !interrupt.heard()
        });
        drop(progress);
        let summary = summary?;
        if self.voice.json {
            print_json(&Document {
                schema: "double-exposure/compress/1",
                data: &self.data.path().to_string_lossy(),
                now,
                bytes_saved: summary.bytes_saved(),
                summary: &summary,
            });
        } else {
            print(&text(&summary));
        }
        for failure in &summary.failures {
            note(self.voice, &named(failure));
        }
        Ok(if summary.interrupted { Exit::Interrupted } else { Exit::Held })
    }
}

#[derive(Serialize)]
struct Document<'s> {
    schema: &'static str,
    data: &'s str,
    now: Moment,
    bytes_saved: u64,
    #[serde(flatten)]
    summary: &'s CompressionSummary,
}

fn text(summary: &CompressionSummary) -> String {
    let CompressionSummary {
        due, compressed, kept, gone, failed, bytes_before, bytes_after, ..
    } = summary;
    let stopped = if summary.interrupted { "; stopped before the end" } else { "" };
    format!(
        "{due} photos due: {compressed} compressed, {kept} would grow and stay, {failed} failed, \
         {gone} gone meanwhile{stopped}\n{} saved: {} before, {} after\n",
        bytes(summary.bytes_saved()),
        bytes(*bytes_before),
        bytes(*bytes_after),
    )
}

fn named(failure: &CompressionFailure) -> String {
    let CompressionFailure { photo, album, name, reason, failures, next_try } = failure;
    format!(
        "left as it is: photo {name} of album {album} (number {photo}): {reason}; failed \
         {failures} times, next try from {next_try}\n"
    )
}
