//! The photos of a reproduction: a set of eleven owners, built in, or a folder of one's own.
//!
//! Whose photo it is must be known before anybody can be shown a stranger's, so a photo never comes
//! without its owner.

mod folder;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::PathBuf;

use bytes::Bytes;

pub use self::folder::{FILES, ReadError, TOTAL_BYTES, read_dir};

/// A photo as it was found, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SamplePhoto {
    /// Whose photo it is.
    pub owner: String,
    /// Its file, as a path from the folder that was read, with `/` between names.
    pub name: String,
    /// The file's bytes as they are. Nobody has looked yet whether they are a photo.
    pub bytes: Bytes,
}

/// Something in a folder that is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedFile {
    /// Where it is.
    pub path: PathBuf,
    /// Why it is not used, in words.
    pub reason: String,
}

/// What a folder holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SamplePhotos {
    /// Photos in the order of their names.
    pub photos: Vec<SamplePhoto>,
    /// What was left out, in the order of the paths.
    pub skipped: Vec<SkippedFile>,
}

macro_rules! built_in {
    ($($owner:literal)*) => {
        [$(($owner, include_bytes!(concat!($owner, ".jpg")).as_slice())),*]
    };
}

/// The photos that are built in: JPEG, 2048 px on the longest side, each of another owner. How they
/// were made, from what and under which licence, stands beside them in `src/sample_photos`.
pub fn default_set() -> Vec<SamplePhoto> {
    let set: [(&str, &'static [u8]); 11] = built_in!(
        "astronaut" "cat" "clocks" "coffee" "dandelion" "galaxies"
        "grass" "meadow" "puffball" "rocket" "sunset"
    );
    let photo = |(owner, bytes): (&str, &'static [u8])| SamplePhoto {
        owner: owner.into(),
        name: format!("{owner}.jpg"),
        bytes: Bytes::from_static(bytes),
    };
    set.map(photo).into()
}

/// Keeps the first of photos whose bytes are the same, and names the others: were two owners to
/// have the same photo, nobody could say whose rows a thumbnail shows.
pub fn each_once(photos: Vec<SamplePhoto>) -> SamplePhotos {
    let mut found = SamplePhotos::default();
    let mut first: HashMap<Bytes, String> = HashMap::new();
    for photo in photos {
        match first.entry(photo.bytes.clone()) {
            Entry::Occupied(known) => {
                let reason = format!("it is byte for byte {}, which is used", known.get());
                found.skipped.push(SkippedFile { path: photo.name.into(), reason });
            }
            Entry::Vacant(new) => {
                new.insert(photo.name.clone());
                found.photos.push(photo);
            }
        }
    }
    found
}
