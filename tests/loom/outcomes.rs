//! Threads reach what the words say, and nothing else.
//!
//! Two ways to all outcomes of a size: loom's threads on the shipped files, and the lap law on
//! every word. An outcome is the owner of each band of each thumbnail; requests, which are alike,
//! go by the place of their begin in the word, owners too.

use std::collections::BTreeSet;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::{Arc, Mutex};

use double_exposure::schedule::{predict, schedules};

use crate::crowd::{Crowd, Fault};
use crate::explore::{Limits, explore};
use crate::library::replay;
use crate::pipeline::Shared;

type Outcomes = BTreeSet<Vec<Vec<usize>>>;

/// What the words of this size come to.
fn enumerated(requests: usize, bands: usize, slots: NonZeroUsize) -> (usize, Outcomes) {
    let bands = NonZeroU32::new(u32::try_from(bands).expect("few bands")).expect("a band");
    let mut outcomes = Outcomes::new();
    let mut count = 0;
    for word in schedules(requests, bands).expect("few words") {
        count += 1;
        let owners: Option<Vec<_>> = predict(&word, bands, slots).into_iter().collect();
        outcomes.insert(owners.expect("a whole word finishes every request"));
    }
    (count, outcomes)
}

/// What threads come to, over all executions; each is also replayed in the library.
fn explored(requests: usize, bands: usize, slots: NonZeroUsize) -> (usize, Outcomes) {
    let crowd = Crowd::of(requests, bands);
    let outcomes = Arc::new(Mutex::new(Outcomes::new()));
    let reached = Arc::clone(&outcomes);
    let ending = explore::<()>(Limits::ALL, move || {
        let served = crowd.serve(|codec| Shared::new(codec, slots), |_, _| Ok(()));
        let served = served.unwrap_or_else(|Fault { served, .. }| served);
        let owners = replay(&served, bands, slots);
        reached.lock().expect("replays agree").insert(owners);
        Ok(())
    });
    let count = ending.proof();
    let outcomes = std::mem::take(&mut *outcomes.lock().expect("replays agree"));
    (count, outcomes)
}

/// `AB BB`: the first request's bands show its own photo and the second's.
fn letters(outcomes: &Outcomes) -> String {
    let letter = |owner: &usize| char::from(b'A' + u8::try_from(*owner).expect("few owners"));
    let thumbnail = |bands: &Vec<usize>| bands.iter().map(letter).collect::<String>();
    let outcome = |all: &Vec<Vec<usize>>| all.iter().map(thumbnail).collect::<Vec<_>>().join(" ");
    outcomes.iter().map(outcome).collect::<Vec<_>>().join(", ")
}

#[test]
fn threads_reach_exactly_the_outcomes_of_the_words() {
    for (requests, slots) in [(2, 1), (3, 2)] {
        for bands in [1, 2] {
            let slots = NonZeroUsize::new(slots).expect("a slot");
            let (executions, threads) = explored(requests, bands, slots);
            let (count, words) = enumerated(requests, bands, slots);
            let size = format!("shared requests {requests}, bands {bands}, slots {slots}");
            println!("{size}: executions {executions} reach {}", letters(&threads));
            println!("{size}: words {count} reach {}", letters(&words));
            assert!(!words.is_empty(), "{size}");
            assert_eq!(letters(&threads), letters(&words), "{size}");
        }
    }
}
