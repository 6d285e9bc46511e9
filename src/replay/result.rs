//! Replays a word (a schedule written as letters) with the image codec, and compares every
//! thumbnail with the lap law, which predicts the owner of each band (some rows of a thumbnail).

use bytes::Bytes;

use super::config::ReplayConfig;
use super::photo_assignment::PhotoAssignment;
use crate::codec::{self, ImageCodec, ImageError};
use crate::pipeline::Codec;
use crate::pipelines::AnyPipeline;
use crate::provenance::{Numbered, TaggingCodec, Traced, convert_undisturbed};
use crate::schedule::{Act, Outcome, TraceStep, predict, replay};

/// Holds the thumbnails of a replay and their differences from the lap law.
pub(crate) struct ReplayResult {
    pub(crate) config: ReplayConfig,
    pub(super) assignment: PhotoAssignment,
    /// Steps of the word with the photo in each slot (buffer) of `shared`, or in each job's frame
    /// otherwise.
    pub(super) steps: Vec<TraceStep>,
    /// Thumbnail of each request in order of first letters, or `None` for an unfinished request.
    pub(super) thumbnails: Vec<Option<Thumbnail>>,
    /// Differences between the thumbnails and the prediction.
    pub(super) differences: Vec<Difference>,
}

/// Holds a finished thumbnail with its predicted and actual owners.
pub(super) struct Thumbnail {
    /// Thumbnail as JPEG.
    pub(super) jpeg: Bytes,
    /// Request that each band shows, top to bottom, or `None` for a frame without a photo.
    pub(super) owners: Vec<Option<usize>>,
    /// Request that each band shows by the lap law.
    pub(super) predicted: Vec<usize>,
    pub(super) outcome: Outcome,
    /// Undisturbed thumbnail as JPEG, if the thumbnail is mixed.
    pub(super) undisturbed: Option<Bytes>,
}

/// Describes a difference between a thumbnail and its prediction.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Difference {
    /// A request finished and should not have, or did not finish and should have.
    #[error("{letter} did not finish as its letters say")]
    Finish { letter: char },
    /// A band shows another request than predicted.
    #[error("band {band} of {letter} must show {predicted}, and shows {actual}")]
    Band { letter: char, band: usize, predicted: char, actual: String },
    /// The bands have the predicted owners, but not the bytes of undisturbed bands.
    #[error("the thumbnail of {letter} differs from its bands made undisturbed")]
    Bytes { letter: char },
}

impl ReplayResult {
    /// Replays the word, and makes each thumbnail a second time from the lap law alone.
    ///
    /// # Errors
    /// Returns [`ImageError`] if a photo cannot be decoded or a thumbnail cannot be encoded.
    pub(crate) fn new(
        config: ReplayConfig,
        assignment: PhotoAssignment,
    ) -> Result<Self, ImageError> {
        let requests = assignment.requests.iter().cloned().enumerate();
        let requests: Vec<_> =
            requests.map(|(number, request)| Numbered { number, request }).collect();
        let ReplayConfig { word, bands, pipeline, slots, .. } = &config;
        let codec = TaggingCodec::new(ImageCodec::new(*bands));
        let pipeline = AnyPipeline::new(*pipeline, codec, *slots, usize::MAX);
        let replayed = replay(word, *bands, &pipeline, |number| &requests[number]);
        let predicted = predict(word, *bands, config.ring());
        let steps = config.trace();
        let mut result =
            Self { config, assignment, steps, thumbnails: Vec::new(), differences: Vec::new() };
        for (number, (replayed, predicted)) in replayed.into_iter().zip(predicted).enumerate() {
            let thumbnail = match (replayed.transpose()?, predicted) {
                (None, None) => None,
                (Some(traced), Some(owners)) => Some(result.compare(traced, owners)?),
                _ => {
                    let letter = result.name(number);
                    result.differences.push(Difference::Finish { letter });
                    None
                }
            };
            result.thumbnails.push(thumbnail);
        }
        Ok(result)
    }

