//! Goal: how many events a second a day in virtual time makes, and whether its time grows with
//! them alone. Method: the built-in day up to the fix, at scales that double what happens, on one
//! core.

use std::num::NonZeroU32;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use double_exposure::incident::{DEFAULT, Scenario, SimulationPlan, play};

/// From a quiet hour before the rollout until the fix.
fn plan(scale: u32) -> SimulationPlan {
    let text = DEFAULT
        .replace("start = 2024-11-28T00:00:00", "start = 2024-11-28T14:00:00")
        .replace("end = 2024-12-04T00:00:00", "end = 2024-11-28T23:30:00");
    let script = Scenario::read(&text).expect("a shorter day is a day");
    SimulationPlan { script, scale: NonZeroU32::new(scale).expect("a scale"), seed: 20_241_128 }
}

/// Events of the simulation, and thumbnails shown: each is a line of the log.
fn events(plan: &SimulationPlan) -> u64 {
    let findings = play(plan, None, &|| true).expect("it fits");
    findings.events + findings.shown
}

fn incident(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("incident");
    group.sample_size(10);
    for scale in [1_600, 800, 400] {
        let plan = plan(scale);
        group.throughput(Throughput::Elements(events(&plan)));
        group.bench_with_input(
            BenchmarkId::from_parameter(format!("1:{scale}")),
            &plan,
            |b, plan| {
                b.iter(|| events(plan));
            },
        );
    }
    group.finish();
}

criterion_group!(benches, incident);
criterion_main!(benches);
