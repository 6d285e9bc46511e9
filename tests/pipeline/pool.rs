//! A pool gets every frame back, once and empty, and keeps no more and no larger ones than its
//! bounds. Frames that say what is done to them are leased and dropped in every way a conversion
//! can end: finished, refused, in a panic, abandoned, on another thread.

#[path = "model/codec.rs"]
#[allow(dead_code, reason = "written for several tests, each of which uses its share")]
mod codec;
#[path = "model/watchdog.rs"]
mod watchdog;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;

use double_exposure::pipeline::{self, Bounds, Frame, Lease, Pipeline, Pool, Pooled};

use codec::{Model, Step};
use watchdog::ten_seconds;

/// A frame that claims to hold so much memory, and notes when it is freed whether it was empty.
#[derive(Clone, Default)]
struct Sheet {
    pixels: Vec<u8>,
    memory: usize,
    freed: Option<Arc<Mutex<Vec<bool>>>>,
    /// Panics when asked to forget its pixels.
    indelible: bool,
}

impl Frame for Sheet {
    fn clear(&mut self) {
        assert!(!self.indelible, "these pixels stay");
        self.pixels.clear();
    }

    fn capacity(&self) -> usize {
        self.memory
    }
}

impl Drop for Sheet {
    fn drop(&mut self) {
        if let Some(freed) = &self.freed {
            freed.lock().expect("nothing panics here").push(self.pixels.is_empty());
        }
    }
}

fn pool(frames: usize, frame_bytes: usize) -> Arc<Pool<Sheet>> {
    Arc::new(Pool::new(Bounds { frames, frame_bytes }))
}

/// A lease of a frame with somebody's pixels in so much memory.
fn used(pool: &Arc<Pool<Sheet>>, memory: usize) -> Lease<Sheet> {
    let mut lease = Pool::take(pool);
    lease.pixels.extend(b"somebody");
    lease.memory = memory;
    lease
}

/// A pool that may keep all that these tests give it, and a pipeline on it of two bands that calls
/// `step` at the head of each step.
fn pooled(step: fn(Step)) -> Pooled<Model> {
    let bounds = Bounds { frames: 8, frame_bytes: 1024 };
    Pooled::new(Model { bands: 2, step }, bounds)
}

/// Compiles only for what is not `Clone`: for anything else there are two answers to choose from.
trait Single<Answer> {
    const IS_SINGLE: () = ();
}
impl<T> Single<()> for T {}
impl<T: Clone> Single<u8> for T {}
const _: () = <Lease<Sheet> as Single<_>>::IS_SINGLE;

#[test]
fn a_lease_is_empty_and_has_the_memory_of_the_frame_before_it() {
    let _watch = ten_seconds();
    let pool = pool(1, 100);
    assert_eq!(pool.kept(), (0, 0), "a pool starts without frames");
    drop(used(&pool, 70));
    let lease = Pool::take(&pool);
    assert_eq!((lease.pixels.len(), lease.memory), (0, 70));
}

#[test]
fn a_frame_is_kept_once_or_on_loan_and_never_both() {
    let _watch = ten_seconds();
    let pool = pool(4, 100);
    let lease = used(&pool, 70);
    assert_eq!(pool.kept(), (0, 0), "on loan");
    drop(lease);
    assert_eq!(pool.kept(), (1, 70), "given back");
    let lease = Pool::take(&pool);
    assert_eq!(pool.kept(), (0, 0), "on loan again");
    assert_eq!(Pool::take(&pool).memory, 0, "the next lease is of another frame");
    drop(lease);
    assert_eq!(pool.kept(), (2, 70));
}

#[test]
fn no_more_frames_are_kept_than_the_bound_however_many_are_out_at_once() {
    let _watch = ten_seconds();
    for frames in 0..=4 {
        let pool = pool(frames, 100);
        for _ in 0..2 {
            let leases: Vec<_> = (0..6).map(|_| used(&pool, 10)).collect();
            assert_eq!(pool.kept(), (0, 0));
            for (given_back, lease) in (1..).zip(leases) {
                drop(lease);
                let kept = frames.min(given_back);
                assert_eq!(pool.kept(), (kept, kept * 10), "{given_back} back, {frames} kept");
            }
        }
    }
}

#[test]
fn no_larger_frames_are_kept_than_the_bound_however_many_are_out_at_once() {
    let _watch = ten_seconds();
    let pool = pool(4, 100);
    let leases = [99, 100, 101, usize::MAX].map(|memory| used(&pool, memory));
    drop(leases);
    assert_eq!(pool.kept(), (2, 199), "of 99 and 100 bytes, not of 101 and more");
    // A kept frame that grows while it is out is not kept again.
    let mut leases = [Pool::take(&pool), Pool::take(&pool)];
    leases[0].memory = 101;
    drop(leases);
    assert_eq!(pool.kept().0, 1);
}

