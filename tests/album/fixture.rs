//! Makes files in temporary folders, people, photos and ledger entries for the tests.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use double_exposure::album::{
    AlbumId, Band, CacheKey, CachedThumbnail, Clock, ContentHash, Entry, MakingEvent, MakingRef,
    Moment, PersonId, Photo, PhotoName, PhotoRef, PhotoUuid, RowId, ShownEntry, SimulatedClock,
    Store, StoreOptions, ThumbnailRecord, Upload, UploadOutcome,
};
use double_exposure::codec::ThumbnailSpec;
use jpeg_encoder::{ColorType, Encoder};
use tempfile::TempDir;

/// Time at which tests begin, 28 November 2024, 15:35 in Japan.
pub(crate) const START: Moment = Moment::from_millis(1_732_775_700_000);

pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Version of the thumbnail maker in all entries.
pub(crate) const MAKER: &str = "maker 7";

/// Holds the path of an album's file in a temporary folder.
pub(crate) struct TestFile {
    folder: TempDir,
}

impl TestFile {
    /// Makes the folder. The file does not exist yet.
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    /// Makes a file with a person and an album of that person.
    pub(crate) fn with_album() -> (Self, Arc<Store>, PersonId, AlbumId) {
        let file = Self::new();
        let store = Arc::new(file.open());
        let (owner, album) = owner(&store);
        (file, store, owner, album)
    }

    /// Makes a file with two people, each with a photo in an album of their own.
    pub(crate) fn with_two_photos() -> (Self, Arc<Store>, [Photo; 2]) {
        let file = Self::new();
        let store = Arc::new(file.open());
        let photos = ["ann's", "ben's"].map(|bytes| {
            let (owner, album) = owner(&store);
            upload(&store, owner, album, bytes)
        });
        (file, store, photos)
    }

    /// Makes a file with photos of these bytes in one album, uploaded at [`START`], and closes it.
    pub(crate) fn with_uploads(
        uploads: impl IntoIterator<Item = Bytes>,
    ) -> (Self, PersonId, Vec<Photo>) {
        let (file, store, owner, album) = Self::with_album();
        let photos = uploads.into_iter().map(|bytes| upload(&store, owner, album, bytes)).collect();
        (file, owner, photos)
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("album.db")
    }

    /// Opens the file with a clock that stands still at [`START`].
    pub(crate) fn open(&self) -> Store {
        self.open_with(START, StoreOptions::default())
    }

    /// Opens the file with a clock that stands still, and that the operator has accepted.
    pub(crate) fn open_at(&self, now: Moment) -> Store {
        let store = self.open_with(now, StoreOptions::default());
        store.accept_clock().expect("the file is written");
        store
    }

    /// Opens the file with a clock that the test moves.
    pub(crate) fn open_simulated(&self, clock: &'static SimulatedClock) -> Store {
        Store::open(&self.path(), Clock::Simulated(clock), StoreOptions::default())
            .expect("the test's file opens")
    }

    pub(crate) fn open_with(&self, now: Moment, options: StoreOptions) -> Store {
        Store::open(&self.path(), Clock::Stopped(now), options).expect("the test's file opens")
    }

    /// Opens a connection that bypasses the store.
    pub(crate) fn sqlite(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path()).expect("SQLite opens the test's file")
    }

    /// Returns the number that a query on the file yields.
    pub(crate) fn number(&self, sql: &str) -> i64 {
        self.sqlite().query_row(sql, [], |row| row.get(0)).expect("the query yields a number")
    }

    pub(crate) fn check_integrity(&self) {
        let verdict: String = self
            .sqlite()
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .expect("SQLite checks the test's file");
        assert_eq!(verdict, "ok");
        let dangling = self.number("SELECT count(*) FROM pragma_foreign_key_check");
        assert_eq!(dangling, 0, "references to missing rows");
    }
}

pub(crate) fn person(store: &Store) -> PersonId {
    store.create_person("a person").expect("a person is created").0
}

/// Creates a person with an album.
pub(crate) fn owner(store: &Store) -> (PersonId, AlbumId) {
    let owner = person(store);
    (owner, store.create_album(owner, "an album").expect("an album is created"))
}

