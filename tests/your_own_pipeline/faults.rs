//! Checks the checks: small systems, each with one fault that a part of the kit is for, and one
//! without a fault, of which the control is found.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use double_exposure::kit::{
    Counterexample, Explored, ModelPhoto, Ring, SystemUnderTest, explain, real_threads, replay,
    replay_choices, switch_point, words,
};

use crate::pooled;

/// Faults of [`Frames`].
const NONE: usize = 0;
const OLD_PIXELS: usize = 1;
const TWICE_WHEN_GIVEN_UP: usize = 2;
const TWICE_WHEN_DAMAGED: usize = 3;
const TWICE_AFTER_A_PANIC: usize = 4;
const SHARED_FROM_TWENTY: usize = 5;
const NO_THUMBNAIL: usize = 6;
const NO_PIXELS: usize = 7;
const PANICS: usize = 8;
const LOST_FRAME: usize = 9;
const PANICS_FROM_TWO: usize = 10;

type Frame = Arc<Mutex<Vec<u8>>>;

/// Reuses frames, with the fault of this number.
struct Frames<const FAULT: usize> {
    kept: Arc<Mutex<Vec<Frame>>>,
    in_flight: Arc<AtomicUsize>,
}

/// Holds a frame, which returns to the pool on drop.
struct Job<const FAULT: usize> {
    owner: ModelPhoto,
    frame: Frame,
    rows: Vec<u8>,
    finished: bool,
    kept: Arc<Mutex<Vec<Frame>>>,
    in_flight: Arc<AtomicUsize>,
}

impl<const FAULT: usize> Drop for Job<FAULT> {
    fn drop(&mut self) {
        self.in_flight.fetch_sub(1, Ordering::SeqCst);
        let copies = match FAULT {
            TWICE_WHEN_GIVEN_UP if self.owner.whole && !self.finished && !thread::panicking() => 2,
            TWICE_WHEN_DAMAGED if !self.owner.whole => 2,
            TWICE_AFTER_A_PANIC if thread::panicking() => 2,
            LOST_FRAME if !self.finished => 0,
            _ => 1,
        };
        let copies = (0..copies).map(|_| Arc::clone(&self.frame));
        self.kept.lock().expect("no panic under the lock").extend(copies);
    }
}

impl<const FAULT: usize> SystemUnderTest for Frames<FAULT> {
    type Job = Job<FAULT>;

    const BANDS: u32 = 2;

    const MAX_IN_FLIGHT: usize = if FAULT == PANICS_FROM_TWO { 2 } else { 26 };

    fn new() -> Self {
        Self { kept: Arc::default(), in_flight: Arc::default() }
    }

    fn begin(&self, photo: ModelPhoto) -> Option<Job<FAULT>> {
        let in_flight = self.in_flight.fetch_add(1, Ordering::SeqCst);
        assert!(FAULT != PANICS_FROM_TWO || in_flight < 2, "a pool that waits would wait for ever");
        let mut kept = self.kept.lock().expect("no panic under the lock");
        let frame = kept.pop().unwrap_or_default();
        if FAULT == SHARED_FROM_TWENTY && in_flight >= 20 {
            kept.push(Arc::clone(&frame));
        }
        drop(kept);
        let mut pixels = frame.lock().expect("no panic under the lock");
        if FAULT != OLD_PIXELS {
            pixels.clear();
        }
        pixels.extend([photo.owner; 2]);
        drop(pixels);
        let (kept, in_flight) = (Arc::clone(&self.kept), Arc::clone(&self.in_flight));
        let job = Job { owner: photo, frame, rows: Vec::new(), finished: false, kept, in_flight };
        photo.whole.then_some(job)
    }

    fn band(&self, job: &mut Job<FAULT>) -> bool {
        switch_point();
        assert!(FAULT != PANICS || self.in_flight.load(Ordering::SeqCst) < 2, "two in flight");
        job.rows.push(job.frame.lock().expect("no panic under the lock")[job.rows.len()]);
        job.rows.len() < 2
    }

