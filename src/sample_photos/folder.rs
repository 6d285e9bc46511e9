//! Reads a folder of photos within bounds on files and memory.
//!
//! The folder may be any, up to the root of a disk. The reader names each file that it skips, with
//! the reason. It opens only regular files, since it would wait for a pipe without end.

use std::collections::{HashMap, VecDeque};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::{SamplePhoto, SamplePhotos, SkippedFile};
use crate::codec::limits::MAX_FILE_BYTES;

/// Files and folders that are listed, at most 10,000.
pub const MAX_FILES: usize = 10_000;

/// Bytes that are read of all files together, at most 256 MiB.
pub const MAX_TOTAL_BYTES: u64 = 256 << 20;

/// Describes why a folder cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The folder does not exist.
    #[error("{} does not exist; give a folder of photos", .0.display())]
    Missing(PathBuf),
    /// The path names no folder.
    #[error("{} is not a folder; give the folder that the photo lies in", .0.display())]
    NotAFolder(PathBuf),
    /// The system refuses to read the folder.
    #[error("{} cannot be read: {source}", .path.display())]
    Unreadable {
        /// Path of the folder.
        path: PathBuf,
        /// Error of the system.
        source: io::Error,
    },
    /// The folder holds more than [`MAX_FILES`] files and folders.
    #[error("{} holds more than {MAX_FILES} files; give a smaller folder", .0.display())]
    TooManyFiles(PathBuf),
}

/// Describes why a file or folder is not used.
#[derive(Debug, thiserror::Error)]
enum Reason {
    #[error("its name is not UTF-8")]
    Name,
    #[error("it is a link to nothing")]
    Dangling,
    #[error("it is no regular file")]
    Special,
    #[error("a folder in an owner's folder is not looked into")]
    TooDeep,
    #[error("it has {found} bytes; at most {MAX_FILE_BYTES} are read")]
    TooLarge { found: u64 },
    #[error("it cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("{files} left unread: of all files together at most {MAX_TOTAL_BYTES} bytes are read")]
    Enough { files: usize },
}

/// Reads the photos of a folder and their owners.
///
/// A subfolder is an owner of its name, and its files are the owner's photos, one level deep. A
/// file directly in `dir` is an owner of its own. The owner's name is the file's name without its
/// extension, or with it if another file or folder has the same name. Links are followed. Names
/// that start with a dot, and the files in which systems keep a folder's view (`Thumbs.db`,
/// `desktop.ini`), are ignored.
///
/// The first file of each owner is read, then the second of each, until all are read or the next
/// file would exceed [`MAX_TOTAL_BYTES`] in total. The codec decides whether a file is a photo, and
/// [`without_copies`](super::without_copies) finds copies.
///
/// # Errors
/// Returns [`ReadError`] if `dir` is missing, no folder, not readable, or holds more than
/// [`MAX_FILES`] files and folders. A file or subfolder that cannot be used is no error, and is
/// named in [`SamplePhotos::skipped`].
pub fn read_dir(dir: &Path) -> Result<SamplePhotos, ReadError> {
    let unreadable = |source| ReadError::Unreadable { path: dir.into(), source };
    match fs::metadata(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(ReadError::Missing(dir.into()));
        }
        Err(error) => return Err(unreadable(error)),
        Ok(metadata) if !metadata.is_dir() => return Err(ReadError::NotAFolder(dir.into())),
        Ok(_) => {}
    }
    let mut reader = Reader { dir, listed: 0, skipped: Vec::new() };
    let names = reader.names(dir)?;
    let mut owners = Vec::new();
    for (name, owner) in with_owners(&names) {
        let path = dir.join(name);
        owners.push(if path.is_dir() {
            Owner { name: name.into(), files: reader.owners_files(name)?, path }
        } else {
            Owner { name: owner.into(), files: [name.into()].into(), path }
        });
    }
    let mut photos = reader.read_in_turn(owners);
    photos.sort_by(|a, b| a.name.cmp(&b.name));
    let Reader { mut skipped, .. } = reader;
    skipped.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(SamplePhotos { photos, skipped })
}

/// Holds the files of an owner that are still to be read.
struct Owner {
    name: String,
    /// Path of the owner's folder or only file.
    path: PathBuf,
    /// Paths of the files, from the folder that is read.
    files: VecDeque<String>,
}

/// Reads a folder, and collects the files and folders that it skips.
struct Reader<'d> {
    dir: &'d Path,
    listed: usize,
    skipped: Vec<SkippedFile>,
}