#[test]
fn a_bound_may_be_as_high_as_there_are_numbers() {
    let _watch = ten_seconds();
    let pool = pool(usize::MAX, usize::MAX);
    drop([used(&pool, usize::MAX), used(&pool, 0)]);
    assert_eq!(pool.kept(), (2, usize::MAX));
}

#[test]
fn a_frame_past_a_bound_is_freed_at_once() {
    let _watch = ten_seconds();
    let freed = Arc::default();
    let pool = pool(1, 100);
    let leases = [50, 101, 60].map(|memory| {
        let mut lease = used(&pool, memory);
        lease.freed = Some(Arc::clone(&freed));
        lease
    });
    drop(leases);
    assert_eq!(pool.kept(), (1, 50));
    let freed = freed.lock().expect("nothing panics here").len();
    assert_eq!(freed, 2, "one of 101 bytes, and one too many");
}

#[test]
fn kept_frames_are_empty() {
    let _watch = ten_seconds();
    let freed = Arc::default();
    let pool = pool(3, 100);
    let leases = [10, 20, 30].map(|memory| {
        let mut lease = used(&pool, memory);
        lease.freed = Some(Arc::clone(&freed));
        lease
    });
    drop(leases);
    assert_eq!(pool.kept(), (3, 60));
    drop(pool);
    let empty = freed.lock().expect("nothing panics here").clone();
    assert_eq!(empty, [true; 3], "empty when freed");
}

#[test]
fn a_frame_that_cannot_be_emptied_is_not_kept() {
    let _watch = ten_seconds();
    let pool = pool(3, 100);
    let mut lease = used(&pool, 10);
    lease.indelible = true;
    catch_unwind(AssertUnwindSafe(|| drop(lease))).expect_err("clearing it panics");
    assert_eq!(pool.kept(), (0, 0));
    drop(used(&pool, 20));
    assert_eq!(pool.kept(), (1, 20), "the pool goes on");
}

#[test]
fn a_lease_given_back_on_another_thread_comes_back() {
    let _watch = ten_seconds();
    let pool = pool(3, 100);
    let leases = [10, 20, 30].map(|memory| used(&pool, memory));
    for lease in leases {
        thread::spawn(|| drop(lease)).join().expect("giving back does not panic");
    }
    assert_eq!(pool.kept(), (3, 60));
}

#[test]
fn a_pool_never_waits_for_a_frame() {
    let _watch = ten_seconds();
    let pool = pool(1, 100);
    drop(used(&pool, 10));
    let leases: Vec<_> = (0..100).map(|_| Pool::take(&pool)).collect();
    assert_eq!(leases.iter().map(|lease| lease.memory).sum::<usize>(), 10, "one is used again");
}

#[test]
fn conversions_one_after_the_other_share_one_frames_memory() {
    let _watch = ten_seconds();
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
fn a_job_holds_its_frame_from_its_begin_to_its_end() {
    let _watch = ten_seconds();
    let pooled = pooled(|_| ());
    drop([pooled.begin(&b'A'), pooled.begin(&b'A')]);
    assert_eq!(pooled.pool().kept().0, 2, "abandoned jobs give their frames back");
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
fn a_refused_photo_or_thumbnail_gives_its_frame_back() {
    let _watch = ten_seconds();
    for refused in [b'x', b'1'] {
        let pooled = pooled(|_| ());
        drop(pooled.begin(&b'A'));
        for _ in 0..3 {
            assert_eq!(pooled.convert(&refused), Err(refused));
            assert_eq!(pooled.pool().kept().0, 1, "{}", char::from(refused));
        }
        assert_eq!(pooled.convert(&b'B'), Ok(vec![b'B'; 2]));
    }
}

#[test]
fn a_panic_at_any_step_gives_the_frame_back() {
    let _watch = ten_seconds();
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
    let _watch = ten_seconds();
    static POOLED: LazyLock<Pooled<Model>> = LazyLock::new(|| {
        pooled(|step| {
            // Would wait for ever for a lock that the step's own thread holds.
            assert_eq!(POOLED.pool().kept(), (0, 0), "{step:?}");
        })
    });
    assert_eq!(POOLED.convert(&b'A'), Ok(vec![b'A'; 2]));
    assert_eq!(POOLED.pool().kept().0, 1);
}
