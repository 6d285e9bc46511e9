//! Three repairs of `recycled_request`: a user's history must not name another user.

use std::sync::{Arc, Mutex};

use course::{Answer, BLANK, Guess, Outcome, Service, User, step};

/// Your guesses, in the order of the repairs below: `Holds` or `Fails`.
// TODO: read the three repairs, and guess before you run the test.
const GUESSES: [Guess; 3] = [Guess::Unsure; 3];

type Request = Arc<Mutex<User>>;

/// Serves requests with request objects that are used again, with one of three repairs.
#[derive(Default)]
pub struct Server<const REPAIR: usize> {
    kept: Mutex<Vec<Request>>,
}

impl<const REPAIR: usize> Server<REPAIR> {
    fn request(&self, user: User) -> Request {
        let mut kept = self.kept.lock().unwrap();
        // Repair 0: two objects take turns. Repair 2: only an object that nothing else holds.
        let wanted = if REPAIR == 0 { 2 } else { 1 };
        let mut request = if kept.len() < wanted { None } else { Some(kept.remove(0)) };
        if REPAIR == 2 {
            request = request.filter(|request| Arc::strong_count(request) == 1);
        }
        let request = request.unwrap_or_else(|| Arc::new(Mutex::new(BLANK)));
        *request.lock().unwrap() = user;
        kept.push(Arc::clone(&request));
        request
    }
}

impl<const REPAIR: usize> Service for Server<REPAIR> {
    async fn answer(&self, viewer: User) -> Answer {
        let request = self.request(viewer);
        step("send the response").await;
        // Repair 1: the job gets a copy of the user.
        let copy = *request.lock().unwrap();
        step("write the user's history").await;
        Answer::of([if REPAIR == 1 { copy } else { *request.lock().unwrap() }])
    }
}

/// Explores every word with one of the repairs.
fn explore<const REPAIR: usize>() -> Outcome {
    course::every_word::<Server<REPAIR>>("ABC").explore()
}

fn check(guesses: [Guess; 3]) {
    course::compare(
        [
            ("0. let two objects take turns", explore::<0>()),
            ("1. give the job a copy of the user", explore::<1>()),
            ("2. use an object again only if nothing else holds it", explore::<2>()),
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
