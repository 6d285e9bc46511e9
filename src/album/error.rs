//! What can go wrong with the file, and what an album refuses.
//!
//! The two are apart because they are answered apart: a full disk is the house's trouble, a
//! stranger is not.

use std::path::PathBuf;

use rusqlite::ffi::ErrorCode;

use super::RowId;

/// Why the file could not be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// There is none, and none was to be made.
    #[error("{}: there is no such file: name the one that `serve --data` uses", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// Its folder is missing.
    #[error("{}: its folder does not exist: make it, or name another file", path.display())]
    NoFolder {
        /// The file.
        path: PathBuf,
    },
    /// It is no file but something else.
    #[error("{}: this is no file: name a file", path.display())]
    NoFile {
        /// What was named.
        path: PathBuf,
    },
    /// It may not be written.
    #[error("{}: it is read-only: allow it and its folder to be written", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// It is not SQLite's.
    #[error("{}: this file is no database: name another; it was left as it is", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// It is SQLite's, and another program's.
    #[error(
        "{}: this database belongs to another program (application id {found:#x}, not \
         {ours:#x}): name another file; it was left as it is",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// The application id in it.
        found: i32,
        /// Ours.
        ours: i32,
    },
    /// A newer program made it.
    #[error(
        "{}: this file is of version {found}; this program reads versions up to {known}: \
         use the newer program",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// Whatever else the file or the system would not do.
    #[error("{}: {error}", path.display())]
    Store {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        error: StoreError,
    },
}

/// Why the file could not be read or written. Whatever was to be written is not there, not in part
/// either.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The disk, or the limit set for the file, is full.
    #[error("the disk or the file's limit is full: nothing was stored: make room and try again")]
    Full,
    /// Another process has held the file for longer than is waited.
    #[error("another process holds the file: nothing was stored: try again")]
    Busy,
    /// The file has become read-only.
    #[error("the file has become read-only: nothing was stored: allow it to be written")]
    ReadOnly,
    /// The file is damaged.
    #[error("the file is damaged ({message}): stop, keep it, and restore a copy")]
    Damaged {
        /// In SQLite's words.
        message: String,
    },
    /// The ledger takes no more rows at the moment.
    #[error("the ledger has {waiting} rows waiting: nothing was shown: try again")]
    Crowded {
        /// Rows that wait.
        waiting: usize,
    },
    /// The ledger's writer has ended.
    #[error("the ledger is closed: nothing was shown: start again")]
    Closed,
    /// A thumbnail was to be shown whose making the ledger does not know (any more).
    #[error("the ledger knows no making {row:?} of this thumbnail: make it anew")]
    UnknownMaking {
        /// The row that was named, if any.
        row: Option<RowId>,
    },
    /// Anything else.
    #[error("the file could not be used (SQLite code {code}: {message})")]
    Other {
        /// SQLite's extended result code, 0 if it has none.
        code: i32,
        /// In SQLite's words.
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
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Damaged { message },
            _ => Self::Other { code: code.extended_code, message },
        }
    }
}

/// What an album refuses, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AlbumError {
    /// There is none, or the viewer may not know of it: the two are never told apart.
    #[error("there is no such album or photo")]
    NotFound,
    /// The viewer is a member and not the owner.
    #[error("only the owner may do this")]
    NotOwner,
    /// There is no such person.
    #[error("there is no such person")]
    NoSuchPerson,
    /// An album's owner stays its member.
    #[error("the album's owner stays a member")]
    OwnerStays,
    /// Other bytes were uploaded under this name before.
    #[error("other bytes were uploaded under this name: choose another, or delete the photo")]
    OtherBytes,
    /// The album holds as many as it may.
    #[error("the album holds {limit} {what} already: delete some, or begin another album")]
    Crowded {
        /// How many it may hold.
        limit: u32,
        /// Photos or members.
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
