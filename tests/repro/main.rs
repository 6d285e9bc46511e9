//! Checks the failure and its repairs on real threads, with the shipped pipelines and codec and
//! real photos. Where a test asserts a mix, the threads take turns, so that the order is forced and
//! no run depends on luck. Where a test asserts that there is none, 64 threads run freely.

mod pixel_oracle;

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::LazyLock;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use double_exposure::codec::{
    ImageCodec, ImageError, PhotoLimits, ThumbnailRequest, ThumbnailSpec, band_rows,
};
use double_exposure::pipeline::{Bounds, Owned, Pipeline, Pooled, Shared};
use double_exposure::pipelines::PipelineKind;
use double_exposure::provenance::{
    Classified, MixStats, Numbered, TaggingCodec, Traced, convert_undisturbed,
};
use double_exposure::repro::{self, Expectation, PhotoSet, ReproPlan, ReproVerdict};
use double_exposure::sample_photos;
use double_exposure::schedule::{self, Outcome, Schedule};

const BANDS: NonZeroU32 = NonZeroU32::new(4).unwrap();
/// Time after which a thread that waits for its turn panics. A thread may wait for all steps of the
/// others, which take 10 s without optimization on a busy machine.
const TURN_TIMEOUT: Duration = Duration::from_secs(30);

static PHOTO_SET: LazyLock<PhotoSet> = LazyLock::new(|| {
    let shape = (ThumbnailSpec::default(), BANDS);
    let (photos, limits) = (sample_photos::default_set(), PhotoLimits::default());
    PhotoSet::prepare(photos, Vec::new(), limits, shape, |_| true).unwrap()
});

type Codec = TaggingCodec<ImageCodec>;
type Made = Result<Traced<Bytes>, ImageError>;

fn codec() -> Codec {
    TaggingCodec::new(ImageCodec::new(BANDS))
}

/// Returns a request with a number: request 0 is for photo 0, request 1 for photo 1, and so on,
/// from the start again after the last photo.
fn request(number: usize) -> Numbered<ThumbnailRequest> {
    let request = PHOTO_SET.requests[number % PHOTO_SET.requests.len()].clone();
    Numbered { number, request }
}

fn classify(made: &Traced<Bytes>, stats: &mut MixStats) -> Classified {
    let photo = |number| number % PHOTO_SET.requests.len();
    let height = PHOTO_SET.heights[photo(made.own.number)];
    let rows = band_rows(height, BANDS);
    stats.classify(&PHOTO_SET.oracle, made, rows, photo, |photo| PHOTO_SET.owner_of[photo]).unwrap()
}

/// Runs the steps of a word (a schedule written as letters) on real threads: each request has a
/// thread that waits for its turn.
fn on_threads<P>(word: &str, pipeline: P) -> Vec<Traced<Bytes>>
where
    P: Pipeline<Codec = Codec> + Send + Sync,
{
    let word: Schedule = word.parse().unwrap();
    let bands = word.bands().get();
    let (done, finished) = channel();
    let (turns, waiting): (Vec<Sender<()>>, Vec<Receiver<()>>) =
        (0..word.requests()).map(|_| channel()).unzip();
    thread::scope(|scope| {
        for (number, turn) in waiting.into_iter().enumerate() {
            let (pipeline, done) = (&pipeline, done.clone());
            scope.spawn(move || {
                let wait = || turn.recv_timeout(TURN_TIMEOUT).expect("the turn comes within 30 s");
                wait();
                let mut job = pipeline.begin(&request(number)).unwrap();
                done.send(None).unwrap();
                for _ in 0..bands {
                    wait();
                    pipeline.band(&mut job);
                    done.send(None).unwrap();
                }
                wait();
                done.send(Some(pipeline.finish(job).unwrap())).unwrap();
            });
        }
        let mut made: Vec<_> = word
            .steps()
            .filter_map(|step| {
                turns[step.request].send(()).unwrap();
                finished.recv_timeout(TURN_TIMEOUT).expect("a step ends within 30 s")
            })
            .collect();
        made.sort_by_key(|made| made.own.number);
        made
    })
}

fn one_slot() -> Shared<Codec> {
    Shared::new(codec(), NonZeroUsize::MIN)
}

#[test]
fn shared_tears_a_real_photo_when_another_thread_laps_it_between_two_bands() {
    let made = on_threads("AAABBBAABBBA", one_slot());
    let mut stats = MixStats::default();
    let torn = classify(&made[0], &mut stats);
    assert_eq!(torn.outcome, Outcome::Torn);
    assert_eq!(torn.owners, [Some(0), Some(0), Some(1), Some(1)]);
    assert_eq!(classify(&made[1], &mut stats).outcome, Outcome::Clean);

    assert_eq!((stats.clean, stats.torn, stats.swapped), (1, 1, 0));
    assert_eq!((stats.rows_from_later, stats.rows_from_earlier), (128, 0));
    assert_eq!(stats.oracle_faults, 0, "the pixels agree with the tags");
    assert_eq!(stats.exposed_owners.into_iter().collect::<Vec<_>>(), [1]);
    assert_eq!(stats.affected_viewers.into_iter().collect::<Vec<_>>(), [0]);
}

