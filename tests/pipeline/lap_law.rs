//! Checks that the lap law predicts the owner of every band that the ring of shared buffers makes,
//! and that the repairs show only the owner's rows. All words (schedules written as letters) of a
//! size and random words are replayed on the shipped pipelines with photos of different shapes. The
//! result is compared with the library's prediction and with a second one, read from the letters.

use std::num::NonZeroU32;

use double_exposure::pipeline::{Bounds, Owned, Pipeline, Pooled, Shared};
use double_exposure::schedule::{Outcome, Schedule, predict, replay, schedules};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::subsequence;

use crate::shapes::{Photo, Shapes};
use crate::{bands, cases, slots};

/// Holds for each request the owners of its bands, or the owner of the photo that failed to decode.
pub(crate) type Expected = Vec<Option<Result<Vec<usize>, usize>>>;

/// Replays a word on a pipeline.
fn replayed<P>(word: &Schedule, bands: NonZeroU32, pipeline: &P, photos: &[Photo]) -> Expected
where
    P: Pipeline<Codec = Shapes>,
{
    replay(word, bands, pipeline, |request| &photos[request])
}

/// Applies the lap law to the letters, backwards from each band: the band shows the last earlier
/// request that wrote its first letter in the same slot and has a whole photo.
pub(crate) fn read_letters(word: &str, bands: usize, slots: usize, whole: &[bool]) -> Expected {
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
        number(letters[(0..at).rev().find(decoded).expect("at least the request's own begin")])
    };
    let result = |own: usize| {
        let steps: Vec<_> = (0..letters.len()).filter(|&at| letters[at] == letters[own]).collect();
        if !whole[number(letters[own])] {
            Some(Err(number(letters[own])))
        } else if steps.len() < bands + 2 {
            None
        } else {
            Some(Ok(steps[1..=bands].iter().map(|&at| shown(at)).collect()))
        }
    };
    (0..letters.len()).filter(|&at| first(at)).map(result).collect()
}

/// Holds a word and the parameters of its replay.
#[derive(Debug)]
struct Case {
    word: Schedule,
    bands: u32,
    slots: usize,
    photos: Vec<Photo>,
    bounds: Bounds,
}

impl Case {
    fn whole(&self) -> Vec<bool> {
        self.photos.iter().map(|photo| photo.whole).collect()
    }

    /// Returns the expected result if every thumbnail shows only its owner's rows.
    fn own(&self) -> Expected {
        // With as many slots as the alphabet has letters no request is lapped.
        read_letters(&self.word.to_string(), self.bands as usize, 26, &self.whole())
    }
}

/// Generates words of up to 8 requests and 6 bands, some requests unfinished, on up to 8 slots,
/// with photos of 1 to 40 rows. `damaged` is the share of photos that cannot be decoded.
fn random_cases(damaged: f64) -> impl Strategy<Value = Case> {
    let sizes = (1..=8_usize, 1..=6_u32, 1..=8_usize, 0..=4_usize, 0..=64_usize);
    sizes.prop_flat_map(move |(requests, bands, slots, max_frames, max_frame_bytes)| {
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
        let photos = vec((1..=40_usize, prop::bool::weighted(1.0 - damaged)), requests);
        (letters, photos).prop_map(move |(letters, photos)| Case {
            word: String::from_iter(letters).parse().expect("letters A to Z"),
            bands,
            slots,
            photos: Photo::numbered(photos),
            bounds: Bounds { max_frames, max_frame_bytes },
        })
    })
}

#[test]
fn shared_bands_come_from_the_last_request_to_lap_them() {
    proptest!(cases(1_000), |(case in random_cases(0.0))| {
        let Case { word, bands: each, slots: ring, photos, .. } = &case;
        let shared = Shared::new(Shapes { bands: *each }, slots(*ring));
        let thumbnails = replayed(word, bands(*each), &shared, photos);
        let predicted = predict(word, bands(*each), slots(*ring));
        prop_assert_eq!(predicted.len(), thumbnails.len());
        for (request, (predicted, thumbnail)) in predicted.into_iter().zip(thumbnails).enumerate() {
            let later = predicted.iter().flatten().all(|owner| *owner >= request);
            prop_assert!(later, "a foreign owner is never earlier");
            prop_assert_eq!(thumbnail, predicted.map(Ok));
        }
    });
}

#[test]
fn shared_bands_skip_photos_that_cannot_be_decoded() {
    proptest!(cases(1_000), |(case in random_cases(0.3))| {
        let Case { word, bands: each, slots: ring, photos, .. } = &case;
        let shared = Shared::new(Shapes { bands: *each }, slots(*ring));
        let expected = read_letters(&word.to_string(), *each as usize, *ring, &case.whole());
        prop_assert_eq!(replayed(word, bands(*each), &shared, photos), expected);
    });
}

