//! What does safety cost on another allocator? The same as `ownership`, on mimalloc.

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
