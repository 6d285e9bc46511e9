//! A crowd under loom, with its line in the table; and the claim that the ring mixes, which is the
//! control of every claim that a repair does not.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use crate::crowd::{Crowd, Fault};
use crate::ending::{Ending, Finding};
use crate::explore::{Limits, explore};
use crate::library::replay;
use crate::pipeline::{Pipeline, Shared};
use crate::record::{Reached, Recorder, Run};

/// Explores a crowd on a pipeline up to the first fault, and prints how that ended.
pub(crate) fn crowded<P>(
    name: &str,
    what: &str,
    limits: Limits,
    crowd: &Crowd,
    make: impl Fn(Recorder) -> P + Send + Sync + 'static,
    inspect: impl Fn(&P, &Run) -> Result<(), String> + Send + Sync + 'static,
) -> (Ending<Fault>, Reached)
where
    P: Pipeline<Codec = Recorder> + Send + Sync + 'static,
{
    let reached = Arc::new(Mutex::new(Reached::default()));
    let (body, notes) = (crowd.clone(), Arc::clone(&reached));
    let ending = explore(limits, move || {
        let note_and_inspect = |pipeline: &P, run: &Run| {
            notes.lock().expect("notes are taken whole").note(run);
            inspect(pipeline, run)
        };
        body.serve(&make, note_and_inspect).map(drop)
    });
    let reached = *reached.lock().expect("notes are taken whole");
    let bound = limits.preemptions.map_or_else(|| "unbounded".into(), |n| format!("bound {n}"));
    let more = match &ending {
        Ending::Found { finding: Finding::Fault(fault), .. } if name == "shared" => {
            fault.on_the_ring()
        }
        Ending::Found { finding: Finding::Fault(fault), .. } => fault.as_it_came(),
        Ending::Found { finding: Finding::Panic(text), .. } => text.clone(),
        _ => reached.to_string(),
    };
    println!(
        "{name:<6} {:<60} {bound:<9} {:<17} {more}",
        format!("{crowd}{what}"),
        ending.to_string()
    );
    (ending, reached)
}

/// The same on the ring.
pub(crate) fn ring(limits: Limits, crowd: &Crowd, slots: usize) -> (Ending<Fault>, Reached) {
    let make = move |codec| Shared::new(codec, NonZeroUsize::new(slots).expect("a slot"));
    crowded("shared", &format!(", slots {slots}"), limits, crowd, make, |_, _| Ok(()))
}

/// The ring's mix must be found, by a lap, and happen in the library too.
#[track_caller]
pub(crate) fn ring_mixes(limits: Limits, crowd: &Crowd, slots: usize) {
    let fault = ring(limits, crowd, slots).0.fault();
    assert!(fault.served.run.lapped(), "nobody was lapped: {}", fault.on_the_ring());
    replay(&fault.served, crowd.bands, NonZeroUsize::new(slots).expect("a slot"));
}
