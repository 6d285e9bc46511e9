//! Bounds what is read of records.

/// Upper bound of the bytes of a record's line.
pub const MAX_LINE_BYTES: usize = 64 << 10;

/// Upper bound of the files of records.
pub const MAX_RECORD_FILES: usize = 4096;

/// Upper bound of the records that are judged.
pub const MAX_RECORDS: u64 = 1 << 24;

/// Upper bound of the different steps of the load.
pub const MAX_STEPS: usize = 64;
