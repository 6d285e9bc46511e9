//! The photos of a reproduction: put through the album's compression, each with its owner, and
//! the truth about each.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use crate::codec::{self, Fit, ImageCodec, Request, Size};
use crate::photos::{self, Found, Photo, Skipped};
use crate::witness::{Oracle, OracleError};

/// Photos used at most. The oracle holds every thumbnail against every photo.
pub const MOST_PHOTOS: usize = 64;

/// The photos of a run, ready to be asked for.
pub struct Subjects {
    /// A request for each photo's thumbnail.
    pub requests: Vec<Request>,
    /// The height of each photo's thumbnail, in px.
    pub heights: Vec<u32>,
    /// Each photo's file name.
    pub names: Vec<String>,
    /// Each photo's owner: a place in `owners`.
    pub owner_of: Vec<usize>,
    /// The owners' names, each once.
    pub owners: Vec<String>,
    /// Photos that could not be used, and why.
    pub skipped: Vec<Skipped>,
    /// Photos that were left out because there were enough, or because time was short.
    pub unused: usize,
    /// Each photo's thumbnail made alone.
    pub oracle: Oracle,
}

/// Why there is nothing to run on.
#[derive(Debug, thiserror::Error)]
pub enum SubjectsError {
    /// No photo was left.
    #[error("none of {looked_at} files is a photo that can be used{}", first(.skipped))]
    None {
        /// Files looked at.
        looked_at: usize,
        /// Why each was refused.
        skipped: Vec<Skipped>,
    },
    /// The truths could not be made.
    #[error(transparent)]
    Oracle(#[from] OracleError),
}

fn first(skipped: &[Skipped]) -> String {
    skipped.first().map_or(String::new(), |s| format!("; {}: {}", s.path.display(), s.reason))
}

impl Subjects {
    /// Prepares `photos`: one of each owner first, then the second ones, until there are
    /// [`MOST_PHOTOS`] or `go_on` ends it.
    ///
    /// # Errors
    /// [`SubjectsError::None`] if no photo can be used.
    pub fn prepare(
        photos: Vec<Photo>,
        mut skipped: Vec<Skipped>,
        (size, fit, bands): (Size, Fit, NonZeroU32),
        go_on: impl Fn(usize) -> bool,
    ) -> Result<Self, SubjectsError> {
        let looked_at = photos.len() + skipped.len();
        let Found { photos, skipped: copies } = photos::each_once(photos);
        skipped.extend(copies);
        let (mut requests, mut heights, mut names) = (Vec::new(), Vec::new(), Vec::new());
        let (mut owner_of, mut owners) = (Vec::new(), Vec::new());
        let mut unused = 0;
        for (done, photo) in owners_in_turn(photos).into_iter().enumerate() {
            let enough = requests.len() == MOST_PHOTOS;
            if enough || !(go_on(done) || requests.is_empty()) {
                unused += 1;
                continue;
            }
            match codec::compress(&photo.bytes) {
                Ok(compressed) => {
                    let header = codec::inspect(&compressed).expect("it was just written");
                    let (width, height) = (header.width, header.height);
                    heights.push(codec::thumbnail_dimensions(width, height, size, fit).1);
                    requests.push(Request { photo: compressed, size, fit });
                    owner_of.push(place(&mut owners, photo.owner));
                    names.push(photo.name);
                }
                Err(refusal) => {
                    skipped.push(Skipped { path: photo.name.into(), reason: refusal.to_string() })
                }
            }
        }
        if requests.is_empty() {
            return Err(SubjectsError::None { looked_at, skipped });
        }
        let oracle = Oracle::new(&ImageCodec::new(bands), &requests)?;
        Ok(Self { requests, heights, names, owner_of, owners, skipped, unused, oracle })
    }
}

/// The first photo of each owner, then the second of each, and so on.
fn owners_in_turn(photos: Vec<Photo>) -> Vec<Photo> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut turns: Vec<(usize, Photo)> = photos
        .into_iter()
        .map(|photo| {
            let turn = seen.entry(photo.owner.clone()).or_default();
            *turn += 1;
            (*turn, photo)
        })
        .collect();
    turns.sort_by_key(|&(turn, _)| turn);
    turns.into_iter().map(|(_, photo)| photo).collect()
}

fn place(owners: &mut Vec<String>, owner: String) -> usize {
    owners.iter().position(|known| *known == owner).unwrap_or_else(|| {
        owners.push(owner);
        owners.len() - 1
    })
}
