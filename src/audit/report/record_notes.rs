//! Describes the records of another tool's load: their number, and what they do not show.

use crate::audit::prepared::RecordCounts;
use crate::output::terminal::{many, plain};

/// Lists notes on records.
pub(super) fn record_notes(counts: &RecordCounts, photos: usize) -> Vec<String> {
    let mut notes = vec![format!(
        "{} of {}; times are compared on one machine only.",
        many(counts.records, "record"),
        many(counts.machines, "machine")
    )];
    let not_seen = listed(&[
        (counts.not_recorded, "requests were sent and not recorded"),
        (counts.missing_files, "images are missing"),
        (counts.torn, "last lines end early"),
        (counts.malformed, "lines are no records"),
        (counts.unknown_photos, "records name photos of no manifest"),
    ]);
    if !not_seen.is_empty() {
        notes.push(format!(
            "Not seen, and so not clean: {}. {}",
            many(counts.not_seen(), "request"),
            not_seen
        ));
    }
    notes.extend(counts.examples.iter().map(|example| format!("For example {}.", plain(example))));
    let aside = listed(&[
        (counts.duplicates, "repeat a line and its image, and count once"),
        (counts.without_times, "have no times, so that their requests in flight are unknown"),
        (
            counts.wrong_times,
            "have times that run backwards or last over an hour, and are not used",
        ),
        (counts.strangers_refused, "were made by strangers, and refused as they should be"),
    ]);
    if !aside.is_empty() {
        notes.push(format!("Of the records: {aside}"));
    }
    if counts.unmatched_files > 0 {
        let files = many(counts.unmatched_files, "file");
        notes.push(format!("The pattern does not match {files}, which were not read."));
    }
    if counts.photos_not_seen > 0 {
        notes.push(format!(
            "{} of {} have no answer.",
            counts.photos_not_seen,
            many(photos, "photo")
        ));
    }
    if !counts.unread_fields.is_empty() {
        let names: Vec<_> = counts.unread_fields.iter().map(|name| plain(name)).collect();
        notes.push(format!("Fields of records that were not read: {}.", names.join(", ")));
    }
    notes
}

/// Lists the counts above 0, as a sentence.
fn listed(counts: &[(u64, &str)]) -> String {
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<_> = counts.map(|(count, words)| format!("{count} {words}")).collect();
    if counts.is_empty() { String::new() } else { format!("{}.", counts.join("; ")) }
}
