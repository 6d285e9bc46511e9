//! Compares the outcomes that threads reach with the outcomes of all words (schedules written as
//! letters).
//!
//! loom's threads run the shipped files, and the lap law is applied to every word. An outcome is
//! the owner of each band of each thumbnail. Requests and owners are numbered by the order of their
//! begins in the word.

use std::collections::BTreeSet;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::{Arc, Mutex};

use double_exposure::schedule::{predict, schedules};

use crate::explore::{Limits, explore};
use crate::model::clients::{Clients, Fault};
use crate::pipeline::Shared;
use crate::replay_on_std::replay;

type Outcomes = BTreeSet<Vec<Option<Vec<usize>>>>;

/// Returns the number of words of a size, and their outcomes.
fn enumerated(requests: usize, bands: usize, slots: NonZeroUsize) -> (usize, Outcomes) {
    let bands = NonZeroU32::new(u32::try_from(bands).expect("few bands")).expect("a band");
    let mut outcomes = Outcomes::new();
    let mut count = 0;
    for word in schedules(requests, bands).expect("few words") {
        count += 1;
        outcomes.insert(predict(&word, bands, slots));
    }
    (count, outcomes)
}

/// Returns the number of executions of threads, and their outcomes. Each is replayed in the
/// library.
fn explored(requests: usize, bands: usize, slots: NonZeroUsize) -> (usize, Outcomes) {
    let clients = Clients::of(requests, bands);
    let outcomes = Arc::new(Mutex::new(Outcomes::new()));
    let reached = Arc::clone(&outcomes);
    let exploration = explore::<()>(Limits::ALL, move || {
        let served = clients.serve(|codec| Shared::new(codec, slots), |_, _| Ok(()));
        let served = served.unwrap_or_else(|Fault { served, .. }| served);
        let owners = replay(&served, bands, slots);
        reached.lock().expect("no panic under the lock").insert(owners);
        Ok(())
    });
    let count = exploration.proof();
    let outcomes = std::mem::take(&mut *outcomes.lock().expect("no panic under the lock"));
    (count, outcomes)
}

/// Formats outcomes, such as `AB BB`: the first request's bands show its own photo and the
/// second's.
fn letters(outcomes: &Outcomes) -> String {
    let letter = |owner: &usize| char::from(b'A' + u8::try_from(*owner).expect("few owners"));
    let thumbnail =
        |bands: &Option<Vec<usize>>| bands.iter().flatten().map(letter).collect::<String>();
    let outcome = |all: &Vec<_>| all.iter().map(thumbnail).collect::<Vec<_>>().join(" ");
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
