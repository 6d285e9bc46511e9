//! A folder of photos, read within bounds.
//!
//! Whatever a person points at, from a folder of pictures to the root of a disk, ends soon and
//! within memory: what is left out is named with the reason, and nothing but regular files is ever
//! opened, since a pipe would be waited for without end.

use std::collections::{HashMap, VecDeque};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::{SamplePhoto, SamplePhotos, SkippedFile};
use crate::codec::limits::FILE_BYTES;

/// Files and folders looked at, at most.
pub const FILES: usize = 10_000;

/// Bytes of photos read, at most, all files together.
pub const TOTAL_BYTES: u64 = 256 << 20;

/// Why a folder cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is nothing of that name.
    #[error("{} does not exist; give a folder of photos", .0.display())]
    Missing(PathBuf),
    /// It is something else.
    #[error("{} is not a folder; give the folder that the photo lies in", .0.display())]
    NotAFolder(PathBuf),
    /// The system refuses it.
    #[error("{} cannot be read: {source}", .path.display())]
    Unreadable {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is larger than what is looked at.
    #[error("{} holds more than {FILES} files; give a smaller folder", .0.display())]
    TooManyFiles(PathBuf),
}

/// Why something in a folder is not used.
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
    #[error("it has {found} bytes; at most {FILE_BYTES} are read")]
    TooLarge { found: u64 },
    #[error("it cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("{files} left unread: of all files together at most {TOTAL_BYTES} bytes are read")]
    Enough { files: usize },
}

/// Finds the photos of a folder and their owners.
///
/// A subfolder is an owner: its name is the owner's, and its files are that owner's photos, one
/// level deep. A file that lies in `dir` itself, beside subfolders or not, is an owner of its own,
/// called like the file without its ending; with the ending where that name would not be the only
/// one. Links are followed. Names that start with a dot, and the files in which systems keep a
/// folder's view (`Thumbs.db`, `desktop.ini`), are passed over.
///
/// Files are taken as they are, the first of each owner, then the second of each, until all are
/// read or the next would take more than [`TOTAL_BYTES`]. Whether they are photos is the codec's
/// to say, and copies are [`each_once`](super::each_once)'s to find.
///
/// # Errors
/// [`ReadError`] if `dir` is missing, no folder, not readable, or holds more than [`FILES`] files.
/// What is wrong with one file or subfolder is no error: it is named in [`Found::skipped`].
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
    let mut reader = Reader { dir, looked_at: 0, skipped: Vec::new() };
    let names = reader.names(dir).map_err(|stop| stop.into_error(dir))?;
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

/// An owner's files that are still to be read, as paths from the folder.
struct Owner {
    name: String,
    /// The owner's folder or only file.
    path: PathBuf,
    files: VecDeque<String>,
}

/// Why a listing stopped.
enum Stop {
    Io(io::Error),
    TooMany,
}

impl Stop {
    fn into_error(self, dir: &Path) -> ReadError {
        match self {
            Self::Io(source) => ReadError::Unreadable { path: dir.into(), source },
            Self::TooMany => ReadError::TooManyFiles(dir.into()),
        }
    }
}

struct Reader<'d> {
    dir: &'d Path,
    looked_at: usize,
    skipped: Vec<SkippedFile>,
}

impl Reader<'_> {
    fn skip(&mut self, path: PathBuf, reason: impl Into<Reason>) {
        self.skipped.push(SkippedFile { path, reason: reason.into().to_string() });
    }

    /// The names in a folder, sorted, without those that are passed over or no UTF-8.
    fn names(&mut self, folder: &Path) -> Result<Vec<String>, Stop> {
        let mut names = Vec::new();
        for entry in fs::read_dir(folder).map_err(Stop::Io)? {
            self.looked_at += 1;
            if self.looked_at > FILES {
                return Err(Stop::TooMany);
            }
            match entry.map_err(Stop::Io)?.file_name().into_string() {
                Ok(name) if passed_over(&name) => {}
                Ok(name) => names.push(name),
                Err(name) => self.skip_name(folder, name),
            }
        }
        names.sort();
        Ok(names)
    }

    fn skip_name(&mut self, folder: &Path, name: OsString) {
        if !name.as_encoded_bytes().starts_with(b".") {
            self.skip(folder.join(name), Reason::Name);
        }
    }

    /// The files of an owner's folder; none if it cannot be read.
    fn owners_files(&mut self, owner: &str) -> Result<VecDeque<String>, ReadError> {
        let folder = self.dir.join(owner);
        match self.names(&folder) {
            Ok(names) => Ok(names.into_iter().map(|name| format!("{owner}/{name}")).collect()),
            Err(Stop::TooMany) => Err(Stop::TooMany.into_error(self.dir)),
            Err(Stop::Io(error)) => {
                self.skip(folder, error);
                Ok(VecDeque::new())
            }
        }
    }

    /// The first file of each owner, then the second of each, so that a bound that is met leaves
    /// out photos and not people.
    fn read_in_turn(&mut self, mut owners: Vec<Owner>) -> Vec<SamplePhoto> {
        let mut photos = Vec::new();
        let mut left = TOTAL_BYTES;
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

    /// Names each owner whose files are not all read, once.
    fn skip_rest(&mut self, owners: Vec<Owner>) {
        for Owner { path, files, .. } in owners {
            if !files.is_empty() {
                self.skip(path, Reason::Enough { files: files.len() });
            }
        }
    }
}

/// A file's bytes, or `None` if it has more than are `left` to be read.
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
    if metadata.len() > FILE_BYTES {
        return Err(Reason::TooLarge { found: metadata.len() });
    }
    if metadata.len() > left {
        return Ok(None);
    }
    // The file may have grown since, or be one whose length the system does not know.
    let mut bytes = Vec::new();
    File::open(path)?.take(FILE_BYTES.min(left) + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 {
        found if found > FILE_BYTES => Err(Reason::TooLarge { found }),
        found if found > left => Ok(None),
        _ => Ok(Some(bytes.into())),
    }
}

fn passed_over(name: &str) -> bool {
    let views = ["Thumbs.db", "desktop.ini"];
    name.starts_with('.') || views.iter().any(|view| name.eq_ignore_ascii_case(view))
}

/// Each name with the owner that a file of that name has: the name without its ending, unless
/// something else in the folder goes by it, with or without an ending of its own.
fn with_owners(names: &[String]) -> impl Iterator<Item = (&str, &str)> {
    let mut claims: HashMap<&str, usize> = HashMap::new();
    for name in names {
        *claims.entry(name).or_default() += 1;
        *claims.entry(stem(name)).or_default() += 1;
    }
    names.iter().map(move |name| {
        let alone = claims[stem(name)] == 1;
        (name.as_str(), if alone { stem(name) } else { name })
    })
}

fn stem(name: &str) -> &str {
    Path::new(name).file_stem().and_then(|stem| stem.to_str()).unwrap_or(name)
}
