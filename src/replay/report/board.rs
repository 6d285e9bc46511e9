//! Prints the board of the interactive game: the slots (buffers of the ring), the thumbnails, and
//! the last step. The board uses letters, so that it can be read without colour.

use std::num::{NonZeroU32, NonZeroUsize};

use crate::output::terminal::{self, GREEN, PLAIN, RED, YELLOW, many, wrap};
use crate::schedule::{Act, Outcome, Owners, Schedule, TraceStep, replay_all, trace};

/// Holds the state of one round of the game.
pub(crate) struct Board {
    /// Number of slots in the ring, or `None` if requests own their frames.
    ring: Option<NonZeroUsize>,
    requests: usize,
    bands: NonZeroU32,
    /// Letters so far.
    pub(crate) word: String,
}

/// Describes why a step cannot be made.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StepError {
    /// The character names no request.
    #[error("{found:?} names no request: type A to {last}, or undo, help or quit")]
    UnknownRequest { found: char, last: char },
    /// The request has no step left.
    #[error("{0} is finished: choose another request")]
    Finished(char),
}

impl Board {
    /// Creates the board of a round on `shared` with a ring of slots, or on `owned` without a ring.
    pub(crate) fn new(requests: usize, bands: NonZeroU32, ring: Option<NonZeroUsize>) -> Self {
        Self { ring, requests, bands, word: String::new() }
    }

