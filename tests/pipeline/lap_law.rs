//! The lap law predicts the owner of every band of every thumbnail that the ring of shared buffers
//! makes, and the repairs show every owner only their own. Words, all of a size or random ones, are
//! played on the shipped pipelines with photos of different shapes, and held against the law twice:
//! as shipped, and read off the word's letters one by one.

#[path = "model/shapes.rs"]
mod shapes;
#[path = "model/watchdog.rs"]
mod watchdog;

use std::num::{NonZeroU32, NonZeroUsize};

use double_exposure::pipeline::{self, Bounds, Owned, Pipeline, Pooled, Shared};
use double_exposure::schedule::{Outcome, Schedule, predict, replay, schedules};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::subsequence;
use proptest::test_runner::RngSeed;

use shapes::{Photo, Shapes};
use watchdog::ten_seconds;

/// What each request should come to: its bands' owners, or the number of the photo refused.
type Expected = Vec<Option<Result<Vec<usize>, usize>>>;

fn slots(slots: usize) -> NonZeroUsize {
    NonZeroUsize::new(slots).expect("at least one slot")
}

fn bands(bands: u32) -> NonZeroU32 {
    NonZeroU32::new(bands).expect("at least one band")
}

/// What a pipeline makes of a word. Photos without a whole one are refused.
fn played<P>(word: &Schedule, bands: NonZeroU32, pipeline: &P, photos: &[Photo]) -> Expected
where
    P: Pipeline<Codec = Shapes>,
{
    replay(word, bands, pipeline, |request| &photos[request])
}

/// The law once more, read backwards from each band: who was the last, before this letter, to
/// write a first letter in my slot, with a photo that is whole?
fn read_off(word: &str, bands: usize, slots: usize, whole: &[bool]) -> Expected {
    let letters: Vec<char> = word.chars().collect();
    let first = |at: usize| !letters[..at].contains(&letters[at]);
    let number = |letter: char| {
        let until = word.find(letter).expect("one of the word's letters");
        (0..until).filter(|&at| first(at)).count()
    };
    let shown = |at: usize| {
        let slot = number(letters[at]) % slots;
        let decoded = |&before: &usize| {
            let other = number(letters[before]);
            first(before) && other % slots == slot && whole[other]
        };
        number(letters[(0..at).rev().find(decoded).expect("at least my own begin")])
    };
    let one = |mine: usize| {
        let steps: Vec<_> = (0..letters.len()).filter(|&at| letters[at] == letters[mine]).collect();
        if !whole[number(letters[mine])] {
            Some(Err(number(letters[mine])))
        } else if steps.len() < bands + 2 {
            None
        } else {
            Some(Ok(steps[1..=bands].iter().map(|&at| shown(at)).collect()))
        }
    };
    (0..letters.len()).filter(|&at| first(at)).map(one).collect()
}

/// A word, and what it is played with.
#[derive(Debug)]
struct Scene {
    word: Schedule,
    bands: u32,
    slots: usize,
    photos: Vec<Photo>,
    bounds: Bounds,
}

impl Scene {
    fn whole(&self) -> Vec<bool> {
        self.photos.iter().map(|photo| photo.whole).collect()
    }

    /// What every request should come to if nobody sees anybody else's photo.
    fn own(&self) -> Expected {
        // With as many slots as the alphabet has letters nobody is lapped.
        read_off(&self.word.to_string(), self.bands as usize, 26, &self.whole())
    }
}

/// Words of up to 8 requests and 6 bands, some requests unfinished, on up to 8 slots, with photos
/// of 1 to 40 rows, so many of them refused.
fn scenes(refused: f64) -> impl Strategy<Value = Scene> {
    let sizes = (1..=8_usize, 1..=6_u32, 1..=8_usize, 0..=4_usize, 0..=64_usize);
    sizes.prop_flat_map(move |(requests, bands, slots, frames, frame_bytes)| {
        let alphabet: Vec<char> = ('A'..='Z').collect();
        let missing = prop_oneof![4 => Just(0), 1 => 1..=bands + 1];
        let letters = (subsequence(alphabet, requests), vec(missing, requests))
            .prop_map(move |(letters, missing)| {
                let all = |(letter, missing): (char, u32)| {
                    std::iter::repeat_n(letter, (bands + 2 - missing) as usize)
                };
                letters.into_iter().zip(missing).flat_map(all).collect::<Vec<char>>()
            })
            .prop_shuffle();
        let photos = vec((1..=40_usize, prop::bool::weighted(1.0 - refused)), requests);
        (letters, photos).prop_map(move |(letters, photos)| Scene {
            word: String::from_iter(letters).parse().expect("letters A to Z"),
            bands,
            slots,
            photos: Photo::numbered(photos),
            bounds: Bounds { frames, frame_bytes },
        })
    })
}

/// So many cases, the same in every run.
fn cases(cases: u32) -> ProptestConfig {
    let rng_seed = RngSeed::Fixed(20_241_128);
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..ProptestConfig::default() }
}

#[test]
fn shared_bands_come_from_the_last_request_to_lap_them() {
    let _watch = ten_seconds();
    proptest!(cases(1_000), |(scene in scenes(0.0))| {
        let Scene { word, bands: each, slots: ring, photos, .. } = &scene;
        let shared = Shared::new(Shapes { bands: *each }, slots(*ring));
        let thumbnails = played(word, bands(*each), &shared, photos);
        let predicted = predict(word, bands(*each), slots(*ring));
        prop_assert_eq!(predicted.len(), thumbnails.len());
        for (request, (predicted, thumbnail)) in predicted.into_iter().zip(thumbnails).enumerate() {
            let later = predicted.iter().flatten().all(|owner| *owner >= request);
            prop_assert!(later, "never earlier");
            prop_assert_eq!(thumbnail, predicted.map(Ok));
        }
    });
}

