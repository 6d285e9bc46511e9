//! Uploads are looked at before they are stored: decoded whole, behind the same door as thumbnails.
//!
//! A photo that decodes here decodes for every thumbnail and for the compression in 35 days.

use std::num::NonZeroU32;
use std::sync::Arc;

use bytes::Bytes;

use super::problem::Problem;
use super::thumbnailer::{ThumbnailService, fault, pixel_bytes};
use crate::codec::{self, Fit, ImageCodec, Size, ThumbnailRequest, ThumbnailSpec};
use crate::pipeline::Codec;

impl ThumbnailService {
    /// Decodes an upload whole, behind the same door. Gives its upright width and height.
    ///
    /// `held` is kept until the decoder is done with the bytes.
    pub(super) async fn examine<H: Send + 'static>(
        &self,
        photo: Bytes,
        held: H,
    ) -> Result<(u32, u32), Problem> {
        let file = photo.clone();
        let turn = Arc::clone(&self.inspecting).acquire_owned().await;
        let turn = turn.expect("nobody ends inspections");
        let inspected = self.workers.start(move || {
            let header = codec::probe(&file);
            drop(turn);
            header
        });
        let header = inspected.await.map_err(|_panicked| fault())??;
        let place = self.admission.try_enqueue(pixel_bytes(header.width, header.height))?;
        let permit = place.acquire().await;
        let decoded = self.workers.start(move || {
            let _held = (permit, held);
            // At the size at which compression will decode it: what passes here passes there.
            let request = ThumbnailRequest {
                photo,
                spec: ThumbnailSpec { size: Size::MAX, fit: Fit::Contain },
            };
            ImageCodec::new(NonZeroU32::MIN).decode(&request).map(drop)
        });
        decoded.await.map_err(|_panicked| fault())??;
        Ok((header.width, header.height))
    }
}
