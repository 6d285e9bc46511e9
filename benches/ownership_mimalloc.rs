//! Measures the cost of ownership like the bench `ownership`, but with mimalloc as the allocator.

#[path = "ownership/pairs.rs"]
mod pairs;

use criterion::{Criterion, criterion_group, criterion_main};
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn ownership(criterion: &mut Criterion) {
    pairs::measure(criterion, "mimalloc");
}

criterion_group!(benches, ownership);
criterion_main!(benches);
