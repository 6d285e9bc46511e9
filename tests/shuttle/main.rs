//! Checks that random search finds the ring mixing photos with nine requests on eight slots
//! (buffers), and finds no mix in the repairs. loom cannot exhaust this size. shuttle's schedulers
//! each run 1,000 executions of the shipped files, and the word of a finding must mix in the
//! library too.
//!
//! `cargo test --test shuttle -- --nocapture --test-threads 1` prints a line per search.

mod by_word;
mod exhaustive;
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
mod words;
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
const BANDS: usize = 2;
const BOUNDS: Bounds = Bounds { max_frames: 4, max_frame_bytes: 64 };
/// Upper bound of the executions of a search.
const CAP: usize = 1_000;
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

/// Searches executions up to the first fault, and prints how the search ended.
fn search<P>(
    name: &str,
    search: Search,
    clients: &Clients,
    make: impl Fn(Recorder) -> P + Send + Sync + 'static,
) -> (Exploration<Fault>, Reached)
where
    P: Pipeline<Codec = Recorder> + Send + Sync + 'static,
{
    let reached = Arc::new(Mutex::new(Reached::default()));
    let (body, notes) = (clients.clone(), Arc::clone(&reached));
    let body = move || {
        let add = |_: &P, run: &Run| {
            notes.lock().expect("no panic under the lock").add(run);
            Ok(())
        };
        body.serve(&make, add).map(drop)
    };
    let exploration = match search {
        Search::Random => explore(RandomScheduler::new_from_seed(SEED, CAP), CAP, body),
        Search::Urw => explore(UrwRandomScheduler::new_from_seed(SEED, CAP), CAP, body),
        Search::Pct(depth) => explore(PctScheduler::new_from_seed(SEED, depth, CAP), CAP, body),
    };
    let reached = *reached.lock().expect("no panic under the lock");
    let details = details(&exploration, name == "shared", &reached);
    println!(
        "{name:<6} {clients} {:<7} {:<22} {details}",
        format!("{search:?}"),
        format!("{exploration:#}")
    );
    (exploration, reached)
}

/// Lists clients that no explorer exhausts: nine requests, between any two steps and in `convert`,
/// and four requests of three bands.
fn clients() -> [Clients; 3] {
    [
        Clients { switch: Switch::Steps, ..Clients::of(REQUESTS, BANDS) },
        Clients { switch: Switch::Calls, ..Clients::of(REQUESTS, BANDS) },
        Clients { switch: Switch::Calls, ..Clients::of(4, 3) },
    ]
}

#[test]
fn every_search_finds_shared_mixing_and_the_word_mixes_in_the_library() {
    for clients in clients() {
        let slots = NonZeroUsize::new(clients.thumbnails() - 1).expect("a slot");
        for scheduler in SEARCHES {
            let make = move |codec| Shared::new(codec, slots);
            let fault = search("shared", scheduler, &clients, make).0.fault();
            assert!(fault.served.run.lapped(), "no request was lapped: {}", fault.on_ring());
            replay(&fault.served, clients.bands, slots);
        }
    }
}

/// Searches with priorities that never change, so that each request ends before the next begins.
#[test]
fn shared_is_missed_by_pct_of_depth_one() {
    for clients in clients() {
        let slots = NonZeroUsize::new(clients.thumbnails() - 1).expect("a slot");
        let make = move |codec| Shared::new(codec, slots);
        assert_eq!(search("shared", Search::Pct(1), &clients, make).0.capped(), CAP);
    }
}

#[test]
fn owned_is_clean_in_every_search() {
    for (clients, scheduler) in searches() {
        let (exploration, reached) = search("owned", scheduler, &clients, Owned::new);
        assert_eq!(exploration.capped(), CAP);
        reached.assert_overlap();
    }
}

#[test]
fn pooled_is_clean_in_every_search() {
    for (clients, scheduler) in searches() {
        let make = |codec| Pooled::new(codec, BOUNDS);
        let (exploration, reached) = search("pooled", scheduler, &clients, make);
        assert_eq!(exploration.capped(), CAP);
        reached.assert_overlap();
        assert!(reached.reused > 0, "no frame was reused: {reached}");
    }
}

fn searches() -> impl Iterator<Item = (Clients, Search)> {
    clients().into_iter().flat_map(|clients| SEARCHES.map(|search| (clients.clone(), search)))
}
