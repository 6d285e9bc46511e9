//! Describes a replay as one JSON document. Steps and bands (groups of rows of a thumbnail) count
//! from 1, slots (buffers of the ring) from 0.

use serde::Serialize;

use crate::output::terminal;
use crate::replay::ReplayResult;
use crate::schedule::{Act, Outcome, TraceStep};

/// Holds the document of `replay WORD --json`, which names requests by their letters.
#[derive(Serialize)]
pub(crate) struct ReplayDocument {
    schema: &'static str,
    word: String,
    pipeline: String,
    /// Number of slots of `shared`, or `null` for a pipeline without a ring.
    slots: Option<usize>,
    bands: u32,
    size: u32,
    fit: String,
    as_predicted: bool,
    differences: Vec<String>,
    thumbnails: usize,
    clean: usize,
    torn: usize,
    swapped: usize,
    requests: Vec<RequestDocument>,
    steps: Vec<StepDocument>,
}

#[derive(Serialize)]
struct RequestDocument {
    letter: char,
    owner: String,
    photo: String,
    /// Outcome of the thumbnail, or `null` for an unfinished request.
    outcome: Option<&'static str>,
    file: Option<String>,
    band_owners: Option<Vec<Option<char>>>,
    predicted_owners: Option<Vec<char>>,
    /// Step at which another request lapped this request (overwrote its slot too early).
    lapped_at: Option<usize>,
    /// First step at which a band of this request shows a foreign photo.
    mixed_at: Option<usize>,
}

#[derive(Serialize)]
struct StepDocument {
    step: usize,
    letter: char,
    act: &'static str,
    band: Option<u32>,
    /// Request whose photo the band shows.
    shows: Option<char>,
    slot: Option<usize>,
    /// Request whose photo is in each slot, or in each request's own frame, after the step.
    frame_owners: Vec<Option<char>>,
}

impl ReplayDocument {
    /// Describes a replay.
    pub(crate) fn new(result: &ReplayResult) -> Self {
        let config = &result.config;
        Self {
            schema: "double-exposure/replay/1",
            word: config.word.to_string(),
            pipeline: config.pipeline.to_string(),
            slots: config.has_ring().then_some(config.slots.get()),
            bands: config.bands.get(),
            size: config.spec.size.get(),
            fit: config.spec.fit.to_string(),
            as_predicted: result.is_as_predicted(),
            differences: result.differences.iter().map(ToString::to_string).collect(),
            thumbnails: result.thumbnails.iter().flatten().count(),
            clean: result.count(Outcome::Clean),
            torn: result.count(Outcome::Torn),
            swapped: result.count(Outcome::Swapped),
            requests: (0..config.word.requests())
                .map(|number| RequestDocument::new(result, number))
                .collect(),
            steps: (result.steps.iter().zip(1..))
                .map(|(step, number)| StepDocument::new(result, step, number))
                .collect(),
        }
    }
}

impl RequestDocument {
    fn new(result: &ReplayResult, number: usize) -> Self {
        let name = |request| result.name(request);
        let photo = &result.assignment.photos[number];
        let thumbnail = result.thumbnails[number].as_ref();
        Self {
            letter: name(number),
            owner: photo.owner.clone(),
            photo: photo.file.clone(),
            outcome: thumbnail.map(|thumbnail| terminal::outcome(thumbnail.outcome)),
            file: thumbnail.map(|thumbnail| file_name(name(number), thumbnail.outcome)),
            band_owners: thumbnail
                .map(|thumbnail| thumbnail.owners.iter().map(|owner| owner.map(name)).collect()),
            predicted_owners: thumbnail
                .map(|thumbnail| thumbnail.predicted.iter().copied().map(name).collect()),
            lapped_at: result.lapped_at(number).map(|(step, _)| step),
            mixed_at: result.mixed_at(number).map(|(step, _)| step),
        }
    }
}

impl StepDocument {
    fn new(result: &ReplayResult, trace_step: &TraceStep, step: usize) -> Self {
        let name = |request| result.name(request);
        let (act, band) = match trace_step.act {
            Act::Begin => ("begin", None),
            Act::Band(band) => ("band", Some(band + 1)),
            Act::Finish => ("finish", None),
        };
        Self {
            step,
            letter: name(trace_step.step.request),
            act,
            band,
            shows: result.shows(trace_step).map(name),
            slot: result.config.has_ring().then_some(trace_step.slot),
            frame_owners: trace_step.slots.iter().map(|owner| owner.map(name)).collect(),
        }
    }
}

/// Returns the file name of a thumbnail, such as `A-torn.jpg`.
pub(super) fn file_name(letter: char, outcome: Outcome) -> String {
    format!("{letter}-{}.jpg", terminal::outcome(outcome))
}
