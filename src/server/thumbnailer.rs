//! Thumbnails made on demand: behind the door, once for all who wait, and told to the ledger.
//!
//! A conversion belongs to nobody in particular. Its permit, its photo and its frame live in the
//! closure that works, on a thread of its own, to the end of the work: a client that hangs up takes
//! nothing away that is still in use.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::admission::{AdmissionControl, Enqueued, Permit};
use super::converter::{Conversion, ConversionJob, Converter};
use super::job_registry::JobRegistry;
use super::latency_estimate::LatencyEstimate;
use super::metrics::Metrics;
use super::problem::{Problem, ProblemKind};
use super::single_flight::{Leader, SingleFlight};
use super::store_executor::StoreExecutor;
use super::worker_pool::WorkerPool;
use crate::album::{ContentHash, Entry, Ledger, MakingEvent, PersonId, Photo, PhotoId, RowId};
use crate::codec::ThumbnailSpec;

/// Bytes of pixels that one pixel of a photo costs at most while it is converted: three as the
/// decoder leaves it, three in the frame.
const BYTES_A_PIXEL: u64 = 6;

/// What all thumbnails of a server have in common.
#[derive(Clone, Debug)]
pub struct Maker {
    /// The version of the thumbnail maker.
    pub maker: Arc<str>,
    /// The pipeline's name.
    pub pipeline: Arc<str>,
    /// Whether the pipeline has slots that the ledger should name.
    pub slots: bool,
}

/// Where thumbnails are made.
pub struct ThumbnailService {
    pub(super) store: Arc<StoreExecutor>,
    pub(super) workers: WorkerPool,
    pub(super) admission: Arc<AdmissionControl>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) converter: Arc<dyn Converter>,
    pub(super) make: Maker,
    pub(super) jobs: JobRegistry,
    pub(super) single_flight: SingleFlight<Key, ThumbnailResult>,
    pub(super) latency: Arc<LatencyEstimate>,
    /// How long a request may wait.
    pub(super) deadline: Duration,
    /// One for each upload whose structure may be read at once.
    pub(super) inspecting: Arc<Semaphore>,
}

/// Uploads whose structure is read at once.
pub(super) const INSPECTING: usize = 4;

/// What makes two requests equal. The photo's id is its own for ever, so identical bytes in two
/// albums are two keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    photo: PhotoId,
    content: ContentHash,
    spec: ThumbnailSpec,
}

/// A thumbnail made just now, and kept if it is of what was asked for.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) job: ConversionJob,
    pub(super) row: RowId,
    pub(super) bytes: Bytes,
}

/// What comes of a conversion, for all who wait for it.
pub(super) type ThumbnailResult = Result<Arc<Made>, ThumbnailError>;

/// Why there is no thumbnail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ThumbnailError {
    /// The photo is no longer what was asked for, or no longer there: look again.
    PhotoChanged,
    /// Anything else.
    Problem(Problem),
}

impl From<Problem> for ThumbnailError {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl ThumbnailService {
    /// Makes the thumbnail, or waits for the one that is being made. The viewer may see the photo,
    /// and waits until the deadline.
    pub(super) async fn thumbnail(
        self: &Arc<Self>,
        viewer: PersonId,
        photo: &Photo,
        spec: ThumbnailSpec,
        deadline: Instant,
    ) -> ThumbnailResult {
        let key = Key { photo: photo.id, content: photo.content, spec };
        let knock = || self.admission.try_enqueue(pixel_bytes(photo.width, photo.height));
        let flight = self.single_flight.run_or_join(key, deadline, knock, |crew, place| {
            let (service, photo) = (Arc::clone(self), photo.clone());
            async move { service.make_once(&crew, place, viewer, photo, spec).await }
        });
        let (passenger, joined) = flight.map_err(Problem::from)?;
        if joined {
            self.metrics.joined.inc();
        }
        passenger.result().await.unwrap_or_else(|| Err(fault().into()))
    }

    /// `None`: nobody waited any more.
    async fn make_once(
        self: Arc<Self>,
        crew: &Arc<Leader<Key, ThumbnailResult>>,
        place: Enqueued,
        viewer: PersonId,
        photo: Photo,
        spec: ThumbnailSpec,
    ) -> Option<ThumbnailResult> {
        let permit = tokio::select! {
            biased;
            () = crew.abandoned() => {
                self.metrics.conversions_dropped.inc();
                return None;
            }
            permit = place.acquire() => permit,
        };
        let left = crew.deadline()?.saturating_duration_since(Instant::now());
        if !self.latency.is_enough(left, self.deadline) {
            let detail = "too much waits to be done in time: try again in a moment";
            return Some(Err(Problem::new(ProblemKind::Overloaded, detail).into()));
        }
        let bytes = match self.bytes(viewer, &photo).await {
            Ok(bytes) => bytes,
            Err(failure) => return Some(Err(failure)),
        };
        let job = self.jobs.register(&photo, spec);
        let done = match self.convert(crew, permit, job, bytes).await? {
            Ok(done) => done,
            Err(problem) => {
                self.metrics.conversions_failed.inc();
                return Some(Err(problem.into()));
            }
        };
        Some(self.record(viewer, &photo, spec, done).await)
    }

