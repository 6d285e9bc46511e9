//! Three repairs of `still_sending`: a client must not take another user's response.

use std::sync::{Arc, Mutex};

use course::{Answer, BLANK, Guess, Outcome, Service, User, step};

/// Your guesses, in the order of the repairs below: `Holds` or `Fails`.
// TODO: read the three repairs, and guess before you run the test.
const GUESSES: [Guess; 3] = [Guess::Unsure; 3];

type Buffer = Arc<Mutex<User>>;

/// Sends responses from buffers of a pool, with one of three repairs.
#[derive(Default)]
pub struct Responses<const REPAIR: usize> {
    free: Mutex<Vec<Buffer>>,
}

impl<const REPAIR: usize> Service for Responses<REPAIR> {
    async fn answer(&self, viewer: User) -> Answer {
        let free = self.free.lock().unwrap().pop();
        let buffer = free.unwrap_or_else(|| Arc::new(Mutex::new(BLANK)));
        *buffer.lock().unwrap() = viewer;
        // Repair 0: the writer gets a copy of the contents.
        let wire = if REPAIR == 0 { Arc::new(Mutex::new(viewer)) } else { Arc::clone(&buffer) };
        // Repair 1: only a buffer whose lock is free is given back. Repair 2: only a buffer that
        // nothing else holds.
        let unused = match REPAIR {
            1 => buffer.try_lock().is_ok(),
            2 => Arc::strong_count(&buffer) == 1,
            _ => true,
        };
        if unused {
            self.free.lock().unwrap().push(buffer);
        }
        step("the client takes the response").await;
        Answer::of([*wire.lock().unwrap()])
    }
}

/// Explores every word with one of the repairs.
fn explore<const REPAIR: usize>() -> Outcome {
    course::every_word::<Responses<REPAIR>>("ABC").explore()
}

fn check(guesses: [Guess; 3]) {
    course::compare(
        [
            ("0. send a copy of the contents", explore::<0>()),
            ("1. give the buffer back only if its lock is free", explore::<1>()),
            (
                "2. give the buffer back only if nothing else holds it (is one used again?)",
                explore::<2>(),
            ),
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
