//! Counts the records of a load, with those that cannot be used.

use std::collections::BTreeSet;

use serde::Serialize;

/// Upper bound of the reasons that are kept as examples.
const MAX_EXAMPLES: usize = 3;

/// Upper bound of the names of unread fields that are kept, and of the characters of a name.
const MAX_UNREAD_FIELDS: usize = 8;
const MAX_NAME_CHARS: usize = 40;

/// Counts the records of a judged load, with those that could not be used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RecordCounts {
    /// Different records that could be used.
    pub records: u64,
    /// Machines, each with a clock of its own.
    pub machines: u64,
    /// Records that repeat an earlier line and the bytes of its image. They count once.
    pub duplicates: u64,
    /// Last lines that end early.
    pub torn: u64,
    /// Lines that are no records.
    pub malformed: u64,
    /// Records of photos that the manifest does not list.
    pub unknown_photos: u64,
    /// Records of a successful response whose image was not kept or cannot be read.
    pub missing_files: u64,
    /// Images whose path does not match the pattern.
    pub unmatched_files: u64,
    /// Requests that the load tool sent and did not record, if their number is known.
    pub not_recorded: u64,
    /// Records without times.
    pub without_times: u64,
    /// Records whose times cannot be used. They count, and their times do not.
    pub wrong_times: u64,
    /// Requests with a stranger's token that the service refused.
    pub strangers_refused: u64,
    /// Whole photos of the manifest without an answer.
    pub photos_not_seen: u64,
    /// First reasons why records cannot be used, with their files and lines.
    pub examples: Vec<String>,
    /// Names of fields that the judge does not read.
    pub unread_fields: BTreeSet<String>,
}

impl RecordCounts {
    /// Returns the number of requests about which nothing is known. They never count as clean.
    pub fn not_seen(&self) -> u64 {
        let Self { torn, malformed, unknown_photos, missing_files, not_recorded, .. } = self;
        torn + malformed + unknown_photos + missing_files + not_recorded
    }

    /// Keeps a reason as an example, if there is room.
    pub(super) fn example(&mut self, reason: impl FnOnce() -> String) {
        if self.examples.len() < MAX_EXAMPLES {
            self.examples.push(reason());
        }
    }

    /// Keeps the name of a field that the judge does not read, if there is room.
    pub(super) fn unread_field(&mut self, name: &str) {
        if self.unread_fields.len() < MAX_UNREAD_FIELDS {
            self.unread_fields.insert(name.chars().take(MAX_NAME_CHARS).collect());
        }
    }
}
