//! An instance's ring as the lap law has it, and what was done in each slot of late.
//!
//! It is kept beside the pipeline and never asks it, so that each can be held against the other;
//! and from it every mixed thumbnail can be written as the word of its own slot.

use std::num::NonZeroUsize;

use crate::schedule::Schedule;

/// Steps that a slot remembers at most. Older ones belong to words that are too long to read.
const MOST_STEPS: usize = 4_096;

/// What a request does in its slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Begin,
    Band,
    Finish,
}

#[derive(Default)]
struct Slot {
    /// The place in the order of decodes of the photo that lies in it.
    last: u64,
    /// Requests that have begun here and not finished.
    at_work: u32,
    /// Whose step, by the order of decodes, and which.
    steps: Vec<(u64, Act)>,
}

pub(super) struct RingModel {
    slots: Vec<Slot>,
    begun: u64,
}

impl RingModel {
    pub(super) fn new(slots: NonZeroUsize) -> Self {
        Self { slots: (0..slots.get()).map(|_| Slot::default()).collect(), begun: 0 }
    }

    /// A request takes the next slot and decodes its photo there: the slot, and its place in the
    /// order of decodes.
    pub(super) fn begin(&mut self) -> (usize, u64) {
        let slot = (self.begun % self.slots.len() as u64) as usize;
        let ring = (slot, self.begun);
        self.begun += 1;
        self.slots[slot].last = ring.1;
        self.note(ring, Act::Begin);
        ring
    }

    /// Whose photo a band shows that is made now.
    pub(super) fn band(&mut self, ring: (usize, u64)) -> u64 {
        self.note(ring, Act::Band);
        self.slots[ring.0].last
    }

    pub(super) fn note(&mut self, (slot, decode): (usize, u64), act: Act) {
        let slot = &mut self.slots[slot];
        match act {
            Act::Begin if slot.at_work == 0 => slot.steps.clear(),
            Act::Begin if slot.steps.len() >= MOST_STEPS => {
                slot.steps.drain(..MOST_STEPS / 2);
            }
            _ => {}
        }
        slot.at_work = match act {
            Act::Begin => slot.at_work + 1,
            Act::Finish => slot.at_work.saturating_sub(1),
            Act::Band => slot.at_work,
        };
        slot.steps.push((decode, act));
    }

    /// What was done in a slot from a request's begin to its finish, as a word of one slot in which
    /// that request is A, and whose letter is whose in the order of decodes. `None` if there are
    /// more requests than letters, or the begin is forgotten.
    pub(super) fn word(&self, (slot, own): (usize, u64)) -> Option<(Schedule, Vec<u64>)> {
        let steps = &self.slots[slot].steps;
        let begin = steps.iter().position(|&step| step == (own, Act::Begin))?;
        let (mut letters, mut decodes) = (String::new(), Vec::new());
        // Who began before does nothing more that could change the slot.
        for &(decode, act) in steps[begin..].iter().filter(|&&(decode, _)| decode >= own) {
            let letter = decodes.iter().position(|&known| known == decode).unwrap_or_else(|| {
                decodes.push(decode);
                decodes.len() - 1
            });
            letters.push(char::from(b'A' + u8::try_from(letter).ok().filter(|&l| l < 26)?));
            if (decode, act) == (own, Act::Finish) {
                break;
            }
        }
        Some((letters.parse().ok()?, decodes))
    }
}
