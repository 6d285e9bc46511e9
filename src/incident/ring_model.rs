//! Models a node's ring by the lap law alone, and keeps the latest steps of each slot (an index
//! into the ring of shared buffers).
//!
//! The model runs beside the pipeline and never reads it, so each can be checked against the other.
//! From the kept steps every wrong thumbnail can be written as the word of its own slot (a word is
//! a schedule written as letters).

use std::num::NonZeroUsize;

use crate::schedule::Schedule;

/// Maximum number of steps that a slot keeps. Older steps belong to words that are too long to
/// read.
const MAX_STEPS: usize = 4_096;

/// Names a step that a request takes in its slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Begin,
    Band,
    Finish,
}

/// Locates a request in the ring by its slot and the position of its decode among all decodes.
pub(super) type RingPosition = (usize, u64);

#[derive(Default)]
struct Slot {
    /// The position of the latest decode into this slot among all decodes.
    last_decode: u64,
    /// Number of requests that have begun here and not finished.
    in_flight: u32,
    /// The latest steps, each with the decode position of its request.
    steps: Vec<(u64, Act)>,
}

/// Predicts the photo that each band shows.
pub(super) struct RingModel {
    slots: Vec<Slot>,
    decodes: u64,
}

impl RingModel {
    pub(super) fn new(slots: NonZeroUsize) -> Self {
        Self { slots: (0..slots.get()).map(|_| Slot::default()).collect(), decodes: 0 }
    }

    /// Assigns the next slot to a request that decodes its photo.
    pub(super) fn begin(&mut self) -> RingPosition {
        let position = ((self.decodes % self.slots.len() as u64) as usize, self.decodes);
        self.decodes += 1;
        self.slots[position.0].last_decode = position.1;
        self.record(position, Act::Begin);
        position
    }

    /// Returns the decode position of the photo that a band shows if the request makes it now.
    pub(super) fn band(&mut self, position: RingPosition) -> u64 {
        self.record(position, Act::Band);
        self.slots[position.0].last_decode
    }

    /// Records that a request finished.
    pub(super) fn finish(&mut self, position: RingPosition) {
        self.record(position, Act::Finish);
    }

    fn record(&mut self, (slot, decode): RingPosition, act: Act) {
        let slot = &mut self.slots[slot];
        match act {
            Act::Begin if slot.in_flight == 0 => slot.steps.clear(),
            Act::Begin if slot.steps.len() >= MAX_STEPS => {
                slot.steps.drain(..MAX_STEPS / 2);
            }
            _ => {}
        }
        slot.in_flight = match act {
            Act::Begin => slot.in_flight + 1,
            Act::Finish => slot.in_flight.saturating_sub(1),
            Act::Band => slot.in_flight,
        };
        slot.steps.push((decode, act));
    }

    /// Returns the steps of a slot from a request's begin to its finish, as a word for one slot in
    /// which that request is A, and the decode position of each letter's request. Returns `None` if
    /// there are more requests than letters, or the begin is no longer kept.
    pub(super) fn word(&self, (slot, own): RingPosition) -> Option<(Schedule, Vec<u64>)> {
        let steps = &self.slots[slot].steps;
        let begin = steps.iter().position(|&step| step == (own, Act::Begin))?;
        let (mut letters, mut decodes) = (String::new(), Vec::new());
        // A request that began before has already decoded, so it no longer changes the slot.
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
