//! The game's board: who has come how far, what lies in the slots, and whose rows are in the
//! thumbnails. Everything is drawn with letters, so that no colour is needed to read it.

use std::num::{NonZeroU32, NonZeroUsize};

use crate::output::terminal::{self, GREEN, PLAIN, RED, YELLOW, many, wrap};
use crate::schedule::{Act, Outcome, Owners, Schedule, TraceStep, replay_all, trace};

/// A round in the making.
pub(super) struct Board {
    /// The ring of shared buffers; none where requests own theirs.
    ring: Option<NonZeroUsize>,
    requests: usize,
    bands: NonZeroU32,
    /// The letters so far.
    word: String,
}

/// Why a step cannot be made.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum StepError {
    /// Nobody has this letter.
    #[error("{found:?} is nobody here: type A to {last}, or undo, help or quit")]
    Nobody { found: char, last: char },
    /// The request has no step left.
    #[error("{0} is finished: let another one step")]
    Finished(char),
}

impl Board {
    pub(super) fn shared(requests: usize, bands: NonZeroU32, slots: NonZeroUsize) -> Self {
        Self { ring: Some(slots), requests, bands, word: String::new() }
    }

    pub(super) fn owned(requests: usize, bands: NonZeroU32) -> Self {
        Self { ring: None, requests, bands, word: String::new() }
    }

