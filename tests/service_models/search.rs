//! Searches the schedules of each part, shipped and with each planted mistake.

use shuttle::scheduler::RandomScheduler;

use crate::exploration::Exploration;
use crate::explore::{config, explore_with};
use crate::list;
use crate::{planted, server};

const SEED: u64 = 2024;

/// Bytes of a thread's stack: SQLite and the image codec need more than shuttle's default.
const STACK_BYTES: usize = 1 << 20;

/// Upper bound of the executions in which a planted mistake must be found.
const MAX_FOUND: usize = 2_000;

type Model = fn() -> Result<(), String>;

/// Searches random schedules of a model, and prints how the search ended.
fn search(name: &str, executions: usize, model: Model) -> Exploration<String> {
    let exploration = explore_seeded(SEED, executions, model);
    let detail = match &exploration {
        Exploration::Found { finding, .. } => format!("{finding:?}"),
        _ => String::new(),
    };
    println!("{name:<34} {exploration:<24} {detail}");
    exploration
}

/// Searches the random schedules of a seed.
pub(crate) fn explore_seeded(
    seed: u64,
    executions: usize,
    model: impl Fn() -> Result<(), String> + Send + Sync + 'static,
) -> Exploration<String> {
    // Made before the first execution, whose schedule it would be part of.
    crate::fixture::fixture();
    let mut config = config();
    config.stack_size = STACK_BYTES;
    let scheduler = RandomScheduler::new_from_seed(seed, executions);
    explore_with(config, scheduler, executions, model)
}

/// Lists each part: its name, the executions of the shipped files, and the two models.
const PARTS: [(&str, usize, Model, Model); 15] = {
    use planted::server::models as with_mistakes;
    use server::models as shipped;
    [
        (
            "single flight",
            8_000,
            shipped::requests::single_flight,
            with_mistakes::requests::single_flight,
        ),
        (
            "abandonment",
            1_000,
            shipped::requests::abandonment,
            with_mistakes::requests::abandonment,
        ),
        (
            "admission",
            6_000,
            shipped::conversions::admission,
            with_mistakes::conversions::admission,
        ),
        (
            "worker pool",
            2_000,
            shipped::conversions::worker_pool,
            with_mistakes::conversions::worker_pool,
        ),
        (
            "store executor",
            1_000,
            shipped::conversions::store_executor,
            with_mistakes::conversions::store_executor,
        ),
        ("shares", 2_000, shipped::room::shares, with_mistakes::room::shares),
        ("downloads", 2_000, shipped::room::downloads, with_mistakes::room::downloads),
        ("upload room", 2_000, shipped::room::upload_room, with_mistakes::room::upload_room),
        ("connections", 5_000, shipped::room::connections, with_mistakes::room::connections),
        ("bodies", 2_000, shipped::requests::bodies, with_mistakes::requests::bodies),
        ("thumbnails", 1_000, shipped::service::thumbnails, with_mistakes::service::thumbnails),
        ("uploads", 1_000, shipped::service::uploads, with_mistakes::service::uploads),
        (
            "repeated requests",
            1_000,
            shipped::outcomes::repeated_requests,
            with_mistakes::outcomes::repeated_requests,
        ),
        (
            "ended tokens",
            1_000,
            shipped::outcomes::ended_tokens,
            with_mistakes::outcomes::ended_tokens,
        ),
        ("ledger", 1_000, shipped::ledger::group_commit, with_mistakes::ledger::group_commit),
    ]
};

#[track_caller]
fn assert_clean(name: &str) {
    let (_, executions, shipped, _) = PARTS.into_iter().find(|part| part.0 == name).expect(name);
    assert_eq!(search(name, executions, shipped).capped(), executions);
}

#[test]
fn each_request_gets_the_result_of_its_own_key_and_of_work_that_began_after_it_came() {
    assert_clean("single flight");
    assert_clean("abandonment");
}

#[test]
fn admitted_conversions_stay_within_every_bound_and_give_everything_back() {
    assert_clean("admission");
}

#[test]
fn no_key_no_download_and_no_upload_takes_more_than_its_share_and_all_of_them_end() {
    assert_clean("shares");
    assert_clean("downloads");
    assert_clean("upload room");
}

#[test]
fn connections_stay_within_their_places_and_no_request_is_cut_that_has_begun() {
    assert_clean("connections");
}

