//! Goal: a clock that jumps deletes no ledger row, compresses no photo and moves no retention until
//! the operator accepts it, and what is deleted then is what is old. Method: a table of jumps on a
//! simulated clock, with a control for each: the same span as time that really passes.

use std::time::Duration;

use double_exposure::album::{
    COMPRESSION_AGE, MAX_CLOCK_JUMP, Moment, RETENTION, SimulatedClock, Store, StoreError,
    compress_due,
};
use double_exposure::codec::PhotoLimits;

use crate::fixture::{DAY, START, TestFile, append, jpeg, made, owner, upload};

const SECOND: Duration = Duration::from_secs(1);

fn simulated(start: Moment) -> &'static SimulatedClock {
    Box::leak(Box::new(SimulatedClock::new(start)))
}

/// Makes a file with an original of [`START`] and a ledger row of then.
fn file_with_evidence(clock: &'static SimulatedClock) -> (TestFile, Store) {
    let file = TestFile::new();
    let store = file.open_simulated(clock);
    let (owner, album) = owner(&store);
    let photo = upload(&store, owner, album, jpeg(2100, 500, 97, 1));
    append(&store, store.now(), &[made(&photo, &[Some(&photo)], true)]);
    (file, store)
}

/// Prunes and compresses. Returns the number of deleted rows and of compressed photos.
fn maintain(store: &Store) -> Result<(u64, u64), StoreError> {
    let pruned = store.prune_ledger(store.clock().now().before(RETENTION));
    let compressed = compress_due(store, PhotoLimits::default(), |_, _| true);
    match (pruned, compressed) {
        (Ok(deleted), Ok(summary)) => Ok((deleted, summary.compressed)),
        (Err(error), Err(other)) => {
            assert_eq!(error, other, "one is stopped, and the other not");
            Err(error)
        }
        (pruned, compressed) => panic!("{pruned:?}, and {compressed:?}"),
    }
}

#[test]
fn a_jump_beyond_the_bound_stops_pruning_and_compression_in_both_directions() {
    let years = DAY * 365 * 15;
    for (what, jump, believed) in [
        ("none", START, true),
        ("a second ahead", START.after(SECOND), true),
        ("the bound ahead", START.after(MAX_CLOCK_JUMP), true),
        ("more ahead", START.after(MAX_CLOCK_JUMP + SECOND), false),
        ("36 days ahead", START.after(COMPRESSION_AGE + DAY), false),
        ("years ahead", START.after(years), false),
        ("the end of time", Moment::from_millis(i64::MAX), false),
        ("the bound behind", START.before(MAX_CLOCK_JUMP), true),
        ("more behind", START.before(MAX_CLOCK_JUMP + SECOND), false),
        ("1970", Moment::from_millis(0), false),
        ("before 1970", Moment::from_millis(i64::MIN), false),
    ] {
        let clock = simulated(START);
        let (file, store) = file_with_evidence(clock);
        clock.set(jump);
        let maintained = maintain(&store);
        assert_eq!(maintained.is_ok(), believed, "{what}: {maintained:?}");
        if !believed {
            let expected = StoreError::ClockJumped { reading: jump, expected: START };
            assert_eq!(maintained, Err(expected), "{what}");
        }
        // The same after a restart: the file keeps the time that was believed.
        drop(store);
        assert_eq!(maintain(&file.open_simulated(clock)).is_ok(), believed, "{what}");
        assert_eq!(file.number("SELECT count(*) FROM ledger"), 1, "{what}");
        assert_eq!(file.number("SELECT count(*) FROM photos WHERE compressed"), 0, "{what}");
        let kept_from = file.number("SELECT kept_from FROM ledger_retention");
        assert!(kept_from <= START.after(MAX_CLOCK_JUMP).millis(), "{what}: {kept_from}");
    }
}

#[test]
fn time_that_really_passes_is_believed_and_old_data_goes() {
    let clock = simulated(START);
    let (_file, store) = file_with_evidence(clock);
    clock.pass(COMPRESSION_AGE);
    assert_eq!(maintain(&store), Ok((0, 1)));
    clock.pass(RETENTION);
    assert_eq!(maintain(&store), Ok((1, 0)));
}

