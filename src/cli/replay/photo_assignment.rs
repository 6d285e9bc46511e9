//! Who plays whom: a photo for each request of a word, of one owner after the other.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::config::ReplayConfig;
use crate::codec::{self, BLOCK_ROWS, ThumbnailRequest, ThumbnailSpec};
use crate::output::terminal::plain;
use crate::sample_photos::{self, SamplePhoto, SamplePhotos, SkippedFile};

/// The photos of a word's requests.
pub(super) struct PhotoAssignment {
    /// What each request asks for, in order of first letters.
    pub(super) requests: Vec<ThumbnailRequest>,
    /// Whose photo each request asks for, and its file.
    pub(super) roles: Vec<Role>,
    /// How many of the requests have a photo of their own; the others' are used again.
    pub(super) photos: usize,
    skipped: Vec<SkippedFile>,
}

/// One request's photo.
#[derive(Clone)]
pub(super) struct Role {
    pub(super) owner: String,
    pub(super) file: String,
    /// The thumbnail's width and height, in px.
    pub(super) thumbnail: (u32, u32),
}

/// Why the word cannot be played with these photos.
#[derive(Debug, thiserror::Error)]
pub(super) enum PhotoAssignmentError {
    /// No photo was left.
    #[error(
        "{}: none of {looked_at} files is a photo that can be used{}",
        .dir.display(),
        first(.skipped)
    )]
    NoPhoto { dir: PathBuf, looked_at: usize, skipped: Vec<SkippedFile> },
    /// A thumbnail is too low for the word.
    #[error(
        "the word asks for {bands} bands, and the thumbnail of {letter} ({file}, {width} × \
         {height} px) has {most} at most, of {BLOCK_ROWS} rows each: write fewer letters, \
         or take a larger --size or another photo"
    )]
    TooManyBands { letter: char, file: String, width: u32, height: u32, bands: u32, most: usize },
}

fn first(skipped: &[SkippedFile]) -> String {
    skipped.first().map_or(String::new(), |s| format!("; {}: {}", s.path.display(), s.reason))
}

impl PhotoAssignment {
    /// Takes the first usable photo of each owner, in the folder's order, until every request has
    /// one. If there are not so many owners, the photos go round.
    pub(super) fn new(
        scene: &ReplayConfig,
        dir: Option<&Path>,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let SamplePhotos { photos, mut skipped } = match dir {
            Some(dir) => sample_photos::read_dir(dir)?,
            None => SamplePhotos { photos: sample_photos::default_set(), skipped: Vec::new() },
        };
        let looked_at = photos.len() + skipped.len();
        let wanted = scene.word.requests();
        let (mut requests, mut roles) = (Vec::new(), Vec::new());
        let mut taken = BTreeSet::new();
        for photo in photos {
            if requests.len() == wanted || taken.contains(&photo.owner) {
                continue;
            }
            match compressed(scene, &photo) {
                Ok((request, thumbnail)) => {
                    taken.insert(photo.owner.clone());
                    requests.push(request);
                    roles.push(Role { owner: photo.owner, file: photo.name, thumbnail });
                }
                Err(refusal) => skipped
                    .push(SkippedFile { path: photo.name.into(), reason: refusal.to_string() }),
            }
        }
        let photos = requests.len();
        if photos == 0 {
            let dir = dir.unwrap_or(Path::new("built-in photos")).into();
            return Err(PhotoAssignmentError::NoPhoto { dir, looked_at, skipped }.into());
        }
        let round = |number| number % photos;
        let cast = Self {
            requests: (0..wanted).map(round).map(|photo| requests[photo].clone()).collect(),
            roles: (0..wanted).map(round).map(|photo| roles[photo].clone()).collect(),
            photos,
            skipped,
        };
        cast.check(scene)?;
        Ok(cast)
    }

    /// Refuses a word with more bands than one of its thumbnails has.
    fn check(&self, scene: &ReplayConfig) -> Result<(), PhotoAssignmentError> {
        for (request, role) in self.roles.iter().enumerate() {
            let (width, height) = role.thumbnail;
            let most = codec::band_rows(height, scene.bands).len();
            if most < scene.bands.get() as usize {
                let (letter, bands) = (scene.word.letter(request), scene.bands.get());
                let file = plain(&role.file);
                return Err(PhotoAssignmentError::TooManyBands {
                    letter,
                    file,
                    width,
                    height,
                    bands,
                    most,
                });
            }
        }
        Ok(())
    }

    /// What a person should know about the photos, if anything.
    pub(super) fn remarks(&self, scene: &ReplayConfig) -> String {
        let skipped = self.skipped.iter();
        let mut text: String = skipped
            .map(|s| format!("skipped {}: {}\n", plain(&s.path.display().to_string()), s.reason))
            .collect();
        if self.photos < self.requests.len() {
            text += &format!(
                "{} owners have photos for {} requests: from {} on they go round, as other \
                 people's\n",
                self.photos,
                self.requests.len(),
                scene.word.letter(self.photos)
            );
        }
        text
    }
}

/// The photo as the album keeps it, and the dimensions of its thumbnail.
fn compressed(
    scene: &ReplayConfig,
    photo: &SamplePhoto,
) -> Result<(ThumbnailRequest, (u32, u32)), codec::ImageError> {
    let photo = codec::normalize(&photo.bytes)?;
    let header = codec::probe(&photo)?;
    let (size, fit) = (scene.size, scene.fit);
    let thumbnail =
        codec::thumbnail_dimensions(header.width, header.height, ThumbnailSpec { size, fit });
    Ok((ThumbnailRequest { photo, spec: ThumbnailSpec { size, fit } }, thumbnail))
}
