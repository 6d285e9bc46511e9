//! Tests what an operator relies on: a 503 that says that nothing was stored is right, readiness is
//! red when the file cannot be written, and a jump of the clock is visible and deletes nothing.

use std::time::{Duration, Instant};

use double_exposure::album::{COMPRESSION_AGE, Clock, Moment, SimulatedClock};

use crate::client::{album_of, new_photo_in, problem};
use crate::test_server::{ASTRONAUT, ROCKET, Setup, TestServer};

/// Waits until a span has passed.
fn pass(span: Duration) {
    let end = Instant::now() + span;
    while Instant::now() < end {}
}

#[test]
fn a_write_that_waits_for_another_process_beyond_the_timeout_is_answered_with_its_outcome() {
    // Long enough for a busy machine to upload and decode a photo.
    let timeout = Duration::from_secs(2);
    let mut setup = Setup::default();
    setup.limits.response_timeout = timeout;
    let server = TestServer::with(setup);
    let (ann, ann_id) = server.person("Ann");
    let photo = ann.upload(*ASTRONAUT);
    let album = album_of(&photo).to_owned();
    let file = rusqlite::Connection::open(server.store.path()).unwrap();
    let (title, new) = ("{\"title\":\"Late\"}", new_photo_in(&album));
    let create = |client: &crate::client::Client| client.post("/albums", title);
    let upload = |client: &crate::client::Client| client.put(&new, *ROCKET);
    let delete = |client: &crate::client::Client| client.delete(&photo);
    let rotate =
        |client: &crate::client::Client| client.post(&format!("/people/{ann_id}/token"), "");
    type Request<'r> = &'r (dyn Fn(&crate::client::Client) -> crate::client::Response + Sync);
    let requests: [(Request<'_>, u16); 4] =
        [(&create, 201), (&upload, 201), (&delete, 204), (&rotate, 201)];
    for (request, status) in requests {
        file.execute_batch("BEGIN IMMEDIATE").unwrap();
        let response = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| request(&ann));
            server.wait_for_metric("store_calls_pending", 1);
            pass(timeout + timeout / 4);
            file.execute_batch("COMMIT").unwrap();
            waiting.join().unwrap()
        });
        assert_eq!(response.status, status, "the answer waited for the outcome");
    }
}

#[test]
fn a_503_about_a_file_that_another_process_holds_is_true() {
    let server = TestServer::start();
    let (ann, _) = server.person("Ann");
    let album = ann.create_album();
    let path = new_photo_in(&album);
    let file = rusqlite::Connection::open(server.store.path()).unwrap();
    file.execute_batch("BEGIN IMMEDIATE").unwrap();
    let responses = std::thread::scope(|scope| {
        let operator = server.operator();
        let requests = [
            scope.spawn(|| ann.post("/albums", "{\"title\":\"Held\"}")),
            scope.spawn(|| ann.put(&path, *ASTRONAUT)),
            scope.spawn(move || operator.post("/people", "{\"name\":\"Held\"}")),
            scope.spawn(|| ann.delete(&album)),
        ];
        requests.map(|request| request.join().unwrap())
    });
    for response in responses {
        assert_eq!(response.problem(), problem(503, "storage-unavailable"));
    }
    file.execute_batch("COMMIT").unwrap();
    assert_eq!(ann.get("/albums").json().as_array().unwrap().len(), 1);
    assert_eq!(ann.get(&path).status, 404);
    let people: i64 = file.query_row("SELECT count(*) FROM people", [], |row| row.get(0)).unwrap();
    assert_eq!(people, 1);
}

/// Asks until readiness is as expected: a result is kept for a second.
fn wait_for_readiness(server: &TestServer, status: u16) -> crate::client::Response {
    let end = Instant::now() + crate::test_server::TEST_TIMEOUT;
    loop {
        let response = server.anonymous().get("/readyz");
        if response.status == status {
            return response;
        }
        assert!(Instant::now() < end, "{} instead of {status}", response.status);
    }
}

