//! Goal: measure events per second of the simulation, and show that its time grows in proportion to
//! the events. Method: the built-in day up to the fix, at scales that double the events, on one
//! core.

use std::num::NonZeroU32;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use double_exposure::incident::{DEFAULT_SCENARIO, Scenario, SimulationPlan, simulate};

/// Plans the time from a quiet hour before the rollout until the fix.
fn plan(scale: u32) -> SimulationPlan {
    let text = DEFAULT_SCENARIO
        .replace("start = 2024-11-28T00:00:00", "start = 2024-11-28T14:00:00")
        .replace("end = 2024-12-04T00:00:00", "end = 2024-11-28T23:30:00");
    let scenario = Scenario::read(&text).expect("a shorter scenario is valid");
    SimulationPlan { scenario, scale: NonZeroU32::new(scale).expect("a scale"), seed: 20_241_128 }
}

/// Simulates a plan, and returns the number of events and of thumbnails shown.
fn events(plan: &SimulationPlan) -> u64 {
    let results = simulate(plan, None, &|| true).expect("the plan fits into memory");
    results.events + results.shown
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
