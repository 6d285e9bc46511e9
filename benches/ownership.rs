//! What does safety cost? Owned and pooled buffers beside shared ones, at the loads below and above
//! the one that triggers the mix-up, on the system's allocator.

#[path = "ownership/pairs.rs"]
mod pairs;

use criterion::{Criterion, criterion_group, criterion_main};

fn ownership(criterion: &mut Criterion) {
    pairs::measure(criterion, "system");
}

criterion_group!(benches, ownership);
criterion_main!(benches);
