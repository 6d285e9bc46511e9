//! One overlap, written out: a second request begins between the two bands of a first. The same
//! steps are called by hand, in the same order, on every pipeline: what is shared tears, what is
//! owned holds.

#[path = "model/codec.rs"]
#[allow(dead_code, reason = "written for several tests, each of which uses its share")]
mod codec;
#[path = "model/watchdog.rs"]
mod watchdog;

use std::fmt::Debug;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};

use double_exposure::pipeline::{
    self, Bounds, Error, Output, Owned, Pipeline, Pooled, Request, Shared,
};

use codec::{Model, Step};
use watchdog::within_ten_seconds;

const ONE_SLOT: NonZeroUsize = NonZeroUsize::MIN;
const BOUNDS: Bounds = Bounds { frames: 1, frame_bytes: 1 << 20 };

/// Ben's request begins between Ann's two bands, and ends after hers: `AABABABB`.
fn overlap<P: Pipeline>(pipeline: &P, ann: &Request<P>, ben: &Request<P>) -> [Output<P>; 2]
where
    Error<P>: Debug,
{
    let mut ann = pipeline.begin(ann).expect("Ann's photo is whole");
    assert!(pipeline.band(&mut ann), "one more band");
    let mut ben = pipeline.begin(ben).expect("Ben's photo is whole");
    assert!(!pipeline.band(&mut ann), "that was the last band");
    assert!(pipeline.band(&mut ben));
    let ann = pipeline.finish(ann).expect("Ann's thumbnail can be written");
    assert!(!pipeline.band(&mut ben));
    let ben = pipeline.finish(ben).expect("Ben's thumbnail can be written");
    [ann, ben]
}

#[test]
fn shared_tears_the_thumbnail_that_is_lapped_before_its_last_band() {
    let shared = Shared::new(Model::new(2), ONE_SLOT);
    assert_eq!(overlap(&shared, &b'A', &b'B'), [b"AB", b"BB"]);
}

#[test]
fn shared_holds_if_there_is_a_slot_for_each() {
    let shared = Shared::new(Model::new(2), ONE_SLOT.saturating_add(1));
    assert_eq!(overlap(&shared, &b'A', &b'B'), [b"AA", b"BB"]);
}

#[test]
fn owned_holds() {
    assert_eq!(overlap(&Owned::new(Model::new(2)), &b'A', &b'B'), [b"AA", b"BB"]);
}

#[test]
fn pooled_holds_also_when_it_reuses_a_frame() {
    let pooled = Pooled::new(Model::new(2), BOUNDS);
    pooled.convert(&b'C').expect("Cid's photo is whole");
    assert_eq!(pooled.pool().kept().0, 1, "a frame to use again");
    assert_eq!(overlap(&pooled, &b'A', &b'B'), [b"AA", b"BB"]);
    assert_eq!(overlap(&pooled, &b'D', &b'E'), [b"DD", b"EE"]);
}

#[test]
fn a_refused_photo_takes_a_number_and_leaves_the_slot_as_it_was() {
    let shared = Shared::new(Model::new(1), ONE_SLOT.saturating_add(1));
    let begin = |owner: u8| shared.begin(&owner);
    let mut ann = begin(b'A').expect("Ann's photo is whole");
    let mut ben = begin(b'B').expect("Ben's photo is whole");
    assert_eq!(begin(b'x').err(), Some(b'x'));
    shared.band(&mut ann);
    assert_eq!(shared.finish(ann), Ok(b"A".to_vec()), "not lapped by the refused one");
    let _cid = begin(b'C').expect("Cid's photo is whole");
    shared.band(&mut ben);
    assert_eq!(shared.finish(ben), Ok(b"C".to_vec()), "the refused one counts in the ring");
}

#[test]
fn a_slot_goes_on_after_a_panic_under_its_lock() {
    within_ten_seconds(|| {
        let panics: [fn(Step); 3] = [
            |step| assert_ne!(step, Step::Decode(b'X')),
            |step| assert_ne!(step, Step::Fill(b'X')),
            |step| assert_ne!(step, Step::Band(b'X')),
        ];
        for step in panics {
            let shared = Shared::new(Model { bands: 2, step }, ONE_SLOT);
            catch_unwind(AssertUnwindSafe(|| shared.convert(&b'X'))).expect_err("the step panics");
            assert_eq!(overlap(&shared, &b'A', &b'B'), [b"AB", b"BB"]);
        }
    });
}
