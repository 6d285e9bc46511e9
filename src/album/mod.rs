//! The album: people, albums, members, photos and their thumbnails in one crash-safe file, the
//! 35-day compression, and the ledger of who was shown what.
//!
//! Everything here blocks, so that nothing here can be cancelled half-way: whoever serves many
//! people calls it on threads that may wait. A photo's name, given by its client, is only ever
//! looked up together with its album and its viewer; everything that is kept about a photo is kept
//! under the store's own [`PhotoId`].

mod albums;
mod authorization;
mod clock;
mod compression;
mod database;
mod error;
mod ids;
mod ledger;
mod operator_key;
mod people;
mod photos;
mod store;
mod thumbnail_cache;

pub use albums::{Album, AlbumCard, MAX_MEMBERS};
pub use clock::{Clock, Moment, MomentError};
pub use compression::{
    AGE, CompressionFailure, CompressionSummary, MAX_NAMED, RecompressError, Recompressed,
    compress_due, recompress,
};
pub use database::{APPLICATION_ID, VERSION};
pub use error::{AlbumError, OpenError, StoreError};
pub use ids::{AlbumId, ContentHash, PersonId, PhotoId, PhotoName, PhotoUuid, RowId, Token};
pub use ledger::{
    Band, Confirmed, Entry, Estimated, ForeignBand, Impact, ImpactQuery, Ledger, MAX_BATCH_ROWS,
    MakingEvent, MakingRef, PhotoQuery, PhotoQueryError, PhotoRef, PhotoView, RETENTION, Receipt,
    Record, RecordKind, ShownEntry, ThumbnailRecord, Verification, impact,
};
pub use photos::{HashedBytes, MAX_PHOTOS, Photo, PhotoState, Upload, UploadOutcome};
pub use store::{Store, StoreOptions};
pub use thumbnail_cache::{CacheKey, CacheLookup, CachedThumbnail};
