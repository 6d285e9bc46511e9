//! Makes thumbnails on demand: looks them up, admits, coalesces and converts, and records each in
//! the ledger.
//!
//! A conversion belongs to no client. Its permit, its photo and its frame live in the closure that
//! converts, on a thread of its own, until the conversion ends. So a client that hangs up frees
//! nothing that is still in use.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::admission::{Enqueued, Permit};
use super::byte_budget::ByteBudget;
use super::converter::{Conversion, ConversionJob, Converter};
use super::job_registry::JobRegistry;
use super::latency_estimate::LatencyEstimate;
use super::problem::{Problem, ProblemKind};
use super::resources::Resources;
use super::single_flight::{Leader, SingleFlight};
use crate::album::{
    AlbumError, CacheKey, CacheLookup, ContentHash, Entry, Ledger, MakingEvent, MakingRef,
    PersonId, Photo, PhotoId, PhotoName, RowId, ShownEntry, Store, StoreError,
};
use crate::codec::limits::MAX_FILE_BYTES;
use crate::codec::{PhotoLimits, ProbedPhoto, ThumbnailSpec};
use crate::pipelines::PipelineKind;
use crate::runtime::Instant;

/// Describes how a server makes its thumbnails.
#[derive(Clone, Debug)]
pub struct Maker {
    /// Version of the thumbnail maker, which every cached thumbnail is kept under.
    pub version: Arc<str>,
    /// Name of the pipeline.
    pub pipeline: Arc<str>,
    /// True if the pipeline has slots (indexes into a ring of shared buffers) that the ledger
    /// names.
    pub has_slots: bool,
}

impl Maker {
    /// Describes this program with a pipeline.
    pub fn new(pipeline: PipelineKind) -> Self {
        let version = env!("CARGO_PKG_VERSION");
        Self {
            version: format!("{version}-{pipeline}{}", crate::codec::MAKER_SUFFIX).into(),
            pipeline: pipeline.to_string().into(),
            has_slots: pipeline == PipelineKind::Shared,
        }
    }
}

/// Makes thumbnails, and records in the ledger how each was made and to whom it is shown.
pub(super) struct ThumbnailService {
    resources: Arc<Resources>,
    ledger: Ledger,
    converter: Arc<dyn Converter>,
    maker: Maker,
    /// Longest time that a request waits.
    timeout: Duration,
    jobs: JobRegistry,
    single_flight: SingleFlight<FlightKey, FlightResult>,
    latency: Arc<LatencyEstimate>,
    /// Budget of the photos whose headers are being read, in bytes of their files.
    headers: ByteBudget,
}

/// Identifies a thumbnail that a viewer asks for.
#[derive(Clone, Copy)]
pub(super) struct ViewRequest {
    pub(super) viewer: PersonId,
    pub(super) name: PhotoName,
    pub(super) spec: ThumbnailSpec,
    /// Time at which the response times out.
    pub(super) deadline: Instant,
}

/// Holds the thumbnail that a viewer asked for.
pub(super) struct FoundThumbnail {
    pub(super) photo: Photo,
    /// Row of the ledger that records how the thumbnail was made.
    pub(super) made: RowId,
    pub(super) bytes: Bytes,
}

/// Identifies the conversions that may be shared. A photo's id is never used again, so identical
/// bytes in two albums have two keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct FlightKey {
    photo: PhotoId,
    content: ContentHash,
    spec: ThumbnailSpec,
}

/// Holds a thumbnail that was just made, and that is cached if it is of what was asked for.
struct MadeThumbnail {
    job: ConversionJob,
    row: RowId,
    bytes: Bytes,
}

/// Holds the result of a conversion, for every request that waits for it.
type FlightResult = Result<Arc<MadeThumbnail>, ThumbnailError>;

/// Describes why there is no thumbnail.
#[derive(Clone)]
enum ThumbnailError {
    /// Lookup that is outdated: the photo was replaced or deleted, or the ledger dropped the row of
    /// the thumbnail. A new lookup finds the present state.
    Outdated,
    /// Problem with which the request fails.
    Failed(Problem),
}

impl<E: Into<Problem>> From<E> for ThumbnailError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl ThumbnailService {
    pub(super) fn new(
        resources: Arc<Resources>,
        ledger: Ledger,
        converter: Arc<dyn Converter>,
        maker: Maker,
        timeout: Duration,
    ) -> Self {
        let (jobs, single_flight, latency) = Default::default();
        let headers = ByteBudget::new(MAX_FILE_BYTES);
        Self { resources, ledger, converter, maker, timeout, jobs, single_flight, latency, headers }
    }

    /// Returns the version of the thumbnail maker.
    pub(super) fn maker_version(&self) -> &str {
        &self.maker.version
    }

    /// Looks up a photo and its cached thumbnail, if the viewer may see the photo.
    ///
    /// # Errors
    /// Returns [`AlbumError::NotFound`] if the viewer may not, or [`AlbumError::Store`].
    pub(super) fn look_up(
        &self,
        store: &Store,
        request: ViewRequest,
    ) -> Result<CacheLookup, AlbumError> {
        let key = CacheKey { spec: request.spec, maker: &self.maker.version };
        store.thumbnail(request.viewer, request.name, &key)
    }

