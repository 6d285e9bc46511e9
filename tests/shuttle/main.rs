//! Checks that random search finds the ring mixing photos with nine requests on eight slots
//! (buffers), and finds no mix in the repairs. loom cannot exhaust this size. shuttle's schedulers
//! each run 1,000 executions of the shipped files, and the word of a finding must mix in the
//! library too.
//!
//! `cargo test --test shuttle -- --nocapture --test-threads 1` prints a line per search.

#[path = "../model/exploration.rs"]
#[allow(dead_code, reason = "shared with tests that use more of it")]
mod exploration;
mod explore;
#[path = "../model/mod.rs"]
#[allow(dead_code, reason = "shared with tests that use more of it")]
mod model;
#[path = "../../src/pipeline/mod.rs"]
#[allow(dead_code, unreachable_pub, unused_imports, reason = "the library's files, used in part")]
mod pipeline;
#[path = "../model/replay_on_std.rs"]
mod replay_on_std;
mod sync;
mod wrapper;

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use shuttle::scheduler::{PctScheduler, RandomScheduler, UrwRandomScheduler};

use exploration::Exploration;
use explore::explore;
use model::clients::{Clients, Fault, Switch, details};
use model::recorder::{Reached, Recorder, Run};
use pipeline::{Bounds, Owned, Pipeline, Pooled, Shared};
use replay_on_std::replay;

const REQUESTS: usize = 9;
const SLOTS: NonZeroUsize = NonZeroUsize::new(REQUESTS - 1).expect("a slot");
const BANDS: usize = 2;
const BOUNDS: Bounds = Bounds { max_frames: 4, max_frame_bytes: 64 };
const EXECUTIONS: usize = 1_000;
const SEED: u64 = 2024;

/// Selects shuttle's scheduler.
#[derive(Clone, Copy, Debug)]
enum Search {
    /// Uniform choice among the threads.
    Random,
    /// Uniform random walk: weighs threads by their remaining steps, so that orders are about
    /// equally likely.
    Urw,
    /// Probabilistic concurrency testing of this depth: changes the threads' priorities at one
    /// point fewer than the depth.
    Pct(usize),
}

const SEARCHES: [Search; 4] = [Search::Random, Search::Urw, Search::Pct(2), Search::Pct(3)];

/// Searches executions of nine requests up to the first fault, and prints how the search ended.
fn search<P>(name: &str, search: Search, make: fn(Recorder) -> P) -> (Exploration<Fault>, Reached)
where
    P: Pipeline<Codec = Recorder> + Send + Sync + 'static,
{
    let clients = Clients { switch: Switch::Steps, ..Clients::of(REQUESTS, BANDS) };
    let reached = Arc::new(Mutex::new(Reached::default()));
    let (body, notes) = (clients.clone(), Arc::clone(&reached));
    let body = move || {
        let add = |_: &P, run: &Run| {
            notes.lock().expect("no panic under the lock").add(run);
            Ok(())
        };
        body.serve(make, add).map(drop)
    };
    let exploration = match search {
        Search::Random => explore(RandomScheduler::new_from_seed(SEED, EXECUTIONS), body),
        Search::Urw => explore(UrwRandomScheduler::new_from_seed(SEED, EXECUTIONS), body),
        Search::Pct(depth) => explore(PctScheduler::new_from_seed(SEED, depth, EXECUTIONS), body),
    };
    let reached = *reached.lock().expect("no panic under the lock");
    let details = details(&exploration, name == "shared", &reached);
    println!(
        "{name:<6} {clients} {:<7} {:<22} {details}",
        format!("{search:?}"),
        exploration.to_string()
    );
    (exploration, reached)
}

#[test]
fn every_search_finds_shared_mixing_and_the_word_mixes_in_the_library() {
    for scheduler in SEARCHES {
        let fault = search("shared", scheduler, ring).0.fault();
        assert!(fault.served.run.lapped(), "no request was lapped: {}", fault.on_ring());
        replay(&fault.served, BANDS, SLOTS);
    }
}

/// Searches with priorities that never change, so that each request ends before the next begins.
#[test]
fn shared_is_missed_by_pct_of_depth_one() {
    assert_eq!(search("shared", Search::Pct(1), ring).0.capped(), EXECUTIONS);
}

#[test]
fn owned_is_clean_in_every_search() {
    for scheduler in SEARCHES {
        let (exploration, reached) = search("owned", scheduler, Owned::new);
        assert_eq!(exploration.capped(), EXECUTIONS);
        reached.assert_overlap();
    }
}

#[test]
fn pooled_is_clean_in_every_search() {
    for scheduler in SEARCHES {
        let (exploration, reached) =
            search("pooled", scheduler, |codec| Pooled::new(codec, BOUNDS));
        assert_eq!(exploration.capped(), EXECUTIONS);
        reached.assert_overlap();
        assert!(reached.reused > 0, "no frame was reused: {reached}");
    }
}

fn ring(codec: Recorder) -> Shared<Recorder> {
    Shared::new(codec, SLOTS)
}