    /// The photo's bytes, if it still is what was asked for.
    async fn bytes(&self, viewer: PersonId, photo: &Photo) -> Result<Bytes, ThumbnailError> {
        let name = photo.name;
        let found = self.store.run(move |store| store.photo_with_bytes(viewer, name)).await;
        match found {
            Ok((found, bytes)) if (found.id, found.content) == (photo.id, photo.content) => {
                Ok(bytes)
            }
            Ok(_) => Err(ThumbnailError::PhotoChanged),
            // Of whoever came first: whoever else waits asks for himself.
            Err(problem) if problem.kind() == ProblemKind::NotFound => {
                Err(ThumbnailError::PhotoChanged)
            }
            Err(problem) => Err(problem.into()),
        }
    }

    async fn convert(
        &self,
        crew: &Arc<Leader<Key, ThumbnailResult>>,
        permit: Permit,
        job: ConversionJob,
        photo: Bytes,
    ) -> Option<Result<Conversion, Problem>> {
        let (crew, engine) = (Arc::clone(crew), Arc::clone(&self.converter));
        let (metrics, pace) = (Arc::clone(&self.metrics), Arc::clone(&self.latency));
        let work = move || {
            // In here to its end, whoever hangs up meanwhile.
            let _permit = permit;
            if !crew.start() {
                metrics.conversions_dropped.inc();
                return None;
            }
            let began = Instant::now();
            let done = engine.convert(job, photo);
            pace.took(began.elapsed());
            if done.is_ok() {
                metrics.converted(began.elapsed());
            }
            Some(done)
        };
        match self.workers.start(work).await {
            Ok(done) => done.map(|done| {
                done.map_err(|refusal| {
                    Problem::new(ProblemKind::UnreadablePhoto, refusal.to_string())
                })
            }),
            Err(error) => {
                tracing::error!(%error, "a conversion failed");
                Some(Err(fault()))
            }
        }
    }

    /// Tells the ledger, and keeps the thumbnail if it is of what was asked for.
    async fn record(
        &self,
        viewer: PersonId,
        photo: &Photo,
        spec: ThumbnailSpec,
        done: Conversion,
    ) -> ThumbnailResult {
        let Conversion { job, made } = done;
        let bytes = made.output.clone();
        let event = MakingEvent {
            viewer,
            requested: photo.into(),
            photo_hash: photo.content,
            thumbnail_hash: ContentHash::of(&bytes),
            spec,
            maker: Arc::clone(&self.make.maker),
            pipeline: Arc::clone(&self.make.pipeline),
        };
        let record = self.jobs.provenance(&made, self.make.slots);
        let cache = job.is_of(photo, spec).then(|| bytes.clone());
        let entry = Entry::Made { event, record, cache };
        let rows = self.commit(entry).await?;
        Ok(Arc::new(Made { job, row: rows, bytes }))
    }

    /// Counts a thumbnail that is not of what was asked for, and tells the ledger.
    pub(super) async fn stopped(&self, event: MakingEvent) -> Problem {
        self.metrics.stopped.inc();
        tracing::error!(
            photo = %event.requested.photo,
            thumbnail = %event.thumbnail_hash,
            "a thumbnail is not of what was asked for, and was not sent"
        );
        match self.commit(Entry::Withheld(event)).await {
            Ok(_) => Problem::new(
                ProblemKind::WrongThumbnail,
                "the thumbnail that was made is of another photo, and was not sent: try again",
            ),
            Err(problem) => problem,
        }
    }

    /// Writes one row, and waits until it is on the disk.
    async fn commit(&self, entry: Entry) -> Result<RowId, Problem> {
        let rows = self.ledger.submit(vec![entry])?.committed().await?;
        rows.first().copied().ok_or_else(fault)
    }
}

/// What one conversion of a photo holds at most.
pub(super) fn pixel_bytes(width: u32, height: u32) -> u64 {
    u64::from(width) * u64::from(height) * BYTES_A_PIXEL
}

pub(super) fn fault() -> Problem {
    Problem::new(ProblemKind::Fault, "the server failed; the operator is told why")
}
