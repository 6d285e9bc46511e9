//! Three repairs of `abandoned_reply`: a request must not read another request's reply, even if a
//! client hangs up.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use course::{Answer, Guess, Outcome, Service, User, step};

/// Your guesses, in the order of the repairs below: `Holds` or `Fails`.
// TODO: read the three repairs, and guess before you run the test.
const GUESSES: [Guess; 3] = [Guess::Unsure; 3];

/// Holds the replies that no request has read, each with the number of its question.
#[derive(Default)]
struct Connection {
    replies: VecDeque<(u32, User)>,
}

/// Asks the database through kept connections, with one of three repairs.
#[derive(Default)]
pub struct Database<const REPAIR: usize> {
    kept: Mutex<Vec<Connection>>,
    questions: AtomicU32,
}

/// Gives a connection back when dropped.
struct Lease<'d, const REPAIR: usize> {
    database: &'d Database<REPAIR>,
    connection: Connection,
    is_done: bool,
}

impl<const REPAIR: usize> Drop for Lease<'_, REPAIR> {
    fn drop(&mut self) {
        let connection = std::mem::take(&mut self.connection);
        // Repair 2: a connection is kept only after its reply was read.
        if REPAIR != 2 || self.is_done {
            self.database.kept.lock().unwrap().push(connection);
        }
    }
}

impl<const REPAIR: usize> Database<REPAIR> {
    /// Returns a kept connection, or a new one.
    fn connection(&self) -> Connection {
        let mut kept = self.kept.lock().unwrap();
        // Repair 0: the connection that was used least recently comes first.
        if REPAIR == 0 && !kept.is_empty() {
            return kept.remove(0);
        }
        kept.pop().unwrap_or_default()
    }
}

impl<const REPAIR: usize> Service for Database<REPAIR> {
    async fn answer(&self, viewer: User) -> Answer {
        let mut lease = Lease { database: self, connection: self.connection(), is_done: false };
        let number = self.questions.fetch_add(1, Relaxed);
        lease.connection.replies.push_back((number, viewer));
        step("read the reply").await;
        // Repair 1: replies to other questions are skipped.
        if REPAIR == 1 {
            lease.connection.replies.retain(|reply| reply.0 == number);
        }
        let reply = lease.connection.replies.pop_front();
        lease.is_done = true;
        Answer::of(reply.map(|(_, owner)| owner))
    }
}

/// Explores every word with one of the repairs.
fn explore<const REPAIR: usize>() -> Outcome {
    course::every_word::<Database<REPAIR>>("ABC").dropping(1).explore()
}

fn check(guesses: [Guess; 3]) {
    course::compare(
        [
            ("0. use the connection first that was used least recently", explore::<0>()),
            ("1. number the questions, and skip replies to others", explore::<1>()),
            ("2. keep a connection only after its reply was read", explore::<2>()),
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