/// Returns a name that no photo has.
pub(crate) fn unused_name(album: AlbumId) -> PhotoName {
    PhotoName { album, photo: PhotoUuid::random() }
}

/// Uploads bytes under an unused name. The store does not decode the bytes.
pub(crate) fn upload(
    store: &Store,
    member: PersonId,
    album: AlbumId,
    bytes: impl Into<Bytes>,
) -> Photo {
    let upload = Upload::new(bytes.into(), 640, 480);
    match store.put_photo(member, unused_name(album), &upload).expect("the photo is stored") {
        UploadOutcome::Created(photo) => photo,
        UploadOutcome::Same(photo) => panic!("an unused name has {photo:?}"),
    }
}

/// Encodes a JPEG with soft shapes, different for each `seed`.
pub(crate) fn jpeg(width: u16, height: u16, quality: u8, seed: u32) -> Bytes {
    let mut pixels = Vec::with_capacity(usize::from(width) * usize::from(height) * 3);
    let (across, down) = (seed % 7 + 1, seed % 5 + 2);
    for y in 0..u32::from(height) {
        for x in 0..u32::from(width) {
            let (u, v) = (x * 255 / u32::from(width), y * 255 / u32::from(height));
            let fine = (x * 31 + y * 17 + seed) % 23;
            pixels.extend([
                ((u * across) % 256) as u8,
                ((v * down) % 256) as u8,
                ((u + v + fine * 3 + seed) % 256) as u8,
            ]);
        }
    }
    let mut bytes = Vec::new();
    Encoder::new(&mut bytes, quality)
        .encode(&pixels, width, height, ColorType::Rgb)
        .expect("a picture of these dimensions is encoded");
    bytes.into()
}

/// Returns true if `bytes` contain `part`.
pub(crate) fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Describes a thumbnail of the photo, made for the photo's owner.
pub(crate) fn event(photo: &Photo) -> MakingEvent {
    MakingEvent {
        viewer: photo.owner,
        requested: PhotoRef::from(photo),
        photo_hash: photo.content,
        thumbnail_hash: ContentHash::of(b"thumbnail"),
        spec: ThumbnailSpec::default(),
        maker: MAKER.into(),
        pipeline: "shared".into(),
    }
}

/// Records a thumbnail whose bands show these photos.
pub(crate) fn record(bands: &[Option<&Photo>]) -> ThumbnailRecord {
    let band = |photo: &&Photo| Band { source: PhotoRef::from(*photo), decode: 41 };
    let bands = bands.iter().map(|photo| photo.as_ref().map(band)).collect();
    ThumbnailRecord { slot: Some(3), decode: 40, bands }
}

/// Makes the entry of a made thumbnail whose bands show these photos.
pub(crate) fn made(photo: &Photo, bands: &[Option<&Photo>], cached: bool) -> Entry {
    let cache = cached.then(|| Bytes::from_static(b"thumbnail"));
    Entry::Made { event: event(photo), record: record(bands), cache }
}

pub(crate) fn shown(viewer: PersonId, photo: &Photo, made: MakingRef) -> Entry {
    Entry::Shown(ShownEntry { viewer, requested: PhotoRef::from(photo), made })
}

/// Appends one group of entries.
pub(crate) fn append(store: &Store, at: Moment, entries: &[Entry]) -> Vec<RowId> {
    let results = store.append([(at, entries)].into_iter()).expect("the batch is written");
    results.into_iter().next().expect("one group, one result").expect("the group is written")
}

/// Returns the photo's cached thumbnail.
pub(crate) fn cached(store: &Store, photo: &Photo) -> Option<CachedThumbnail> {
    let key = CacheKey { spec: ThumbnailSpec::default(), maker: MAKER };
    store.thumbnail(photo.owner, photo.name, &key).expect("the photo is there").thumbnail
}

/// Returns true if the cache has the photo's thumbnail.
pub(crate) fn is_cached(store: &Store, photo: &Photo) -> bool {
    cached(store, photo).is_some()
}
