//! Checks the pool without a pipeline: leases on threads, and the frames after the last lease.

use std::sync::Arc;

use loom::thread;

use crate::explore::{Limits, explore};
use crate::model::codec::ModelFrame;
use crate::pipeline::{Bounds, Lease, Pool};

type Frames = Arc<Pool<ModelFrame>>;

/// Leases a frame, fills it and drops it. Returns true if the frame was empty.
fn borrow(pool: &Frames) -> bool {
    let mut lease = Pool::take(pool);
    let empty = lease.pixels.is_empty();
    lease.pixels.push(b'A');
    empty
}

#[test]
fn a_lease_is_empty_and_nothing_outlives_the_last_one() {
    let bounds = Bounds { max_frames: 2, max_frame_bytes: 64 };
    let exploration = explore(Limits::ALL, move || {
        let pool: Frames = Arc::new(Pool::new(bounds));
        let other = Arc::clone(&pool);
        let other = thread::spawn(move || borrow(&other) && borrow(&other));
        let empty = borrow(&pool) && other.join().expect("the other thread ends");
        let (kept, _) = pool.kept();
        let leases: Vec<Lease<_>> = (0..bounds.max_frames).map(|_| Pool::take(&pool)).collect();
        let empty = empty && leases.iter().all(|lease| lease.pixels.is_empty());
        let allocated = leases.iter().filter(|lease| lease.pixels.capacity() > 0).count();
        drop(leases);
        let alone = Arc::into_inner(pool).is_some();
        match (empty, alone, kept) {
            (true, true, 1..=2) if kept == allocated => Ok(()),
            state => Err(format!("(empty, alone, kept) are {state:?}, {allocated} have memory")),
        }
    });
    println!("{:<6} {:<60} unbounded {exploration}", "pool", "leases 3 on threads 2, kept 2");
    exploration.proof();
}