    /// Returns the cached thumbnail that the lookup found, or makes a new one. If the response will
    /// send it, its bytes are booked, and then the ledger has recorded that the viewer is shown the
    /// thumbnail, before the method returns. `book` returns booked bytes, or `None` if the response
    /// has no body.
    ///
    /// If the photo is replaced meanwhile, one further lookup finds the new photo.
    pub(super) async fn show(
        self: &Arc<Self>,
        request: ViewRequest,
        found: CacheLookup,
        book: &(impl Fn(&FoundThumbnail) -> Result<Option<Bytes>, Problem> + Sync),
    ) -> Result<FoundThumbnail, Problem> {
        let mut shown = self.try_show(request, found, book).await;
        if let Err(ThumbnailError::Outdated) = shown {
            let service = Arc::clone(self);
            let look_up = move |store: &Store| service.look_up(store, request);
            let found = self.resources.store.run(look_up).await?;
            shown = self.try_show(request, found, book).await;
        }
        shown.map_err(|error| match error {
            ThumbnailError::Failed(problem) => problem,
            ThumbnailError::Outdated => {
                Problem::new(ProblemKind::Overloaded, "the photo keeps changing: try again")
            }
        })
    }

    async fn try_show(
        self: &Arc<Self>,
        request: ViewRequest,
        found: CacheLookup,
        book: &(impl Fn(&FoundThumbnail) -> Result<Option<Bytes>, Problem> + Sync),
    ) -> Result<FoundThumbnail, ThumbnailError> {
        let CacheLookup { photo, thumbnail } = found;
        let mut shown = match thumbnail {
            Some(cached) => {
                self.resources.metrics.cache_hits.inc();
                FoundThumbnail { photo, made: cached.made, bytes: cached.bytes }
            }
            None => self.make(request, photo).await?,
        };
        let Some(booked) = book(&shown)? else { return Ok(shown) };
        shown.bytes = booked;
        let entry = Entry::Shown(ShownEntry {
            viewer: request.viewer,
            requested: (&shown.photo).into(),
            made: MakingRef::Row(shown.made),
        });
        match self.commit(entry).await {
            Ok(_) => Ok(shown),
            Err(StoreError::UnknownMaking { .. }) => Err(ThumbnailError::Outdated),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes the thumbnail, or waits for one that is being made, and then checks again that the
    /// viewer may see the photo.
    async fn make(
        self: &Arc<Self>,
        request: ViewRequest,
        photo: Photo,
    ) -> Result<FoundThumbnail, ThumbnailError> {
        let ViewRequest { viewer, name, spec, deadline } = request;
        let Resources { store, admission, metrics, .. } = &*self.resources;
        let key = FlightKey { photo: photo.id, content: photo.content, spec };
        // The memory is not known before the photo's header is read, which costs something.
        let admit = || admission.try_enqueue(Some(viewer), 0);
        let (waiter, joined) =
            self.single_flight.run_or_join(key, deadline, admit, |leader, enqueued| {
                let (service, photo) = (Arc::clone(self), photo.clone());
                async move { service.make_once(&leader, enqueued, viewer, photo, spec).await }
            })?;
        if joined {
            metrics.conversions_joined.inc();
        }
        let made = waiter.result().await.unwrap_or_else(|| {
            Err(Problem::internal("a conversion", &"its task panicked").into())
        })?;
        let now = store.run(move |store| store.photo(viewer, name)).await?;
        if (now.id, now.content) != (photo.id, photo.content) {
            return Err(ThumbnailError::Outdated);
        }
        if !made.job.is_of(&photo, spec) {
            return Err(self.withhold(self.event(viewer, &photo, spec, &made.bytes)).await.into());
        }
        Ok(FoundThumbnail { photo, made: made.row, bytes: made.bytes.clone() })
    }

    /// Makes a thumbnail for all requests that wait for it. Returns `None` if no request waits any
    /// more.
    ///
    /// The photo is read by its id and content, not by a viewer's name for it. Each request decides
    /// before and after whether its own viewer may see the photo.
    async fn make_once(
        self: Arc<Self>,
        leader: &Arc<Leader<FlightKey, FlightResult>>,
        enqueued: Enqueued,
        viewer: PersonId,
        photo: Photo,
        spec: ThumbnailSpec,
    ) -> Option<FlightResult> {
        let Resources { store, metrics, .. } = &*self.resources;
        let admitted = async {
            let turn = enqueued.turn().await;
            let needed_bytes = self.needed_bytes(&photo, spec).await?;
            Ok::<_, ThumbnailError>(turn.needing(needed_bytes)?.acquire().await)
        };
        let permit = tokio::select! {
            biased;
            () = leader.abandoned() => {
                metrics.conversions_cancelled.inc();
                return None;
            }
            permit = admitted => permit,
        };
        let permit = match permit {
            Ok(permit) => permit,
            Err(error) => return Some(Err(error)),
        };
        let left = leader.deadline()?.saturating_duration_since(Instant::now());
        if !self.latency.fits(left, self.timeout) {
            let detail = "the queue is too long to respond in time: try again in a moment";
            return Some(Err(Problem::new(ProblemKind::Overloaded, detail).into()));
        }
        let (id, content) = (photo.id, photo.content);
        let bytes = match store.run(move |store| store.photo_bytes(id, content)).await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Some(Err(ThumbnailError::Outdated)),
            Err(problem) => return Some(Err(problem.into())),
        };
        let job = self.jobs.register(&photo, spec);
        let converted = self.convert(leader, permit, job, bytes).await?;
        if converted.is_err() {
            metrics.conversions_failed.inc();
        }
        Some(match converted {
            Ok(conversion) => self.record(viewer, &photo, spec, conversion).await,
            Err(problem) => Err(problem.into()),
        })
    }

    /// Reads the photo's header, and returns the memory that its conversion needs, in bytes. The
    /// codings of photos differ by a factor of ten.
    async fn needed_bytes(
        &self,
        photo: &Photo,
        spec: ThumbnailSpec,
    ) -> Result<u64, ThumbnailError> {
        let _held = self.headers.acquire(photo.bytes.min(MAX_FILE_BYTES)).await;
        let (id, content) = (photo.id, photo.content);
        let needed = self.resources.store.run(move |store| {
            let bytes = store.photo_bytes(id, content)?;
            // A photo that cannot be read is refused by its conversion, which names the reason.
            let needed = |bytes: Bytes| {
                let probed = ProbedPhoto::open(bytes, PhotoLimits::MAX);
                probed.map_or(0, |probed| probed.memory_bytes(spec))
            };
            Ok::<_, StoreError>(bytes.map(needed))
        });
        needed.await?.ok_or(ThumbnailError::Outdated)
    }

    async fn convert(
        &self,
        leader: &Arc<Leader<FlightKey, FlightResult>>,
        permit: Permit,
        job: ConversionJob,
        photo: Bytes,
    ) -> Option<Result<Conversion, Problem>> {
        let (leader, converter) = (Arc::clone(leader), Arc::clone(&self.converter));
        let metrics = Arc::clone(&self.resources.metrics);
        let latency = Arc::clone(&self.latency);
        let work = move || {
            // Held to the end of the conversion, also if every client hangs up meanwhile.
            let _permit = permit;
            if !leader.start() {
                metrics.conversions_cancelled.inc();
                return None;
            }
            let began = Instant::now();
            let converted = converter.convert(job, photo);
            latency.record(began.elapsed());
            if converted.is_ok() {
                metrics.observe_conversion(began.elapsed());
            }
            Some(converted)
        };
        match self.resources.workers.start(work).await {
            Ok(converted) => Some(
                converted?
                    .map_err(|error| Problem::new(ProblemKind::UnreadablePhoto, error.to_string())),
            ),
            Err(panic) => Some(Err(Problem::internal("a conversion", &panic))),
        }
    }

    /// Records in the ledger how a thumbnail was made, and caches the thumbnail if it is of what
    /// was asked for.
    async fn record(
        &self,
        viewer: PersonId,
        photo: &Photo,
        spec: ThumbnailSpec,
        conversion: Conversion,
    ) -> FlightResult {
        let Conversion { job, traced } = conversion;
        let record = self.jobs.provenance(&traced, self.maker.has_slots);
        let bytes = traced.output;
        let event = self.event(viewer, photo, spec, &bytes);
        let cache = job.is_of(photo, spec).then(|| bytes.clone());
        let row = self.commit(Entry::Made { event, record, cache }).await?;
        Ok(Arc::new(MadeThumbnail { job, row, bytes }))
    }

    /// Counts a thumbnail that is not of what was asked for, and records that it was withheld.
    async fn withhold(&self, event: MakingEvent) -> Problem {
        self.resources.metrics.wrong_thumbnails.inc();
        tracing::error!(
            photo = %event.requested.photo,
            thumbnail = %event.thumbnail_hash,
            "a thumbnail of another request was not sent"
        );
        match self.commit(Entry::Withheld(event)).await {
            Ok(_) => Problem::new(
                ProblemKind::WrongThumbnail,
                "the thumbnail that was made is of another request, and was not sent: try again",
            ),
            Err(error) => error.into(),
        }
    }

    fn event(
        &self,
        viewer: PersonId,
        photo: &Photo,
        spec: ThumbnailSpec,
        thumbnail: &[u8],
    ) -> MakingEvent {
        MakingEvent {
            viewer,
            requested: photo.into(),
            photo_hash: photo.content,
            thumbnail_hash: ContentHash::of(thumbnail),
            spec,
            maker: Arc::clone(&self.maker.version),
            pipeline: Arc::clone(&self.maker.pipeline),
        }
    }

    /// Writes one row of the ledger, and waits until it is committed.
    async fn commit(&self, entry: Entry) -> Result<RowId, StoreError> {
        let rows = self.ledger.submit(vec![entry])?.committed().await?;
        Ok(*rows.first().expect("one entry is one row"))
    }
}
