//! Remembers what the mixed answers of a load have in common.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::load_generator::Exchange;
use super::response_check::ImageCheck;
use super::test_photos::TestPhotos;

/// Upper bound of the answers whose bytes are remembered, and of the mixed ones beside them.
const MAX_ANSWERS: usize = 1 << 14;

/// Remembers what mixed answers have in common, in bounded memory: people, loads and the bytes of
/// the first answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct MixingPattern {
    /// Mixed answers by the viewer who asked and another owner of the shown photo.
    pub(super) pairs: BTreeMap<(usize, usize), u64>,
    /// Owner of the requested photo, and true for a mixed answer, by the start of the file's hash.
    answers: HashMap<u64, (usize, bool)>,
    /// Starts of the hashes of mixed answers.
    mixed: HashSet<u64>,
    /// Mixed answers whose bytes another person's request got too.
    pub(super) same_bytes: u64,
}

impl MixingPattern {
    /// Adds an answer to a request for a photo of `requested_owner`.
    pub(crate) fn add(
        &mut self,
        photos: &TestPhotos,
        exchange: &Exchange,
        image: &ImageCheck,
        is_mixed: bool,
    ) {
        let request = exchange.request;
        let owner = photos.all[request.photo].owner;
        if is_mixed {
            let shown = image.evidence.iter().filter(|evidence| evidence.is_sufficient);
            for photo in shown.filter_map(|evidence| evidence.photo) {
                let shown_owner = photos.all[photo].owner;
                // A member who asks for another person's photo may be shown the member's own.
                if shown_owner != request.viewer {
                    *self.pairs.entry((request.viewer, shown_owner)).or_default() += 1;
                }
            }
        }
        let key = key(&image.hash);
        if is_mixed && !self.is_full() {
            self.mixed.insert(key);
        }
        if let Some((other, was_mixed)) = self.answers.get_mut(&key) {
            self.same_bytes += u64::from(*other != owner && (is_mixed || *was_mixed));
            *was_mixed |= is_mixed;
        } else if self.answers.len() < MAX_ANSWERS {
            self.answers.insert(key, (owner, is_mixed));
        }
    }

    /// Returns true if a mixed answer with these bytes was seen, or `None` if too many were seen
    /// to tell.
    pub(crate) fn knows_mixed(&self, hash: &[u8; 32]) -> Option<bool> {
        let is_known = self.mixed.contains(&key(hash));
        (is_known || !self.is_full()).then_some(is_known)
    }

    /// Returns true if a mixed answer has bytes that no mixed answer of `earlier` has, and false if
    /// too many were seen earlier to tell.
    pub(crate) fn has_new(&self, earlier: &Self) -> bool {
        !earlier.is_full() && !self.mixed.is_subset(&earlier.mixed)
    }

    fn is_full(&self) -> bool {
        self.mixed.len() >= MAX_ANSWERS
    }
}

fn key(hash: &[u8; 32]) -> u64 {
    u64::from_le_bytes(*hash.first_chunk().expect("a hash has 32 bytes"))
}
