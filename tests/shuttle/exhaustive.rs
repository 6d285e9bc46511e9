//! Explores every choice at every switch point, depth first, in small models: a second proof of the
//! repairs, by an explorer that shares no code with loom and reduces nothing.
//!
//! shuttle's lock can be poisoned, and loom's cannot. So here are also the models in which a codec
//! panics under the lock of a slot (buffer of the ring).

use std::num::NonZeroUsize;

use shuttle::scheduler::DfsScheduler;

use crate::exploration::Exploration;
use crate::explore::exhaust;
use crate::model::clients::{Clients, Fault, Switch};
use crate::model::pool_invariant::check_pool;
use crate::model::recorder::{Recorder, Run};
use crate::model::requests::End;
use crate::pipeline::{Bounds, Owned, Pipeline, Pooled, Shared};
use crate::replay_on_std::replay;

/// Upper bound of the executions of a model.
const CAP: usize = 1_000_000;

/// Explores clients, and prints how the exploration ended.
fn explore<P>(
    name: &str,
    clients: &Clients,
    make: impl Fn(Recorder) -> P + Send + Sync + 'static,
    inspect: impl Fn(&P, &Run) -> Result<(), String> + Send + Sync + 'static,
) -> Exploration<Fault>
where
    P: Pipeline<Codec = Recorder> + Send + Sync + 'static,
{
    let body = clients.clone();
    let exploration = exhaust(DfsScheduler::new(None, false), Some(CAP), move || {
        body.serve(&make, &inspect).map(drop)
    });
    println!("{name:<20} {:<80} depth first {exploration:#}", clients.to_string());
    exploration
}

fn ring(clients: &Clients, slots: usize) -> Exploration<Fault> {
    let slots = NonZeroUsize::new(slots).expect("a slot");
    let make = move |codec| Shared::new(codec, slots);
    explore(&format!("shared, slots {slots}"), clients, make, |_, _| Ok(()))
}

fn pooled(clients: &Clients, max_frames: usize) -> Exploration<Fault> {
    let bounds = Bounds { max_frames, max_frame_bytes: 64 };
    let make = move |codec| Pooled::new(codec, bounds);
    let inspect =
        move |pooled: &Pooled<_>, run: &Run| check_pool(pooled.pool().kept(), bounds, run);
    explore(&format!("pooled, kept {max_frames}"), clients, make, inspect)
}

#[test]
fn the_repairs_are_clean_where_shared_mixes_however_a_request_ends() {
    for end in End::faults(1).into_iter().chain([End::Thumbnail]) {
        let clients = Clients::ending(&["AX", "B"], end, 1, Switch::Bands);
        explore("owned", &clients, Owned::new, |_, _| Ok(())).proof();
        let fault = ring(&clients, 1).fault();
        assert!(fault.served.run.lapped(), "no request was lapped: {}", fault.on_ring());
        replay(&fault.served, clients.bands, NonZeroUsize::MIN);
        for frames in [1, 2] {
            pooled(&clients, frames).proof();
        }
    }
}

/// Explores a ring with a slot for each request, in which only a poisoned lock can show. With one
/// slot, the same search must find a mix-up.
#[test]
fn a_panic_under_a_slots_lock_leaves_the_slot_usable() {
    for end in End::faults(1) {
        let clients = Clients::ending(&["AX", "B"], end, 1, Switch::Locks);
        ring(&clients, 3).proof();
        let fault = ring(&clients, 1).fault();
        assert!(fault.served.run.lapped(), "no request was lapped: {}", fault.on_ring());
    }
}