    /// Returns the name of the pipeline.
    pub(crate) fn name(&self) -> &'static str {
        if self.ring.is_some() { "shared" } else { "owned" }
    }

    /// Makes the next step of a request.
    ///
    /// # Errors
    /// Returns [`StepError`] if the request does not exist or is finished.
    pub(crate) fn step(&mut self, letter: char) -> Result<(), StepError> {
        let last = self.last_letter();
        if !('A'..=last).contains(&letter) {
            return Err(StepError::UnknownRequest { found: letter, last });
        }
        if self.word.matches(letter).count() == self.steps_per_request() {
            return Err(StepError::Finished(letter));
        }
        self.word.push(letter);
        Ok(())
    }

    /// Returns true if a finished thumbnail is mixed or all requests are finished.
    pub(crate) fn is_decided(&self) -> bool {
        self.mixed().is_some() || self.word.len() == self.requests * self.steps_per_request()
    }

    /// Returns the outcome of the first finished thumbnail that the shipped pipeline mixes: torn
    /// (with rows of two photos) or swapped (with rows of another photo only).
    pub(crate) fn mixed(&self) -> Option<Outcome> {
        let owners = self.owners().into_iter().enumerate();
        let mut outcomes = owners.filter_map(|(own, owners)| Some(Outcome::of(&own, &owners?)));
        outcomes.find(|outcome| outcome.mixed())
    }

    fn steps_per_request(&self) -> usize {
        self.bands.get() as usize + 2
    }

    fn last_letter(&self) -> char {
        char::from(b'A' + self.requests as u8 - 1)
    }

    fn schedule(&self) -> Option<Schedule> {
        self.word.parse().ok()
    }

    /// Replays the letters so far on the shipped pipeline.
    fn owners(&self) -> Vec<Owners> {
        let Some(word) = self.schedule() else { return Vec::new() };
        let slots = self.ring.unwrap_or(NonZeroUsize::MIN);
        let replayed = replay_all(&word, self.bands, slots);
        if self.ring.is_some() { replayed.shared } else { replayed.owned }
    }

    fn trace(&self) -> Vec<TraceStep> {
        let Some(word) = self.schedule() else { return Vec::new() };
        let own_frames = NonZeroUsize::new(self.requests).unwrap_or(NonZeroUsize::MIN);
        trace(&word, self.bands, self.ring.unwrap_or(own_frames))
    }

    /// Explains the round.
    pub(crate) fn rules(&self) -> String {
        let letters = match self.last_letter() {
            'B' => "A and B".into(),
            last => format!("A to {last}"),
        };
        let bands = many(self.bands, "band");
        let rules = match self.ring {
            Some(slots) => format!(
                "You are the scheduler. Requests {letters} each want a thumbnail, and share {}. \
                 The first step of a request decodes its photo into the next slot. Then the \
                 request makes {bands} from the photo in the slot, and then it finishes. Type the \
                 request that makes the next step, such as A, or several, such as AAB. Mix a \
                 thumbnail in as few steps as possible: finish one that shows another request's \
                 photo in some of its rows (torn) or in all of them (swapped). Both count. undo \
                 takes a step back; quit ends the game.",
                many(slots, "slot")
            ),
            None => String::from(
                "Now the same on owned. The steps are the same, but a request decodes its photo \
                 into a frame of its own, which no other request can reach. Try to mix a \
                 thumbnail.",
            ),
        };
        wrap(&rules, terminal::width()) + "\n\n"
    }

    /// Describes the result on `owned`, after all requests are finished.
    pub(crate) fn verdict(&self) -> String {
        let verdict = if self.mixed().is_some() {
            "A thumbnail is mixed on owned: a promise is broken."
        } else {
            "All requests are finished, and no thumbnail is mixed. No order of steps can mix one, \
             because no two requests can reach the same frame."
        };
        wrap(verdict, terminal::width()) + "\n"
    }

    /// Formats the last step, the slots and the thumbnails in lines of at most `width` columns.
    pub(crate) fn show(&self, width: usize) -> String {
        let (Some(word), steps) = (self.schedule(), self.trace()) else { return String::new() };
        let name = |request| word.letter(request);
        let mut text = String::new();
        if let Some(last) = steps.last() {
            text += &(wrap(&describe(last, name, steps.len()), width) + "\n");
            text += &self.slots(last, name, width);
            text += &self.thumbnails(&steps, name);
            if let Some(lapped) = last.laps {
                let note = format!(
                    "{} is lapped: its next band shows {}'s photo.",
                    name(lapped),
                    name(last.step.request)
                );
                let note = wrap(&note, width);
                text += &format!("{YELLOW}{note}{PLAIN}\n");
            }
        }
        text
    }

    fn slots(&self, last: &TraceStep, name: impl Fn(usize) -> char, width: usize) -> String {
        if self.ring.is_none() {
            return String::new();
        }
        let slot = |(slot, owner): (usize, &Option<usize>)| {
            format!("slot {slot}: [{}]  ", owner.map_or(' ', &name))
        };
        let slots: Vec<String> = last.slots.iter().enumerate().map(slot).collect();
        let columns = slots.iter().map(|slot| slot.len()).max().unwrap_or(1);
        let line = |slots: &[String]| "  ".to_owned() + slots.concat().trim_end() + "\n";
        slots.chunks(((width - 2) / columns).max(1)).map(line).collect()
    }

    fn thumbnails(&self, steps: &[TraceStep], name: impl Fn(usize) -> char) -> String {
        let begun = steps.iter().filter(|step| step.act == Act::Begin).count();
        let mut text = String::new();
        for request in 0..begun {
            let own_steps = || steps.iter().filter(|step| step.step.request == request);
            let rows: Vec<usize> = own_steps().filter_map(|step| step.shows).collect();
            let foreign = rows.iter().any(|&owner| owner != request);
            let left = self.bands.get() as usize - rows.len();
            let rows: String = rows.into_iter().map(&name).collect();
            let finished = own_steps().any(|step| step.act == Act::Finish);
            let outcome =
                if finished { format!(" {}", self.outcome(request)) } else { String::new() };
            let colour = match (foreign, finished) {
                (true, _) => RED,
                (false, true) => GREEN,
                (false, false) => PLAIN,
            };
            let rows = rows + &"·".repeat(left);
            text += &format!("  {}: {colour}|{rows}|{outcome}{PLAIN}\n", name(request));
        }
        text
    }

    fn outcome(&self, request: usize) -> &'static str {
        let owners = self.owners().into_iter().nth(request).flatten();
        owners.map_or("unfinished", |owners| terminal::outcome(Outcome::of(&request, &owners)))
    }
}

/// Describes the last step in a sentence.
fn describe(last: &TraceStep, name: impl Fn(usize) -> char, number: usize) -> String {
    let request = name(last.step.request);
    let action = match (last.act, last.shows) {
        (Act::Begin, _) => format!("{request} decodes its photo"),
        (Act::Finish, _) => format!("{request} finishes"),
        (Act::Band(band), Some(owner)) if owner == last.step.request => {
            format!("{request} makes band {} from its own photo", band + 1)
        }
        (Act::Band(band), Some(owner)) => {
            format!("{request} makes band {} from {}'s photo!", band + 1, name(owner))
        }
        (Act::Band(band), None) => format!("{request} makes band {} from an empty slot", band + 1),
    };
    format!("step {number}: {action}")
}
