//! Provides the photos of a run: a built-in set of eleven owners, or the photos of a folder.
//!
//! A run can recognise a stranger's photo only if the owner of each photo is known, so every photo
//! has an owner.

mod folder;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use serde::{Serialize, Serializer};

pub use self::folder::{MAX_FILES, MAX_TOTAL_BYTES, ReadError, read_dir};

/// Holds a photo's file and its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SamplePhoto {
    /// Name of the owner.
    pub owner: String,
    /// Path of the file from the folder that was read, with `/` between names.
    pub name: String,
    /// Bytes of the file, which may be no photo.
    pub bytes: Bytes,
}

/// Names a file or folder that is not used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SkippedFile {
    /// Path of the file or folder.
    #[serde(serialize_with = "serialize_path")]
    pub path: PathBuf,
    /// Reason why it is not used, in words.
    pub reason: String,
}

/// Serializes a path as text, also if it is no Unicode.
fn serialize_path<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}

/// Holds the photos of a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SamplePhotos {
    /// The photos in the order of their names.
    pub photos: Vec<SamplePhoto>,
    /// The files and folders that are not used, in the order of their paths.
    pub skipped: Vec<SkippedFile>,
}

macro_rules! built_in {
    ($($owner:literal)*) => {
        [$(($owner, include_bytes!(concat!($owner, ".jpg")).as_slice())),*]
    };
}

/// Returns the built-in photos: JPEGs of 2048 px on the longest side, each of another owner.
/// `src/sample_photos` holds their originals, their licences and the script that made them.
pub fn default_set() -> Vec<SamplePhoto> {
    let set: [(&str, &'static [u8]); 11] = built_in!(
        "astronaut" "cat" "coffee" "dandelion" "galaxies" "goldfish"
        "igloo" "moose" "raccoon" "rocket" "windmill"
    );
    let photo = |(owner, bytes): (&str, &'static [u8])| SamplePhoto {
        owner: owner.into(),
        name: format!("{owner}.jpg"),
        bytes: Bytes::from_static(bytes),
    };
    set.map(photo).into()
}

/// Returns the photos of a folder, or the built-in photos if no folder is given.
///
/// # Errors
/// Returns [`ReadError`] if the folder cannot be read.
pub fn load(dir: Option<&Path>) -> Result<SamplePhotos, ReadError> {
    let built_in = || SamplePhotos { photos: default_set(), skipped: Vec::new() };
    dir.map_or_else(|| Ok(built_in()), read_dir)
}

/// Keeps the first of several photos with the same bytes, and skips the others. If two owners had
/// the same photo, the rows of a thumbnail would not tell its owner.
pub fn without_copies(photos: Vec<SamplePhoto>) -> SamplePhotos {
    let mut unique = SamplePhotos::default();
    let mut first: HashMap<Bytes, String> = HashMap::new();
    for photo in photos {
        match first.entry(photo.bytes.clone()) {
            Entry::Occupied(known) => {
                let reason = format!("it is byte for byte the same file as {}", known.get());
                unique.skipped.push(SkippedFile { path: photo.name.into(), reason });
            }
            Entry::Vacant(new) => {
                new.insert(photo.name.clone());
                unique.photos.push(photo);
            }
        }
    }
    unique
}
