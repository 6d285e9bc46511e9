//! An album's thumbnails are kept, because making one takes long.
//!
//! Every user's album starts with photo 1. Album pages ask for photos by their number.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use course::{Answer, Service, User, step};

/// Names a thumbnail in the cache.
type Key = (User, u32);

/// Makes thumbnails, and keeps them.
#[derive(Default)]
pub struct Thumbnails {
    kept: Mutex<HashMap<Key, Answer>>,
    made: AtomicUsize,
}

impl Thumbnails {
    async fn photo(&self, owner: User, number: u32) -> Answer {
        let key = (owner, number);
        if let Some(thumbnail) = self.kept.lock().unwrap().get(&key) {
            return thumbnail.clone();
        }
        step("make the thumbnail").await;
        self.made.fetch_add(1, Relaxed);
        let thumbnail = Answer::of([owner]);
        self.kept.lock().unwrap().insert(key, thumbnail.clone());
        thumbnail
    }
}

impl Service for Thumbnails {
    async fn answer(&self, viewer: User) -> Answer {
        self.photo(viewer, 1).await
    }
}

fn main() {
    course::show::<Thumbnails>("AAB");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_user_is_shown_anothers_photo() {
        course::every_word::<Thumbnails>("AB").never_mixes();
        course::every_word::<Thumbnails>("ABC").never_mixes();
        course::every_word::<Thumbnails>("AABB").never_mixes();
    }

    #[test]
    fn a_thumbnail_is_made_once() {
        let thumbnails = Thumbnails::default();
        for _ in 0..3 {
            let shown = course::block_on(thumbnails.answer('A'));
            assert_eq!(shown, Answer::of(['A']));
        }
        assert_eq!(thumbnails.made.into_inner(), 1);
    }
}
