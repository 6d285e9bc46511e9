//! What do the ledger's rows cost? The same conversions on the same threads, with their rows
//! written as the server writes them, and without: in turns, and told as a part of the rate. The
//! thumbnail that the server keeps beside a row is left out: it is kept for the next who asks.

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

/// Conversions at once, as many as the house has workers.
const WORKERS: usize = 32;

/// Photos in a file, and what makes their thumbnails.
struct Workplace {
    owner: PersonId,
    photos: Vec<Photo>,
    ledger: Ledger,
    engine: Arc<dyn Converter>,
    roll: JobRegistry,
}

/// Prints what part of the rate the rows take.
pub(crate) fn cost(turns: usize, conversions: usize) {
    let (mut with, mut without, mut costs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..turns {
        let folder = tempfile::tempdir().expect("the system gives a folder");
        let file = folder.path().join("albums.db");
        let store = Store::open(&file, Clock::System, StoreOptions::default()).expect("a new file");
        let place = Workplace::new(&Arc::new(store));
        let plain = place.rate(conversions, false);
        let recorded = place.rate(conversions, true);
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

impl Workplace {
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
            ledger: Ledger::start(Arc::clone(store)).expect("the system gives a thread"),
            engine: converter(PipelineKind::Owned, NonZeroUsize::MIN),
            roll: JobRegistry::default(),
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
                        self.make(number, recorded);
                    }
                });
            }
        });
        conversions as f64 / began.elapsed().as_secs_f64()
    }

    fn make(&self, number: usize, recorded: bool) {
        let (photo, size) = cold(number);
        let (photo, bytes) = (&self.photos[photo], PHOTOS[photo % PHOTOS.len()]);
        let size = Size::try_from(size).expect("within the limits");
        let job = self.roll.register(photo, ThumbnailSpec { size, fit: Fit::Cover });
        let done = self.engine.convert(job, Bytes::from_static(bytes));
        let done = done.expect("the photos are whole");
        if recorded {
            self.record(photo, size, done);
        }
    }

    /// The rows of one thumbnail: made, then shown.
    fn record(&self, photo: &Photo, size: Size, done: Conversion) {
        const WRITTEN: &str = "the file takes rows";
        let event = MakingEvent {
            viewer: self.owner,
            requested: photo.into(),
            photo_hash: photo.content,
            thumbnail_hash: ContentHash::of(&done.made.output),
            spec: ThumbnailSpec { size, fit: Fit::Cover },
            maker: "bench".into(),
            pipeline: "owned".into(),
        };
        let record = self.roll.provenance(&done.made, false);
        let made = self.ledger.append(vec![Entry::Made { event, record, cache: None }]);
        let made = MakingRef::Row(made.expect(WRITTEN)[0]);
        let shown = ShownEntry { viewer: self.owner, requested: photo.into(), made };
        self.ledger.append(vec![Entry::Shown(shown)]).expect(WRITTEN);
    }
}
