//! Map tiles are made on demand. If several requests want a tile at the same time, one makes it and
//! the others wait for the same result.
//!
//! Users draw on the map, and every user sees their own drawing on the tiles.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock};

use course::{Answer, Service, User, step, wait_until};

/// Names a tile that is being made.
// TODO: which requests may share a result?
type Key = u32;

/// Makes tiles, each once for all requests that want it at the same time.
#[derive(Default)]
pub struct Tiles {
    in_flight: Mutex<HashMap<Key, Arc<OnceLock<Answer>>>>,
    made: AtomicUsize,
}

impl Tiles {
    async fn tile(&self, viewer: User, number: u32) -> Answer {
        let key = number;
        let joined = self.in_flight.lock().unwrap().get(&key).cloned();
        if let Some(flight) = joined {
            wait_until("the tile is made", || flight.get().is_some()).await;
            return flight.get().unwrap().clone();
        }
        let flight = Arc::new(OnceLock::new());
        self.in_flight.lock().unwrap().insert(key, Arc::clone(&flight));
        step("make the tile").await;
        self.made.fetch_add(1, Relaxed);
        let tile = flight.get_or_init(|| Answer::of([viewer])).clone();
        self.in_flight.lock().unwrap().remove(&key);
        tile
    }
}

impl Service for Tiles {
    async fn answer(&self, viewer: User) -> Answer {
        self.tile(viewer, 7).await
    }
}

fn main() {
    course::show::<Tiles>("ABAB");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_user_is_shown_anothers_drawing() {
        course::every_word::<Tiles>("AB").never_mixes();
        course::every_word::<Tiles>("ABC").never_mixes();
        course::every_word::<Tiles>("AABB").never_mixes();
    }

    #[test]
    fn requests_that_may_share_a_tile_share_it() {
        let tiles = Tiles::default();
        let shown = course::in_turn([tiles.answer('A'), tiles.answer('A'), tiles.answer('A')]);
        assert!(shown.iter().all(|shown| *shown == Answer::of(['A'])));
        assert_eq!(tiles.made.into_inner(), 1);
    }
}
