//! A word played with the real codec, and held against the lap law band by band and byte by byte.

use std::fmt;
use std::num::NonZeroUsize;

use bytes::Bytes;

use super::config::ReplayConfig;
use super::photo_assignment::PhotoAssignment;
use crate::codec::{self, ImageCodec, ImageError};
use crate::pipeline::Codec;
use crate::pipelines::{AnyPipeline, PipelineKind};
use crate::provenance::{Numbered, TaggingCodec, Traced, convert_undisturbed};
use crate::schedule::{Act, Outcome, TraceStep, predict, replay, trace};

/// What came of it.
pub(super) struct ReplayResult {
    /// Every step, and what lies where after it: in slots for `shared`, else in each job's frame.
    pub(super) moments: Vec<TraceStep>,
    /// Of each request in order of first letters; `None` if it did not finish.
    pub(super) thumbnails: Vec<Option<Thumbnail>>,
    /// Where the thumbnails are not what the law says. Empty, or a promise is broken.
    pub(super) differences: Vec<Difference>,
}

/// A finished thumbnail.
pub(super) struct Thumbnail {
    /// As JPEG.
    pub(super) made: Bytes,
    /// The request that each band shows, top to bottom; `None` for nobody.
    pub(super) owners: Vec<Option<usize>>,
    /// The same by the lap law.
    pub(super) predicted: Vec<usize>,
    pub(super) outcome: Outcome,
    /// What it should have been, if it is mixed.
    pub(super) should_be: Option<Bytes>,
}

/// Where a thumbnail is not what the law says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Difference {
    /// A request should have finished and did not, or the reverse.
    Finish { letter: char },
    /// A band shows another request than it should.
    Band { letter: char, band: usize, predicted: char, made: Option<char> },
    /// Its bands have the right owners, and other bytes than the same bands made undisturbed.
    Bytes { letter: char },
}

/// What the witness saw of a request, if it finished.
type Made = Option<Result<Traced<Bytes>, ImageError>>;

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finish { letter } => write!(f, "{letter} did not finish as its letters say"),
            Self::Band { letter, band, predicted, made } => {
                let made = made.map_or("nobody".into(), |made| format!("{made}"));
                write!(f, "{letter}'s band {band} must show {predicted}, and shows {made}")
            }
            Self::Bytes { letter } => {
                write!(f, "{letter}'s thumbnail has other bytes than its bands made undisturbed")
            }
        }
    }
}

impl ReplayConfig {
    /// The ring that the word is played on. Where a job owns its frame it is as if each request had
    /// a slot of its own.
    pub(super) fn ring(&self) -> NonZeroUsize {
        match self.kind {
            PipelineKind::Shared => self.slots,
            _ => NonZeroUsize::new(self.word.requests()).unwrap_or(NonZeroUsize::MIN),
        }
    }

    fn moments(&self) -> Vec<TraceStep> {
        let mut moments = trace(&self.word, self.bands, self.ring());
        if self.kind != PipelineKind::Shared {
            // A job that is finished has let go of its frame.
            let mut finished = Vec::new();
            for moment in &mut moments {
                finished.extend((moment.act == Act::Finish).then_some(moment.slot));
                finished.iter().for_each(|&frame| moment.slots[frame] = None);
            }
        }
        moments
    }

    fn played(&self, asked: &[Numbered<codec::ThumbnailRequest>]) -> Vec<Made> {
        let codec = TaggingCodec::new(ImageCodec::new(self.bands));
        let (word, bands) = (&self.word, self.bands);
        let request = |number: usize| &asked[number];
        let pipeline = AnyPipeline::new(self.kind, codec, self.slots, usize::MAX);
        replay(word, bands, &pipeline, request)
    }
}

impl ReplayResult {
    /// Plays the word, and makes each thumbnail a second time from the law alone.
    ///
    /// # Errors
    /// The codec's, if a photo is refused.
    pub(super) fn of(scene: &ReplayConfig, cast: &PhotoAssignment) -> Result<Self, ImageError> {
        let requests = cast.requests.iter().cloned().enumerate();
        let asked: Vec<_> =
            requests.map(|(number, request)| Numbered { number, request }).collect();
        let predicted = predict(&scene.word, scene.bands, scene.ring());
        let mut performance =
            Self { moments: scene.moments(), thumbnails: Vec::new(), differences: Vec::new() };
        for (number, (played, predicted)) in
            scene.played(&asked).into_iter().zip(predicted).enumerate()
        {
            let letter = scene.word.letter(number);
            let thumbnail = match (played.transpose()?, predicted) {
                (None, None) => None,
                (Some(made), Some(owners)) => {
                    performance.compare(scene, cast, &made, &owners)?;
                    Some(Thumbnail::new(scene, cast, made, owners)?)
                }
                _ => {
                    performance.differences.push(Difference::Finish { letter });
                    None
                }
            };
            performance.thumbnails.push(thumbnail);
        }
        Ok(performance)
    }

