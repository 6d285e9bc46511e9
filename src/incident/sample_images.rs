//! A few of the day's mixed thumbnails as pictures: each the word of its own slot, played on the
//! shipped ring of one slot with real photos.
//!
//! The day itself has no pixels. What a picture shows is held against what the day's log says of
//! that thumbnail, band by band.

use std::num::{NonZeroU32, NonZeroUsize};
use std::ops::Range;

use bytes::Bytes;

use super::lap_law_check::Sample;
use super::results::SimulationResults;
use crate::codec::{self, Fit, ImageCodec, ImageError, Size, ThumbnailRequest, ThumbnailSpec};
use crate::pipeline::Shared;
use crate::provenance::{Numbered, TaggingCodec, convert_undisturbed};
use crate::sample_photos::SamplePhoto;
use crate::schedule::{Schedule, replay};

/// A mixed thumbnail, and what it should have been.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleImage {
    /// Which thumbnail of the day it stands for.
    pub sample: Sample,
    /// The owners of the word's photos, by order of first letters.
    pub owners: Vec<String>,
    /// Rows, and whose they are by the order of first letters.
    pub rows: Vec<(Range<u32>, usize)>,
    /// As JPEG.
    pub made: Bytes,
    /// What it should have been, as JPEG.
    pub truth: Bytes,
}

/// Why there are no pictures.
#[derive(Debug, thiserror::Error)]
pub enum SampleImageError {
    /// A photo cannot be used.
    #[error("a photo for the pictures cannot be used: {0}")]
    Photo(#[from] ImageError),
    /// There are fewer photos than the words have requests.
    #[error("{0} photos for pictures with {1} people: give more")]
    TooFew(usize, usize),
    /// What was replayed is not what the day's log says.
    #[error("the replay of {word} does not show what the log says of thumbnail {thumbnail}")]
    Otherwise {
        /// The word.
        word: String,
        /// The thumbnail.
        thumbnail: u32,
    },
}

/// Replays at most `most` samples: torn ones first, and each way of being torn once.
///
/// # Errors
/// [`PictureError`] if a photo is refused, or a replay shows anything else than the log says.
pub fn pictures(
    findings: &SimulationResults,
    photos: &[SamplePhoto],
    most: usize,
) -> Result<Vec<SampleImage>, SampleImageError> {
    let chosen = chosen(&findings.samples, most);
    let bands = findings.plan.script.fleet.bands;
    let bands = NonZeroU32::new(bands).unwrap_or(NonZeroU32::MIN);
    let numbered = chosen.into_iter().enumerate();
    numbered.map(|(number, sample)| picture(sample, bands, photos, number)).collect()
}

/// Each way of being mixed once, torn ones first; then others of other hours.
fn chosen(samples: &[Sample], most: usize) -> Vec<&Sample> {
    let mut chosen: Vec<&Sample> = Vec::new();
    let of_kind = |torn| samples.iter().filter(move |sample| sample.is_torn() == torn);
    for sample in [true, false].into_iter().flat_map(of_kind) {
        if chosen.iter().all(|other| other.bands != sample.bands) {
            chosen.push(sample);
        }
    }
    let others = samples.iter().step_by((samples.len() / most.max(1)).max(1));
    for sample in others.filter(|sample| sample.is_torn()) {
        if !chosen.contains(&sample) {
            chosen.push(sample);
        }
    }
    chosen.truncate(most);
    chosen
}

fn picture(
    sample: &Sample,
    bands: NonZeroU32,
    photos: &[SamplePhoto],
    number: usize,
) -> Result<SampleImage, SampleImageError> {
    let otherwise =
        || SampleImageError::Otherwise { word: sample.word.clone(), thumbnail: sample.thumbnail };
    let word: Schedule = sample.word.parse().map_err(|_| otherwise())?;
    if photos.len() < word.requests() {
        return Err(SampleImageError::TooFew(photos.len(), word.requests()));
    }
    // Another cast each time, so that no two pictures are of the same people.
    let cast = |letter: usize| &photos[(number * 3 + letter) % photos.len()];
    let asked = |letter: usize| {
        let photo = codec::normalize(&cast(letter).bytes)?;
        Ok(Numbered {
            number: letter,
            request: ThumbnailRequest {
                photo,
                spec: ThumbnailSpec { size: Size::default(), fit: Fit::Cover },
            },
        })
    };
    let requests: Vec<Numbered<ThumbnailRequest>> =
        (0..word.requests()).map(asked).collect::<Result<_, ImageError>>()?;
    let pipeline = Shared::new(TaggingCodec::new(ImageCodec::new(bands)), NonZeroUsize::MIN);
    let played = replay(&word, bands, &pipeline, |letter| &requests[letter]).swap_remove(0);
    let made = played.ok_or_else(otherwise)??;
    let shown: Vec<usize> = made.bands.iter().flatten().map(|tag| tag.number).collect();
    if shown != sample.bands {
        return Err(otherwise());
    }
    let header = codec::probe(&made.output)?;
    let rows = codec::band_rows(header.height, bands).zip(shown).collect();
    Ok(SampleImage {
        sample: sample.clone(),
        owners: (0..word.requests()).map(|letter| cast(letter).owner.clone()).collect(),
        rows,
        truth: convert_undisturbed(&ImageCodec::new(bands), &requests[0].request)?,
        made: made.output,
    })
}
