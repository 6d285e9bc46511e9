//! Told to stop, a server finishes what it accepted, refuses what is new, and comes to its end.

use std::io::Write;
use std::net::TcpStream;
use std::num::NonZeroUsize;
use std::thread;
use std::time::Duration;

use crate::client::refused;
use crate::service::{ASTRONAUT, Gated, ROCKET, Service, Setup, photo_of, truth};

#[test]
fn what_was_accepted_is_finished_and_what_is_new_is_refused() {
    let (converter, gate) = Gated::owned();
    let mut setup = Setup { converter, ..Setup::default() };
    setup.bounds.workers = NonZeroUsize::MIN;
    let mut service = Service::with(setup);
    let (ann, _) = service.person("Ann");
    let [first, second] =
        [*ASTRONAUT, *ROCKET].map(|photo| format!("{}/thumbnail", photo_of(&ann, photo)));
    let asking = [&first, &second].map(|path| {
        let (ann, path) = (ann.clone(), path.clone());
        thread::spawn(move || ann.get(&path))
    });
    let begun = gate.begun();
    service.until("conversions_waiting", 1);
    service.stop();
    while service.nobody().get("/readyz").status == 200 {}
    assert_eq!(service.nobody().get("/readyz").problem(), refused(503, "stopping"));
    assert_eq!(service.nobody().get("/healthz").status, 200, "it lives still");
    let refusal = ann.get("/albums");
    assert_eq!(refusal.problem(), refused(503, "stopping"));
    assert!(!refusal.header("retry-after").is_empty());

    gate.let_one_go_on();
    gate.let_one_go_on();
    let [first, second] = asking.map(|one| one.join().unwrap());
    let mut made = [first.body, second.body];
    made.sort();
    let mut expected = [truth(*ASTRONAUT, 256), truth(*ROCKET, 256)];
    expected.sort();
    assert!(made == expected, "also what only waited, {begun:?} first");
    assert!(service.has_stopped());
}

#[test]
fn an_idle_connection_does_not_keep_the_server() {
    let mut service = Service::start();
    let idle = TcpStream::connect(service.address).unwrap();
    service.until("connections", 2);
    service.stop();
    assert!(service.has_stopped());
    drop(idle);
}

#[test]
fn what_does_not_end_in_time_is_given_up() {
    let (converter, gate) = Gated::owned();
    let mut setup = Setup { converter, ..Setup::default() };
    setup.limits.stop = Duration::from_millis(300);
    let mut service = Service::with(setup);
    let token = service.operator().post("/people", "{\"name\":\"Ann\"}").text("token");
    let photo = photo_of(&service.nobody().with(&token), *ASTRONAUT);
    let mut socket = TcpStream::connect(service.address).unwrap();
    let head = format!(
        "GET {photo}/thumbnail HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).unwrap();
    gate.begun();
    service.stop();
    assert!(service.has_stopped(), "though the conversion still waits");
    gate.let_one_go_on();
}