    pub(super) fn name(&self) -> &'static str {
        if self.ring.is_some() { "shared" } else { "owned" }
    }

    pub(super) fn word(&self) -> &str {
        &self.word
    }

    pub(super) fn clear(&mut self) {
        self.word.clear();
    }

    pub(super) fn undo(&mut self) {
        self.word.pop();
    }

    /// Lets a request make its next step.
    ///
    /// # Errors
    /// If there is no such request, or it is finished.
    pub(super) fn step(&mut self, letter: char) -> Result<(), StepError> {
        let last = char::from(b'A' + self.requests as u8 - 1);
        if !('A'..=last).contains(&letter) {
            return Err(StepError::Nobody { found: letter, last });
        }
        if self.made(letter) == self.steps_each() {
            return Err(StepError::Finished(letter));
        }
        self.word.push(letter);
        Ok(())
    }

    /// Whether somebody is torn, or everybody is finished.
    pub(super) fn decided(&self) -> bool {
        self.torn() || self.word.len() == self.requests * self.steps_each()
    }

    /// Whether a finished thumbnail is torn, by the shipped pipeline.
    pub(super) fn torn(&self) -> bool {
        let owners = self.owners().into_iter().enumerate();
        let mut outcomes = owners.filter_map(|(own, owners)| Some(Outcome::of(&own, &owners?)));
        outcomes.any(|outcome| outcome == Outcome::Torn)
    }

    fn steps_each(&self) -> usize {
        self.bands.get() as usize + 2
    }

    fn made(&self, letter: char) -> usize {
        self.word.matches(letter).count()
    }

    fn parsed(&self) -> Option<Schedule> {
        self.word.parse().ok()
    }

    /// What the shipped pipeline makes of the letters so far.
    fn owners(&self) -> Vec<Owners> {
        let Some(word) = self.parsed() else { return Vec::new() };
        let slots = self.ring.unwrap_or(NonZeroUsize::MIN);
        let shipped = replay_all(&word, self.bands, slots);
        if self.ring.is_some() { shipped.shared } else { shipped.owned }
    }

    fn moments(&self) -> Vec<TraceStep> {
        let Some(word) = self.parsed() else { return Vec::new() };
        let own = NonZeroUsize::new(self.requests).unwrap_or(NonZeroUsize::MIN);
        trace(&word, self.bands, self.ring.unwrap_or(own))
    }

    /// What the round is about.
    pub(super) fn rules(&self) -> String {
        let last = char::from(b'A' + self.requests as u8 - 1);
        let who = if last == 'B' { "A and B".into() } else { format!("A to {last}") };
        let bands = many(self.bands, "band");
        let told = match self.ring {
            Some(slots) => format!(
                "You are the scheduler. Requests {who} want a thumbnail each, and share {}. \
                 A request's first step decodes its photo into the next slot, then it makes \
                 {bands} from whatever lies there, then it finishes. Type who steps next, such \
                 as A, or several, such as AAB. Tear a photo, in as few steps as you can: \
                 somebody's finished thumbnail with rows of two people. undo takes a step back; \
                 quit ends the game.",
                many(slots, "slot")
            ),
            None => String::from(
                "Now the same on owned: the same steps, but a request decodes its photo into a \
                 frame of its own, which nobody else can name. Tear somebody again, if you can.",
            ),
        };
        wrap(&told, terminal::width().max(40)).join("\n") + "\n\n"
    }

    /// What is said when everybody is finished on `owned`.
    pub(super) fn verdict(&self) -> String {
        let told = if self.torn() {
            "Torn where nobody may be: a promise is broken."
        } else {
            "Everybody is done, and nobody is torn. No order of steps can: there is no slot that \
             two requests could both name."
        };
        wrap(told, terminal::width().max(40)).join("\n") + "\n"
    }

    /// The board: what lies where, whose rows are made, and what just happened.
    pub(super) fn show(&self, width: usize) -> String {
        let moments = self.moments();
        let mut text = String::new();
        if let Some(last) = moments.last() {
            let word = self.parsed();
            let name = |request| word.as_ref().map_or('?', |word| word.letter(request));
            for line in wrap(&happened(last, name, moments.len()), width) {
                text += &format!("{line}\n");
            }
            text += &self.slots(last, name, width);
            text += &self.thumbnails(&moments, name);
            if let Some(lapped) = last.laps {
                let told = format!(
                    "{} can no longer be saved: its next band is made from {}'s photo.",
                    name(lapped),
                    name(last.step.request)
                );
                let told = wrap(&told, width).join("\n");
                text += &format!("{YELLOW}{told}{PLAIN}\n");
            }
        }
        text
    }

    fn slots(&self, last: &TraceStep, name: impl Fn(usize) -> char, width: usize) -> String {
        if self.ring.is_none() {
            return String::new();
        }
        let slot = |(slot, lies): (usize, &Option<usize>)| {
            format!("slot {slot}: [{}]  ", lies.map_or(' ', &name))
        };
        let slots: Vec<String> = last.slots.iter().enumerate().map(slot).collect();
        let each = slots.iter().map(|slot| slot.len()).max().unwrap_or(1);
        let line = |slots: &[String]| "  ".to_owned() + slots.concat().trim_end() + "\n";
        slots.chunks(((width - 2) / each).max(1)).map(line).collect()
    }

    fn thumbnails(&self, moments: &[TraceStep], name: impl Fn(usize) -> char) -> String {
        let begun = moments.iter().filter(|moment| moment.act == Act::Begin).count();
        let mut text = String::new();
        for request in 0..begun {
            let mine = || moments.iter().filter(|moment| moment.step.request == request);
            let rows: Vec<usize> = mine().filter_map(|moment| moment.shows).collect();
            let foreign = rows.iter().any(|&owner| owner != request);
            let left = self.bands.get() as usize - rows.len();
            let rows: String = rows.into_iter().map(&name).collect();
            let finished = mine().any(|moment| moment.act == Act::Finish);
            let stands =
                if finished { format!(" {}", self.outcome(request)) } else { String::new() };
            let colour = match (foreign, finished) {
                (true, _) => RED,
                (false, true) => GREEN,
                (false, false) => PLAIN,
            };
            let rows = rows + &"·".repeat(left);
            text += &format!("  {}: {colour}|{rows}|{stands}{PLAIN}\n", name(request));
        }
        text
    }

    fn outcome(&self, request: usize) -> &'static str {
        let owners = self.owners().into_iter().nth(request).flatten();
        owners.map_or("unfinished", |owners| terminal::outcome(Outcome::of(&request, &owners)))
    }
}

/// The last step in a sentence.
fn happened(last: &TraceStep, name: impl Fn(usize) -> char, steps: usize) -> String {
    let who = name(last.step.request);
    let done = match (last.act, last.shows) {
        (Act::Begin, _) => format!("{who} decodes its photo"),
        (Act::Finish, _) => format!("{who} finishes"),
        (Act::Band(band), Some(owner)) if owner == last.step.request => {
            format!("{who} makes band {} from its own photo", band + 1)
        }
        (Act::Band(band), owner) => {
            let owner = owner.map_or("nobody".into(), |owner| name(owner).to_string());
            format!("{who} makes band {} from {owner}'s photo!", band + 1)
        }
    };
    format!("step {steps}: {done}")
}
