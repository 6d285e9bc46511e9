//! Three repairs of `given_back_twice`: a user must not be sent another user's response. Here four
//! requests come, one more than in the exercise.

use std::collections::VecDeque;
use std::sync::Mutex;

use course::{Answer, BLANK, Guess, Outcome, Service, User, step};

/// Your guesses, in the order of the repairs below: `Holds` or `Fails`.
// TODO: read the three repairs, and guess before you run the test.
const GUESSES: [Guess; 3] = [Guess::Unsure; 3];

/// Holds buffers, and the indices of the free ones.
struct Pool {
    buffers: Vec<User>,
    free: VecDeque<usize>,
}

/// Builds responses in buffers of a pool, with one of three repairs.
pub struct Responses<const REPAIR: usize> {
    pool: Mutex<Pool>,
}

impl<const REPAIR: usize> Default for Responses<REPAIR> {
    fn default() -> Self {
        // Repair 0: the pool has four buffers in place of two.
        let count = if REPAIR == 0 { 4 } else { 2 };
        let pool = Pool { buffers: vec![BLANK; count], free: (0..count).collect() };
        Self { pool: Mutex::new(pool) }
    }
}

impl<const REPAIR: usize> Responses<REPAIR> {
    fn take(&self) -> Option<usize> {
        let free = &mut self.pool.lock().unwrap().free;
        // Repair 1: the buffer is used first that has been free longest.
        if REPAIR == 1 { free.pop_front() } else { free.pop_back() }
    }

    fn give_back(&self, index: usize) {
        let free = &mut self.pool.lock().unwrap().free;
        // Repair 2: a buffer that is free already is not added again.
        if REPAIR != 2 || !free.contains(&index) {
            free.push_back(index);
        }
    }
}

impl<const REPAIR: usize> Service for Responses<REPAIR> {
    async fn answer(&self, viewer: User) -> Answer {
        let Some(index) = self.take() else { return Answer::nothing() };
        if viewer == 'A' {
            // The function that reads the header gives the buffer back, and so does its caller.
            self.give_back(index);
            self.give_back(index);
            return Answer::nothing();
        }
        self.pool.lock().unwrap().buffers[index] = viewer;
        step("send the response").await;
        let shown = self.pool.lock().unwrap().buffers[index];
        self.give_back(index);
        Answer::of([shown])
    }
}

/// Explores every word with one of the repairs.
fn explore<const REPAIR: usize>() -> Outcome {
    course::every_word::<Responses<REPAIR>>("ABCD").explore()
}

fn check(guesses: [Guess; 3]) {
    course::compare(
        [
            ("0. keep four buffers in place of two", explore::<0>()),
            ("1. use the buffer first that has been free longest", explore::<1>()),
            (
                "2. add no buffer that is free already (and if another took it in between?)",
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
