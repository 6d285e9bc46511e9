//! Runs `compress`: compresses the photos that are 35 days old, once.

use std::error::Error;

use clap::Args;
use indicatif::BinaryBytes;
use serde::Serialize;

use super::data_args::DrillData;
use super::interrupt::Interrupt;
use super::limit_args::LimitArgs;
use super::{Exit, OutputArgs};
use crate::album::{CompressionFailure, CompressionSummary, Moment, compress_due};
use crate::output::progress;
use crate::output::terminal::{grouped, many};

/// Compresses the photos that were uploaded at least 35 days ago.
///
/// The command decodes each photo, shrinks it to at most 2048 px, turns it upright and drops its
/// metadata. Then it decodes the smaller copy, compares it with the photo, and replaces the photo
/// in one step. A photo that would become larger stays unchanged. A photo that fails stays
/// unchanged and is listed; later runs try it again after growing delays. The command can be
/// interrupted at any moment, and can run while `serve` runs.
#[derive(Args)]
pub(super) struct Compress {
    #[command(flatten)]
    data: DrillData,
    #[command(flatten)]
    limit: LimitArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl Compress {
    pub(super) fn run(self) -> Result<Exit, Box<dyn Error>> {
        let store = self.data.open()?;
        let now = store.now();
        let interrupt = Interrupt::listen();
        let progress = progress::counting(self.output.quiet, "photos", 0);
        let summary = compress_due(&store, self.limit.limits(), |so_far, _| {
            progress.set_length(so_far.due);
            progress.set_position(so_far.processed());
            !interrupt.heard()
        });
        drop(progress);
        let summary = summary?;
        let document = Document {
            schema: "double-exposure/compress/1",
            data: &self.data.file.data.to_string_lossy(),
            now,
            bytes_saved: summary.bytes_saved(),
            summary: &summary,
        };
        self.output.print(&document, || text(&summary));
        for failure in &summary.failures {
            self.output.note(&failure_text(failure));
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
        due,
        compressed,
        unchanged,
        skipped,
        failed,
        bytes_before,
        bytes_after,
        ..
    } = summary;
    let due = many(due, "photo");
    let [compressed, unchanged, failed, skipped] =
        [compressed, unchanged, failed, skipped].map(grouped);
    let interrupted = if summary.interrupted { "; interrupted before the end" } else { "" };
    format!(
        "{due} due: {compressed} compressed, {unchanged} unchanged (would grow), {failed} \
         failed, {skipped} skipped (changed meanwhile){interrupted}\n\
         {} saved: {} before, {} after\n",
        BinaryBytes(summary.bytes_saved()),
        BinaryBytes(*bytes_before),
        BinaryBytes(*bytes_after),
    )
}

fn failure_text(failure: &CompressionFailure) -> String {
    let CompressionFailure { photo, album, name, reason, failed_attempts, next_attempt } = failure;
    format!(
        "left unchanged: photo {name} of album {album} (number {photo}): {reason}; failed \
         {failed_attempts} times, next attempt from {next_attempt}\n"
    )
}
