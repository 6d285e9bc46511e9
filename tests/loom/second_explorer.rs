//! Compares the outcomes that loom reaches with those of a second explorer. shuttle's depth-first
//! scheduler shares no code with loom and leaves out no order, so an outcome that loom's reduction
//! loses is a difference.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use shuttle::scheduler::DfsScheduler;

use crate::under_shuttle;

const BANDS: usize = 1;

/// Upper bound of the executions of the second explorer.
const CAP: usize = 2_000_000;

/// Holds each outcome as text.
type Outcomes = BTreeSet<String>;

/// Defines a function that returns the outcomes of a model on `pooled` under a checker. The request
/// of the letter `X`, if there is one, ends with the fault of the given index.
macro_rules! outcomes {
    ($name:ident, $($root:ident)::+, $explore:expr) => {
        fn $name(owners: &[&str], fault: usize, is_stopped: bool) -> Outcomes {
            use $($root)::+::model::clients::{Clients, Switch};
            use $($root)::+::model::requests::End;
            use $($root)::+::pipeline::{Bounds, Pooled};
            let bounds = Bounds { max_frames: 1, max_frame_bytes: 64 };
            let switch = if is_stopped { Switch::Calls } else { Switch::Locks };
            let clients = Clients::ending(owners, End::faults(BANDS)[fault], BANDS, switch);
            let outcomes = Arc::new(Mutex::new(Outcomes::new()));
            let reached = Arc::clone(&outcomes);
            let exploration = $explore(move || {
                let mut kept = (0, 0);
                let inspect = |pooled: &Pooled<_>, _: &_| {
                    kept = pooled.pool().kept();
                    Ok(())
                };
                let served = clients.serve(|codec| Pooled::new(codec, bounds), inspect);
                let served = served.map_err(|fault| fault.in_execution_order())?;
                let steps = if is_stopped { served.run.steps() } else { Vec::new() };
                let steps = String::from_utf8(steps).expect("letters");
                let frames = served.run.users_by_frame();
                let mut ends: Vec<_> = served.outcomes.iter().map(|o| format!("{o:?}")).collect();
                ends.sort();
                let outcome = format!("{steps} {frames:?} {kept:?} {ends:?}");
                reached.lock().expect("no panic under the lock").insert(outcome);
                Ok::<(), String>(())
            });
            exploration.proof();
            outcomes.lock().expect("no panic under the lock").clone()
        }
    };
}

outcomes!(by_loom, crate, |body| crate::explore::explore(crate::explore::Limits::ALL, body));
outcomes!(by_shuttle, crate::under_shuttle, |body| {
    let scheduler = DfsScheduler::new(None, false);
    under_shuttle::explore::exhaust(scheduler, Some(CAP), body)
});

/// Explores a ring of one slot with the second explorer, which must find its mix-up. An explorer
/// that tries one order only would reach too few outcomes, and so would two that are broken alike.
#[test]
fn the_second_explorer_finds_the_mix_up_of_shared() {
    use crate::under_shuttle::model::clients::{Clients, Switch};
    use crate::under_shuttle::model::requests::End;
    use crate::under_shuttle::pipeline::Shared;
    for switch in [Switch::Bands, Switch::Locks] {
        let clients = Clients::ending(&["A", "B"], End::Thumbnail, BANDS, switch);
        let scheduler = DfsScheduler::new(None, false);
        let exploration = under_shuttle::explore::exhaust(scheduler, Some(CAP), move || {
            let make = |codec| Shared::new(codec, NonZeroUsize::MIN);
            clients.serve(make, |_, _| Ok(())).map(drop)
        });
        println!("shared, slots 1, 2 requests: depth first {exploration:#}");
        assert!(exploration.fault().served.run.lapped(), "a request is lapped");
    }
}

#[test]
fn loom_reaches_exactly_the_outcomes_of_a_second_explorer() {
    let faults = crate::model::requests::End::faults(BANDS);
    let mut models = vec![(&["A", "B"][..], 0, true), (&["A", "B", "C"], 0, false)];
    models.extend((0..faults.len()).map(|fault| (&["AX", "B"][..], fault, false)));
    for (owners, fault, is_stopped) in models {
        let size = format!("pooled {owners:?}, X {}, bands {BANDS}, kept 1", faults[fault]);
        let loom = by_loom(owners, fault, is_stopped);
        let shuttle = by_shuttle(owners, fault, is_stopped);
        println!("{size}: outcomes {} of both", loom.len());
        assert!(loom.len() > 1, "{size}: {loom:?}");
        assert_eq!(loom, shuttle, "{size}: loom, shuttle");
    }
}
