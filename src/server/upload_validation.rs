//! Validates an upload before it is stored, by decoding the whole photo.
//!
//! A photo that decodes here decodes for every thumbnail, and for the compression after 35 days.

use std::sync::Arc;

use bytes::Bytes;

use super::problem::Problem;
use super::resources::Resources;
use crate::album::PersonId;
use crate::codec::{Fit, Header, PhotoLimits, ProbedPhoto, Size, ThumbnailSpec};
use crate::runtime::Semaphore;

/// Upper bound of the uploads whose structure is read at once.
pub(super) const MAX_INSPECTIONS: usize = 4;

/// Validates uploads, on the same workers and under the same admission control as conversions.
pub(super) struct UploadValidator {
    resources: Arc<Resources>,
    inspections: Arc<Semaphore>,
}

impl UploadValidator {
    pub(super) fn new(resources: Arc<Resources>) -> Self {
        Self { resources, inspections: Arc::new(Semaphore::new(MAX_INSPECTIONS)) }
    }

    /// Decodes a person's upload of at most `max_pixels`, and returns its header. `held` is dropped
    /// once the decoder no longer needs the bytes.
    pub(super) async fn validate<H: Send + 'static>(
        &self,
        person: PersonId,
        photo: Bytes,
        max_pixels: u64,
        held: H,
    ) -> Result<Header, Problem> {
        let Resources { workers, admission, .. } = &*self.resources;
        // Until the header is read, the memory is not known.
        let turn = admission.try_enqueue(Some(person), 0)?.turn().await;
        let inspection = Arc::clone(&self.inspections).acquire_owned().await;
        let inspection = inspection.expect("the semaphore is never closed");
        let inspected = workers.start(move || {
            // The memory is limited by the admission control.
            let limits = PhotoLimits { max_pixels, ..PhotoLimits::MAX };
            let inspected = ProbedPhoto::open(photo, limits);
            drop(inspection);
            // It stays with the bytes, also if the client has left meanwhile.
            inspected.map(|inspected| (inspected, held))
        });
        let (inspected, held) =
            inspected.await.map_err(|panic| Problem::internal("a decoder", &panic))??;
        let header = inspected.header();
        // At the size at which compression will decode the photo.
        let spec = ThumbnailSpec { size: Size::MAX, fit: Fit::Contain };
        let permit = turn.needing(inspected.memory_bytes(spec))?.acquire().await;
        let decoded = workers.start(move || {
            let _held = (permit, held);
            inspected.decode(spec).map(drop)
        });
        decoded.await.map_err(|panic| Problem::internal("a decoder", &panic))??;
        Ok(header)
    }
}
