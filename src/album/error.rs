//! Defines the errors of the file and of the album's rules.
//!
//! The server answers the two kinds differently: a [`StoreError`] becomes status 503, and a rule
//! of [`AlbumError`] becomes a status from 400 to 499.

use std::path::PathBuf;

use rusqlite::ffi::ErrorCode;

use super::RowId;

/// Reports that the file could not be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {failure}", path.display())]
pub struct OpenError {
    /// Path of the file.
    pub path: PathBuf,
    /// Reason of the failure.
    pub failure: OpenFailure,
}

/// Describes why the file could not be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenFailure {
    /// The file does not exist, and the options do not allow creating it.
    #[error("there is no such file: name the one that `serve --data` uses")]
    Missing,
    /// The file's folder does not exist.
    #[error("its folder does not exist: make it, or name another file")]
    NoFolder,
    /// The path names a folder, a device or something else that is not a file.
    #[error("this is not a file: name a file")]
    NotAFile,
    /// The file may not be written.
    #[error("it is read-only: allow writing to it and its folder")]
    ReadOnly,
    /// The file is not an SQLite database.
    #[error("this file is no database: name another; it was left as it is")]
    NotADatabase,
    /// The file is an SQLite database of another program.
    #[error(
        "this database belongs to another program (application id {found:#x}, not \
         {expected:#x}): name another file; it was left as it is"
    )]
    Foreign {
        /// Application id in the file.
        found: i32,
        /// Application id that this program writes.
        expected: i32,
    },
    /// The file has a version that was never released.
    #[error(
        "this file is of version {found}, from before the first release; this program reads \
         versions from {oldest} on: name a new file; this one was left as it is"
    )]
    TooOld {
        /// Version of the file.
        found: i64,
        /// Oldest version that this program reads.
        oldest: i64,
    },
    /// A newer version of this program wrote the file.
    #[error(
        "this file is of version {found}; this program reads versions up to {newest}: use the \
         newer program"
    )]
    Newer {
        /// Version of the file.
        found: i64,
        /// Newest version that this program reads.
        newest: i64,
    },
    /// SQLite or the system failed in another way.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for OpenFailure {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::NotADatabase,
            Some(ErrorCode::ReadOnly) => Self::ReadOnly,
            _ => Self::Store(error.into()),
        }
    }
}

/// Describes why the file could not be read or written. A write that fails leaves no part of its
/// data in the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The disk is full, or the file has reached the limit set for it.
    #[error("the disk or the file's limit is full: nothing was stored: make room and try again")]
    Full,
    /// Another process held the file locked for longer than 5 seconds.
    #[error("another process holds the file: nothing was stored: try again")]
    Busy,
    /// The file has become read-only.
    #[error("the file has become read-only: nothing was stored: allow writing to it")]
    ReadOnly,
    /// The file is damaged.
    #[error("the file is damaged ({message}): stop, keep it, and restore a copy")]
    Corrupt {
        /// Text of SQLite's error.
        message: String,
    },
    /// The ledger's queue is full.
    #[error("the ledger has {waiting} appends waiting: nothing was shown: try again")]
    LedgerQueueFull {
        /// Number of appends in the queue.
        waiting: usize,
    },
    /// The ledger's writer thread has ended.
    #[error("the ledger is closed: nothing was shown: start again")]
    LedgerClosed,
    /// The ledger does not have, or no longer has, the row that records the making of a thumbnail
    /// that is to be shown.
    #[error("the ledger has no row {row:?} for the making of this thumbnail: make it anew")]
    UnknownMaking {
        /// Number of the row, or `None` if no made row precedes the shown entry in its group.
        row: Option<RowId>,
    },
    /// SQLite failed in another way.
    #[error("the file could not be used (SQLite code {code}: {message})")]
    Other {
        /// Extended result code of SQLite, or 0 if there is none.
        code: i32,
        /// Text of SQLite's error.
        message: String,
    },
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let message = error.to_string();
        let Some(code) = error.sqlite_error() else {
            return Self::Other { code: 0, message };
        };
        match code.code {
            ErrorCode::DiskFull => Self::Full,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
            ErrorCode::ReadOnly => Self::ReadOnly,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Corrupt { message },
            _ => Self::Other { code: code.extended_code, message },
        }
    }
}

/// Describes why an album refuses a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AlbumError {
    /// The album or photo does not exist, or the caller is not a member of the album. The error
    /// does not tell the two apart.
    #[error("there is no such album or photo")]
    NotFound,
    /// The caller is a member but not the owner.
    #[error("only the owner may do this")]
    NotOwner,
    /// The person does not exist.
    #[error("there is no such person")]
    NoSuchPerson,
    /// The request would remove the owner from the members of the album.
    #[error("the album's owner stays a member")]
    OwnerStays,
    /// Other bytes were uploaded under this name before.
    #[error("other bytes were uploaded under this name: choose another, or delete the photo")]
    OtherBytes,
    /// The album has as many photos or members as it may have.
    #[error("the album holds {limit} {what} already: delete some, or begin another album")]
    LimitReached {
        /// Upper bound of the number of photos or members.
        limit: u32,
        /// Kind of the bound, "photos" or "members".
        what: &'static str,
    },
    /// The file could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for AlbumError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}
