//! Finds what the mixing of a service depends on, from the answers of the load and of a follow-up.
//!
//! A report that names a photo and its owner says that a service mixes photos. Its engineers ask
//! next when: alone or under load, the same two people or any, once or again.

use std::collections::BTreeSet;

use serde::Serialize;

use super::load_generator::LoadModel;
use super::stats::AuditStats;
use crate::audit::evidence::FindingKind;
use crate::output::terminal::{grouped, many};

/// Smallest number of mixed answers from which a pattern is told.
const MIN_MIXED: u64 = 4;

/// Holds a short load of the follow-up, and its answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Trial {
    /// Requests in flight.
    pub in_flight: usize,
    /// Answers.
    pub answers: u64,
    /// Mixed answers.
    pub mixed: u64,
    /// True if a mixed answer has bytes that no mixed answer before had. A cache can only repeat
    /// what it stored.
    pub is_new: bool,
    /// Mixed answers for whole photos.
    pub whole_mixed: u64,
}

/// Holds the answers for truncated photos that were requested one after another, each behind
/// another person's whole photo.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TruncatedTrial {
    /// Answers.
    pub answers: u64,
    /// Answers that show another person's photo.
    pub mixed: u64,
}

impl Trial {
    /// Sums up the answers of a trial that follows the load of `earlier`.
    pub(crate) fn new(in_flight: usize, stats: &AuditStats, earlier: &AuditStats) -> Self {
        Self {
            in_flight,
            answers: stats.answers,
            mixed: stats.mixed,
            is_new: stats.pattern.has_new(&earlier.pattern),
            whole_mixed: stats.mixed - stats.truncated_mixed,
        }
    }
}

/// Describes what the mixing of a service depends on.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Causes {
    /// Smallest number of requests in flight with a mixed answer, in the closed loops of the load
    /// or the follow-up.
    pub min_in_flight: Option<usize>,
    /// Largest number of requests in flight below it that gave no mixed answer.
    pub max_clean_in_flight: Option<usize>,
    /// Short loads after the audit's own, in their order.
    pub trials: Vec<Trial>,
    /// Truncated photos alone, if answers for them were mixed.
    pub truncated_alone: TruncatedTrial,
    /// True if a request that was answered wrongly gets the same wrong bytes again, alone. `None`
    /// if no such request was repeated.
    pub sticky: Option<bool>,
    /// Number of distinct pairs of an affected viewer and an exposed owner.
    pub pairs: usize,
    /// Number of people who were shown another person's photo.
    pub affected_viewers: usize,
    /// Number of people whose photo was shown to another person.
    pub exposed_owners: usize,
    /// Mixed answers whose bytes another person's request got too.
    pub same_bytes: u64,
    /// Answers that two concurrent requests got in each other's place.
    pub crossed: u64,
    /// Commands of a POSIX shell that send two requests again: the one that was answered wrongly,
    /// and the one for the photo that was shown.
    pub commands: Vec<String>,
}

impl Causes {
    /// Finds the causes of the mixed answers.
    pub(crate) fn new(stats: &AuditStats, trials: Vec<Trial>) -> Self {
        // A later step may be answered with what an earlier one stored.
        let mixed = stats.steps.iter().find(|step| step.mixed > 0);
        let mixed = mixed.and_then(|step| match step.load {
            // An abandoned request goes on beside the next one.
            LoadModel::Closed(1) if step.hung_up > 0 => None,
            LoadModel::Closed(in_flight) => Some(in_flight),
            LoadModel::Open(_) | LoadModel::Recorded(_) => None,
        });
        let in_trials = trials.iter().filter(|trial| trial.is_new).map(|trial| trial.in_flight);
        let min_in_flight = mixed.into_iter().chain(in_trials).min();
        let clean_steps = stats.steps.iter().filter(|step| step.mixed == 0 && step.answers > 0);
        let clean_steps = clean_steps.filter_map(|step| match step.load {
            LoadModel::Closed(in_flight) => Some(in_flight),
            _ => None,
        });
        let clean_trials = trials
            .iter()
            .filter(|trial| trial.mixed == 0 && trial.answers > 0)
            .map(|t| t.in_flight);
        let pairs = &stats.pattern.pairs;
        let distinct = |people: Vec<usize>| people.into_iter().collect::<BTreeSet<_>>().len();
        let below = |count: &usize| min_in_flight.is_some_and(|least| *count < least);
        Self {
            min_in_flight,
            max_clean_in_flight: clean_steps.chain(clean_trials).filter(below).max(),
            trials,
            truncated_alone: TruncatedTrial::default(),
            sticky: None,
            pairs: pairs.len(),
            affected_viewers: distinct(pairs.keys().map(|(viewer, _)| *viewer).collect()),
            exposed_owners: distinct(pairs.keys().map(|(_, owner)| *owner).collect()),
            same_bytes: stats.pattern.same_bytes,
            crossed: stats.kinds.get(&FindingKind::Crossed).copied().unwrap_or_default(),
            commands: Vec::new(),
        }
    }

