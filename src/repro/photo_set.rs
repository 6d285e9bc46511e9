//! The photos of a reproduction: put through the album's compression, each with its owner, and
//! the truth about each.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use crate::codec::{self, ImageCodec, ThumbnailRequest, ThumbnailSpec};
use crate::provenance::{OracleError, PixelOracle};
use crate::sample_photos::{self, SamplePhoto, SamplePhotos, SkippedFile};

/// Photos used at most. The oracle holds every thumbnail against every photo.
pub const MAX_PHOTOS: usize = 64;

/// The photos of a run, ready to be asked for.
pub struct PhotoSet {
    /// A request for each photo's thumbnail.
    pub requests: Vec<ThumbnailRequest>,
    /// The height of each photo's thumbnail, in px.
    pub heights: Vec<u32>,
    /// Each photo's file name.
    pub names: Vec<String>,
    /// Each photo's owner: a place in `owners`.
    pub owner_of: Vec<usize>,
    /// The owners' names, each once.
    pub owners: Vec<String>,
    /// Photos that could not be used, and why.
    pub skipped: Vec<SkippedFile>,
    /// Photos that were left out because there were enough, or because time was short.
    pub unused: usize,
    /// Each photo's thumbnail made alone.
    pub oracle: PixelOracle,
}

/// Why there is nothing to run on.
#[derive(Debug, thiserror::Error)]
pub enum PhotoSetError {
    /// No photo was left.
    #[error("none of {looked_at} files is a photo that can be used{}", first(.skipped))]
    None {
        /// Files looked at.
        looked_at: usize,
        /// Why each was refused.
        skipped: Vec<SkippedFile>,
    },
    /// The truths could not be made.
    #[error(transparent)]
    Oracle(#[from] OracleError),
}

fn first(skipped: &[SkippedFile]) -> String {
    skipped.first().map_or(String::new(), |s| format!("; {}: {}", s.path.display(), s.reason))
}

impl PhotoSet {
    /// Prepares `photos`: one of each owner first, then the second ones, until there are
    /// [`MOST_PHOTOS`] or `go_on` ends it.
    ///
    /// # Errors
    /// [`SubjectsError::None`] if no photo can be used.
    pub fn prepare(
        photos: Vec<SamplePhoto>,
        mut skipped: Vec<SkippedFile>,
        (spec, bands): (ThumbnailSpec, NonZeroU32),
        go_on: impl Fn(usize) -> bool,
    ) -> Result<Self, PhotoSetError> {
        let looked_at = photos.len() + skipped.len();
        let SamplePhotos { photos, skipped: copies } = sample_photos::without_copies(photos);
        skipped.extend(copies);
        let (mut requests, mut heights, mut names) = (Vec::new(), Vec::new(), Vec::new());
        let (mut owner_of, mut owners) = (Vec::new(), Vec::new());
        let mut unused = 0;
        for (done, photo) in owners_in_turn(photos).into_iter().enumerate() {
            let enough = requests.len() == MAX_PHOTOS;
            if enough || !(go_on(done) || requests.is_empty()) {
                unused += 1;
                continue;
            }
            match codec::normalize(&photo.bytes) {
                Ok(compressed) => {
                    let header = codec::probe(&compressed).expect("it was just written");
                    let (width, height) = (header.width, header.height);
                    heights.push(codec::thumbnail_dimensions(width, height, spec).1);
                    requests.push(ThumbnailRequest { photo: compressed, spec });
                    owner_of.push(place(&mut owners, photo.owner));
                    names.push(photo.name);
                }
                Err(refusal) => skipped
                    .push(SkippedFile { path: photo.name.into(), reason: refusal.to_string() }),
            }
        }
        if requests.is_empty() {
            return Err(PhotoSetError::None { looked_at, skipped });
        }
        let oracle = PixelOracle::new(&ImageCodec::new(bands), &requests)?;
        Ok(Self { requests, heights, names, owner_of, owners, skipped, unused, oracle })
    }
}

/// The first photo of each owner, then the second of each, and so on.
fn owners_in_turn(photos: Vec<SamplePhoto>) -> Vec<SamplePhoto> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut turns: Vec<(usize, SamplePhoto)> = photos
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