impl Reader<'_> {
    fn skip(&mut self, path: PathBuf, reason: impl Into<Reason>) {
        self.skipped.push(SkippedFile { path, reason: reason.into().to_string() });
    }

    /// Lists the names in a folder, sorted, without names that are ignored or no UTF-8.
    fn names(&mut self, folder: &Path) -> Result<Vec<String>, ReadError> {
        let unreadable = |source| ReadError::Unreadable { path: folder.into(), source };
        let mut names = Vec::new();
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            self.listed += 1;
            if self.listed > MAX_FILES {
                return Err(ReadError::TooManyFiles(self.dir.into()));
            }
            match entry.map_err(unreadable)?.file_name().into_string() {
                Ok(name) if is_ignored(&name) => {}
                Ok(name) => names.push(name),
                Err(name) if name.as_encoded_bytes().starts_with(b".") => {}
                Err(name) => self.skip(folder.join(name), Reason::Name),
            }
        }
        names.sort();
        Ok(names)
    }

    /// Lists the files of an owner's folder; none if it cannot be read.
    fn owners_files(&mut self, owner: &str) -> Result<VecDeque<String>, ReadError> {
        let folder = self.dir.join(owner);
        match self.names(&folder) {
            Ok(names) => Ok(names.into_iter().map(|name| format!("{owner}/{name}")).collect()),
            Err(ReadError::Unreadable { path, source }) => {
                self.skip(path, source);
                Ok(VecDeque::new())
            }
            Err(error) => Err(error),
        }
    }

    /// Reads the first file of each owner, then the second of each, so that the bound on bytes
    /// leaves out photos and not owners.
    fn read_in_turn(&mut self, mut owners: Vec<Owner>) -> Vec<SamplePhoto> {
        let mut photos = Vec::new();
        let mut left = MAX_TOTAL_BYTES;
        while owners.iter().any(|owner| !owner.files.is_empty()) {
            for owner in &mut owners {
                let Some(name) = owner.files.pop_front() else { continue };
                match read(&self.dir.join(&name), left) {
                    Ok(Some(bytes)) => {
                        left -= bytes.len() as u64;
                        photos.push(SamplePhoto { owner: owner.name.clone(), name, bytes });
                    }
                    Ok(None) => {
                        owner.files.push_front(name);
                        self.skip_rest(owners);
                        return photos;
                    }
                    Err(reason) => self.skip(self.dir.join(name), reason),
                }
            }
        }
        photos
    }

    /// Records each owner with unread files as skipped, once.
    fn skip_rest(&mut self, owners: Vec<Owner>) {
        for Owner { path, files, .. } in owners {
            if !files.is_empty() {
                self.skip(path, Reason::Enough { files: files.len() });
            }
        }
    }
}

/// Reads a file. Returns `None` if it has more than `left` bytes.
fn read(path: &Path, left: u64) -> Result<Option<Bytes>, Reason> {
    let metadata = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && path.is_symlink() => {
            return Err(Reason::Dangling);
        }
        metadata => metadata?,
    };
    if metadata.is_dir() {
        return Err(Reason::TooDeep);
    }
    if !metadata.is_file() {
        return Err(Reason::Special);
    }
    if metadata.len() > MAX_FILE_BYTES {
        return Err(Reason::TooLarge { found: metadata.len() });
    }
    if metadata.len() > left {
        return Ok(None);
    }
    // The file may have grown, or may be one whose length the system does not know.
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_FILE_BYTES.min(left) + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 {
        found if found > MAX_FILE_BYTES => Err(Reason::TooLarge { found }),
        found if found > left => Ok(None),
        _ => Ok(Some(bytes.into())),
    }
}

fn is_ignored(name: &str) -> bool {
    let views = ["Thumbs.db", "desktop.ini"];
    name.starts_with('.') || views.iter().any(|view| name.eq_ignore_ascii_case(view))
}

/// Returns each name with the owner of a file of that name: the name without its extension, unless
/// another name in the folder is the same with or without its extension.
fn with_owners(names: &[String]) -> impl Iterator<Item = (&str, &str)> {
    let mut claims: HashMap<&str, usize> = HashMap::new();
    for name in names {
        *claims.entry(name).or_default() += 1;
        *claims.entry(stem(name)).or_default() += 1;
    }
    names.iter().map(move |name| {
        let is_unique = claims[stem(name)] == 1;
        (name.as_str(), if is_unique { stem(name) } else { name })
    })
}

fn stem(name: &str) -> &str {
    Path::new(name).file_stem().and_then(|stem| stem.to_str()).unwrap_or(name)
}
