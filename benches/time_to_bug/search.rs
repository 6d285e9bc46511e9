//! One search for a mixed thumbnail of the ring, by each of the tools.
//!
//! All look at the shipped ring with the same codec and the same clients, and stop at the first
//! thumbnail that is mixed.

use std::fmt;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use double_exposure::schedule::{Act, Schedule, schedules};
use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler, UrwRandomScheduler};

use crate::ending::Ending;
use crate::{under_loom, under_shuttle, under_std};
use under_std::pipeline::{Pipeline, Shared};
use under_std::record::{Recorder, Run};

/// So many requests of so many bands on so many slots.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) requests: usize,
    pub(crate) slots: NonZeroUsize,
    pub(crate) bands: usize,
}

/// Who looks.
#[derive(Clone, Copy)]
pub(crate) enum Tool {
    Threads,
    Random,
    Urw,
    Pct(usize),
    Loom,
    Words,
}

/// How a search ended.
pub(crate) enum Searched {
    /// After so many executions and so long.
    Found(usize, Duration),
    /// All that there are, and no mix.
    Missed,
    /// The tool has no place for so many threads.
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

    /// Looks for a mix in at most so many executions.
    pub(crate) fn search(self, size: Size, seed: u64, cap: usize) -> Searched {
        match self {
            Self::Threads => threads(size, cap),
            Self::Random => shuttle(size, RandomScheduler::new_from_seed(seed, cap)),
            Self::Urw => shuttle(size, UrwRandomScheduler::new_from_seed(seed, cap)),
            Self::Pct(depth) => shuttle(size, PctScheduler::new_from_seed(seed, depth, cap)),
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

fn threads(size: Size, cap: usize) -> Searched {
    let crowd = under_std::crowd::Crowd::of(size.requests, size.bands);
    let start = Instant::now();
    for execution in 1..=cap {
        if crowd.serve(|codec| Shared::new(codec, size.slots), |_, _| Ok(())).is_err() {
            return Searched::Found(execution, start.elapsed());
        }
    }
    Searched::Missed
}

fn shuttle(size: Size, scheduler: impl Scheduler + 'static) -> Searched {
    use under_shuttle::crowd::{Crowd, Switch};
    use under_shuttle::explore::explore;
    use under_shuttle::pipeline::Shared;
    let crowd = Crowd { switch: Switch::Steps, ..Crowd::of(size.requests, size.bands) };
    let found = Arc::new(Mutex::new(None));
    let (start, note) = (Instant::now(), Arc::clone(&found));
    let ending = explore(scheduler, move || {
        let served = crowd.serve(|codec| Shared::new(codec, size.slots), |_, _| Ok(()));
        served.map(drop).inspect_err(|_| {
            // What the scheduler does after this is no part of the search.
            *note.lock().expect("nothing panics here") = Some(start.elapsed());
        })
    });
    searched(&ending, found.lock().expect("nothing panics here").unwrap_or_default())
}

fn loom(size: Size, cap: usize) -> Searched {
    use under_loom::crowd::Crowd;
    use under_loom::explore::{Limits, explore};
    use under_loom::pipeline::Shared;
    if size.requests > loom::MAX_THREADS {
        return Searched::Unable;
    }
    let crowd = Crowd::of(size.requests, size.bands);
    let start = Instant::now();
    let ending = explore(Limits { executions: cap, ..Limits::ALL }, move || {
        crowd.serve(|codec| Shared::new(codec, size.slots), |_, _| Ok(())).map(drop)
    });
    searched(&ending, start.elapsed())
}

fn searched<F>(ending: &Ending<F>, time: Duration) -> Searched {
    match ending {
        Ending::Found { at, .. } => Searched::Found(*at, time),
        Ending::Exhausted { .. } | Ending::Capped { .. } | Ending::Diverged => Searched::Missed,
    }
}

/// The words in alphabetical order, each played on one thread.
fn enumerated(size: Size, cap: usize) -> Searched {
    let bands = NonZeroU32::new(u32::try_from(size.bands).expect("few bands")).expect("a band");
    let all = schedules(size.requests, bands).expect("a size that can be written");
    let start = Instant::now();
    for (at, word) in (1..=cap).zip(all) {
        if mixes(&word, bands, size.slots) {
            return Searched::Found(at, start.elapsed());
        }
    }
    Searched::Missed
}

fn mixes(word: &Schedule, bands: NonZeroU32, slots: NonZeroUsize) -> bool {
    let run = Arc::new(Mutex::new(Run::default()));
    let ring = Shared::new(Recorder::new(bands.get() as usize, |_| (), &run), slots);
    let mut jobs: Vec<_> = (0..word.requests()).map(|_| None).collect();
    word.steps().any(|step| {
        let job = &mut jobs[step.request];
        let owner = b'A' + u8::try_from(step.request).expect("a letter");
        match step.act(bands).expect("a word has no letter too many") {
            Act::Begin => {
                *job = ring.begin(&owner).ok();
                false
            }
            Act::Band(_) => {
                job.as_mut().map(|job| ring.band(job));
                false
            }
            Act::Finish => {
                let thumbnail = job.take().and_then(|job| ring.finish(job).ok());
                thumbnail.is_some_and(|bands| bands.iter().any(|band| *band != owner))
            }
        }
    })
}