    fn finish(&self, mut job: Job<FAULT>) -> Option<Vec<u8>> {
        job.finished = true;
        match FAULT {
            NO_THUMBNAIL if job.owner.owner == b'B' => None,
            NO_PIXELS => Some(Vec::new()),
            _ => Some(job.rows.clone()),
        }
    }

    fn inspect(&self) -> Result<(), String> {
        let kept = self.kept.lock().expect("no panic under the lock").len();
        if kept == 0 && FAULT == LOST_FRAME { Err("a frame is lost".into()) } else { Ok(()) }
    }
}

/// Returns what words find in the system with this fault, and asserts that the word replays it.
fn found<const FAULT: usize>() -> [String; 3] {
    let found = words::<Frames<FAULT>>().expect_err("words find the fault");
    let again = replay::<Frames<FAULT>>(&found.word, &found.damaged).expect_err("it replays");
    assert_eq!(Counterexample { hint: None, ..found }, again);
    [again.word, again.damaged, again.fault]
}

#[test]
fn frames_without_a_fault_are_clean() {
    assert_eq!(words::<Frames<NONE>>(), Ok(35_395));
    assert_eq!(real_threads::<Frames<NONE>>(), Ok(2_140));
}

#[test]
fn each_fault_is_found_with_the_word_that_replays_it() {
    let all = [
        found::<OLD_PIXELS>(),
        found::<TWICE_WHEN_GIVEN_UP>(),
        found::<TWICE_WHEN_DAMAGED>(),
        found::<TWICE_AFTER_A_PANIC>(),
        found::<NO_THUMBNAIL>(),
        found::<NO_PIXELS>(),
        found::<LOST_FRAME>(),
        found::<PANICS>(),
    ];
    // A panic frees one frame of the first pass, so that the requests of the second share another.
    const AFTER_A_PANIC: &str =
        "a's thumbnail shows ab, from top to bottom, after a panic at point 1";
    let expected = [
        ["AAAABBBB", "", "B's thumbnail shows A, from top to bottom"],
        ["AABAA", "", AFTER_A_PANIC],
        ["AABAABBB", "B", AFTER_A_PANIC],
        ["AABAABBB", "", AFTER_A_PANIC],
        ["AAAABBBB", "", "B gets no thumbnail"],
        ["AAAABBBB", "", "A's thumbnail has no pixels"],
        ["AAAABBBB", "", "a frame is lost, after a panic at point 3"],
        ["AAABBABB", "", "the converter panics: two in flight"],
    ];
    assert_eq!(all, expected.map(|found| found.map(String::from)));
    let forced = real_threads::<Frames<PANICS>>().expect_err("real threads find it");
    assert_eq!(forced.fault, "the converter panics: two in flight");
}

#[test]
fn a_frame_that_is_shared_from_twenty_in_flight_is_found_with_one_request_more() {
    let [word, _, fault] = found::<SHARED_FROM_TWENTY>();
    assert!(word.starts_with("ABCDEFGHIJKLMNOPQRSTUVAAABBB"), "{word}");
    assert_eq!(fault, "U's thumbnail shows V, from top to bottom");
}

#[test]
fn no_replay_has_more_requests_in_flight_than_the_system_can_have() {
    assert!((900..35_395).contains(&words::<Frames<PANICS_FROM_TWO>>().expect("two do not wait")));
    replay_choices::<Frames<PANICS_FROM_TWO>>(&[0, 1, 2], None, None).expect("is not replayed");
    replay_choices::<Frames<PANICS_FROM_TWO>>(&[0, 1, 0], None, None).expect("two do not wait");
    replay::<Frames<PANICS_FROM_TWO>>("ABCAAABBBCCC", "").expect_err("three would wait");
}

#[test]
fn the_control_is_found_in_a_system_without_a_fault() {
    for found in [
        words::<Ring<Frames<NONE>>>().expect_err("words find it"),
        real_threads::<Ring<Frames<NONE>>>().expect_err("real threads find it"),
    ] {
        assert_eq!(found.word, "AAABABBB");
        assert_eq!(found.fault, "A's thumbnail shows B, from top to bottom");
    }
}

