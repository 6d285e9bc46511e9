//! Defines the entries that callers append to the ledger.

use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;

use super::super::{AlbumId, ContentHash, PersonId, Photo, PhotoId, PhotoUuid, RowId};
use crate::codec::ThumbnailSpec;

/// Names a photo and its owner by value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct PhotoRef {
    /// Id of the photo, never given to another photo.
    pub photo: PhotoId,
    /// Name that the client gave to the photo.
    pub name: PhotoUuid,
    /// Album of the photo.
    pub album: AlbumId,
    /// Owner of the photo.
    pub owner: PersonId,
}

impl From<&Photo> for PhotoRef {
    fn from(Photo { id, name, owner, .. }: &Photo) -> Self {
        Self { photo: *id, name: name.photo, album: name.album, owner: *owner }
    }
}

/// Describes a band (a strip of a thumbnail's rows), as the tagging codec recorded it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Band {
    /// Photo that the band shows.
    pub source: PhotoRef,
    /// Sequence number of the decode that wrote the band's pixels.
    pub decode: u64,
}

/// Holds the values that every kind of ledger row records of a thumbnail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MakingEvent {
    /// Person who requested the thumbnail.
    pub viewer: PersonId,
    /// Photo that the viewer requested.
    pub requested: PhotoRef,
    /// Hash of the photo's bytes from which the thumbnail was made.
    pub photo_hash: ContentHash,
    /// Hash of the thumbnail's bytes.
    pub thumbnail_hash: ContentHash,
    /// Size and fit of the thumbnail.
    pub spec: ThumbnailSpec,
    /// Version of the thumbnail maker.
    pub maker: Arc<str>,
    /// Name of the pipeline that made the thumbnail.
    pub pipeline: Arc<str>,
}

/// Records the provenance of a thumbnail, as the tagging codec saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThumbnailRecord {
    /// Slot (index into the ring of shared buffers) in which the thumbnail was made, or `None` if
    /// the pipeline has no slots.
    pub slot: Option<u32>,
    /// Sequence number of the decode that belongs to the request.
    pub decode: u64,
    /// Bands from top to bottom. `None` stands for a band of a frame that held no photo.
    pub bands: Vec<Option<Band>>,
}

impl ThumbnailRecord {
    /// Returns true if any band does not show the requested photo.
    pub fn is_wrong(&self, requested: PhotoId) -> bool {
        !self.bands.iter().all(|band| band.is_some_and(|band| band.source.photo == requested))
    }
}

/// Refers to the made row of a thumbnail that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MakingRef {
    /// A row that is in the ledger already.
    Row(RowId),
    /// The last made row before the reference in the same group of entries.
    Previous,
}

/// Records that a thumbnail is shown. The ledger copies all other values from the made row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShownEntry {
    /// Person to whom the thumbnail is shown.
    pub viewer: PersonId,
    /// Photo that the viewer requested.
    pub requested: PhotoRef,
    /// Made row of the thumbnail.
    pub made: MakingRef,
}

/// Holds a row to be appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A thumbnail was made.
    Made {
        /// Request and result.
        event: MakingEvent,
        /// Provenance of the thumbnail.
        record: ThumbnailRecord,
        /// Bytes to be cached together with the row, if the photo still has the content from which
        /// the thumbnail was made. `None` stands for a thumbnail that is not cached.
        cache: Option<Bytes>,
    },
    /// A thumbnail is about to be shown. An answer with status 304 counts as shown too.
    Shown(ShownEntry),
    /// A thumbnail does not match its request and was not sent.
    Withheld(MakingEvent),
}
