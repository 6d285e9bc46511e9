//! Searches for a mixed thumbnail of the ring with each tool.
//!
//! All tools run the shipped ring with the same codec and clients, and stop at the first mixed
//! thumbnail.

use std::fmt;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use double_exposure::schedule::{Schedule, schedules};
use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler, UrwRandomScheduler};

use crate::exploration::Exploration;
use crate::{under_loom, under_shuttle, under_std};
use under_std::model::clients::{Served, replay_word};
use under_std::model::recorder::{Recorder, Run};
use under_std::model::requests::Request;
use under_std::pipeline::Shared;

/// Holds the numbers of requests, bands and slots (buffers of the ring).
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) requests: usize,
    pub(crate) slots: NonZeroUsize,
    pub(crate) bands: usize,
}

/// Selects the tool that searches.
#[derive(Clone, Copy)]
pub(crate) enum Tool {
    Threads,
    Random,
    Urw,
    Pct(usize),
    Loom,
    Words,
}

/// Describes how a search ended.
pub(crate) enum SearchResult {
    /// A mix was found after this number of executions and this time.
    Found(usize, Duration),
    /// No mix was found.
    Missed,
    /// The tool cannot run this number of threads.
    Unable,
}

impl Tool {
    pub(crate) const ALL: [Self; 7] = [
        Self::Threads,
        Self::Random,
        Self::Urw,
        Self::Pct(2),
        Self::Pct(3),
        Self::Loom,
        Self::Words,
    ];

    /// Searches for a mix in at most `cap` executions.
    pub(crate) fn search(self, size: Size, seed: u64, cap: usize) -> SearchResult {
        match self {
            Self::Threads => threads(size, cap),
            Self::Random => shuttle(size, RandomScheduler::new_from_seed(seed, cap), cap),
            Self::Urw => shuttle(size, UrwRandomScheduler::new_from_seed(seed, cap), cap),
            Self::Pct(depth) => shuttle(size, PctScheduler::new_from_seed(seed, depth, cap), cap),
            Self::Loom => loom(size, cap),
            Self::Words => enumerated(size, cap),
        }
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Threads => f.pad("plain threads"),
            Self::Random => f.pad("shuttle, random"),
            Self::Urw => f.pad("shuttle, URW"),
            Self::Pct(depth) => f.pad(&format!("shuttle, PCT {depth}")),
            Self::Loom => f.pad("loom"),
            Self::Words => f.pad("words, enumerated"),
        }
    }
}

fn threads(size: Size, cap: usize) -> SearchResult {
    let clients = under_std::model::clients::Clients::of(size.requests, size.bands);
    let start = Instant::now();
    for execution in 1..=cap {
        if clients.serve(|codec| Shared::new(codec, size.slots), |_, _| Ok(())).is_err() {
            return SearchResult::Found(execution, start.elapsed());
        }
    }
    SearchResult::Missed
}

fn shuttle(size: Size, scheduler: impl Scheduler + 'static, cap: usize) -> SearchResult {
    use under_shuttle::explore::explore;
    use under_shuttle::model::clients::{Clients, Switch};
    use under_shuttle::pipeline::Shared;
    let clients = Clients { switch: Switch::Steps, ..Clients::of(size.requests, size.bands) };
    let start = Instant::now();
    let exploration = explore(scheduler, cap, move || {
        clients.serve(|codec| Shared::new(codec, size.slots), |_, _| Ok(())).map(drop)
    });
    result(&exploration, start.elapsed())
}

fn loom(size: Size, cap: usize) -> SearchResult {
    use under_loom::explore::{Limits, explore};
    use under_loom::model::clients::Clients;
    use under_loom::pipeline::Shared;
    if size.requests > loom::MAX_THREADS {
        return SearchResult::Unable;
    }
    let clients = Clients::of(size.requests, size.bands);
    let start = Instant::now();
    let exploration = explore(Limits { max_executions: cap, ..Limits::ALL }, move || {
        clients.serve(|codec| Shared::new(codec, size.slots), |_, _| Ok(())).map(drop)
    });
    result(&exploration, start.elapsed())
}

fn result<F>(exploration: &Exploration<F>, time: Duration) -> SearchResult {
    match exploration {
        Exploration::Found { at, .. } => SearchResult::Found(*at, time),
        Exploration::Exhausted { .. } | Exploration::Capped { .. } | Exploration::Diverged => {
            SearchResult::Missed
        }
    }
}

/// Replays the words in alphabetical order, each on one thread.
fn enumerated(size: Size, cap: usize) -> SearchResult {
    let bands = NonZeroU32::new(u32::try_from(size.bands).expect("few bands")).expect("a band");
    let all = schedules(size.requests, bands).expect("a size that can be written");
    let start = Instant::now();
    for (at, word) in (1..=cap).zip(all) {
        if mixes(&word, bands, size.slots) {
            return SearchResult::Found(at, start.elapsed());
        }
    }
    SearchResult::Missed
}

fn mixes(word: &Schedule, bands: NonZeroU32, slots: NonZeroUsize) -> bool {
    let run = Arc::new(Mutex::new(Run::default()));
    let ring = Shared::new(Recorder::new(bands.get() as usize, |_| (), &run), slots);
    let requests: Vec<_> = (b'A'..).take(word.requests()).map(Request::whole).collect();
    let outcomes = replay_word(&ring, word, bands, &requests);
    Served { run: Run::default(), outcomes, bands: bands.get() as usize }.check(None).is_err()
}
