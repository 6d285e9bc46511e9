//! Measures the cost of ownership: owned and pooled buffers beside shared ones, at loads below and
//! above the knee, with the system's allocator.

#[path = "ownership/pairs.rs"]
mod pairs;

use criterion::{Criterion, criterion_group, criterion_main};

fn ownership(criterion: &mut Criterion) {
    pairs::measure(criterion, "system");
}

criterion_group!(benches, ownership);
criterion_main!(benches);
