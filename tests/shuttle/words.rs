//! Checks that `convert`, which production calls, follows the lap law: on threads in the order of
//! every word (schedule written as letters) of a size, and of random words of larger sizes.

use std::num::{NonZeroU32, NonZeroUsize};

use double_exposure::schedule::{Schedule, predict, schedules};

use crate::by_word::{convert_by_words, owner};
use crate::model::clients::Served;
use crate::model::recorder::{Recorder, word};
use crate::pipeline::{Bounds, Owned, Pipeline, Pooled, Shared};

/// Holds the owner of each band of each request's thumbnail.
type Owners = Vec<Option<Vec<usize>>>;

/// Number of random words.
const RANDOM_WORDS: usize = 500;

/// Returns the words of each size: all words of small sizes, and random words of four requests of
/// three bands.
fn all_words() -> Vec<(NonZeroU32, Vec<Schedule>)> {
    let bands = |bands| NonZeroU32::new(bands).expect("a band");
    let sizes = [(1, 2), (2, 1), (2, 2), (2, 3), (3, 1)];
    let every = |(requests, each)| {
        (bands(each), schedules(requests, bands(each)).expect("few words").collect())
    };
    let mut all: Vec<(_, Vec<Schedule>)> = sizes.into_iter().map(every).collect();
    let mut random = fastrand::Rng::with_seed(2024);
    let mut letters: Vec<char> = "AAAAABBBBBCCCCCDDDDD".chars().collect();
    let words = (0..RANDOM_WORDS).map(|_| {
        random.shuffle(&mut letters);
        String::from_iter(&letters).parse().expect("letters A to Z")
    });
    all.push((bands(3), words.collect()));
    all
}

/// Converts in the order of every word, and compares each band with the expected owner.
#[track_caller]
fn convert_all<P>(
    name: &str,
    make: impl Fn(Recorder) -> P + Clone + Send + Sync + 'static,
    expected: impl Fn(&Schedule, NonZeroU32) -> Owners + Clone + Send + Sync + 'static,
) where
    P: Pipeline<Codec = Recorder> + Send + Sync + 'static,
{
    for (bands, words) in all_words() {
        let (count, requests, expected) = (words.len(), words[0].requests(), expected.clone());
        let check = move |schedule: &Schedule, _: &P, served: Served| {
            let steps: Vec<u8> = schedule.steps().map(|step| owner(step.request)).collect();
            let (made, owners) = (served.run.steps(), served.owners());
            let expected = expected(schedule, bands);
            if made == steps && owners == expected {
                return Ok(());
            }
            Err(format!("{schedule}: steps {}, owners {owners:?}, not {expected:?}", word(&made)))
        };
        let exploration = convert_by_words(words, bands, make.clone(), check);
        println!("{name:<16} requests {requests}, bands {bands}, convert by words: {exploration}");
        assert_eq!(exploration.proof(), count);
    }
}

/// Returns the prediction for a repair: each band shows its owner.
fn own(word: &Schedule, bands: NonZeroU32) -> Owners {
    (0..word.requests()).map(|request| Some(vec![request; bands.get() as usize])).collect()
}

#[test]
fn convert_on_a_ring_shows_what_the_lap_law_predicts() {
    for slots in [1, 2, 3].map(|slots| NonZeroUsize::new(slots).expect("a slot")) {
        let predicted = move |word: &Schedule, bands| predict(word, bands, slots);
        convert_all(&format!("shared, slots {slots}"), move |c| Shared::new(c, slots), predicted);
    }
}

#[test]
fn convert_of_the_repairs_shows_only_the_owner() {
    convert_all("owned", Owned::new, own);
    for max_frames in [0, 1, 2] {
        let bounds = Bounds { max_frames, max_frame_bytes: 64 };
        convert_all(&format!("pooled, kept {max_frames}"), move |c| Pooled::new(c, bounds), own);
    }
}

/// Controls the check: the words of the ring do mix photos under `convert`.
#[test]
fn convert_on_a_ring_differs_from_a_repair() {
    let bands = NonZeroU32::new(2).expect("a band");
    let words = schedules(2, bands).expect("few words");
    let check = |_: &Schedule, _: &Shared<_>, served: Served| served.check(None).map(drop);
    let make = |codec| Shared::new(codec, NonZeroUsize::MIN);
    let fault = convert_by_words(words, bands, make, check).fault();
    assert!(fault.served.run.lapped(), "no request was lapped: {}", fault.on_ring());
}
