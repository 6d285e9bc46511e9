//! Provides what every execution begins with: a file with people and albums, photos of equal
//! length, every thumbnail that may be shown, and faults of the file.

use std::fmt;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use bytes::Bytes;
use double_exposure::album::{
    Clock, Moment, PhotoName, PhotoUuid, Recompressed, Store, StoreOptions, Upload, recompress,
};
use double_exposure::codec::{Fit, ImageCodec, Size, ThumbnailRequest, ThumbnailSpec};
use double_exposure::provenance::convert_undisturbed;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use tempfile::TempDir;

/// Time of the server's clock, in milliseconds since 1970.
pub(crate) const START: i64 = 1_732_775_700_000;

/// Number of people. The first two own an album each.
pub(crate) const PEOPLE: usize = 4;
pub(crate) const ALBUMS: usize = 2;
pub(crate) const NAMES: usize = 3;
pub(crate) const PHOTOS: usize = 3;
pub(crate) const SPECS: usize = 4;

/// Index of the person who is a member of both albums when an execution begins.
pub(crate) const MEMBER: usize = 2;

/// Width and height of every photo in pixels.
const WIDTH: u32 = 48;
const HEIGHT: u32 = 32;

/// Holds the names and tokens in the file, and the photos.
pub(crate) struct Fixture {
    file: Vec<u8>,
    pub(crate) people: [Person; PEOPLE],
    pub(crate) albums: [String; ALBUMS],
    pub(crate) names: [String; NAMES],
    pub(crate) photos: [Photo; PHOTOS],
}

pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) token: String,
}

/// Holds a photo as uploaded and as compressed, and its thumbnails, by spec.
pub(crate) struct Photo {
    pub(crate) original: Version,
    pub(crate) compressed: Version,
}

pub(crate) struct Version {
    pub(crate) bytes: Bytes,
    pub(crate) thumbnails: [Bytes; SPECS],
}

/// Returns the fixture. The first call makes it, with the library's own store.
pub(crate) fn fixture() -> &'static Fixture {
    static FIXTURE: LazyLock<Fixture> = LazyLock::new(make);
    &FIXTURE
}

/// Returns one of the sizes and fits that people ask for.
pub(crate) fn spec(index: usize) -> ThumbnailSpec {
    let size = Size::try_from([16, 24][index / 2]).expect("the size is allowed");
    ThumbnailSpec { size, fit: [Fit::Cover, Fit::Contain][index % 2] }
}

fn make() -> Fixture {
    let folder = Folder::new();
    let clock = Clock::Stopped(Moment::from_millis(START));
    let store = Store::open(&folder.file(), clock, StoreOptions::default()).expect("a new file");
    let created = [(); PEOPLE].map(|()| store.create_person("a person").expect("a person"));
    let albums = [0, 1]
        .map(|owner: usize| store.create_album(created[owner].0, "an album").expect("an album"));
    // The third person is a member of both albums, and each album has a photo.
    let names = [(); NAMES].map(|()| PhotoUuid::random());
    for (owner, album) in albums.iter().enumerate() {
        store.add_member(created[owner].0, *album, created[MEMBER].0).expect("a member");
    }
    let photos = [0, 1, 2].map(photo);
    for (owner, album) in albums.iter().enumerate() {
        let upload = Upload::new(photos[owner].original.bytes.clone(), WIDTH, HEIGHT);
        let name = PhotoName { album: *album, photo: names[0] };
        store.put_photo(created[owner].0, name, &upload).expect("the photo is stored");
    }
    drop(store);
    let people =
        created.map(|(id, token)| Person { id: id.to_string(), token: token.reveal().to_owned() });
    let lengths = photos.each_ref().map(|photo| photo.original.bytes.len());
    assert_eq!(lengths, [lengths[0]; PHOTOS], "photos of equal length");
    let (albums, names) = (albums.map(|id| id.to_string()), names.map(|id| id.to_string()));
    let file = std::fs::read(folder.file()).expect("the file was closed");
    let fixture = Fixture { file, people, albums, names, photos };
    fixture.assert_distinct();
    fixture
}