#[test]
fn each_job_and_each_store_call_returns_to_its_own_caller_and_within_its_bound() {
    assert_clean("worker pool");
    assert_clean("store executor");
}

#[test]
fn each_upload_is_read_whole_and_alone_and_stored_under_its_own_name() {
    assert_clean("bodies");
    assert_clean("uploads");
}

#[test]
fn each_thumbnail_is_of_its_own_photo_and_is_recorded_before_it_is_shown() {
    assert_clean("thumbnails");
}

#[test]
fn each_receipt_of_the_ledger_names_the_rows_of_its_own_entries() {
    assert_clean("ledger");
}

#[test]
fn a_repeated_request_has_its_effect_once_and_a_503_has_none() {
    assert_clean("repeated requests");
}

#[test]
fn a_token_that_ended_opens_nothing_and_a_repeated_change_gives_one_token() {
    assert_clean("ended tokens");
}

/// Lists the planted mistakes that a part's model finds, each with the part.
const FOUND_BY_A_PART: [(&str, &str); 24] = [
    ("joined_by_anything", "single flight"),
    ("abandoned_without_the_lock", "single flight"),
    ("landing_crossed", "single flight"),
    ("never_closed", "single flight"),
    ("begun_without_a_request", "abandonment"),
    ("memory_not_counted", "admission"),
    ("running_not_counted", "admission"),
    ("idle_not_notified", "admission"),
    ("turns_not_counted", "admission"),
    ("limit_forgotten_early", "shares"),
    ("booking_dropped_with_the_body", "downloads"),
    ("reserve_for_all", "upload room"),
    ("no_reserve", "upload room"),
    ("closed_while_it_works", "connections"),
    ("call_gives_its_permit_back_first", "store executor"),
    ("threads_without_bound", "worker pool"),
    ("one_buffer_for_all_bodies", "bodies"),
    ("staged_by_album", "uploads"),
    ("queue_before_the_worker", "thumbnails"),
    ("key_not_looked_at", "repeated requests"),
    ("write_given_up_at_its_deadline", "repeated requests"),
    ("tokens_remembered", "ended tokens"),
    ("changed_twice_by_one_request", "ended tokens"),
    ("shown_before_it_is_recorded", "thumbnails"),
];

/// Lists the planted mistakes of the ledger's writer.
const FOUND_IN_THE_LEDGER: [&str; 2] = ["receipts_crossed", "receipt_without_a_commit"];

#[track_caller]
fn assert_found(mistake: &'static str, part: &str) {
    let (.., with_mistakes) = PARTS.into_iter().find(|entry| entry.0 == part).expect(part);
    planted::wake(mistake);
    let exploration = search(mistake, MAX_FOUND, with_mistakes);
    planted::wake("");
    assert!(matches!(exploration, Exploration::Found { .. }), "{mistake} ended {exploration}");
}

#[test]
fn every_mistake_in_a_part_is_found() {
    for (mistake, part) in FOUND_BY_A_PART {
        assert_found(mistake, part);
    }
    for mistake in FOUND_IN_THE_LEDGER {
        assert_found(mistake, "ledger");
    }
}

#[test]
fn nothing_is_found_in_the_copy_while_every_mistake_sleeps() {
    planted::wake("");
    for (name, _, _, with_mistakes) in PARTS {
        assert_eq!(search(name, 100, with_mistakes).capped(), 100);
    }
}

#[test]
fn every_mistake_fits_its_file_and_is_searched() {
    let mistakes = list::read(include_str!("mistakes.txt")).expect("the list is valid");
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for mistake in &mistakes {
        let shipped = std::fs::read_to_string(root.join(mistake.file)).expect(mistake.file);
        mistake.apply(&shipped).expect(mistake.name);
    }
    let mut listed: Vec<_> = mistakes.iter().map(|mistake| mistake.name).collect();
    let mut searched: Vec<_> = FOUND_BY_A_PART.iter().map(|(mistake, _)| *mistake).collect();
    searched.extend(FOUND_IN_THE_LEDGER);
    searched.extend(crate::services::FOUND_IN_THE_SERVICE.iter().map(|(mistake, _)| *mistake));
    listed.sort_unstable();
    searched.sort_unstable();
    // A mistake can be found by a part and by random plans.
    searched.dedup();
    assert_eq!(listed, searched);
}
