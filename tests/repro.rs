//! The failure and its repairs, for real: the shipped pipelines and codec, on real threads, with
//! real photos. Where a mix is asserted, the threads hand each other the turn, so that the order is
//! forced and no run depends on luck; where its absence is asserted, 64 run as they like.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::LazyLock;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use double_exposure::codec::{ImageCodec, ImageError, ThumbnailRequest, ThumbnailSpec, band_rows};
use double_exposure::pipeline::{Bounds, Owned, Pipeline, Pooled, Shared};
use double_exposure::pipelines::PipelineKind;
use double_exposure::provenance::{
    Classified, MixStats, Numbered, TaggingCodec, Traced, convert_undisturbed,
};
use double_exposure::repro::{self, Expectation, PhotoSet, ReproPlan, ReproVerdict};
use double_exposure::sample_photos;
use double_exposure::schedule::{self, Outcome, Schedule};

const BANDS: NonZeroU32 = NonZeroU32::new(4).unwrap();
const PATIENCE: Duration = Duration::from_secs(10);

static SUBJECTS: LazyLock<PhotoSet> = LazyLock::new(|| {
    let shape = (ThumbnailSpec::default(), BANDS);
    PhotoSet::prepare(sample_photos::default_set(), Vec::new(), shape, |_| true).unwrap()
});

type Witnesses = TaggingCodec<ImageCodec>;
type Made = Result<Traced<Bytes>, ImageError>;

fn codec() -> Witnesses {
    TaggingCodec::new(ImageCodec::new(BANDS))
}

/// Request 0 asks for photo 0, request 1 for photo 1, and so on, round the set.
fn asked(number: usize) -> Numbered<ThumbnailRequest> {
    let request = SUBJECTS.requests[number % SUBJECTS.requests.len()].clone();
    Numbered { number, request }
}

fn judge(made: &Traced<Bytes>, tally: &mut MixStats) -> Classified {
    let photo = |number| number % SUBJECTS.requests.len();
    let height = SUBJECTS.heights[photo(made.own.number)];
    let rows = band_rows(height, BANDS);
    tally.classify(&SUBJECTS.oracle, made, rows, photo, |photo| SUBJECTS.owner_of[photo]).unwrap()
}

/// Runs the steps of a word on real threads: one thread per request, each waiting for its turn.
fn on_threads<P>(word: &str, pipeline: P) -> Vec<Traced<Bytes>>
where
    P: Pipeline<Codec = Witnesses> + Send + Sync,
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
                let wait = || turn.recv_timeout(PATIENCE).expect("the turn comes within 10 s");
                wait();
                let mut job = pipeline.begin(&asked(number)).unwrap();
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
                finished.recv_timeout(PATIENCE).expect("a step ends within 10 s")
            })
            .collect();
        made.sort_by_key(|made| made.own.number);
        made
    })
}

fn one_slot() -> Shared<Witnesses> {
    Shared::new(codec(), NonZeroUsize::MIN)
}

#[test]
fn shared_tears_a_real_photo_when_another_thread_laps_it_between_two_bands() {
    let made = on_threads("AAABBBAABBBA", one_slot());
    let mut tally = MixStats::default();
    let torn = judge(&made[0], &mut tally);
    assert_eq!(torn.outcome, Outcome::Torn);
    assert_eq!(torn.owners, [Some(0), Some(0), Some(1), Some(1)]);
    assert_eq!(judge(&made[1], &mut tally).outcome, Outcome::Clean);

    assert_eq!((tally.clean, tally.torn, tally.swapped), (1, 1, 0));
    assert_eq!((tally.rows_from_later, tally.rows_from_earlier), (128, 0));
    assert_eq!(tally.oracle_faults, 0, "the pixels say what the inside says");
    assert_eq!(tally.exposed_owners.into_iter().collect::<Vec<_>>(), [1]);
    assert_eq!(tally.affected_viewers.into_iter().collect::<Vec<_>>(), [0]);
}

#[test]
fn shared_swaps_a_real_photo_that_is_lapped_before_its_first_band() {
    let made = on_threads("ABBBBBBAAAAA", one_slot());
    let mut tally = MixStats::default();
    assert_eq!(judge(&made[0], &mut tally).outcome, Outcome::Swapped);
    assert_eq!(tally.oracle_faults, 0);
    let stranger = convert_undisturbed(&ImageCodec::new(BANDS), &SUBJECTS.requests[1]).unwrap();
    assert_eq!(made[0].output, stranger, "byte for byte the stranger's thumbnail");
}

