//! Keeps the album's file, its write-ahead log and its backups readable by their owner only, and
//! detects a file that was deleted or replaced while it is open.
//!
//! The file is never opened here while SQLite has it open: closing any descriptor of a file
//! releases the locks that SQLite holds on it.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use super::{OpenFailure, StoreError};

/// Ends of the names of the files that SQLite keeps beside the album's file.
pub(super) const COMPANIONS: [&str; 2] = ["-wal", "-shm"];

/// Appends to the last component of a path.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// Creates an empty file that only its owner can read. Fails if the path exists.
pub(super) fn create(path: &Path) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Creates a missing file if `may_create` is set. Returns true if an existing file can be used by
/// other users than its owner.
pub(super) fn prepare(path: &Path, may_create: bool) -> Result<bool, OpenFailure> {
    if may_create && !path.exists() {
        match create(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                let message = format!("the file cannot be created: {error}");
                return Err(StoreError::Other { code: 0, message }.into());
            }
            // Another process created the file at the same time.
            Ok(()) | Err(_) => return Ok(false),
        }
    }
    Ok(is_loose(path))
}

/// Takes the file and its companions away from other users than the owner, and says so in the log.
/// A file of another owner stays as it is.
pub(super) fn tighten(path: &Path) {
    let companions = COMPANIONS.map(|suffix| with_suffix(path, suffix));
    for file in [path].into_iter().chain(companions.iter().map(PathBuf::as_path)) {
        if is_loose(file) {
            match restrict(file) {
                Ok(()) => tracing::warn!(
                    "other users could use {}: only its owner can now",
                    file.display()
                ),
                Err(error) => tracing::warn!(
                    %error,
                    "other users can use {}: take that away with chmod 600",
                    file.display()
                ),
            }
        }
    }
}

#[cfg(unix)]
fn is_loose(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
}

#[cfg(unix)]
fn restrict(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
}

/// Returns false: other systems keep access rights in lists that std does not read.
#[cfg(not(unix))]
fn is_loose(_path: &Path) -> bool {
    false
}

#[cfg(not(unix))]
fn restrict(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// Remembers which file was opened, and its write-ahead log, by their numbers in the file system.
#[derive(Debug)]
pub(super) struct FileIdentity {
    path: PathBuf,
    log: PathBuf,
    numbers: [Option<FileNumber>; 2],
}

/// Identifies a file by its device and its inode.
type FileNumber = (u64, u64);

impl FileIdentity {
    /// Records the files that lie at the path now.
    pub(super) fn of(path: &Path) -> Self {
        let log = with_suffix(path, COMPANIONS[0]);
        let numbers = [number(path), number(&log)];
        Self { path: path.to_path_buf(), log, numbers }
    }

    /// Checks that the same files still lie at the path.
    ///
    /// # Errors
    /// Returns [`StoreError::FileReplaced`] if one was deleted, moved or replaced. What is written
    /// from then on, no later opening of the path would find.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        for (path, recorded) in [&self.path, &self.log].into_iter().zip(self.numbers) {
            if recorded.is_some() && number(path) != recorded {
                return Err(StoreError::FileReplaced { path: path.clone() });
            }
        }
        Ok(())
    }
}

#[cfg(unix)]
fn number(path: &Path) -> Option<FileNumber> {
    use std::os::unix::fs::MetadataExt;
    path.metadata().ok().map(|found| (found.dev(), found.ino()))
}

/// Returns nothing: the other systems do not let an open file be deleted.
#[cfg(not(unix))]
fn number(_path: &Path) -> Option<FileNumber> {
    None
}

/// Returns the bytes that the file's disk has free for this user, if the system tells.
#[cfg(unix)]
pub(super) fn free_bytes(path: &Path) -> Option<u64> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let found = rustix::fs::statvfs(folder.unwrap_or(Path::new("."))).ok()?;
    found.f_bavail.checked_mul(found.f_frsize)
}

#[cfg(not(unix))]
pub(super) fn free_bytes(_path: &Path) -> Option<u64> {
    None
}
