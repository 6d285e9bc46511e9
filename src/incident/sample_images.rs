//! Makes images of a few wrong thumbnails. It replays the word (a schedule written as letters) of
//! each thumbnail's own slot on the shipped ring of one slot, with real photos.
//!
//! The simulation itself has no pixels. Each image is compared with the event log, band by band.

use std::num::{NonZeroU32, NonZeroUsize};
use std::ops::Range;

use bytes::Bytes;

use super::lap_law_check::Sample;
use super::results::SimulationResults;
use crate::codec::{self, ImageCodec, ImageError, ThumbnailRequest, ThumbnailSpec};
use crate::pipeline::Shared;
use crate::provenance::{Numbered, TaggingCodec, convert_undisturbed};
use crate::sample_photos::SamplePhoto;
use crate::schedule::{Schedule, replay};

/// Holds a wrong thumbnail and the correct thumbnail as images.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleImage {
    /// The simulated thumbnail that the image shows.
    pub sample: Sample,
    /// The owners of the photos, in the order of first letters of the word.
    pub owners: Vec<String>,
    /// Each band's rows, and the index of their owner in `owners`.
    pub rows: Vec<(Range<u32>, usize)>,
    /// The wrong thumbnail, as JPEG.
    pub made: Bytes,
    /// The correct thumbnail, as JPEG.
    pub truth: Bytes,
}

/// Describes why an image could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SampleImageError {
    /// The codec refuses a photo.
    #[error("cannot use a photo for the images: {0}")]
    Photo(#[from] ImageError),
    /// There are fewer photos than a word has requests.
    #[error("{photos} photos, and an image needs {requests}: give more photos")]
    TooFew {
        /// Number of photos given.
        photos: usize,
        /// Number of photos needed.
        requests: usize,
    },
    /// The replay differs from the event log.
    #[error("the replay of {word} differs from the log of thumbnail {thumbnail}")]
    Mismatch {
        /// The replayed word.
        word: String,
        /// The thumbnail's number.
        thumbnail: u32,
    },
}

/// Makes images of at most `max` samples. Torn thumbnails come first, and different patterns of
/// bands before equal ones.
///
/// # Errors
/// Returns [`SampleImageError`] if the codec refuses a photo, there are too few photos, or a replay
/// differs from the event log.
pub fn sample_images(
    results: &SimulationResults,
    photos: &[SamplePhoto],
    max: usize,
) -> Result<Vec<SampleImage>, SampleImageError> {
    let bands = results.plan.scenario.fleet.bands;
    let bands = NonZeroU32::new(bands).unwrap_or(NonZeroU32::MIN);
    let numbered = choose(&results.samples, max).into_iter().enumerate();
    numbered.map(|(number, sample)| sample_image(sample, bands, photos, number)).collect()
}

/// Chooses a sample of each pattern of bands, torn ones first, then torn samples of other hours.
fn choose(samples: &[Sample], max: usize) -> Vec<&Sample> {
    let mut chosen: Vec<&Sample> = Vec::new();
    let of_kind = |torn| samples.iter().filter(move |sample| sample.is_torn() == torn);
    for sample in [true, false].into_iter().flat_map(of_kind) {
        if chosen.iter().all(|other| other.bands != sample.bands) {
            chosen.push(sample);
        }
    }
    let others = samples.iter().step_by((samples.len() / max.max(1)).max(1));
    for sample in others.filter(|sample| sample.is_torn()) {
        if !chosen.contains(&sample) {
            chosen.push(sample);
        }
    }
    chosen.truncate(max);
    chosen
}

fn sample_image(
    sample: &Sample,
    bands: NonZeroU32,
    photos: &[SamplePhoto],
    number: usize,
) -> Result<SampleImage, SampleImageError> {
    let mismatch =
        || SampleImageError::Mismatch { word: sample.word.clone(), thumbnail: sample.thumbnail };
    let word: Schedule = sample.word.parse().map_err(|_| mismatch())?;
    let letters = 0..word.requests();
    if photos.len() < word.requests() {
        return Err(SampleImageError::TooFew { photos: photos.len(), requests: word.requests() });
    }
    // Each image starts at other photos, so that no two images show the same people.
    let photo = |letter: usize| &photos[(number * 3 + letter) % photos.len()];
    let request = |letter: usize| {
        let spec = ThumbnailSpec::default();
        let photo = codec::normalize(&photo(letter).bytes)?;
        Ok(Numbered { number: letter, request: ThumbnailRequest { photo, spec } })
    };
    let requests: Vec<_> = letters.clone().map(request).collect::<Result<_, ImageError>>()?;
    let pipeline = Shared::new(TaggingCodec::new(ImageCodec::new(bands)), NonZeroUsize::MIN);
    let replayed = replay(&word, bands, &pipeline, |letter| &requests[letter]).swap_remove(0);
    let traced = replayed.ok_or_else(mismatch)??;
    let shown: Vec<usize> = traced.bands.iter().flatten().map(|tag| tag.number).collect();
    if shown != sample.bands {
        return Err(mismatch());
    }
    let header = codec::probe(&traced.output)?;
    Ok(SampleImage {
        sample: sample.clone(),
        owners: letters.map(|letter| photo(letter).owner.clone()).collect(),
        rows: codec::band_rows(header.height, bands).zip(shown).collect(),
        truth: convert_undisturbed(&ImageCodec::new(bands), &requests[0].request)?,
        made: traced.output,
    })
}
