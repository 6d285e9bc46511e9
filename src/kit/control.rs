//! Implements the control of every check: the caller's own jobs in a shared buffer.

use std::sync::{Mutex, PoisonError};

use super::{ModelPhoto, SystemUnderTest};

/// Puts the jobs of a system under test into one slot (a shared buffer), and gives each request
/// only a claim to the slot.
///
/// A request that begins overwrites the job of an earlier request. So every check must find a
/// mix-up. If a check finds none, no two of its requests overlap, or it compares nothing.
pub struct Ring<S: SystemUnderTest> {
    system: S,
    /// Holds the job of the latest begin, and true if bands of its thumbnail remain. A step takes
    /// the job out and puts it back, so that no lock is held while the system works.
    slot: Mutex<Option<(S::Job, bool)>>,
}

/// Claims whatever job the slot of a [`Ring`] holds.
pub struct Claim(());

impl<S: SystemUnderTest> Ring<S> {
    fn replace(&self, job: Option<(S::Job, bool)>) -> Option<(S::Job, bool)> {
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut slot, job)
    }
}

impl<S: SystemUnderTest> SystemUnderTest for Ring<S> {
    type Job = Claim;

    const BANDS: u32 = S::BANDS;

    const MAX_IN_FLIGHT: usize = S::MAX_IN_FLIGHT;

    /// Is true, because a claim can find the slot empty. So the control is found by pixels alone.
    const MAY_REFUSE: bool = true;

    fn new() -> Self {
        Self { system: S::new(), slot: Mutex::new(None) }
    }

    fn begin(&self, photo: ModelPhoto) -> Option<Claim> {
        let job = self.system.begin(photo)?;
        drop(self.replace(Some((job, true))));
        Some(Claim(()))
    }

    fn band(&self, _: &mut Claim) -> bool {
        let Some((mut job, mut more)) = self.replace(None) else { return false };
        if more {
            more = self.system.band(&mut job);
        }
        drop(self.replace(Some((job, more))));
        more
    }

    fn finish(&self, _: Claim) -> Option<Vec<u8>> {
        let (mut job, mut more) = self.replace(None)?;
        while more {
            more = self.system.band(&mut job);
        }
        self.system.finish(job)
    }
}
