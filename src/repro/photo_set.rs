//! Prepares the photos of a reproduction: compresses each as the album does, and makes its truth
//! (its unmixed thumbnail).

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use crate::codec::{self, ImageCodec, PhotoLimits, ThumbnailRequest, ThumbnailSpec};
use crate::provenance::{OracleError, PixelOracle};
use crate::sample_photos::{self, SamplePhoto, SamplePhotos, SkippedFile};

/// Upper bound of the photos used: the pixel oracle compares every thumbnail with every photo.
pub const MAX_PHOTOS: usize = 64;

/// Holds the photos of a reproduction, with their owners and their truths.
pub struct PhotoSet {
    /// Request for the thumbnail of each photo.
    pub requests: Vec<ThumbnailRequest>,
    /// Height of each photo's thumbnail, in px.
    pub heights: Vec<u32>,
    /// Owner of each photo, as an index into `owners`.
    pub owner_of: Vec<usize>,
    /// Names of the owners, each once.
    pub owners: Vec<String>,
    /// Photos that cannot be used, each with the reason.
    pub skipped: Vec<SkippedFile>,
    /// Number of photos left out because the set was full or time was short.
    pub unused: usize,
    /// Oracle that knows the unmixed thumbnail of each photo.
    pub oracle: PixelOracle,
}

/// Describes why a set of photos could not be prepared.
#[derive(Debug, thiserror::Error)]
pub enum PhotoSetError {
    /// No file is a usable photo.
    #[error("none of {files} files is a photo that can be used{}", first(.skipped))]
    None {
        /// Number of files read.
        files: usize,
        /// Files that cannot be used, each with the reason.
        skipped: Vec<SkippedFile>,
    },
    /// The oracle could not make the truths.
    #[error(transparent)]
    Oracle(#[from] OracleError),
}

fn first(skipped: &[SkippedFile]) -> String {
    skipped.first().map_or(String::new(), |s| format!("; {}: {}", s.path.display(), s.reason))
}

impl PhotoSet {
    /// Prepares `photos`: the first photo of each owner, then the second of each, until there are
    /// [`MAX_PHOTOS`]. Calls `keep_going` with the number of photos handled before each, and
    /// stops after at least one photo if it returns false.
    ///
    /// # Errors
    /// Returns [`PhotoSetError::None`] if no photo can be used, and [`PhotoSetError::Oracle`] if
    /// the truths cannot be made.
    pub fn prepare(
        photos: Vec<SamplePhoto>,
        mut skipped: Vec<SkippedFile>,
        limits: PhotoLimits,
        (spec, bands): (ThumbnailSpec, NonZeroU32),
        keep_going: impl Fn(usize) -> bool,
    ) -> Result<Self, PhotoSetError> {
        let files = photos.len() + skipped.len();
        let SamplePhotos { photos, skipped: copies } = sample_photos::without_copies(photos);
        skipped.extend(copies);
        let (mut requests, mut heights) = (Vec::new(), Vec::new());
        let (mut owner_of, mut owners) = (Vec::new(), Vec::new());
        let mut unused = 0;
        for (done, photo) in round_robin_by_owner(photos).into_iter().enumerate() {
            let full = requests.len() == MAX_PHOTOS;
            if full || !(keep_going(done) || requests.is_empty()) {
                unused += 1;
                continue;
            }
            match codec::normalize_within(&photo.bytes, limits) {
                Ok(compressed) => {
                    let header = codec::probe(&compressed).expect("it was just written");
                    let (width, height) = (header.width, header.height);
                    heights.push(codec::thumbnail_dimensions(width, height, spec).1);
                    requests.push(ThumbnailRequest { photo: compressed, spec });
                    owner_of.push(index_of(&mut owners, photo.owner));
                }
                Err(error) => {
                    skipped.push(SkippedFile { path: photo.name.into(), reason: error.to_string() })
                }
            }
        }
        if requests.is_empty() {
            return Err(PhotoSetError::None { files, skipped });
        }
        let oracle = PixelOracle::new(&ImageCodec::new(bands), &requests)?;
        Ok(Self { requests, heights, owner_of, owners, skipped, unused, oracle })
    }
}

/// Sorts photos: the first of each owner, then the second of each, and so on.
fn round_robin_by_owner(photos: Vec<SamplePhoto>) -> Vec<SamplePhoto> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut rounds: Vec<(usize, SamplePhoto)> = photos
        .into_iter()
        .map(|photo| {
            let round = counts.entry(photo.owner.clone()).or_default();
            *round += 1;
            (*round, photo)
        })
        .collect();
    rounds.sort_by_key(|&(round, _)| round);
    rounds.into_iter().map(|(_, photo)| photo).collect()
}

/// Returns the index of `owner`, which is appended if it is new.
fn index_of(owners: &mut Vec<String>, owner: String) -> usize {
    owners.iter().position(|known| *known == owner).unwrap_or_else(|| {
        owners.push(owner);
        owners.len() - 1
    })
}