impl Fixture {
    /// Asserts that every thumbnail tells its photo, its version and its spec.
    fn assert_distinct(&self) {
        let versions = self.photos.iter().flat_map(|photo| [&photo.original, &photo.compressed]);
        let mut all: Vec<_> = versions.flat_map(|version| &version.thumbnails).collect();
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count, "two thumbnails are equal");
    }
}

fn photo(number: u32) -> Photo {
    let mut pixels = Vec::new();
    for (y, x) in (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (y, x))) {
        let level = |scale: u32| ((x * scale + y * (7 - number) + number * 80) % 256) as u8;
        pixels.extend([level(5), level(3 + number), level(2)]);
    }
    let mut png = Vec::new();
    PngEncoder::new_with_quality(&mut png, CompressionType::Uncompressed, FilterType::NoFilter)
        .write_image(&pixels, WIDTH, HEIGHT, ExtendedColorType::Rgb8)
        .expect("pixels are encoded");
    let original = Bytes::from(png);
    let Ok(Recompressed::Smaller { bytes, .. }) = recompress(&original) else {
        panic!("an uncompressed photo becomes smaller")
    };
    Photo { original: version(original), compressed: version(bytes) }
}

fn version(bytes: Bytes) -> Version {
    let codec = ImageCodec::new(NonZeroU32::new(4).expect("four bands"));
    let thumbnails = std::array::from_fn(|index| {
        let request = ThumbnailRequest { photo: bytes.clone(), spec: spec(index) };
        convert_undisturbed(&codec, &request).expect("the photo is decoded")
    });
    Version { bytes, thumbnails }
}

/// Holds a temporary folder for the album's file, in memory where the system has such a folder.
pub(crate) struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let parent = if memory.is_dir() { memory.into() } else { std::env::temp_dir() };
        Self(tempfile::tempdir_in(parent).expect("a temporary folder"))
    }

    /// Makes a folder with a copy of the fixture's file.
    pub(crate) fn with_file() -> Self {
        let folder = Self::new();
        std::fs::write(folder.file(), &fixture().file).expect("the folder can be written");
        folder
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.0.path().join("albums.db")
    }

    /// Makes the file reject some writes from now on, as a full disk would.
    pub(crate) fn plant(&self, fault: Fault) {
        let table = fault.table();
        self.execute(&format!(
            "CREATE TRIGGER IF NOT EXISTS fault_{table} BEFORE INSERT ON {table}
             BEGIN SELECT RAISE(ABORT, 'on purpose'); END"
        ));
    }

    /// Mends every fault.
    pub(crate) fn mend(&self) {
        for fault in Fault::ALL {
            self.execute(&format!("DROP TRIGGER IF EXISTS fault_{}", fault.table()));
        }
    }

    /// Returns the number that a query on the file yields.
    pub(crate) fn number(&self, sql: &str) -> i64 {
        let file = rusqlite::Connection::open(self.file()).expect("the file opens");
        file.query_row(sql, [], |row| row.get(0)).expect("the query yields a number")
    }

    fn execute(&self, sql: &str) {
        let file = rusqlite::Connection::open(self.file()).expect("the file opens");
        file.execute_batch(sql).expect("no write is under way between two steps");
    }
}

/// Names the writes that the file rejects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    LedgerRows,
    Photos,
    Thumbnails,
}

impl Fault {
    pub(crate) const ALL: [Self; 3] = [Self::LedgerRows, Self::Photos, Self::Thumbnails];

    fn table(self) -> &'static str {
        match self {
            Self::LedgerRows => "ledger",
            Self::Photos => "photos",
            Self::Thumbnails => "thumbnails",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} are rejected", self.table())
    }
}
