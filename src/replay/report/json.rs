//! A replay as one JSON document, for machines. Steps and bands count from 1, slots from 0.

use serde::Serialize;

use super::config::ReplayConfig;
use super::photo_assignment::PhotoAssignment;
use super::result::ReplayResult;
use crate::output::terminal;
use crate::pipelines::PipelineKind;
use crate::schedule::{Act, Outcome, TraceStep};

/// The document of `replay WORD --json`. Requests are named by their letters.
#[derive(Serialize)]
pub(super) struct ReplayDocument {
    schema: &'static str,
    word: String,
    pipeline: String,
    /// Of the ring of `shared`; the other pipelines have none.
    slots: Option<usize>,
    bands: u32,
    size: u32,
    fit: String,
    as_the_law_says: bool,
    differences: Vec<String>,
    thumbnails: usize,
    clean: usize,
    torn: usize,
    swapped: usize,
    requests: Vec<Request>,
    steps: Vec<Step>,
}

#[derive(Serialize)]
struct Request {
    letter: char,
    owner: String,
    photo: String,
    /// `null` for a request that did not finish.
    outcome: Option<&'static str>,
    file: Option<String>,
    bands: Option<Vec<Option<char>>>,
    predicted: Option<Vec<char>>,
    /// The step from which it could no longer be saved.
    lost_at: Option<usize>,
    /// The first step at which it took somebody else's rows.
    mixed_at: Option<usize>,
}

#[derive(Serialize)]
struct Step {
    step: usize,
    letter: char,
    act: &'static str,
    band: Option<u32>,
    /// Whose photo the band shows.
    shows: Option<char>,
    slot: Option<usize>,
    /// Whose photo lies in each slot, or in each request's own frame, after the step.
    lies: Vec<Option<char>>,
}

impl ReplayDocument {
    pub(super) fn new(
        scene: &ReplayConfig,
        cast: &PhotoAssignment,
        performance: &ReplayResult,
    ) -> Self {
        let outcomes = || performance.thumbnails.iter().flatten().map(|one| one.outcome);
        let count = |name| outcomes().filter(|&one| terminal::outcome(one) == name).count();
        let shared = scene.kind == PipelineKind::Shared;
        Self {
            schema: "double-exposure/replay/1",
            word: scene.word.to_string(),
            pipeline: scene.kind.to_string(),
            slots: shared.then_some(scene.slots.get()),
            bands: scene.bands.get(),
            size: scene.size.get(),
            fit: scene.fit.to_string(),
            as_the_law_says: performance.as_promised(),
            differences: performance.differences.iter().map(ToString::to_string).collect(),
            thumbnails: outcomes().count(),
            clean: count("clean"),
            torn: count("torn"),
            swapped: count("swapped"),
            requests: (0..scene.word.requests())
                .map(|number| Request::new(scene, cast, performance, number))
                .collect(),
            steps: (performance.moments.iter().zip(1..))
                .map(|(moment, step)| Step::new(scene, performance, moment, step))
                .collect(),
        }
    }
}

impl Request {
    fn new(
        scene: &ReplayConfig,
        cast: &PhotoAssignment,
        performance: &ReplayResult,
        number: usize,
    ) -> Self {
        let name = |request| scene.word.letter(request);
        let role = &cast.roles[number];
        let thumbnail = performance.thumbnails[number].as_ref();
        Self {
            letter: name(number),
            owner: role.owner.clone(),
            photo: role.file.clone(),
            outcome: thumbnail.map(|one| terminal::outcome(one.outcome)),
            file: thumbnail.map(|one| file_name(name(number), one.outcome)),
            bands: thumbnail.map(|one| one.owners.iter().map(|owner| owner.map(name)).collect()),
            predicted: thumbnail.map(|one| one.predicted.iter().map(|&one| name(one)).collect()),
            lost_at: performance.lost_at(number).map(|(step, _)| step),
            mixed_at: performance.mixed_at(number).map(|(step, _)| step),
        }
    }
}

impl Step {
    fn new(
        scene: &ReplayConfig,
        performance: &ReplayResult,
        moment: &TraceStep,
        step: usize,
    ) -> Self {
        let name = |request| scene.word.letter(request);
        let (act, band) = match moment.act {
            Act::Begin => ("begin", None),
            Act::Band(band) => ("band", Some(band + 1)),
            Act::Finish => ("finish", None),
        };
        Self {
            step,
            letter: name(moment.step.request),
            act,
            band,
            shows: performance.shows(moment).map(name),
            slot: (scene.kind == PipelineKind::Shared).then_some(moment.slot),
            lies: moment.slots.iter().map(|owner| owner.map(name)).collect(),
        }
    }
}

/// Such as `A-torn.jpg`.
pub(super) fn file_name(letter: char, outcome: Outcome) -> String {
    format!("{letter}-{}.jpg", terminal::outcome(outcome))
}
