//! The album: people, albums, members, photos and their thumbnails in one crash-safe file, the
//! 35-day compression, and the ledger of who was shown what.
//!
//! Everything here blocks, so that nothing here can be cancelled half-way: whoever serves many
//! people calls it on threads that may wait. A photo's name, given by its client, is only ever
//! looked up together with its album and its viewer; everything that is kept about a photo is kept
//! under the store's own [`PhotoId`].

mod access;
mod albums;
mod clock;
mod compression;
mod error;
mod file;
mod ledger;
mod names;
mod operator;
mod people;
mod photos;
mod store;
mod thumbnails;

pub use albums::{Album, AlbumCard, MOST_MEMBERS};
pub use clock::{Clock, Moment, MomentError};
pub use compression::{
    AGE, Failure, MOST_NAMED, SqueezeError, Squeezed, Summary, compress_due, squeeze,
};
pub use error::{AlbumError, OpenError, StoreError};
pub use file::{APPLICATION_ID, VERSION};
pub use ledger::{
    Band, Confirmed, Entry, Estimated, Event, Foreign, Impact, Kept, Ledger, MOST_ROWS_A_BATCH,
    Making, Question, RETENTION, Receipt, Recheck, Record, Shown, Sighting, Sought, SoughtError,
    Source, What, impact,
};
pub use names::{AlbumId, ContentHash, PersonId, PhotoId, PhotoName, PhotoUuid, RowId, Token};
pub use photos::{MOST_PHOTOS, Photo, Put, State, Upload};
pub use store::{Options, Store};
pub use thumbnails::{Found, Thumbnail, Wanted};