    /// Returns the letter of a request.
    pub(super) fn name(&self, request: usize) -> char {
        self.config.word.letter(request)
    }

    /// Returns true if every thumbnail is as predicted. On `owned` and `pooled` the prediction is
    /// that each thumbnail shows only its owner's rows.
    pub(crate) fn is_as_predicted(&self) -> bool {
        self.differences.is_empty()
    }

    /// Counts the thumbnails of an outcome.
    pub(super) fn count(&self, outcome: Outcome) -> usize {
        self.thumbnails.iter().flatten().filter(|thumbnail| thumbnail.outcome == outcome).count()
    }

    /// Returns the owner of the band that a step makes: the actual owner if the thumbnail is
    /// finished, or the predicted owner otherwise.
    pub(super) fn shows(&self, step: &TraceStep) -> Option<usize> {
        match (&self.thumbnails[step.step.request], step.act) {
            (Some(thumbnail), Act::Band(band)) => {
                thumbnail.owners.get(band as usize).copied().flatten()
            }
            _ => step.shows,
        }
    }

    /// Returns the step that lapped a request before its last band, from 1, and the lapping
    /// request.
    pub(super) fn lapped_at(&self, request: usize) -> Option<(usize, usize)> {
        let mut steps = self.steps.iter().zip(1..);
        let (step, number) = steps.find(|(step, _)| step.laps == Some(request))?;
        Some((number, step.step.request))
    }

    /// Returns the first step at which a request's band shows a foreign photo, from 1, and the
    /// photo's request.
    pub(super) fn mixed_at(&self, request: usize) -> Option<(usize, usize)> {
        let mut steps = self.steps.iter().zip(1..);
        steps.find_map(|(step, number)| {
            let shown = self.shows(step)?;
            (step.step.request == request && shown != request).then_some((number, shown))
        })
    }

    /// Compares a thumbnail with its prediction, and records the differences.
    fn compare(
        &mut self,
        traced: Traced<Bytes>,
        predicted: Vec<usize>,
    ) -> Result<Thumbnail, ImageError> {
        let own = traced.own.number;
        let owners: Vec<_> = traced.bands.iter().map(|tag| tag.map(|tag| tag.number)).collect();
        let mut same_owners = true;
        for (index, &owner) in predicted.iter().enumerate() {
            let shown = owners.get(index).copied().flatten();
            if shown != Some(owner) {
                same_owners = false;
                self.differences.push(Difference::Band {
                    letter: self.name(own),
                    band: index + 1,
                    predicted: self.name(owner),
                    actual: shown.map_or("no photo".into(), |shown| self.name(shown).into()),
                });
            }
        }
        if same_owners && traced.output != self.predicted_jpeg(own, &predicted)? {
            self.differences.push(Difference::Bytes { letter: self.name(own) });
        }
        let outcome = Outcome::of(&Some(own), &owners);
        let codec = ImageCodec::new(self.config.bands);
        let undisturbed = || convert_undisturbed(&codec, &self.assignment.requests[own]);
        let undisturbed = outcome.mixed().then(undisturbed).transpose()?;
        Ok(Thumbnail { jpeg: traced.output, owners, predicted, outcome, undisturbed })
    }

    /// Makes a request's thumbnail without a pipeline. Each band comes from an undisturbed frame of
    /// the predicted owner.
    fn predicted_jpeg(&self, request: usize, owners: &[usize]) -> Result<Bytes, ImageError> {
        let codec = ImageCodec::new(self.config.bands);
        let frame_of = |owner: usize| {
            let mut frame = codec::ImageFrame::default();
            let photo = codec.decode(&self.assignment.requests[owner])?;
            let thumbnail = codec.fill(photo, &mut frame);
            Ok::<_, ImageError>((frame, thumbnail))
        };
        let (mut frame, mut thumbnail) = frame_of(request)?;
        let mut frame_owner = request;
        for &owner in owners {
            if owner != frame_owner {
                (frame, frame_owner) = (frame_of(owner)?.0, owner);
            }
            codec.band(&frame, &mut thumbnail);
        }
        codec.encode(thumbnail)
    }
}
