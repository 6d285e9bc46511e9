//! Measures the cost of the ledger's rows. The bench runs the same conversions on the same threads,
//! with rows written as the server writes them, and without, in turn, and prints the cost as a
//! share of the rate. The cached thumbnail beside a row is left out, since the cache serves later
//! requests.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use bytes::Bytes;
use double_exposure::album::{
    Clock, ContentHash, Entry, Ledger, MakingEvent, MakingRef, PersonId, Photo, PhotoName,
    PhotoUuid, ShownEntry, Store, StoreOptions, Upload, UploadOutcome,
};
use double_exposure::codec::{Fit, Size, ThumbnailSpec};
use double_exposure::pipelines::PipelineKind;
use double_exposure::server::converter::{Conversion, Converter, converter};
use double_exposure::server::job_registry::JobRegistry;

use crate::process::{NAMES, PHOTOS, cold};

/// Number of conversions that run at once, as in the server.
const WORKERS: usize = 32;

/// Holds a file with photos, and the parts that convert them and record it.
struct Fixture {
    owner: PersonId,
    photos: Vec<Photo>,
    ledger: Ledger,
    converter: Arc<dyn Converter>,
    jobs: JobRegistry,
}

/// Prints the share of the rate that the rows cost.
pub(crate) fn cost(turns: usize, conversions: usize) {
    let (mut with, mut without, mut costs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..turns {
        let folder = tempfile::tempdir().expect("the system creates a folder");
        let file = folder.path().join("albums.db");
        let store =
            Store::open(&file, Clock::System, StoreOptions::default()).expect("the file is new");
        let fixture = Fixture::new(&Arc::new(store));
        let plain = fixture.rate(conversions, false);
        let recorded = fixture.rate(conversions, true);
        with.push(recorded);
        without.push(plain);
        costs.push(1.0 - recorded / plain);
    }
    let medians = [&mut with, &mut without, &mut costs].map(|figures| crate::median(figures));
    println!(
        "ledger               {:8.0} thumbnails/s with its rows, {:.0} without: {:.1} % of the \
         rate",
        medians[0],
        medians[1],
        medians[2] * 100.0
    );
}

impl Fixture {
    fn new(store: &Arc<Store>) -> Self {
        const NEW: &str = "the file is new";
        let (owner, _) = store.create_person("Ann").expect(NEW);
        let album = store.create_album(owner, "Summer").expect(NEW);
        let photos = (0..NAMES).map(|number| {
            let name = PhotoName { album, photo: PhotoUuid::random() };
            let bytes = Bytes::from_static(PHOTOS[number % PHOTOS.len()]);
            match store.put_photo(owner, name, &Upload::new(bytes, 1, 1)).expect(NEW) {
                UploadOutcome::Created(photo) | UploadOutcome::Same(photo) => photo,
            }
        });
        Self {
            owner,
            photos: photos.collect(),
            ledger: Ledger::start(Arc::clone(store)).expect("the system starts a thread"),
            converter: converter(PipelineKind::Owned, NonZeroUsize::MIN),
            jobs: JobRegistry::default(),
        }
    }

    fn rate(&self, conversions: usize, recorded: bool) -> f64 {
        let next = AtomicUsize::new(0);
        let began = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..WORKERS {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= conversions {
                            return;
                        }
                        self.convert(number, recorded);
                    }
                });
            }
        });
        conversions as f64 / began.elapsed().as_secs_f64()
    }

    fn convert(&self, number: usize, recorded: bool) {
        let (photo, size) = cold(number);
        let (photo, bytes) = (&self.photos[photo], PHOTOS[photo % PHOTOS.len()]);
        let size = Size::try_from(size).expect("the size is within the limits");
        let job = self.jobs.register(photo, ThumbnailSpec { size, fit: Fit::Cover });
        let conversion = self.converter.convert(job, Bytes::from_static(bytes));
        let conversion = conversion.expect("the photos are whole");
        if recorded {
            self.record(photo, conversion);
        }
    }

    /// Writes the two rows of a thumbnail: that it was made, and that it is shown.
    fn record(&self, photo: &Photo, Conversion { job, traced }: Conversion) {
        const WRITTEN: &str = "the rows are written";
        let event = MakingEvent {
            viewer: self.owner,
            requested: photo.into(),
            photo_hash: photo.content,
            thumbnail_hash: ContentHash::of(&traced.output),
            spec: job.spec,
            maker: "bench".into(),
            pipeline: "owned".into(),
        };
        let record = self.jobs.provenance(&traced, false);
        let made = self.ledger.append(vec![Entry::Made { event, record, cache: None }]);
        let made = MakingRef::Row(made.expect(WRITTEN)[0]);
        let shown = ShownEntry { viewer: self.owner, requested: photo.into(), made };
        self.ledger.append(vec![Entry::Shown(shown)]).expect(WRITTEN);
    }
}
