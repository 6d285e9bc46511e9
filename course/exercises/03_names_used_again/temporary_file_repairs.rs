//! Three repairs of `temporary_file`: a user must not be sent another user's claim.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread;

use course::{Answer, Guess, Outcome, Service, User, step};

/// Your guesses, in the order of the repairs below: `Holds` or `Fails`.
// TODO: read the three repairs, and guess before you run the test.
const GUESSES: [Guess; 3] = [Guess::Unsure; 3];

/// Sends claims as PDF files, with one of three repairs.
#[derive(Default)]
pub struct Claims<const REPAIR: usize> {
    files: Mutex<BTreeMap<String, User>>,
    written: AtomicU32,
}

impl<const REPAIR: usize> Service for Claims<REPAIR> {
    async fn answer(&self, viewer: User) -> Answer {
        let path = match REPAIR {
            // Repair 0: the thread's name is in the path.
            0 => format!("/tmp/claim-1732784400-{:?}.pdf", thread::current().id()),
            // Repair 1: a number that counts up is in the path.
            1 => format!("/tmp/claim-1732784400-{}.pdf", self.written.fetch_add(1, Relaxed)),
            // Repair 2: the folder is locked while the file is written, as it is here anyway.
            _ => "/tmp/claim-1732784400.pdf".to_owned(),
        };
        self.files.lock().unwrap().insert(path.clone(), viewer);
        step("send the file").await;
        Answer::of(self.files.lock().unwrap().remove(&path))
    }
}

/// Explores every word with one of the repairs.
fn explore<const REPAIR: usize>() -> Outcome {
    course::every_word::<Claims<REPAIR>>("ABC").explore()
}

fn check(guesses: [Guess; 3]) {
    course::compare(
        [
            ("0. put the thread into the path", explore::<0>()),
            ("1. put a number that counts up into the path", explore::<1>()),
            ("2. lock the folder while the file is written", explore::<2>()),
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