#[test]
fn shared_bands_skip_photos_that_were_refused() {
    let _watch = ten_seconds();
    proptest!(cases(1_000), |(scene in scenes(0.3))| {
        let Scene { word, bands: each, slots: ring, photos, .. } = &scene;
        let shared = Shared::new(Shapes { bands: *each }, slots(*ring));
        let expected = read_off(&word.to_string(), *each as usize, *ring, &scene.whole());
        prop_assert_eq!(played(word, bands(*each), &shared, photos), expected);
    });
}

#[test]
fn owned_bands_are_their_owners() {
    let _watch = ten_seconds();
    proptest!(cases(1_000), |(scene in scenes(0.15))| {
        let owned = Owned::new(Shapes { bands: scene.bands });
        let thumbnails = played(&scene.word, bands(scene.bands), &owned, &scene.photos);
        prop_assert_eq!(thumbnails, scene.own());
    });
}

#[test]
fn pooled_bands_are_their_owners_also_in_frames_used_before() {
    let _watch = ten_seconds();
    proptest!(cases(1_000), |(scene in scenes(0.15))| {
        let pooled = Pooled::new(Shapes { bands: scene.bands }, scene.bounds);
        for _ in 0..2 {
            let thumbnails = played(&scene.word, bands(scene.bands), &pooled, &scene.photos);
            prop_assert_eq!(thumbnails, scene.own());
            let (frames, bytes) = pooled.pool().kept();
            prop_assert!(frames <= scene.bounds.frames);
            prop_assert!(bytes <= frames * scene.bounds.frame_bytes);
        }
    });
}

#[test]
fn the_law_as_shipped_is_the_law_read_off_the_letters_for_all_words() {
    let _watch = ten_seconds();
    for (requests, each) in [(1, 2), (2, 1), (2, 2), (2, 4), (3, 1), (3, 2)] {
        for word in schedules(requests, bands(each)).expect("a size that can be written") {
            for ring in 1..=requests + 1 {
                let predicted = predict(&word, bands(each), slots(ring));
                let predicted: Expected = predicted.into_iter().map(|own| own.map(Ok)).collect();
                let whole = vec![true; requests];
                let letters = read_off(&word.to_string(), each as usize, ring, &whole);
                assert_eq!(predicted, letters, "{word} on {ring} slots");
            }
        }
    }
}

#[test]
fn shared_follows_the_law_in_all_words_of_three_requests() {
    let _watch = ten_seconds();
    let photos = Photo::numbered([(40, true), (3, true), (17, true)]);
    for word in schedules(3, bands(2)).expect("a size that can be written") {
        for ring in 1..=3 {
            let shared = Shared::new(Shapes { bands: 2 }, slots(ring));
            let predicted = predict(&word, bands(2), slots(ring)).into_iter();
            let predicted: Expected = predicted.map(|own| own.map(Ok)).collect();
            assert_eq!(played(&word, bands(2), &shared, &photos), predicted, "{word} on {ring}");
        }
    }
}

/// Clean, torn and swapped thumbnails over all words of two requests and two bands.
fn outcomes<P: Pipeline<Codec = Shapes>>(pipeline: impl Fn(Shapes) -> P) -> [u32; 3] {
    let photos = Photo::numbered([(5, true), (9, true)]);
    let mut outcomes = [0; 3];
    for word in schedules(2, bands(2)).expect("a size that can be written") {
        let thumbnails = played(&word, bands(2), &pipeline(Shapes { bands: 2 }), &photos);
        for (own, thumbnail) in thumbnails.into_iter().enumerate() {
            let owners = thumbnail.expect("the word is complete").expect("the photo is whole");
            outcomes[Outcome::of(&own, &owners) as usize] += 1;
        }
    }
    outcomes
}

#[test]
fn of_the_140_thumbnails_of_two_requests_in_one_slot_20_are_torn_and_40_swapped() {
    let _watch = ten_seconds();
    let bounds = Bounds { frames: 1, frame_bytes: 1024 };
    assert_eq!(outcomes(|codec| Shared::new(codec, slots(1))), [80, 20, 40]);
    assert_eq!(outcomes(|codec| Shared::new(codec, slots(2))), [140, 0, 0]);
    assert_eq!(outcomes(Owned::new), [140, 0, 0]);
    assert_eq!(outcomes(|codec| Pooled::new(codec, bounds)), [140, 0, 0]);
}

#[test]
fn a_thumbnail_is_torn_by_some_foreign_bands_and_swapped_by_nothing_else() {
    let _watch = ten_seconds();
    let judged = [[0, 0], [0, 1], [1, 0], [1, 1], [1, 2]].map(|owners| Outcome::of(&0, &owners));
    use Outcome::{Clean, Swapped, Torn};
    assert_eq!(judged, [Clean, Torn, Torn, Swapped, Swapped]);
    assert_eq!(judged.map(Outcome::mixed), [false, true, true, true, true]);
    assert_eq!(Outcome::of(&0, &[]), Clean);
}

#[test]
fn a_thumbnail_with_fewer_bands_than_its_word_is_asked_for_no_more() {
    let _watch = ten_seconds();
    let photos = Photo::numbered([(5, true), (9, true)]);
    let word: Schedule = "AABABAABBB".parse().expect("letters A to Z");
    let shared = Shared::new(Shapes { bands: 1 }, slots(1));
    let expected = vec![Some(Ok(vec![0])), Some(Ok(vec![1]))];
    assert_eq!(played(&word, bands(3), &shared, &photos), expected);
}
