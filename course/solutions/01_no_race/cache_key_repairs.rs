//! Three repairs of `cache_key`: a user must not be shown another user's photo 1.

use std::collections::HashMap;
use std::sync::Mutex;

use course::{Answer, Guess, Outcome, Service, User, step};

/// The right guesses, in the order of the repairs below.
const GUESSES: [Guess; 3] = [Guess::Fails, Guess::Holds, Guess::Fails];

/// Makes thumbnails and keeps them by the photo's number, with one of three repairs.
#[derive(Default)]
pub struct Thumbnails<const REPAIR: usize> {
    kept: Mutex<HashMap<u32, (User, Answer)>>,
}

impl<const REPAIR: usize> Thumbnails<REPAIR> {
    fn kept(&self, viewer: User, number: u32) -> Option<Answer> {
        let mut kept = self.kept.lock().unwrap();
        if REPAIR == 0 {
            // Repair 0: a kept thumbnail is shown once, and then made anew.
            return kept.remove(&number).map(|(_, thumbnail)| thumbnail);
        }
        let (owner, thumbnail) = kept.get(&number)?;
        // Repair 1: a thumbnail is shown to its owner only.
        (REPAIR != 1 || *owner == viewer).then(|| thumbnail.clone())
    }
}

impl<const REPAIR: usize> Service for Thumbnails<REPAIR> {
    async fn answer(&self, viewer: User) -> Answer {
        if let Some(thumbnail) = self.kept(viewer, 1) {
            return thumbnail;
        }
        step("make the thumbnail").await;
        // Repair 2: what another request has kept meanwhile is not replaced.
        if REPAIR == 2
            && let Some(thumbnail) = self.kept(viewer, 1)
        {
            return thumbnail;
        }
        let thumbnail = Answer::of([viewer]);
        self.kept.lock().unwrap().insert(1, (viewer, thumbnail.clone()));
        thumbnail
    }
}

/// Explores every word with one of the repairs.
fn explore<const REPAIR: usize>() -> Outcome {
    course::every_word::<Thumbnails<REPAIR>>("ABC").explore()
}

fn check(guesses: [Guess; 3]) {
    course::compare(
        [
            ("0. show a kept thumbnail once", explore::<0>()),
            ("1. show a kept thumbnail to its owner only", explore::<1>()),
            ("2. look into the cache again before keeping", explore::<2>()),
        ],
        guesses,
    );
}

fn main() {
    check(GUESSES);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_guess_is_right() {
        check(GUESSES);
    }
}
