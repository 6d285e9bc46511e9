//! The pool alone: leases on threads, and what is left when all are dropped.

use std::sync::Arc;

use loom::thread;

use crate::codec::ModelFrame;
use crate::explore::{Limits, explore};
use crate::pipeline::{Bounds, Lease, Pool};

type Frames = Arc<Pool<ModelFrame>>;

/// Takes a frame, fills it and drops it; says whether it came empty.
fn borrow(pool: &Frames) -> bool {
    let mut lease = Pool::take(pool);
    let empty = lease.0.is_empty();
    lease.0.push(b'A');
    empty
}

#[test]
fn a_lease_is_empty_and_nothing_outlives_the_last_one() {
    let bounds = Bounds { frames: 2, frame_bytes: 64 };
    let ending = explore(Limits::ALL, move || {
        let pool: Frames = Arc::new(Pool::new(bounds));
        let other = Arc::clone(&pool);
        let other = thread::spawn(move || borrow(&other) && borrow(&other));
        let empty = borrow(&pool) && other.join().expect("the other thread ends");
        let (kept, _) = pool.kept();
        let leases: Vec<Lease<_>> = (0..bounds.frames).map(|_| Pool::take(&pool)).collect();
        let empty = empty && leases.iter().all(|lease| lease.0.is_empty());
        let allocated = leases.iter().filter(|lease| lease.0.capacity() > 0).count();
        drop(leases);
        let alone = Arc::into_inner(pool).is_some();
        match (empty, alone, kept) {
            (true, true, 1..=2) if kept == allocated => Ok(()),
            state => Err(format!("(empty, alone, kept) are {state:?}, {allocated} are used")),
        }
    });
    println!("{:<6} {:<60} unbounded {ending}", "pool", "leases 3 on threads 2, kept 2");
    ending.proof();
}
