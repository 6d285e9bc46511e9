//! Three repairs of `current_user`: a page must not show another user's profile.

use std::cell::Cell;

use course::{Answer, BLANK, Guess, Outcome, Service, User, step};

/// The right guesses, in the order of the repairs below.
const GUESSES: [Guess; 3] = [Guess::Fails, Guess::Fails, Guess::Holds];

thread_local! {
    /// User whose request this thread serves.
    static CURRENT: Cell<User> = const { Cell::new(BLANK) };
}

/// Restores the user that was current before, when dropped.
struct Restore(User);

impl Drop for Restore {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}

/// Shows profiles, with one of three repairs.
#[derive(Default)]
pub struct Profiles<const REPAIR: usize>;

impl<const REPAIR: usize> Service for Profiles<REPAIR> {
    async fn answer(&self, viewer: User) -> Answer {
        // Repair 0: the thread has no user when a request ends. Repair 1: it has the one before.
        let _restore = match REPAIR {
            0 => Some(Restore(BLANK)),
            1 => Some(Restore(CURRENT.get())),
            _ => None,
        };
        CURRENT.set(viewer);
        let early = CURRENT.get();
        step("read the database").await;
        // Repair 2: the user is read before the database is asked.
        Answer::of([if REPAIR == 2 { early } else { CURRENT.get() }])
    }
}

/// Explores every word with one of the repairs.
fn explore<const REPAIR: usize>() -> Outcome {
    course::every_word::<Profiles<REPAIR>>("ABC").explore()
}

fn check(guesses: [Guess; 3]) {
    course::compare(
        [
            ("0. forget the user when the request ends", explore::<0>()),
            ("1. restore the user before when the request ends", explore::<1>()),
            ("2. read the user before the database is asked", explore::<2>()),
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
