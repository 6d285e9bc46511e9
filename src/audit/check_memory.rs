//! Remembers what the detector read in an image, because a service that caches sends the same bytes
//! again and again.

use std::collections::HashMap;

use crate::codec::Fit;

/// Upper bound of the images in each of the two generations.
const MAX_IMAGES: usize = 2048;

/// Names the photo and the fit that a file should show, and the file by its hash. An image is
/// judged by these alone.
pub(crate) type CheckKey = (usize, Option<Fit>, [u8; 32]);

/// Remembers the images that were checked last: at least 2,048 and at most 4,096 of them.
///
/// Two generations stand in for a list by age. A full young generation becomes the old one, and an
/// image that is asked for again moves to the young one.
pub(crate) struct CheckMemory<T> {
    young: HashMap<CheckKey, Option<T>>,
    old: HashMap<CheckKey, Option<T>>,
}

impl<T> Default for CheckMemory<T> {
    fn default() -> Self {
        Self { young: HashMap::new(), old: HashMap::new() }
    }
}

impl<T: Clone> CheckMemory<T> {
    /// Returns the check of a file, if it is remembered. The check is `None` for a file that is no
    /// image.
    pub(crate) fn get(&mut self, key: CheckKey) -> Option<Option<T>> {
        if let Some(known) = self.young.get(&key) {
            return Some(known.clone());
        }
        let known = self.old.remove(&key)?;
        self.insert(key, known.clone());
        Some(known)
    }

    /// Remembers the check of a file.
    pub(crate) fn insert(&mut self, key: CheckKey, image: Option<T>) {
        if self.young.len() >= MAX_IMAGES {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, image);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(photo: usize, file: usize) -> CheckKey {
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&file.to_le_bytes());
        (photo, None, hash)
    }

    #[test]
    fn an_image_is_remembered_while_it_is_asked_for_and_the_memory_is_bounded() {
        let mut memory = CheckMemory::<()>::default();
        memory.insert(key(7, 0), None);
        for number in 1..10 * MAX_IMAGES {
            memory.insert(key(7, number), None);
            if number % 1000 == 0 {
                assert!(memory.get(key(7, 0)).is_some(), "asked for again and again");
            }
            assert!(memory.young.len() + memory.old.len() <= 2 * MAX_IMAGES);
        }
        assert!(memory.get(key(7, 1)).is_none(), "an image of long ago");
        assert!(memory.get(key(7, 10 * MAX_IMAGES - 2000)).is_some(), "the 2,000 last ones");
        assert!(memory.get(key(8, 0)).is_none(), "the same file for another photo");
    }
}
