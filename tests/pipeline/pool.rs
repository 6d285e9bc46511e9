//! Checks that a pool gets every frame back once and empty, and keeps frames only within its
//! bounds. Frames that record their use are leased and dropped in every way in which a conversion
//! can end: finished, failed, in a panic, abandoned, and on another thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::channel;
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;
use std::time::Duration;

use double_exposure::pipeline::{Bounds, Frame, Lease, Pipeline, Pool, Pooled};

use crate::codec::{ModelCodec, Step};

/// Simulates a frame: claims to hold `memory` bytes, and records whether it was empty when freed.
#[derive(Clone, Default)]
struct FakeFrame {
    pixels: Vec<u8>,
    memory: usize,
    freed: Option<Arc<Mutex<Vec<bool>>>>,
    /// True if `clear` panics.
    clear_panics: bool,
}

impl Frame for FakeFrame {
    fn clear(&mut self) {
        assert!(!self.clear_panics, "clear panics");
        self.pixels.clear();
    }

    fn capacity(&self) -> usize {
        self.memory
    }
}

impl Drop for FakeFrame {
    fn drop(&mut self) {
        if let Some(freed) = &self.freed {
            freed.lock().expect("no panic under the lock").push(self.pixels.is_empty());
        }
    }
}

fn pool(max_frames: usize, max_frame_bytes: usize) -> Arc<Pool<FakeFrame>> {
    Arc::new(Pool::new(Bounds { max_frames, max_frame_bytes }))
}

/// Leases a frame and puts pixels into its `memory` bytes.
fn used(pool: &Arc<Pool<FakeFrame>>, memory: usize) -> Lease<FakeFrame> {
    let mut lease = Pool::take(pool);
    lease.pixels.extend(b"pixels");
    lease.memory = memory;
    lease
}

/// Leases a frame per size in bytes, each of which records its drop in `freed`.
fn recorded(
    pool: &Arc<Pool<FakeFrame>>,
    sizes: [usize; 3],
    freed: &Arc<Mutex<Vec<bool>>>,
) -> [Lease<FakeFrame>; 3] {
    sizes.map(|memory| {
        let mut lease = used(pool, memory);
        lease.freed = Some(Arc::clone(freed));
        lease
    })
}

/// Creates a pipeline of two bands that calls `step` at the start of each step. Its pool has room
/// for all frames of these tests.
fn pooled(step: fn(Step)) -> Pooled<ModelCodec> {
    let bounds = Bounds { max_frames: 8, max_frame_bytes: 1024 };
    Pooled::new(ModelCodec { bands: 2, step }, bounds)
}

/// Fails to compile for a type that is `Clone`: two implementations apply, and `_` is ambiguous.
trait NotClone<Marker> {
    const IS_NOT_CLONE: () = ();
}
impl<T> NotClone<()> for T {}
impl<T: Clone> NotClone<u8> for T {}
const _: () = <Lease<FakeFrame> as NotClone<_>>::IS_NOT_CLONE;

#[test]
fn a_lease_is_empty_and_has_the_memory_of_the_frame_before_it() {
    let pool = pool(1, 100);
    assert_eq!(pool.kept(), (0, 0), "a pool starts without frames");
    drop(used(&pool, 70));
    let lease = Pool::take(&pool);
    assert_eq!((lease.pixels.len(), lease.memory), (0, 70));
}

#[test]
fn a_frame_is_either_kept_once_or_leased() {
    let pool = pool(4, 100);
    let lease = used(&pool, 70);
    assert_eq!(pool.kept(), (0, 0), "leased");
    drop(lease);
    assert_eq!(pool.kept(), (1, 70), "given back");
    let lease = Pool::take(&pool);
    assert_eq!(pool.kept(), (0, 0), "leased again");
    assert_eq!(Pool::take(&pool).memory, 0, "the next lease is of another frame");
    drop(lease);
    assert_eq!(pool.kept(), (2, 70));
}

#[test]
fn a_pool_keeps_at_most_its_bound_of_frames_for_any_number_of_leases() {
    for frames in 0..=4 {
        let pool = pool(frames, 100);
        for _ in 0..2 {
            let leases: Vec<_> = (0..6).map(|_| used(&pool, 10)).collect();
            assert_eq!(pool.kept(), (0, 0));
            for (returned, lease) in (1..).zip(leases) {
                drop(lease);
                let kept = frames.min(returned);
                assert_eq!(
                    pool.kept(),
                    (kept, kept * 10),
                    "{returned} returned, at most {frames} kept"
                );
            }
        }
    }
}

#[test]
fn a_pool_keeps_no_frame_larger_than_its_bound_for_any_number_of_leases() {
    let pool = pool(4, 100);
    let leases = [99, 100, 101, usize::MAX].map(|memory| used(&pool, memory));
    drop(leases);
    assert_eq!(pool.kept(), (2, 199), "of 99 and 100 bytes, not of 101 and more");
    // A kept frame that grows while it is leased is not kept again.
    let mut leases = [Pool::take(&pool), Pool::take(&pool)];
    leases[0].memory = 101;
    drop(leases);
    assert_eq!(pool.kept().0, 1);
}

#[test]
fn a_bound_may_be_the_largest_number() {
    let pool = pool(usize::MAX, usize::MAX);
    drop([used(&pool, usize::MAX), used(&pool, 0)]);
    assert_eq!(pool.kept(), (2, usize::MAX));
}

