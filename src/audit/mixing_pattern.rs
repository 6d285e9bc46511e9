//! Remembers what the mixed answers of a load have in common.

use std::collections::{BTreeMap, HashMap};

use super::load_generator::Exchange;
use super::response_check::ImageCheck;
use super::test_photos::TestPhotos;

/// Upper bound of the answers whose bytes are remembered.
const MAX_ANSWERS: usize = 1 << 14;

/// Remembers what mixed answers have in common, in bounded memory: people, loads and the bytes of
/// the first answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct MixingPattern {
    /// Mixed answers by the viewer who asked and the owner of the shown photo.
    pub(super) pairs: BTreeMap<(usize, usize), u64>,
    /// Mixed answers by the number of requests in flight.
    pub(super) in_flight: BTreeMap<usize, u64>,
    /// Owner of the requested photo, and true for a mixed answer, by the start of the file's hash.
    answers: HashMap<u64, (usize, bool)>,
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
            // Records without times do not tell it.
            if exchange.in_flight > 0 {
                *self.in_flight.entry(exchange.in_flight).or_default() += 1;
            }
            let shown = image.evidence.iter().filter(|evidence| evidence.is_sufficient);
            for photo in shown.filter_map(|evidence| evidence.photo) {
                *self.pairs.entry((request.viewer, photos.all[photo].owner)).or_default() += 1;
            }
        }
        let key = key(&image.hash);
        if let Some((other, was_mixed)) = self.answers.get_mut(&key) {
            self.same_bytes += u64::from(*other != owner && (is_mixed || *was_mixed));
            *was_mixed |= is_mixed;
        } else if self.answers.len() < MAX_ANSWERS {
            self.answers.insert(key, (owner, is_mixed));
        }
    }

    /// Returns true if a mixed answer with these bytes is remembered.
    pub(crate) fn knows_mixed(&self, hash: &[u8; 32]) -> bool {
        self.answers.get(&key(hash)).is_some_and(|(_, is_mixed)| *is_mixed)
    }

    /// Returns true if a remembered mixed answer has bytes that no mixed answer of `earlier` has.
    pub(crate) fn has_new(&self, earlier: &Self) -> bool {
        let mut mixed = self.answers.iter().filter(|(_, (_, is_mixed))| *is_mixed);
        mixed.any(|(key, _)| !earlier.answers.get(key).is_some_and(|(_, was_mixed)| *was_mixed))
    }
}

fn key(hash: &[u8; 32]) -> u64 {
    u64::from_le_bytes(*hash.first_chunk().expect("a hash has 32 bytes"))
}