/// Passes each band through one scratch buffer, in which another request may write meanwhile.
struct Scratch(Mutex<u8>);

impl SystemUnderTest for Scratch {
    type Job = (ModelPhoto, Vec<u8>);

    const BANDS: u32 = 1;

    fn new() -> Self {
        Self(Mutex::new(0))
    }

    fn begin(&self, photo: ModelPhoto) -> Option<Self::Job> {
        photo.whole.then_some((photo, Vec::new()))
    }

    fn band(&self, (photo, rows): &mut Self::Job) -> bool {
        *self.0.lock().expect("no panic under the lock") = photo.owner;
        switch_point();
        rows.push(*self.0.lock().expect("no panic under the lock"));
        false
    }

    fn finish(&self, (_, rows): Self::Job) -> Option<Vec<u8>> {
        Some(rows)
    }
}

#[test]
fn a_fault_inside_a_step_is_found_by_model_checkers_at_its_switch_point_and_by_no_word() {
    words::<Scratch>().expect("a word runs no other request inside a step");
    for found in [
        pooled::loom::<Scratch>().expect_err("loom finds it"),
        pooled::shuttle::<Scratch>().expect_err("shuttle finds it"),
    ] {
        assert!(found.fault.contains("'s thumbnail shows "), "{found}");
        let found = explain::<Scratch>(found).to_string();
        assert!(found.contains("no word replays this order of steps"), "{found}");
    }
}

/// Allows loom only a few executions.
struct Capped(Scratch);

impl SystemUnderTest for Capped {
    type Job = (ModelPhoto, Vec<u8>);

    const BANDS: u32 = 1;
    const MAX_EXECUTIONS: usize = 3;

    fn new() -> Self {
        Self(Scratch::new())
    }

    fn begin(&self, photo: ModelPhoto) -> Option<Self::Job> {
        self.0.begin(photo)
    }

    fn band(&self, (photo, rows): &mut Self::Job) -> bool {
        rows.push(photo.owner);
        false
    }

    fn finish(&self, job: Self::Job) -> Option<Vec<u8>> {
        self.0.finish(job)
    }
}

#[test]
fn an_exploration_that_stops_at_its_bound_is_no_proof() {
    let explored = pooled::loom::<Capped>();
    assert_eq!(explored, Ok(Explored::Capped { executions: 3 }));
    assert_eq!(Explored::Capped { executions: 3 }.to_string(), "CAPPED 3 (no proof)");
    let searched = pooled::shuttle::<Capped>();
    assert_eq!(searched, Ok(Explored::Capped { executions: 5_000 }));
    let proved = pooled::loom::<pooled::under_loom::System>();
    assert!(matches!(proved, Ok(Explored::Exhausted { executions: 100.. })), "{proved:?}");
}

/// Makes clean steps, and a `convert` that returns the photo of the next owner.
struct WrongConvert;

impl SystemUnderTest for WrongConvert {
    type Job = ModelPhoto;

    const BANDS: u32 = 1;

    fn new() -> Self {
        Self
    }

    fn begin(&self, photo: ModelPhoto) -> Option<ModelPhoto> {
        photo.whole.then_some(photo)
    }

    fn band(&self, _: &mut ModelPhoto) -> bool {
        false
    }

    fn finish(&self, photo: ModelPhoto) -> Option<Vec<u8>> {
        Some(vec![photo.owner])
    }

    fn convert(&self, photo: ModelPhoto) -> Option<Vec<u8>> {
        Some(vec![photo.owner + 1])
    }
}

#[test]
fn a_fault_of_convert_alone_is_found_by_all_checks_that_run_threads() {
    words::<WrongConvert>().expect("words make steps");
    for found in [
        real_threads::<WrongConvert>().expect_err("real threads find it"),
        pooled::loom::<WrongConvert>().expect_err("loom finds it"),
        pooled::shuttle::<WrongConvert>().expect_err("shuttle finds it"),
    ] {
        assert!(found.fault.contains("'s thumbnail shows "), "{found}");
    }
}
