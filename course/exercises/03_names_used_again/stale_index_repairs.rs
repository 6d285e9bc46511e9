//! Three repairs of `stale_index`: an event must not act on another user's connection.

use std::sync::Mutex;

use course::{Answer, Guess, Outcome, Service, User, step};

/// Your guesses, in the order of the repairs below: `Holds` or `Fails`.
// TODO: read the three repairs, and guess before you run the test.
const GUESSES: [Guess; 3] = [Guess::Unsure; 3];

/// Holds the user of each connection, and the free places.
#[derive(Default)]
struct Table {
    users: Vec<Option<User>>,
    free: Vec<usize>,
}

/// Serves connections, with one of three repairs.
#[derive(Default)]
pub struct Connections<const REPAIR: usize> {
    table: Mutex<Table>,
}

impl<const REPAIR: usize> Connections<REPAIR> {
    fn open(&self, user: User) -> usize {
        let mut table = self.table.lock().unwrap();
        let free = match REPAIR {
            // Repair 0: the place is used first that has been free longest.
            0 if !table.free.is_empty() => Some(table.free.remove(0)),
            // Repair 1: no place is used again.
            1 => None,
            _ => table.free.pop(),
        };
        let index = free.unwrap_or(table.users.len());
        if index == table.users.len() {
            table.users.push(None);
        }
        table.users[index] = Some(user);
        index
    }

    fn close(&self, index: usize) {
        let mut table = self.table.lock().unwrap();
        table.users[index] = None;
        table.free.push(index);
    }
}

impl<const REPAIR: usize> Service for Connections<REPAIR> {
    async fn answer(&self, viewer: User) -> Answer {
        let index = self.open(viewer);
        step("close the connection").await;
        // Repair 2: the place becomes free after the last event.
        if REPAIR != 2 {
            self.close(index);
        }
        step("send what an event in the queue asks for").await;
        let user = self.table.lock().unwrap().users[index];
        if REPAIR == 2 {
            self.close(index);
        }
        Answer::of(user)
    }
}

/// Explores every word with one of the repairs.
fn explore<const REPAIR: usize>() -> Outcome {
    course::every_word::<Connections<REPAIR>>("ABC").explore()
}

fn check(guesses: [Guess; 3]) {
    course::compare(
        [
            ("0. use the place first that has been free longest", explore::<0>()),
            ("1. use no place again", explore::<1>()),
            ("2. free the place after the last event", explore::<2>()),
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
