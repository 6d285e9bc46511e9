//! Tests admission control by its own type: bounds, order, and what a conversion that leaves gives
//! back. The tests poll the futures by hand, so that the order is the one written here.

use std::future::Future;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use double_exposure::album::PersonId;
use double_exposure::server::admission::{
    AdmissionControl, AdmissionLimits, Enqueued, Permit, Rejected,
};

const MIB: u64 = 1 << 20;

fn control(max_running: usize, max_queued: usize, max_bytes: u64) -> Arc<AdmissionControl> {
    let max_running = NonZeroUsize::new(max_running).unwrap();
    let max_running_per_person = max_running;
    let limits = AdmissionLimits { max_running, max_running_per_person, max_queued, max_bytes };
    Arc::new(AdmissionControl::new(limits))
}

fn poll<F: Future + ?Sized>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn run(control: &Arc<AdmissionControl>, bytes: u64) -> Permit {
    let Poll::Ready(permit) = poll(pin!(control.try_enqueue(None, bytes).unwrap().acquire()))
    else {
        panic!("the conversion begins at once")
    };
    permit
}

#[test]
fn a_conversion_beyond_the_queue_is_rejected_at_once() {
    let control = control(1, 1, MIB);
    let _running = run(&control, 1);
    let mut second = pin!(control.try_enqueue(None, 1).unwrap().acquire());
    assert!(poll(second.as_mut()).is_pending());
    let rejected = control.try_enqueue(None, 1).err();
    assert_eq!(rejected, Some(Rejected::QueueFull { running: 1, queued: 1 }));
}

#[test]
fn a_dropped_permit_lets_the_next_conversion_begin() {
    let control = control(1, 1, MIB);
    let running = run(&control, 1);
    let mut second = pin!(control.try_enqueue(None, 1).unwrap().acquire());
    assert!(poll(second.as_mut()).is_pending());
    drop(running);
    assert!(poll(second.as_mut()).is_ready());
}

#[test]
fn a_conversion_that_leaves_the_queue_leaves_nothing_behind() {
    let control = control(1, 1, MIB);
    let running = run(&control, 1);
    {
        let mut second = pin!(control.try_enqueue(None, 1).unwrap().acquire());
        assert!(poll(second.as_mut()).is_pending());
        assert_eq!(control.queued(), 1);
    }
    assert_eq!(control.queued(), 0);
    drop(running);
    assert_eq!((control.running(), control.reserved_bytes()), (0, 0));
    run(&control, 1);
}

#[test]
fn a_small_conversion_does_not_overtake_a_large_one_that_waits_for_memory() {
    let control = control(8, 8, MIB);
    let large_bytes = MIB / 10 * 6;
    let running = run(&control, large_bytes);
    let [ann, ben] = [(); 2].map(|()| Some(PersonId::random()));
    let mut large = pin!(control.try_enqueue(ann, large_bytes).unwrap().acquire());
    assert!(poll(large.as_mut()).is_pending());
    let mut small = pin!(control.try_enqueue(ben, 1).unwrap().acquire());
    assert!(poll(small.as_mut()).is_pending(), "there is memory, but it is not its turn");
    drop(running);
    let Poll::Ready(_large) = poll(large.as_mut()) else { panic!("its memory is free") };
    assert!(poll(small.as_mut()).is_ready());
    assert_eq!(control.running(), 1);
}

#[test]
fn background_work_waits_until_no_conversion_runs_or_waits() {
    let control = control(1, 1, MIB);
    let mut idle = pin!(control.idle());
    let running = run(&control, 1);
    assert!(poll(idle.as_mut()).is_pending());
    {
        let mut second = pin!(control.try_enqueue(None, 1).unwrap().acquire());
        assert!(poll(second.as_mut()).is_pending());
        drop(running);
        assert!(poll(idle.as_mut()).is_pending(), "the second still waits");
    }
    assert!(poll(idle.as_mut()).is_ready());
}

#[test]
fn a_conversion_larger_than_the_whole_budget_is_rejected_with_both_numbers() {
    let rejected = control(1, 1, 1_000).try_enqueue(None, 1_001).err();
    let expected = Rejected::ExceedsBudget { needed_bytes: 1_001, max_bytes: 1_000 };
    assert_eq!(rejected, Some(expected));
}

#[test]
fn a_conversion_that_turns_out_too_large_leaves_the_queue_at_once() {
    let control = control(2, 1, 1_000);
    let _running = run(&control, 1);
    let Poll::Ready(turn) = poll(pin!(control.try_enqueue(None, 0).unwrap().turn())) else {
        panic!("it is its person's turn")
    };
    let rejected = turn.needing(1_001).err();
    let expected = Rejected::ExceedsBudget { needed_bytes: 1_001, max_bytes: 1_000 };
    assert_eq!(rejected, Some(expected));
    assert_eq!(control.queued(), 0);
}

#[test]
fn people_take_turns_and_one_persons_conversions_leave_the_next_worker_to_another() {
    let limits = AdmissionLimits {
        max_running: NonZeroUsize::new(3).unwrap(),
        max_running_per_person: NonZeroUsize::new(2).unwrap(),
        max_queued: 8,
        max_bytes: MIB,
    };
    let control = Arc::new(AdmissionControl::new(limits));
    let (ann, ben) = (Some(PersonId::random()), Some(PersonId::random()));
    let begin = |person| pin_box(control.try_enqueue(person, 1).unwrap());
    let mut anns: Vec<_> = (0..4).map(|_| begin(ann)).collect();
    let began: Vec<_> = anns.iter_mut().map(|waiting| poll(waiting.as_mut())).collect();
    assert_eq!(began.iter().filter(|permit| permit.is_ready()).count(), 2);
    let mut bens = begin(ben);
    assert!(poll(bens.as_mut()).is_ready(), "although two of Ann's came before");
    drop(began);
    assert!(poll(anns[2].as_mut()).is_ready(), "Ann's next has its turn");
}

fn pin_box(enqueued: Enqueued) -> std::pin::Pin<Box<dyn Future<Output = Permit>>> {
    Box::pin(enqueued.acquire())
}

#[test]
fn conversions_of_one_person_leave_half_of_the_memory_to_others() {
    let control = control(8, 8, MIB);
    let (ann, ben) = (Some(PersonId::random()), Some(PersonId::random()));
    let mut large = pin_box(control.try_enqueue(ann, MIB / 2).unwrap());
    let Poll::Ready(_large) = poll(large.as_mut()) else { panic!("nothing runs") };
    let mut next = pin_box(control.try_enqueue(ann, MIB / 4).unwrap());
    assert!(poll(next.as_mut()).is_pending(), "there is memory, but not for Ann");
    let mut bens = pin_box(control.try_enqueue(ben, MIB / 2).unwrap());
    assert!(poll(bens.as_mut()).is_ready(), "Ann's next is not ahead of Ben's");
}
