//! Stores people, albums, members, photos and thumbnails in one crash-safe file, compresses photos
//! after 35 days, and keeps the ledger of the thumbnails that each viewer was shown.
//!
//! Every call blocks, so that no call can be cancelled half-way. A server calls the store on
//! threads that may block. A photo's name is chosen by its client and is looked up only together
//! with its album and its viewer. All data about a photo is stored under the store's own
//! [`PhotoId`].

mod albums;
mod authorization;
mod backup;
mod clock;
mod clock_acceptance;
mod clock_guard;
mod compression;
mod credentials;
mod database;
mod deletion;
mod error;
mod idempotency;
mod ids;
mod ledger;
mod photos;
mod private_file;
mod store;
mod thumbnail_cache;

pub use albums::{Album, AlbumCard, MAX_ALBUM_MEMBERS, MAX_PERSON_ALBUMS};
pub use backup::{BackupError, FileSummary, Restored, back_up, restore};
pub use clock::{Clock, ClockStatus, MAX_CLOCK_JUMP, Moment, MomentError, SimulatedClock};
pub use clock_acceptance::DueCounts;
pub use compression::{
    COMPRESSION_AGE, CompressionFailure, CompressionSummary, MAX_LISTED_FAILURES, Plane,
    RecompressError, Recompressed, compress_due, recompress,
};
pub use database::{APPLICATION_ID, SCHEMA_VERSION};
pub use error::{AlbumError, OpenError, OpenFailure, StoreError};
pub use idempotency::{KEY_LIFETIME, MAX_CLIENT_KEYS, MAX_KEY_LENGTH, RepeatableRequest};
pub use ids::{AlbumId, ContentHash, PersonId, PhotoId, PhotoName, PhotoUuid, RowId, Token};
pub use ledger::{
    Band, Confirmed, Entry, Estimated, ForeignBand, Impact, ImpactQuery, Ledger, MAX_BATCH_ROWS,
    MakingEvent, MakingRef, PhotoQuery, PhotoQueryError, PhotoRef, PhotoView, RETENTION, Receipt,
    Record, RecordKind, ShownEntry, ThumbnailRecord, Verification, impact,
};
pub use photos::{HashedBytes, MAX_ALBUM_PHOTOS, Photo, PhotoState, Upload, UploadOutcome};
pub use store::{MIN_FREE_BYTES, Store, StoreOptions};
pub use thumbnail_cache::{CacheKey, CacheLookup, CachedThumbnail};
