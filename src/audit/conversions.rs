//! Counts the conversions that an audit caused, and tells them from repeated answers.
//!
//! An answer from a cache says nothing about the conversions of a service. So the bound of an audit
//! counts conversions, and an answer counts as a new one only if its bytes are new.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::response_check::ImageCheck;
use super::workload::PlannedRequest;

/// Upper bound of the hashes that are remembered. Answers beyond it count as repeated.
const MAX_HASHES: usize = 1 << 21;

/// Remembers the answers of an audit as hashes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conversions {
    seen: HashSet<u64>,
}

impl Conversions {
    /// Returns true if an answer comes from a conversion of its own.
    ///
    /// Its bytes must be new for this copy of the photo: a service that answers several sizes with
    /// one file made it once. If the size was answered before, its validator must be new too.
    pub(crate) fn is_new(&mut self, request: PlannedRequest, image: &ImageCheck) -> bool {
        let PlannedRequest { photo, copy, size, fit, .. } = request;
        let is_new_file = self.insert(("file", photo, copy, fit, image.hash));
        let is_new_size = self.insert(("size", photo, copy, fit, size));
        let is_new_validator = image
            .validator
            .is_none_or(|validator| self.insert((photo, copy, fit, size, validator)));
        is_new_file && (is_new_size || is_new_validator)
    }

    fn insert(&mut self, value: impl Hash) -> bool {
        let mut hasher = DefaultHasher::new();
        value.hash(&mut hasher);
        self.seen.len() < MAX_HASHES && self.seen.insert(hasher.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::watermark::DetectionVerdict;

    fn image(hash: u8, validator: Option<u64>) -> ImageCheck {
        ImageCheck {
            width: 1,
            height: 1,
            is_cut: false,
            hash: [hash; 32],
            validator,
            verdict: DetectionVerdict::Clean,
            rows_read: 1,
            rows_unknown: 0,
            evidence: Vec::new(),
        }
    }

    #[test]
    fn an_answer_is_a_conversion_only_if_its_bytes_and_its_validator_are_new() {
        let mut conversions = Conversions::default();
        let request =
            |copy, size| PlannedRequest { number: 0, photo: 3, copy, viewer: 0, size, fit: None };
        let mut is_new = |copy, size, hash, validator| {
            conversions.is_new(request(copy, size), &image(hash, validator))
        };
        assert!(is_new(0, 256, 1, Some(1)), "the first answer");
        assert!(!is_new(0, 256, 1, Some(1)), "the same file again");
        assert!(!is_new(0, 256, 1, Some(2)), "the same file with another validator");
        assert!(!is_new(0, 128, 1, Some(3)), "the same file for another size");
        assert!(is_new(0, 64, 2, Some(4)), "another file for another size");
        assert!(!is_new(0, 64, 3, Some(4)), "other bytes with the validator of earlier ones");
        assert!(is_new(0, 64, 4, Some(5)), "other bytes with another validator");
        assert!(is_new(0, 64, 5, None), "other bytes without a validator");
        assert!(is_new(1, 256, 1, Some(1)), "another copy with the same pixels");
    }
}