    /// Returns true if the missing rows of truncated photos show other people's photos with one
    /// request in flight, and whole photos do not.
    pub(crate) fn is_dirty(&self) -> bool {
        let mut alone = self.trials.iter().filter(|trial| trial.in_flight == 1);
        self.truncated_alone.mixed > 0 && alone.all(|trial| trial.whole_mixed == 0)
    }

    /// Explains the causes, each in a sentence or two.
    pub fn sentences(&self, stats: &AuditStats) -> Vec<String> {
        let mut sentences = Vec::new();
        let trial = |in_flight| self.trials.iter().find(|trial| trial.in_flight == in_flight);
        match (self.min_in_flight, self.max_clean_in_flight) {
            (Some(1), _) if self.is_dirty() => {}
            (Some(1), _) => sentences.push(
                "It happens with one request in flight, so it is no race: look at the target's \
                 file (do two photos have one name there?), at the key of the cache, and at the \
                 check of the owner."
                    .to_owned(),
            ),
            (Some(least), Some(clean)) => {
                let tried = trial(clean).map_or_else(
                    || "no answer".to_owned(),
                    |trial| format!("0 of {}", many(trial.answers, "answer")),
                );
                sentences.push(format!(
                    "It depends on the load: it was seen from {} in flight on, and with {} in \
                     flight {tried} was mixed.",
                    many(least, "request"),
                    grouped(clean)
                ));
            }
            (Some(least), None) => {
                sentences.push(format!("It was seen from {} in flight on.", many(least, "request")))
            }
            (None, _) => {}
        }
        if self.is_dirty() {
            sentences.push(
                "The missing rows of a truncated photo show the photo before it, also alone: a \
                 buffer is used again without being cleared."
                    .to_owned(),
            );
        }
        match self.sticky {
            Some(true) => sentences.push(
                "The same URL again, alone, gives wrong bytes that were seen before: they are \
                 stored, as in a cache."
                    .to_owned(),
            ),
            Some(false) => sentences.push(
                "The same URL again, alone, does not give the same wrong bytes: nothing stored \
                 them."
                    .to_owned(),
            ),
            None => {}
        }
        if self.pairs == 1 && stats.mixed >= MIN_MIXED {
            sentences.push("It is always the same two people.".to_owned());
        }
        if self.crossed > 0 {
            sentences.push(format!(
                "{} were swapped: two requests at the same time got each other's photo.",
                many(self.crossed, "answer")
            ));
        }
        if self.same_bytes > 0 {
            sentences.push(format!(
                "{} gave one person the very bytes that another person got.",
                many(self.same_bytes, "answer")
            ));
        }
        sentences
    }
}

#[test]
fn only_a_closed_loop_tells_how_many_requests_were_in_flight() {
    for (load, hung_up, expected) in [
        (LoadModel::Closed(64), 0, Some(64)),
        (LoadModel::Closed(1), 0, Some(1)),
        (LoadModel::Closed(1), 1, None),
        (LoadModel::Open(10.0), 0, None),
        (LoadModel::Recorded(1), 0, None),
    ] {
        // The second step may repeat what the first one stored.
        let mut stats = AuditStats::new(&[load, LoadModel::Closed(1)], 0);
        stats.steps[0].hung_up = hung_up;
        stats.steps.iter_mut().for_each(|step| step.mixed = 1);
        assert_eq!(Causes::new(&stats, Vec::new()).min_in_flight, expected, "{load}");
    }
}

#[test]
fn a_truncated_photo_is_dirty_only_if_it_is_mixed_alone_and_whole_photos_are_not() {
    let alone = |whole_mixed| Trial {
        in_flight: 1,
        answers: 48,
        mixed: whole_mixed,
        is_new: whole_mixed > 0,
        whole_mixed,
    };
    for (truncated_mixed, whole_mixed, is_dirty) in [(0, 0, false), (1, 0, true), (1, 1, false)] {
        let causes = Causes {
            trials: vec![alone(whole_mixed)],
            truncated_alone: TruncatedTrial { answers: 4, mixed: truncated_mixed },
            ..Causes::default()
        };
        assert_eq!(causes.is_dirty(), is_dirty, "{truncated_mixed} {whole_mixed}");
    }
}
