//! Assigns a photo to each request of a word (a schedule written as letters).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::config::ReplayConfig;
use crate::codec::{self, BLOCK_ROWS, PhotoLimits, ThumbnailRequest};
use crate::output::terminal::plain;
use crate::sample_photos::{self, SamplePhoto, SamplePhotos, SkippedFile};

/// Holds the photos of a word's requests.
pub(crate) struct PhotoAssignment {
    /// Thumbnail request of each request, in order of first letters.
    pub(super) requests: Vec<ThumbnailRequest>,
    /// Photo of each request, in the same order as `requests`.
    pub(super) photos: Vec<AssignedPhoto>,
    /// Number of different photos. Later requests use these photos again.
    distinct: usize,
    skipped: Vec<SkippedFile>,
}

/// Describes the photo of a request.
#[derive(Clone)]
pub(super) struct AssignedPhoto {
    pub(super) owner: String,
    pub(super) file: String,
    /// Width and height of the thumbnail, in px.
    thumbnail: (u32, u32),
}

/// Describes why the word cannot be replayed with these photos.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PhotoAssignmentError {
    /// The folder has no usable photo.
    #[error(
        "{}: none of {files} files is a usable photo{}",
        .dir.display(),
        first(.skipped)
    )]
    NoPhoto { dir: PathBuf, files: usize, skipped: Vec<SkippedFile> },
    /// A thumbnail has fewer bands (groups of rows) than the word.
    #[error(
        "the word asks for {bands} bands, and the thumbnail of {letter} ({file}, {width} × \
         {height} px) has at most {max_bands}, of {BLOCK_ROWS} rows each: write fewer letters, \
         or set a larger --size or another photo"
    )]
    TooManyBands {
        letter: char,
        file: String,
        width: u32,
        height: u32,
        bands: u32,
        max_bands: usize,
    },
}

fn first(skipped: &[SkippedFile]) -> String {
    skipped.first().map_or(String::new(), |s| format!("; {}: {}", s.path.display(), s.reason))
}

impl PhotoAssignment {
    /// Assigns the first usable photo of each owner, in the folder's order, until every request has
    /// a photo. If there are fewer owners than requests, the photos are used again in turn.
    ///
    /// # Errors
    /// Returns [`PhotoAssignmentError`] if no photo is usable or a thumbnail has too few bands, and
    /// an I/O error if the folder cannot be read.
    pub(crate) fn new(
        config: &ReplayConfig,
        limits: PhotoLimits,
        dir: Option<&Path>,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let SamplePhotos { photos: samples, mut skipped } = sample_photos::load(dir)?;
        let files = samples.len() + skipped.len();
        let count = config.word.requests();
        let mut assigned = Vec::new();
        let mut owners = BTreeSet::new();
        for sample in samples {
            if assigned.len() == count || owners.contains(&sample.owner) {
                continue;
            }
            match compressed(config, limits, &sample) {
                Ok((request, thumbnail)) => {
                    owners.insert(sample.owner.clone());
                    let SamplePhoto { owner, name: file, .. } = sample;
                    assigned.push((request, AssignedPhoto { owner, file, thumbnail }));
                }
                Err(error) => skipped
                    .push(SkippedFile { path: sample.name.into(), reason: error.to_string() }),
            }
        }
        let distinct = assigned.len();
        if distinct == 0 {
            let dir = dir.unwrap_or(Path::new("built-in photos")).into();
            return Err(PhotoAssignmentError::NoPhoto { dir, files, skipped }.into());
        }
        let (requests, photos) = assigned.iter().cycle().take(count).cloned().unzip();
        let assignment = Self { requests, photos, distinct, skipped };
        assignment.check(config)?;
        Ok(assignment)
    }

    /// Checks that each thumbnail has as many bands as the word.
    fn check(&self, config: &ReplayConfig) -> Result<(), PhotoAssignmentError> {
        for (request, photo) in self.photos.iter().enumerate() {
            let (width, height) = photo.thumbnail;
            let max_bands = codec::band_rows(height, config.bands).len();
            let bands = config.bands.get();
            if max_bands < bands as usize {
                let (letter, file) = (config.word.letter(request), plain(&photo.file));
                let error = PhotoAssignmentError::TooManyBands {
                    letter,
                    file,
                    width,
                    height,
                    bands,
                    max_bands,
                };
                return Err(error);
            }
        }
        Ok(())
    }

    /// Lists the skipped files, and tells from which request on photos are used again.
    pub(crate) fn notes(&self, config: &ReplayConfig) -> String {
        let skipped = self.skipped.iter();
        let mut text: String = skipped
            .map(|s| format!("skipped {}: {}\n", plain(&s.path.display().to_string()), s.reason))
            .collect();
        if self.distinct < self.requests.len() {
            text += &format!(
                "{} owners have photos for {} requests: from {} on the photos are used again, \
                 each as another owner's\n",
                self.distinct,
                self.requests.len(),
                config.word.letter(self.distinct)
            );
        }
        text
    }
}

/// Compresses the photo as the album does, and computes the dimensions of its thumbnail.
fn compressed(
    config: &ReplayConfig,
    limits: PhotoLimits,
    photo: &SamplePhoto,
) -> Result<(ThumbnailRequest, (u32, u32)), codec::ImageError> {
    let photo = codec::normalize_within(&photo.bytes, limits)?;
    let header = codec::probe(&photo)?;
    let thumbnail = codec::thumbnail_dimensions(header.width, header.height, config.spec);
    Ok((ThumbnailRequest { photo, spec: config.spec }, thumbnail))
}
