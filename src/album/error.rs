//! Defines the errors of the file and of the album's rules.
//!
//! The server answers the two kinds differently: a [`StoreError`] becomes status 503, and a rule
//! of [`AlbumError`] becomes a status from 400 to 499.

use std::path::PathBuf;

use rusqlite::ffi::ErrorCode;

use super::{MAX_CLOCK_JUMP, Moment, RowId};

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
    /// There is no backup under this name.
    #[error("there is no such backup: name a file that `backup` wrote")]
    MissingBackup,
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
    /// The file was deleted, moved or replaced while it was open.
    #[error(
        "{} was deleted, moved or replaced while it was in use: nothing was stored: stop, put it \
         back or restore a backup, and start again",
        path.display()
    )]
    FileReplaced {
        /// Path of the file, or of its write-ahead log.
        path: PathBuf,
    },
    /// The commit failed in a way that does not tell if it will be found after a restart.
    #[error("the outcome of a write is unknown ({message}): look what is stored")]
    OutcomeUnknown {
        /// Text of the error.
        message: String,
    },
    /// The clock differs by more than 24 hours from the expected time.
    #[error(
        "the clock shows {reading}, and {expected} was expected, give or take {} hours: nothing \
         was deleted or compressed: correct the clock, or accept it with `clock accept`",
        MAX_CLOCK_JUMP.as_secs() / 3_600
    )]
    ClockJumped {
        /// Time that the clock shows.
        reading: Moment,
        /// Time that the file and the process's running time let expect.
        expected: Moment,
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

impl StoreError {
    /// Converts the error of a commit. After an error of input or output the commit may be in the
    /// log all the same, and a restart would find it.
    pub(super) fn of_commit(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::SystemIoFailure) => Self::OutcomeUnknown { message: error.to_string() },
            _ => error.into(),
        }
    }
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
    /// The idempotency key was sent with another request before.
    #[error("this Idempotency-Key was sent with another request: choose another key")]
    KeyReused,
    /// The token that the repeated request created was changed or revoked since.
    #[error("the token that this request gave was changed or revoked since")]
    TokenChanged,
    /// The photo is not as the caller expects.
    #[error("the photo has changed since: ask for it again")]
    Changed,
    /// The album has as many photos or members as it may have.
    #[error("the album holds {limit} {what} already: delete some, or begin another album")]
    LimitReached {
        /// Upper bound of the number of photos or members.
        limit: u32,
        /// Kind of the bound, "photos" or "members".
        what: &'static str,
    },
    /// The person has, or is a member of, as many albums as allowed.
    #[error("this person has {limit} such albums already: delete or leave one first")]
    TooManyAlbums {
        /// Upper bound of the person's own albums, and of the albums of others.
        limit: u32,
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