#[test]
fn owned_bands_are_their_owners() {
    proptest!(cases(1_000), |(case in random_cases(0.15))| {
        let owned = Owned::new(Shapes { bands: case.bands });
        let thumbnails = replayed(&case.word, bands(case.bands), &owned, &case.photos);
        prop_assert_eq!(thumbnails, case.own());
    });
}

#[test]
fn pooled_bands_are_their_owners_in_reused_frames_too() {
    proptest!(cases(1_000), |(case in random_cases(0.15))| {
        let pooled = Pooled::new(Shapes { bands: case.bands }, case.bounds);
        for _ in 0..2 {
            let thumbnails = replayed(&case.word, bands(case.bands), &pooled, &case.photos);
            prop_assert_eq!(thumbnails, case.own());
            let (frames, bytes) = pooled.pool().kept();
            prop_assert!(frames <= case.bounds.max_frames);
            prop_assert!(bytes <= frames * case.bounds.max_frame_bytes);
        }
    });
}

#[test]
fn the_shipped_prediction_equals_the_prediction_read_from_the_letters_for_all_words() {
    for (requests, each) in [(1, 2), (2, 1), (2, 2), (2, 4), (3, 1), (3, 2)] {
        for word in schedules(requests, bands(each)).expect("a size that can be written") {
            for ring in 1..=requests + 1 {
                let predicted = predict(&word, bands(each), slots(ring));
                let predicted: Expected = predicted.into_iter().map(|own| own.map(Ok)).collect();
                let whole = vec![true; requests];
                let letters = read_letters(&word.to_string(), each as usize, ring, &whole);
                assert_eq!(predicted, letters, "{word} on {ring} slots");
            }
        }
    }
}

#[test]
fn shared_follows_the_law_in_all_words_of_three_requests() {
    let photos = Photo::numbered([(40, true), (3, true), (17, true)]);
    for word in schedules(3, bands(2)).expect("a size that can be written") {
        for ring in 1..=3 {
            let shared = Shared::new(Shapes { bands: 2 }, slots(ring));
            let predicted = predict(&word, bands(2), slots(ring)).into_iter();
            let predicted: Expected = predicted.map(|own| own.map(Ok)).collect();
            assert_eq!(replayed(&word, bands(2), &shared, &photos), predicted, "{word} on {ring}");
        }
    }
}

/// Counts clean, torn and swapped thumbnails over all words of two requests and two bands.
fn outcomes<P: Pipeline<Codec = Shapes>>(pipeline: impl Fn(Shapes) -> P) -> [u32; 3] {
    let photos = Photo::numbered([(5, true), (9, true)]);
    let mut outcomes = [0; 3];
    for word in schedules(2, bands(2)).expect("a size that can be written") {
        let thumbnails = replayed(&word, bands(2), &pipeline(Shapes { bands: 2 }), &photos);
        for (own, thumbnail) in thumbnails.into_iter().enumerate() {
            let owners = thumbnail.expect("the word is complete").expect("the photo is whole");
            outcomes[Outcome::of(&own, &owners) as usize] += 1;
        }
    }
    outcomes
}

#[test]
fn of_the_140_thumbnails_of_two_requests_in_one_slot_20_are_torn_and_40_swapped() {
    let bounds = Bounds { max_frames: 1, max_frame_bytes: 1024 };
    assert_eq!(outcomes(|codec| Shared::new(codec, slots(1))), [80, 20, 40]);
    assert_eq!(outcomes(|codec| Shared::new(codec, slots(2))), [140, 0, 0]);
    assert_eq!(outcomes(Owned::new), [140, 0, 0]);
    assert_eq!(outcomes(|codec| Pooled::new(codec, bounds)), [140, 0, 0]);
}

#[test]
fn a_thumbnail_with_some_foreign_bands_is_torn_and_with_only_foreign_bands_swapped() {
    let outcomes = [[0, 0], [0, 1], [1, 0], [1, 1], [1, 2]].map(|owners| Outcome::of(&0, &owners));
    use Outcome::{Clean, Swapped, Torn};
    assert_eq!(outcomes, [Clean, Torn, Torn, Swapped, Swapped]);
    assert_eq!(outcomes.map(Outcome::mixed), [false, true, true, true, true]);
    assert_eq!(Outcome::of(&0, &[]), Clean);
}

#[test]
fn a_replay_asks_a_thumbnail_for_no_band_after_its_last() {
    let photos = Photo::numbered([(5, true), (9, true)]);
    let word: Schedule = "AABABAABBB".parse().expect("letters A to Z");
    let shared = Shared::new(Shapes { bands: 1 }, slots(1));
    let expected = vec![Some(Ok(vec![0])), Some(Ok(vec![1]))];
    assert_eq!(replayed(&word, bands(3), &shared, &photos), expected);
}
