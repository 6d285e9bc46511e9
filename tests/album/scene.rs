//! A file in a folder of its own, some people, and photos to post.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use double_exposure::album::{
    AlbumId, Band, Clock, ContentHash, MakingEvent, Moment, PersonId, Photo, PhotoName, PhotoRef,
    PhotoUuid, Store, StoreOptions, ThumbnailRecord, Upload, UploadOutcome,
};
use double_exposure::codec::ThumbnailSpec;
use jpeg_encoder::{ColorType, Encoder};
use tempfile::TempDir;

/// When scenes begin: 28 November 2024, 15:35 in Japan.
pub(crate) const START: Moment = Moment::from_millis(1_732_775_700_000);

pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A folder, and the file in it.
pub(crate) struct Scene {
    folder: TempDir,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("album.db")
    }

    /// Opens the file with a clock that stands still.
    pub(crate) fn open_at(&self, now: Moment) -> Store {
        self.open_with(now, StoreOptions::default())
    }

    pub(crate) fn open(&self) -> Store {
        self.open_at(START)
    }

    pub(crate) fn open_with(&self, now: Moment, options: StoreOptions) -> Store {
        Store::open(&self.path(), Clock::Stopped(now), options).expect("the scene's file opens")
    }

    /// A second look at the file, past the store.
    pub(crate) fn sqlite(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path()).expect("SQLite opens the scene's file")
    }

    pub(crate) fn check_integrity(&self) {
        let sqlite = self.sqlite();
        let verdict: String = sqlite
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .expect("SQLite checks the scene's file");
        assert_eq!(verdict, "ok");
        let dangling: i64 = sqlite
            .query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0))
            .expect("SQLite checks the references");
        assert_eq!(dangling, 0, "references to what is not there");
    }
}

pub(crate) fn person(store: &Store) -> PersonId {
    store.create_person("someone").expect("a person is made").0
}

/// A person with an album of their own.
pub(crate) fn owner(store: &Store) -> (PersonId, AlbumId) {
    let owner = person(store);
    (owner, store.create_album(owner, "an album").expect("an album is made"))
}

pub(crate) fn name(album: AlbumId) -> PhotoName {
    PhotoName { album, photo: PhotoUuid::random() }
}

/// Posts bytes under a new name; the store does not look into them.
pub(crate) fn post(store: &Store, member: PersonId, album: AlbumId, bytes: &Bytes) -> Photo {
    let upload = Upload::new(bytes.clone(), 640, 480);
    match store.put_photo(member, name(album), &upload).expect("the photo is posted") {
        UploadOutcome::Created(photo) => photo,
        UploadOutcome::Same(photo) => panic!("a new name held {photo:?} already"),
    }
}

/// A JPEG with soft shapes, different for each `seed`.
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
        .expect("a picture of these sides is encoded");
    bytes.into()
}

/// The same JPEG with an EXIF block that asks for an orientation and names a place.
pub(crate) fn with_exif(jpeg: &Bytes, orientation: u16) -> Bytes {
    let mut tiff = b"MM\0*\0\0\0\x08\0\x01".to_vec();
    tiff.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1]);
    tiff.extend(orientation.to_be_bytes());
    tiff.extend([0, 0, 0, 0, 0, 0]);
    tiff.extend(PLACE);
    let mut bytes = jpeg[..2].to_vec();
    bytes.extend([0xFF, 0xE1]);
    bytes.extend((8 + tiff.len() as u16).to_be_bytes());
    bytes.extend(b"Exif\0\0");
    bytes.extend(tiff);
    bytes.extend(&jpeg[2..]);
    bytes.into()
}

/// What [`with_exif`] hides in a photo.
pub(crate) const PLACE: &[u8] = b"35.6895 N 139.6917 E";

pub(crate) fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

pub(crate) const MAKER: &str = "maker 7";

/// A thumbnail of `asked` that `viewer` asked for.
pub(crate) fn event(viewer: PersonId, asked: &Photo) -> MakingEvent {
    MakingEvent {
        viewer,
        asked: PhotoRef::from(asked),
        content_in: asked.content,
        content_out: ContentHash::of(b"thumbnail"),
        spec: ThumbnailSpec::default(),
        maker: MAKER.into(),
        pipeline: "shared".into(),
    }
}

/// A making whose bands show these photos.
pub(crate) fn making(bands: &[Option<&Photo>]) -> ThumbnailRecord {
    let band = |photo: &&Photo| Band { source: PhotoRef::from(*photo), decode: 41 };
    let bands = bands.iter().map(|photo| photo.as_ref().map(band)).collect();
    ThumbnailRecord { slot: Some(3), decode: 40, bands }
}
