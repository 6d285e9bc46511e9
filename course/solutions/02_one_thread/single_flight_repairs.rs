//! Three repairs of `single_flight`: a tile must not show another user's drawing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use course::{Answer, Guess, Outcome, Service, User, step, wait_until};

/// The right guesses, in the order of the repairs below.
const GUESSES: [Guess; 3] = [Guess::Fails, Guess::Holds, Guess::Holds];

/// Makes each tile once for all requests that want it at the same time, with one of three repairs.
#[derive(Default)]
pub struct Tiles<const REPAIR: usize> {
    in_flight: Mutex<HashMap<u32, Arc<OnceLock<Answer>>>>,
}

impl<const REPAIR: usize> Service for Tiles<REPAIR> {
    async fn answer(&self, viewer: User) -> Answer {
        let joined = self.in_flight.lock().unwrap().get(&7).cloned();
        if let Some(flight) = joined {
            wait_until("the tile is made", || flight.get().is_some()).await;
            let tile = flight.get().unwrap().clone();
            // Repair 0: a request that waited asks again whether the tile is still wanted.
            if REPAIR == 0 {
                step("ask whether the tile is wanted").await;
            }
            // Repair 1: a request that waited uses the tile only if it is the viewer's own.
            return if REPAIR == 1 && tile.is_mixed(viewer) { Answer::of([viewer]) } else { tile };
        }
        let flight = Arc::new(OnceLock::new());
        self.in_flight.lock().unwrap().insert(7, Arc::clone(&flight));
        // Repair 2: no request can join once the work has begun.
        if REPAIR == 2 {
            self.in_flight.lock().unwrap().remove(&7);
        }
        step("make the tile").await;
        let tile = flight.get_or_init(|| Answer::of([viewer])).clone();
        self.in_flight.lock().unwrap().remove(&7);
        tile
    }
}

/// Explores every word with one of the repairs.
fn explore<const REPAIR: usize>() -> Outcome {
    course::every_word::<Tiles<REPAIR>>("ABC").explore()
}

fn check(guesses: [Guess; 3]) {
    course::compare(
        [
            ("0. ask again before using the result", explore::<0>()),
            ("1. use the result only if it is the viewer's own", explore::<1>()),
            (
                "2. let no request join once the work has begun (what is left of the purpose?)",
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