#[test]
fn a_frame_beyond_a_bound_is_freed_at_once() {
    let freed = Arc::default();
    let pool = pool(1, 100);
    drop(recorded(&pool, [50, 101, 60], &freed));
    assert_eq!(pool.kept(), (1, 50));
    let freed = freed.lock().expect("no panic under the lock").len();
    assert_eq!(freed, 2, "the frame of 101 bytes, and the second frame");
}

#[test]
fn kept_frames_are_empty() {
    let freed = Arc::default();
    let pool = pool(3, 100);
    drop(recorded(&pool, [10, 20, 30], &freed));
    assert_eq!(pool.kept(), (3, 60));
    drop(pool);
    let empty = freed.lock().expect("no panic under the lock").clone();
    assert_eq!(empty, [true; 3], "empty when freed");
}

#[test]
fn a_frame_that_cannot_be_cleared_is_not_kept() {
    let pool = pool(3, 100);
    let mut lease = used(&pool, 10);
    lease.clear_panics = true;
    catch_unwind(AssertUnwindSafe(|| drop(lease))).expect_err("clearing it panics");
    assert_eq!(pool.kept(), (0, 0));
    drop(used(&pool, 20));
    assert_eq!(pool.kept(), (1, 20), "the pool still works");
}

#[test]
fn a_lease_dropped_on_another_thread_returns_its_frame() {
    let pool = pool(3, 100);
    let leases = [10, 20, 30].map(|memory| used(&pool, memory));
    for lease in leases {
        thread::spawn(|| drop(lease)).join().expect("giving back does not panic");
    }
    assert_eq!(pool.kept(), (3, 60));
}

#[test]
fn a_pool_never_waits_for_a_frame() {
    let pool = pool(1, 100);
    drop(used(&pool, 10));
    let leases: Vec<_> = (0..100).map(|_| Pool::take(&pool)).collect();
    assert_eq!(leases.iter().map(|lease| lease.memory).sum::<usize>(), 10, "one frame is reused");
}

#[test]
fn sequential_conversions_share_the_memory_of_one_frame() {
    let pooled = pooled(|_| ());
    let memory = |owner: u8| {
        assert_eq!(pooled.convert(&owner), Ok(vec![owner; 2]));
        pooled.pool().kept()
    };
    let first = memory(b'A');
    assert!(first.0 == 1 && first.1 >= 2, "{first:?}");
    assert_eq!(memory(b'B'), first);
}

#[test]
fn a_job_holds_its_frame_from_begin_to_finish() {
    let pooled = pooled(|_| ());
    drop([pooled.begin(&b'A'), pooled.begin(&b'A')]);
    assert_eq!(pooled.pool().kept().0, 2, "abandoned jobs return their frames");
    let mut first = pooled.begin(&b'B').expect("a whole photo");
    assert_eq!(pooled.pool().kept().0, 1);
    assert!(pooled.band(&mut first));
    let second = pooled.begin(&b'C').expect("a whole photo");
    assert_eq!(pooled.pool().kept().0, 0);
    assert!(!pooled.band(&mut first));
    assert_eq!(pooled.finish(first), Ok(vec![b'B'; 2]));
    assert_eq!(pooled.pool().kept().0, 1);
    drop(second);
    assert_eq!(pooled.pool().kept().0, 2);
}

#[test]
fn a_failed_decode_or_encode_returns_the_frame() {
    for failing in [b'x', b'1'] {
        let pooled = pooled(|_| ());
        drop(pooled.begin(&b'A'));
        for _ in 0..3 {
            assert_eq!(pooled.convert(&failing), Err(failing));
            assert_eq!(pooled.pool().kept().0, 1, "{}", char::from(failing));
        }
        assert_eq!(pooled.convert(&b'B'), Ok(vec![b'B'; 2]));
    }
}

#[test]
fn a_panic_at_any_step_returns_the_frame() {
    let panics: [fn(Step); 4] = [
        |step| assert_ne!(step, Step::Decode(b'X')),
        |step| assert_ne!(step, Step::Fill(b'X')),
        |step| assert_ne!(step, Step::Band(b'X')),
        |step| assert_ne!(step, Step::Encode(b'X')),
    ];
    for (step, panics) in panics.into_iter().enumerate() {
        let pooled = pooled(panics);
        drop(pooled.begin(&b'A'));
        for _ in 0..3 {
            let conversion = AssertUnwindSafe(|| pooled.convert(&b'X'));
            catch_unwind(conversion).expect_err("the step panics");
            assert_eq!(pooled.pool().kept().0, 1, "step {step}");
        }
        assert_eq!(pooled.convert(&b'B'), Ok(vec![b'B'; 2]), "step {step}");
    }
}

#[test]
fn no_step_holds_the_pools_lock() {
    static POOLED: LazyLock<Pooled<ModelCodec>> = LazyLock::new(|| {
        pooled(|step| {
            // `kept` would wait for ever if the step's own thread held the lock.
            assert_eq!(POOLED.pool().kept(), (0, 0), "{step:?}");
        })
    });
    let (sender, converted) = channel();
    thread::spawn(move || sender.send(POOLED.convert(&b'A')));
    let timeout = Duration::from_secs(10);
    assert_eq!(converted.recv_timeout(timeout), Ok(Ok(vec![b'A'; 2])), "a step waits for the lock");
    assert_eq!(POOLED.pool().kept().0, 1);
}