#[test]
fn shared_swaps_a_real_photo_that_is_lapped_before_its_first_band() {
    let made = on_threads("ABBBBBBAAAAA", one_slot());
    let mut stats = MixStats::default();
    assert_eq!(classify(&made[0], &mut stats).outcome, Outcome::Swapped);
    assert_eq!(stats.oracle_faults, 0);
    let stranger = convert_undisturbed(&ImageCodec::new(BANDS), &PHOTO_SET.requests[1]).unwrap();
    assert_eq!(made[0].output, stranger, "byte for byte the stranger's thumbnail");
}

#[test]
fn one_stalled_request_and_one_quick_client_are_enough_on_eight_slots() {
    // A stalls after its first band. A quick client sends eight more requests, one after the other.
    // At most two are in flight, fewer than there are slots, and yet the eighth laps A: it decodes
    // into A's slot.
    let quick: String = ('B'..='I').map(|client| client.to_string().repeat(6)).collect();
    let word = format!("AA{quick}AAAA");
    let eight = || NonZeroUsize::new(8).unwrap();
    let mut stats = MixStats::default();

    let made = on_threads(&word, Shared::new(codec(), eight()));
    let torn = classify(&made[0], &mut stats);
    assert_eq!(torn.owners, [Some(0), Some(8), Some(8), Some(8)]);
    assert_eq!(stats.oracle_faults, 0);

    let bounds = Bounds { max_frames: 8, max_frame_bytes: usize::MAX };
    for made in
        [on_threads(&word, Owned::new(codec())), on_threads(&word, Pooled::new(codec(), bounds))]
    {
        let clean = classify(&made[0], &mut stats);
        assert_eq!(clean.owners, [Some(0); 4]);
    }
}

#[test]
fn a_word_replays_byte_for_byte_what_the_threads_made() {
    let word = "ABACBBACABBCABCCCA";
    let on_threads = on_threads(word, one_slot());
    let requests: Vec<_> = (0..3).map(request).collect();
    let word: Schedule = word.parse().unwrap();
    let replayed: Vec<Option<Made>> =
        schedule::replay(&word, word.bands(), &one_slot(), |number| &requests[number]);
    for (made, replayed) in on_threads.into_iter().zip(replayed) {
        assert_eq!(made, replayed.unwrap().unwrap());
    }
}

fn plan(pipelines: &[PipelineKind], in_flight: usize, thumbnails: u64) -> ReproPlan {
    ReproPlan {
        pipelines: pipelines.to_vec(),
        in_flight: vec![in_flight],
        slots: NonZeroUsize::new(8).unwrap(),
        bands: BANDS,
        thumbnails,
        spec: ThumbnailSpec::default(),
        seed: 1,
        expect: Expectation::Clean,
        deadline: Instant::now() + Duration::from_secs(3600),
    }
}

#[test]
fn owned_and_pooled_never_mix_photos_with_64_in_flight() {
    let plan = plan(&[PipelineKind::Owned, PipelineKind::Pooled], 64, 300);
    let results = repro::run(&plan, &PHOTO_SET, |_| (), || true).unwrap();
    for run in &results.runs {
        let stats = &run.stats;
        assert_eq!((stats.thumbnails, stats.clean), (300, 300), "{}", run.kind);
        assert_eq!(stats.oracle_faults, 0, "{}", run.kind);
        assert!(stats.exposed_owners.is_empty() && stats.affected_viewers.is_empty());
    }
    assert_eq!(results.verdict, ReproVerdict::Clean);
    assert!(results.exhibits.is_empty());
}

#[test]
fn one_request_at_a_time_is_never_mixed_in_shared_buffers() {
    let results =
        repro::run(&plan(&[PipelineKind::Shared], 1, 60), &PHOTO_SET, |_| (), || true).unwrap();
    assert_eq!(results.runs[0].stats.clean, 60);
    assert_eq!(results.oracle_faults(), 0);
}

#[test]
fn foreign_rows_of_shared_buffers_are_from_later_photos_and_both_oracles_agree() {
    let results =
        repro::run(&plan(&[PipelineKind::Shared], 64, 300), &PHOTO_SET, |_| (), || true).unwrap();
    let stats = &results.runs[0].stats;
    assert_eq!(stats.thumbnails, 300);
    assert_eq!(stats.clean + stats.torn + stats.swapped, 300);
    assert_eq!(stats.rows_from_earlier, 0);
    assert_eq!(stats.oracle_faults, 0);
}

#[test]
fn a_run_that_is_stopped_is_inconclusive_and_counts_its_thumbnails() {
    let admitted = std::cell::Cell::new(0);
    let go_on = || admitted.replace(admitted.get() + 1) < 20;
    let results =
        repro::run(&plan(&[PipelineKind::Owned], 2, 300), &PHOTO_SET, |_| (), go_on).unwrap();
    assert!(results.interrupted);
    assert_eq!(results.runs[0].planned, 300);
    assert_eq!(results.runs[0].stats.thumbnails, 20);
    assert_eq!(results.verdict, ReproVerdict::Inconclusive);
}

#[test]
fn the_pixel_oracle_disagrees_with_a_wrong_tag() {
    let made = on_threads("AAABBBAABBBA", one_slot()).swap_remove(0);
    let mut mistagged = made.clone();
    for band in &mut mistagged.bands {
        *band = Some(mistagged.own);
    }
    let mut stats = MixStats::default();
    classify(&mistagged, &mut stats);
    assert_eq!(
        stats.oracle_faults, 128,
        "the lower half does not show the owner's photo, against its tag"
    );
}
