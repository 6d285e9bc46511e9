//! Nine requests on eight slots are too many to exhaust, and few enough to search by chance.
//! shuttle's schedulers each make 1,000 executions of the shipped files: the ring must be found
//! mixing, and its word must mix the same way in the library; the repairs must stay clean.
//!
//! `cargo test --test shuttle -- --nocapture --test-threads 1` prints a line per search.

#[path = "model/codec.rs"]
#[allow(dead_code, reason = "shared with tests that use more of it")]
mod codec;
#[path = "model/crowd.rs"]
#[allow(dead_code, reason = "shared with tests that use more of it")]
mod crowd;
#[path = "model/ending.rs"]
#[allow(dead_code, reason = "shared with tests that use more of it")]
mod ending;
#[path = "shuttle/explore.rs"]
mod explore;
#[path = "model/library.rs"]
mod library;
#[path = "../src/pipeline/mod.rs"]
#[allow(dead_code, unreachable_pub, unused_imports, reason = "the library's files, used in part")]
mod pipeline;
#[path = "model/record.rs"]
#[allow(dead_code, reason = "shared with tests that use more of it")]
mod record;
#[path = "shuttle/sync.rs"]
mod sync;
#[path = "shuttle/wrapper.rs"]
mod wrapper;

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use shuttle::scheduler::{PctScheduler, RandomScheduler, UrwRandomScheduler};

use crowd::{Crowd, Fault, Switch};
use ending::{Ending, Finding};
use explore::explore;
use library::replay;
use pipeline::{Bounds, Owned, Pipeline, Pooled, Shared};
use record::{Reached, Recorder};

const REQUESTS: usize = 9;
const SLOTS: NonZeroUsize = NonZeroUsize::new(REQUESTS - 1).expect("a slot");
const BANDS: usize = 2;
const BOUNDS: Bounds = Bounds { frames: 4, frame_bytes: 64 };
const EXECUTIONS: usize = 1_000;
const SEED: u64 = 2024;

/// How shuttle picks the thread that goes on.
#[derive(Clone, Copy, Debug)]
enum Search {
    Random,
    /// Weighs each thread by the steps it has left, so that orders come up about equally often.
    Urw,
    /// Gives threads priorities and changes them at so many points, less one.
    Pct(usize),
}

const SEARCHES: [Search; 4] = [Search::Random, Search::Urw, Search::Pct(2), Search::Pct(3)];

/// Searches the executions of nine requests up to the first fault, and prints how that ended.
fn search<P>(name: &str, how: Search, make: fn(Recorder) -> P) -> (Ending<Fault>, Reached)
where
    P: Pipeline<Codec = Recorder> + Send + Sync + 'static,
{
    let crowd = Crowd { switch: Switch::Steps, ..Crowd::of(REQUESTS, BANDS) };
    let reached = Arc::new(Mutex::new(Reached::default()));
    let (body, notes) = (crowd.clone(), Arc::clone(&reached));
    let body = move || {
        let note = |_: &P, run: &record::Run| {
            notes.lock().expect("notes are taken whole").note(run);
            Ok(())
        };
        body.serve(make, note).map(drop)
    };
    let ending = match how {
        Search::Random => explore(RandomScheduler::new_from_seed(SEED, EXECUTIONS), body),
        Search::Urw => explore(UrwRandomScheduler::new_from_seed(SEED, EXECUTIONS), body),
        Search::Pct(depth) => explore(PctScheduler::new_from_seed(SEED, depth, EXECUTIONS), body),
    };
    let reached = *reached.lock().expect("notes are taken whole");
    let more = match &ending {
        Ending::Found { finding: Finding::Fault(fault), .. } if name == "shared" => {
            fault.on_the_ring()
        }
        Ending::Found { finding: Finding::Fault(fault), .. } => fault.as_it_came(),
        Ending::Found { finding: Finding::Panic(text), .. } => text.clone(),
        _ => reached.to_string(),
    };
    println!("{name:<6} {crowd} {:<7} {:<22} {more}", format!("{how:?}"), ending.to_string());
    (ending, reached)
}

#[test]
fn shared_is_found_mixing_by_every_search_and_its_word_mixes_in_the_library() {
    for how in SEARCHES {
        let (ending, _) = search("shared", how, ring);
        let fault = ending.fault();
        assert!(fault.served.run.lapped(), "nobody was lapped: {}", fault.on_the_ring());
        replay(&fault.served, BANDS, SLOTS);
    }
}

/// With one priority a thread, never changed, a request runs to its end before the next begins.
#[test]
fn shared_is_missed_by_pct_of_depth_one() {
    assert_eq!(search("shared", Search::Pct(1), ring).0.unfound(), EXECUTIONS);
}

#[test]
fn owned_is_clean_in_every_search() {
    for how in SEARCHES {
        let (ending, reached) = search("owned", how, Owned::new);
        assert_eq!(ending.unfound(), EXECUTIONS);
        reached.overlap();
    }
}

#[test]
fn pooled_is_clean_in_every_search() {
    for how in SEARCHES {
        let (ending, reached) = search("pooled", how, |codec| Pooled::new(codec, BOUNDS));
        assert_eq!(ending.unfound(), EXECUTIONS);
        reached.overlap();
        assert!(reached.reused > 0, "no frame was ever used again: {reached}");
    }
}

fn ring(codec: Recorder) -> Shared<Recorder> {
    Shared::new(codec, SLOTS)
}
