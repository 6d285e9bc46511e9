//! What the ledger is told.

use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;

use super::super::{AlbumId, ContentHash, PersonId, Photo, PhotoId, PhotoName, RowId};
use crate::codec::ThumbnailSpec;

/// A photo and its owner, by value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct PhotoRef {
    /// Which photo, once and for all.
    pub photo: PhotoId,
    /// What its client called it.
    pub name: super::super::PhotoUuid,
    /// Its album.
    pub album: AlbumId,
    /// Its owner.
    pub owner: PersonId,
}

impl From<&Photo> for PhotoRef {
    fn from(photo: &Photo) -> Self {
        let PhotoName { album, photo: name } = photo.name;
        Self { photo: photo.id, name, album, owner: photo.owner }
    }
}

/// One band of a thumbnail, by the witness codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Band {
    /// The photo it shows.
    pub source: PhotoRef,
    /// That photo's place in the order of decodes.
    pub decode: u64,
}

/// What all rows say of a thumbnail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MakingEvent {
    /// Who asked for it.
    pub viewer: PersonId,
    /// The photo that was asked for.
    pub asked: PhotoRef,
    /// The hash of the photo's bytes that it was made from.
    pub content_in: ContentHash,
    /// The hash of the thumbnail's bytes.
    pub content_out: ContentHash,
    /// The thumbnail's size and fit.
    pub spec: ThumbnailSpec,
    /// The version of the thumbnail maker.
    pub maker: Arc<str>,
    /// The pipeline that made it.
    pub pipeline: Arc<str>,
}

/// How a thumbnail came to be, by the witness codec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThumbnailRecord {
    /// The slot it was made in, where the pipeline has slots.
    pub slot: Option<u32>,
    /// Its own place in the order of decodes.
    pub decode: u64,
    /// Its bands, top to bottom; `None` for a frame with no photo in it.
    pub bands: Vec<Option<Band>>,
}

impl ThumbnailRecord {
    /// Whether any band shows another photo than was asked for, or none.
    pub fn is_wrong(&self, asked: PhotoId) -> bool {
        !self.bands.iter().all(|band| band.is_some_and(|band| band.source.photo == asked))
    }
}

/// Which making a shown thumbnail is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MakingRef {
    /// The one in this row.
    Row(RowId),
    /// The last one before it in the same entries.
    Previous,
}

/// A thumbnail shown. All else is taken from the row of its making.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShownEntry {
    /// To whom.
    pub viewer: PersonId,
    /// For which photo.
    pub asked: PhotoRef,
    /// Which making.
    pub made: MakingRef,
}

/// One row to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A thumbnail was made.
    Made {
        /// What of.
        event: MakingEvent,
        /// How.
        making: ThumbnailRecord,
        /// Its bytes, to be kept with the row if the photo still is what it was made from.
        keep: Option<Bytes>,
    },
    /// A thumbnail is about to be shown; a 304 is a showing too.
    Shown(ShownEntry),
    /// A thumbnail was not of what was asked for, and not sent.
    Stopped(MakingEvent),
}
