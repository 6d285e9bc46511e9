//! Counts the uploads of one step of the load.

use super::setup::SetupError;

/// Upper bound of the refused uploads that are repeated alone after the load.
const MAX_REFUSED: usize = 4;

/// Counts the uploads of copies of photos in one step of the load.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UploadStats {
    /// Copies that the target accepted.
    pub accepted: u64,
    /// Whole copies that the target refused.
    pub refused: u64,
    /// Uploads that the target shed because it was full.
    pub shed: u64,
    /// Uploads without a complete response.
    pub failed: u64,
    /// Reason of the first whole copy that was refused or failed.
    pub first_reason: Option<String>,
    /// Photo and copy of the first whole copies that were refused.
    pub(crate) refused_copies: Vec<(usize, u64)>,
}

impl UploadStats {
    /// Returns the number of all uploads, except the truncated ones that the target refused.
    pub fn all(&self) -> u64 {
        self.accepted + self.refused + self.shed + self.failed
    }

    /// Counts an upload of a copy of a photo.
    pub(crate) fn add(
        &mut self,
        copy: (usize, u64),
        is_truncated: bool,
        shed: &[u16],
        result: Result<(), SetupError>,
    ) {
        let Err(error) = result else {
            self.accepted += 1;
            return;
        };
        match error.status {
            Some(status) if shed.contains(&status) => self.shed += 1,
            // A service that refuses truncated photos behaves correctly.
            Some(_) if is_truncated => return,
            Some(_) => {
                self.refused += 1;
                if self.refused_copies.len() < MAX_REFUSED {
                    self.refused_copies.push(copy);
                }
            }
            None => self.failed += 1,
        }
        self.first_reason.get_or_insert_with(|| error.reason.clone());
    }
}