    /// Whether every thumbnail is what the law says. On `owned` and `pooled` that is: only its
    /// owner's.
    pub(super) fn as_promised(&self) -> bool {
        self.differences.is_empty()
    }

    /// Whose photo a band shows: as the pipeline made it, or as the law has it of a thumbnail that
    /// was not finished and so cannot be looked at.
    pub(super) fn shows(&self, moment: &TraceStep) -> Option<usize> {
        match (&self.thumbnails[moment.step.request], moment.act) {
            (Some(thumbnail), Act::Band(band)) => {
                thumbnail.owners.get(band as usize).copied().flatten()
            }
            _ => moment.shows,
        }
    }

    /// The step from which a request could no longer be saved, from 1, and who lapped it there.
    pub(super) fn lost_at(&self, request: usize) -> Option<(usize, usize)> {
        let mut steps = self.moments.iter().zip(1..);
        let (moment, step) = steps.find(|(moment, _)| moment.laps == Some(request))?;
        Some((step, moment.step.request))
    }

    /// The first step at which a request took somebody else's rows, from 1, and whose.
    pub(super) fn mixed_at(&self, request: usize) -> Option<(usize, usize)> {
        let mut steps = self.moments.iter().zip(1..);
        steps.find_map(|(moment, step)| {
            let shown = self.shows(moment)?;
            (moment.step.request == request && shown != request).then_some((step, shown))
        })
    }

    fn compare(
        &mut self,
        scene: &ReplayConfig,
        cast: &PhotoAssignment,
        made: &Traced<Bytes>,
        predicted: &[usize],
    ) -> Result<(), ImageError> {
        let name = |request| scene.word.letter(request);
        let letter = name(made.own.number);
        let known = self.differences.len();
        for (band, &owner) in predicted.iter().enumerate() {
            let shown = made.bands.get(band).copied().flatten().map(|tag| tag.number);
            if shown != Some(owner) {
                let (predicted, made) = (name(owner), shown.map(name));
                let band = band + 1;
                self.differences.push(Difference::Band { letter, band, predicted, made });
            }
        }
        let as_known = self.differences.len() == known;
        if as_known && made.output != by_the_law(scene, cast, made.own.number, predicted)? {
            self.differences.push(Difference::Bytes { letter });
        }
        Ok(())
    }
}

impl Thumbnail {
    fn new(
        scene: &ReplayConfig,
        cast: &PhotoAssignment,
        made: Traced<Bytes>,
        predicted: Vec<usize>,
    ) -> Result<Self, ImageError> {
        let own = made.own.number;
        let owners: Vec<_> = made.bands.iter().map(|tag| tag.map(|tag| tag.number)).collect();
        let outcome = Outcome::of(&Some(own), &owners);
        let undisturbed =
            || convert_undisturbed(&ImageCodec::new(scene.bands), &cast.requests[own]);
        let should_be = outcome.mixed().then(undisturbed).transpose()?;
        Ok(Self { made: made.output, owners, predicted, outcome, should_be })
    }
}

/// A request's thumbnail, with each band made from an undisturbed frame of the owner that the law
/// names, on no pipeline at all.
fn by_the_law(
    scene: &ReplayConfig,
    cast: &PhotoAssignment,
    request: usize,
    owners: &[usize],
) -> Result<Bytes, ImageError> {
    let codec = ImageCodec::new(scene.bands);
    let frame_of = |owner: usize| {
        let mut frame = codec::ImageFrame::default();
        let thumbnail = codec.fill(codec.decode(&cast.requests[owner])?, &mut frame);
        Ok::<_, ImageError>((frame, thumbnail))
    };
    let (mut frame, mut thumbnail) = frame_of(request)?;
    let mut lies = request;
    for &owner in owners {
        if owner != lies {
            (frame, lies) = (frame_of(owner)?.0, owner);
        }
        codec.band(&frame, &mut thumbnail);
    }
    codec.encode(thumbnail)
}