#[test]
#[cfg(unix)]
fn a_file_that_is_deleted_under_the_server_is_noticed_and_takes_no_write() {
    let server = TestServer::start();
    let (ann, _) = server.person("Ann");
    let photo = ann.upload(*ASTRONAUT);
    wait_for_readiness(&server, 200);
    let (path, moved) = (server.store.path(), server.store.path().with_extension("moved"));
    std::fs::rename(path, &moved).unwrap();
    assert_eq!(
        ann.post("/albums", "{\"title\":\"Lost\"}").problem(),
        problem(503, "storage-unavailable")
    );
    assert_eq!(
        ann.put(&new_photo_in(album_of(&photo)), *ROCKET).problem(),
        problem(503, "storage-unavailable")
    );
    let red = wait_for_readiness(&server, 503);
    assert!(red.text("detail").contains("deleted, moved or replaced"), "{}", red.text("detail"));
    std::fs::rename(&moved, path).unwrap();
    wait_for_readiness(&server, 200);
    assert_eq!(ann.post("/albums", "{\"title\":\"Back\"}").status, 201);
}

#[test]
fn readiness_is_red_while_the_file_has_no_room() {
    let server = TestServer::with(Setup { max_bytes: Some(3 << 20), ..Setup::default() });
    let (ann, _) = server.person("Ann");
    wait_for_readiness(&server, 200);
    let album = ann.create_album();
    let large = include_bytes!("../../src/sample_photos/astronaut.jpg");
    let mut last = String::new();
    for _ in 0..100 {
        let path = new_photo_in(&album);
        if ann.put(&path, large).status != 201 {
            break;
        }
        last = path;
    }
    let red = wait_for_readiness(&server, 503);
    assert_eq!(red.problem(), problem(503, "storage-unavailable"));
    assert_eq!(ann.delete(&album).status, 204, "{last}");
    wait_for_readiness(&server, 200);
}

#[test]
fn a_jump_of_the_clock_is_visible_and_stops_the_maintenance_until_it_is_accepted() {
    let start: Moment = "2024-10-01T00:00:00Z".parse().unwrap();
    let clock: &'static SimulatedClock = Box::leak(Box::new(SimulatedClock::new(start)));
    let mut setup = Setup { clock: Clock::Simulated(clock), ..Setup::default() };
    setup.limits.maintenance_interval = Duration::from_millis(20);
    let server = TestServer::with(setup);
    let (ann, _) = server.person("Ann");
    let photo = ann.upload(include_bytes!("noise.png"));
    let ready = wait_for_readiness(&server, 200).json();
    assert_eq!(ready["clock_believed"], true);
    assert_eq!(server.metric("clock_believed"), 1);

    clock.set(start.after(COMPRESSION_AGE * 2));
    let runs = server.metric("maintenance_runs_total");
    let end = Instant::now() + crate::test_server::TEST_TIMEOUT;
    while server.metric("maintenance_runs_total") < runs + 3 {
        assert!(Instant::now() < end, "the maintenance goes on");
    }
    assert_eq!(server.metric("clock_believed"), 0);
    assert_eq!(server.metric("clock_ahead_seconds"), 70 * 86_400);
    let state = || ann.get(album_of(&photo)).json()["photos"][0]["state"].clone();
    assert_eq!(state(), "original");
    pass(Duration::from_secs(1));
    let ready = wait_for_readiness(&server, 200).json();
    assert_eq!(ready["clock_believed"], false);
    assert_eq!(ready["clock_ahead_seconds"], 70 * 86_400);

    // The operator accepts it in a process of its own.
    server.store.accept_clock().unwrap();
    server.wait_for_metric("photos_compressed_total", 1);
    assert_eq!(state(), "compressed");
    assert_eq!(server.metric("clock_believed"), 1);
}

#[test]
#[cfg(target_os = "linux")]
fn the_metrics_show_the_process_the_build_and_the_disk() {
    let server = TestServer::start();
    let text = String::from_utf8(server.anonymous().get("/metrics").body).unwrap();
    let value = |name: &str| -> f64 {
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
        line.unwrap_or_else(|| panic!("{name} in {text}")).parse().unwrap()
    };
    assert!(value("process_resident_memory_bytes") > 1e6);
    assert!(value("process_open_fds") > 3.0);
    assert!(value("process_max_fds") >= value("process_open_fds"));
    assert!(value("process_cpu_seconds_total") > 0.0);
    assert!(value("process_start_time_seconds") > 1.7e9);
    assert!(value("double_exposure_disk_free_bytes") > 0.0);
    let build =
        format!("double_exposure_build_info{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION"));
    assert!(text.contains(&build), "{text}");
    assert_eq!(text.matches("# EOF").count(), 1);
}