#[test]
fn a_file_that_was_closed_for_a_day_is_believed_and_for_two_days_is_not() {
    for (days, believed) in [(1, true), (2, false)] {
        let clock = simulated(START);
        let (file, store) = file_with_evidence(clock);
        drop(store);
        clock.pass(DAY * days);
        assert_eq!(maintain(&file.open_simulated(clock)).is_ok(), believed, "{days} days");
    }
}

#[test]
fn readings_that_jump_a_little_again_and_again_are_not_believed_in_sum() {
    let clock = simulated(START);
    let (_file, store) = file_with_evidence(clock);
    clock.set(START.after(MAX_CLOCK_JUMP));
    assert_eq!(maintain(&store), Ok((0, 0)));
    clock.set(START.after(MAX_CLOCK_JUMP * 2));
    assert!(maintain(&store).is_err(), "the second step counts from where the process began");
}

#[test]
fn the_operators_acceptance_reaches_a_store_that_is_open() {
    let clock = simulated(START);
    let (file, store) = file_with_evidence(clock);
    clock.set(START.after(RETENTION + DAY));
    assert!(maintain(&store).is_err());
    let other = file.open_simulated(clock);
    let status = other.accept_clock().expect("the file is written");
    assert_eq!((status.expected, status.is_believed()), (START, false));
    assert_eq!(maintain(&store), Ok((1, 1)), "without a restart");
    clock.set(START.after(RETENTION + DAY * 3));
    assert!(maintain(&store).is_err(), "only this jump was accepted");
}

#[test]
fn rows_of_a_clock_that_is_behind_are_not_old_on_paper() {
    let clock = simulated(START);
    let (file, store) = file_with_evidence(clock);
    drop(store);
    clock.set(Moment::from_millis(0));
    let store = file.open_simulated(clock);
    clock.pass(DAY);
    let (owner, album) = owner(&store);
    let photo = upload(&store, owner, album, "uploaded under a wrong clock");
    assert_eq!(photo.uploaded_at, START.after(DAY));
    append(&store, store.now(), &[made(&photo, &[Some(&photo)], false)]);
    clock.set(START.after(DAY));
    assert_eq!(maintain(&store), Ok((0, 0)));
}

#[test]
fn retention_cannot_be_moved_into_the_future_or_taken_away_past_the_store() {
    let (file, _store) = file_with_evidence(simulated(START));
    let sqlite = file.sqlite();
    for attack in [
        "UPDATE ledger_retention SET kept_from = 7000000000000",
        "INSERT OR REPLACE INTO ledger_retention VALUES (1, 7000000000000)",
        "DELETE FROM ledger_retention",
        "UPDATE clock SET latest = 0",
        "UPDATE clock SET latest = NULL",
        "DELETE FROM clock",
        "INSERT OR REPLACE INTO clock VALUES (1, 0, 0)",
    ] {
        sqlite.execute_batch(attack).expect_err(attack);
        sqlite.execute_batch("DELETE FROM ledger").expect_err("the row is protected");
    }
    // The control: retention up to the present is allowed.
    let now = format!("UPDATE ledger_retention SET kept_from = {}", START.millis());
    sqlite.execute_batch(&now).expect("this is not the future");
    drop(sqlite);
    assert_eq!(file.number("SELECT count(*) FROM ledger"), 1);
}

#[test]
fn accepting_an_earlier_clock_takes_back_a_retention_that_now_lies_ahead() {
    let clock = simulated(START);
    let (file, store) = file_with_evidence(clock);
    clock.pass(RETENTION * 3);
    store.prune_ledger(START.after(RETENTION)).expect("the clock is believed");
    clock.set(START);
    store.accept_clock().expect("the file is written");
    assert_eq!(file.number("SELECT kept_from FROM ledger_retention"), i64::MIN);
    assert_eq!(maintain(&store), Ok((0, 0)));
}
