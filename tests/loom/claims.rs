//! Explores clients under loom, prints a line of the table for each exploration, and claims that
//! the ring mixes photos, which is the control of every claim about a repair.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use crate::exploration::Exploration;
use crate::explore::{Limits, explore};
use crate::model::clients::{Clients, Fault, details};
use crate::model::recorder::{Reached, Recorder, Run};
use crate::pipeline::{Pipeline, Shared};
use crate::replay_on_std::replay;

/// Explores clients on a pipeline up to the first fault, and prints how the exploration ended.
pub(crate) fn explore_clients<P>(
    name: &str,
    parameters: &str,
    limits: Limits,
    clients: &Clients,
    make: impl Fn(Recorder) -> P + Send + Sync + 'static,
    inspect: impl Fn(&P, &Run) -> Result<(), String> + Send + Sync + 'static,
) -> (Exploration<Fault>, Reached)
where
    P: Pipeline<Codec = Recorder> + Send + Sync + 'static,
{
    let reached = Arc::new(Mutex::new(Reached::default()));
    let (body, notes) = (clients.clone(), Arc::clone(&reached));
    let exploration = explore(limits, move || {
        let add_and_inspect = |pipeline: &P, run: &Run| {
            notes.lock().expect("no panic under the lock").add(run);
            inspect(pipeline, run)
        };
        body.serve(&make, add_and_inspect).map(drop)
    });
    let reached = *reached.lock().expect("no panic under the lock");
    let bound = limits.max_preemptions.map_or_else(|| "unbounded".into(), |n| format!("bound {n}"));
    let details = details(&exploration, name == "shared", &reached);
    println!(
        "{name:<6} {:<60} {bound:<9} {:<22} {details}",
        format!("{clients}{parameters}"),
        format!("{exploration:#}")
    );
    (exploration, reached)
}

/// Explores clients on the ring of shared buffers.
pub(crate) fn ring(
    limits: Limits,
    clients: &Clients,
    slots: usize,
) -> (Exploration<Fault>, Reached) {
    let make = move |codec| Shared::new(codec, NonZeroUsize::new(slots).expect("a slot"));
    explore_clients("shared", &format!(", slots {slots}"), limits, clients, make, |_, _| Ok(()))
}

/// Asserts that the ring mixes photos because of a lap (an early overwrite), in the library too.
#[track_caller]
pub(crate) fn ring_mixes(limits: Limits, clients: &Clients, slots: usize) {
    let fault = ring(limits, clients, slots).0.fault();
    assert!(fault.served.run.lapped(), "no request was lapped: {}", fault.on_ring());
    replay(&fault.served, clients.bands, NonZeroUsize::new(slots).expect("a slot"));
}