#[test]
fn one_stalled_request_and_one_quick_client_are_enough_on_eight_slots() {
    // A stalls after its first band. A quick client sends eight more, one after the other: two are
    // in flight at most, fewer than there are slots, and the eighth laps A all the same.
    let quick: String = ('B'..='I').map(|client| client.to_string().repeat(6)).collect();
    let word = format!("AA{quick}AAAA");
    let eight = || NonZeroUsize::new(8).unwrap();
    let mut tally = MixStats::default();

    let made = on_threads(&word, Shared::new(codec(), eight()));
    let torn = judge(&made[0], &mut tally);
    assert_eq!(torn.owners, [Some(0), Some(8), Some(8), Some(8)]);
    assert_eq!(tally.oracle_faults, 0);

    let bounds = Bounds { max_frames: 8, max_frame_bytes: usize::MAX };
    for made in
        [on_threads(&word, Owned::new(codec())), on_threads(&word, Pooled::new(codec(), bounds))]
    {
        let clean = judge(&made[0], &mut tally);
        assert_eq!(clean.owners, [Some(0); 4]);
    }
}

#[test]
fn a_word_replays_byte_for_byte_what_the_threads_made() {
    let word = "ABACBBACABBCABCCCA";
    let on_threads = on_threads(word, one_slot());
    let requests: Vec<_> = (0..3).map(asked).collect();
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
fn owned_and_pooled_mix_nobody_with_64_in_flight() {
    let plan = plan(&[PipelineKind::Owned, PipelineKind::Pooled], 64, 300);
    let findings = repro::run(&plan, &SUBJECTS, |_| (), || true).unwrap();
    for run in &findings.runs {
        let tally = &run.tally;
        assert_eq!((tally.thumbnails, tally.clean), (300, 300), "{}", run.kind);
        assert_eq!(tally.oracle_faults, 0, "{}", run.kind);
        assert!(tally.exposed_owners.is_empty() && tally.affected_viewers.is_empty());
    }
    assert_eq!(findings.verdict, ReproVerdict::Clean);
    assert!(findings.exhibits.is_empty());
}

#[test]
fn one_request_at_a_time_is_never_mixed_in_shared_buffers() {
    let findings =
        repro::run(&plan(&[PipelineKind::Shared], 1, 60), &SUBJECTS, |_| (), || true).unwrap();
    assert_eq!(findings.runs[0].tally.clean, 60);
    assert_eq!(findings.oracle_faults(), 0);
}

#[test]
fn whatever_threads_do_in_shared_buffers_both_oracles_agree_and_strangers_come_later() {
    let findings =
        repro::run(&plan(&[PipelineKind::Shared], 64, 300), &SUBJECTS, |_| (), || true).unwrap();
    let tally = &findings.runs[0].tally;
    assert_eq!(tally.thumbnails, 300);
    assert_eq!(tally.clean + tally.torn + tally.swapped, 300);
    assert_eq!(tally.rows_from_earlier, 0);
    assert_eq!(tally.oracle_faults, 0);
}

#[test]
fn a_run_that_is_stopped_is_inconclusive_and_says_how_far_it_came() {
    let admitted = std::cell::Cell::new(0);
    let go_on = || admitted.replace(admitted.get() + 1) < 20;
    let findings =
        repro::run(&plan(&[PipelineKind::Owned], 2, 300), &SUBJECTS, |_| (), go_on).unwrap();
    assert!(findings.interrupted);
    assert_eq!(findings.runs[0].asked, 300);
    assert_eq!(findings.runs[0].tally.thumbnails, 20);
    assert_eq!(findings.verdict, ReproVerdict::Inconclusive);
}

#[test]
fn the_oracle_accuses_a_row_that_is_nobodys_and_a_witness_that_is_wrong() {
    let made = on_threads("AAABBBAABBBA", one_slot()).swap_remove(0);
    let mut lied = made.clone();
    for band in &mut lied.bands {
        *band = Some(lied.own);
    }
    let mut tally = MixStats::default();
    judge(&lied, &mut tally);
    assert_eq!(tally.oracle_faults, 128, "the lower half is not the owner's, whatever is said");
}
