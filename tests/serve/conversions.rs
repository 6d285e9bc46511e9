//! What may be at work, who waits for whom, and what becomes of work when its client leaves. The
//! conversion waits for the test, so the order is always the one that is written here.

use std::io::Write;
use std::net::TcpStream;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use double_exposure::album::{PhotoName, PhotoUuid, RecordKind, Upload};
use double_exposure::codec::{self, ImageError};
use double_exposure::pipelines::PipelineKind;
use double_exposure::server::converter::{Conversion, ConversionJob, Converter, converter};

use crate::client::{Answer, Client, refused};
use crate::service::{ASTRONAUT, Gate, Gated, ROCKET, Service, Setup, photo_of, truth};

/// A server with room for so many conversions, each of which waits for the test.
fn gated(workers: usize, queue: usize) -> (Service, Gate) {
    let (converter, gate) = Gated::owned();
    let mut setup = Setup { converter, ..Setup::default() };
    setup.bounds.workers = NonZeroUsize::new(workers).unwrap();
    setup.bounds.queue = queue;
    (Service::with(setup), gate)
}

/// Asks in a thread of its own.
fn ask(client: &Client, path: &str) -> thread::JoinHandle<Answer> {
    let (client, path) = (client.clone(), path.to_owned());
    thread::spawn(move || client.get(&path))
}

/// Asks without waiting for the answer; hangs up when dropped.
fn ask_and_leave(service: &Service, token: &str, path: &str) -> TcpStream {
    let mut socket = TcpStream::connect(service.address).unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n");
    socket.write_all(head.as_bytes()).unwrap();
    socket
}

/// Ann, her token, and the thumbnails of two of her photos.
fn ann(service: &Service) -> (Client, String, [String; 2]) {
    let made = service.operator().post("/people", "{\"name\":\"Ann\"}");
    let token = made.text("token");
    let ann = service.nobody().with(&token);
    let thumbnails =
        [*ASTRONAUT, *ROCKET].map(|photo| format!("{}/thumbnail", photo_of(&ann, photo)));
    (ann, token, thumbnails)
}

#[test]
fn what_has_begun_keeps_its_permit_and_its_bytes_to_its_end_when_the_client_hangs_up() {
    let (service, gate) = gated(1, 8);
    let (ann, token, [thumbnail, other]) = ann(&service);
    let leaving = ask_and_leave(&service, &token, &thumbnail);
    gate.begun();
    drop(leaving);
    service.until("http_in_flight", 0);
    assert_eq!(service.metric("conversions_at_work"), 1);
    assert!(service.metric("pixels_at_work_bytes") > 0);
    let next = ask(&ann, &other);
    service.until("conversions_waiting", 1);
    assert!(gate.none_begun(), "there is one worker, and it is at work");

    gate.let_one_go_on();
    gate.begun();
    gate.let_one_go_on();
    assert!(next.join().unwrap().body == truth(*ROCKET, 256));
    service.until("conversions_at_work", 0);
    assert_eq!(service.metric("pixels_at_work_bytes"), 0);
    assert_eq!(service.metric("conversions_total"), 2);
    assert_eq!(ann.get(&thumbnail).status, 200, "and what it made is kept");
    assert_eq!(service.metric("thumbnail_cache_hits_total"), 1);
}

#[test]
fn work_that_nobody_waits_for_any_more_is_dropped_before_it_begins() {
    let (service, gate) = gated(1, 8);
    let (ann, token, [first, second]) = ann(&service);
    let waits = ask(&ann, &first);
    gate.begun();
    let leaving = ask_and_leave(&service, &token, &second);
    service.until("conversions_waiting", 1);
    drop(leaving);
    service.until("conversions_waiting", 0);
    assert_eq!(service.metric("conversions_dropped_total"), 1);
    gate.let_one_go_on();
    assert_eq!(waits.join().unwrap().status, 200);
    service.until("conversions_at_work", 0);
    assert!(gate.none_begun());
}

#[test]
fn beyond_the_queue_a_request_is_shed_at_once_and_unharmed() {
    let (service, gate) = gated(1, 1);
    let (ann, _, [first, second]) = ann(&service);
    let at_work = ask(&ann, &first);
    gate.begun();
    let waiting = ask(&ann, &second);
    service.until("conversions_waiting", 1);
    let shed = ann.get(&format!("{second}?size=64"));
    assert_eq!(shed.problem(), refused(503, "overloaded"));
    assert!(shed.header("retry-after").parse::<u32>().unwrap() >= 1);

    gate.let_one_go_on();
    gate.let_one_go_on();
    assert_eq!(at_work.join().unwrap().status, 200);
    assert_eq!(waiting.join().unwrap().status, 200);
    gate.let_one_go_on();
    assert_eq!(ann.get(&format!("{second}?size=64")).status, 200);
}

#[test]
fn who_waits_gives_up_at_the_deadline_and_what_has_begun_goes_on() {
    let (converter, gate) = Gated::owned();
    let mut setup = Setup { converter, ..Setup::default() };
    setup.bounds.workers = NonZeroUsize::MIN;
    setup.limits.deadline = Duration::from_millis(1_500);
    let service = Service::with(setup);
    // By hand, so that nothing but the thumbnails is held to the deadline.
    let (person, token) = service.store.create_person("Ann").unwrap();
    let album = service.store.create_album(person, "Summer").unwrap();
    let ann = service.nobody().with(token.reveal());
    let [first, second] = [*ASTRONAUT, *ROCKET].map(|bytes| {
        let name = PhotoName { album, photo: PhotoUuid::random() };
        let header = codec::probe(bytes).unwrap();
        let upload = Upload::new(Bytes::from_static(bytes), header.width, header.height);
        service.store.put_photo(person, name, &upload).unwrap();
        format!("/albums/{}/photos/{}/thumbnail", name.album, name.photo)
    });
    let (at_work, waiting) = (ask(&ann, &first), ask(&ann, &second));
    gate.begun();
    for late in [at_work, waiting] {
        let answer = late.join().unwrap();
        assert_eq!(answer.problem(), refused(503, "deadline"));
        assert!(!answer.header("retry-after").is_empty());
    }
    service.until("conversions_waiting", 0);
    assert_eq!(service.metric("conversions_at_work"), 1);
    gate.let_one_go_on();
    service.until("conversions_at_work", 0);
    assert!(gate.none_begun(), "nobody waited for the second");
    service.until("conversions_total", 1);
}

#[test]
fn equal_requests_share_one_conversion_and_each_is_a_row() {
    let (service, gate) = gated(4, 8);
    let (ann, _, [thumbnail, _]) = ann(&service);
    let asking: Vec<_> = (0..5).map(|_| ask(&ann, &thumbnail)).collect();
    gate.begun();
    service.until("thumbnails_shared_total", 4);
    gate.let_one_go_on();
    let answers: Vec<_> = asking.into_iter().map(|one| one.join().unwrap()).collect();
    for answer in &answers {
        assert!(answer.body == truth(*ASTRONAUT, 256));
        assert_eq!(answer.header("etag"), answers[0].header("etag"));
    }
    assert!(gate.none_begun());
    let ledger = service.ledger();
    let made = ledger.iter().filter(|record| matches!(record.kind, RecordKind::Made(_))).count();
    assert_eq!((made, ledger.len() - made), (1, 5));
}

#[test]
fn identical_bytes_in_two_albums_are_two_conversions_also_at_once() {
    let (service, gate) = gated(4, 8);
    let (ann, _, [of_ann, _]) = ann(&service);
    let (ben, _) = service.person("Ben");
    let of_ben = format!("{}/thumbnail", photo_of(&ben, *ASTRONAUT));
    let asking = [ask(&ann, &of_ann), ask(&ben, &of_ben)];
    let (first, second) = (gate.begun(), gate.begun());
    assert_eq!(first.content, second.content);
    assert_ne!(first.source.owner, second.source.owner);
    gate.let_one_go_on();
    gate.let_one_go_on();
    assert!(asking.into_iter().all(|one| one.join().unwrap().status == 200));
    assert_eq!(service.metric("thumbnails_shared_total"), 0);
}

#[test]
fn when_the_first_of_equals_hangs_up_the_others_still_get_their_answer() {
    let (service, gate) = gated(1, 8);
    let (ann, token, [thumbnail, other]) = ann(&service);
    let leaving = ask_and_leave(&service, &token, &thumbnail);
    gate.begun();
    let follows = ask(&ann, &thumbnail);
    service.until("thumbnails_shared_total", 1);
    drop(leaving);
    service.until("http_in_flight", 1);
    // And the same while the work still waits.
    let leaving = ask_and_leave(&service, &token, &other);
    service.until("conversions_waiting", 1);
    let waits = ask(&ann, &other);
    service.until("thumbnails_shared_total", 2);
    drop(leaving);
    service.until("http_in_flight", 2);
    gate.let_one_go_on();
    gate.let_one_go_on();
    assert!(follows.join().unwrap().body == truth(*ASTRONAUT, 256));
    assert!(waits.join().unwrap().body == truth(*ROCKET, 256));
    assert_eq!(service.metric("conversions_total"), 2);
    assert_eq!(service.metric("conversions_dropped_total"), 0);
}

#[test]
fn a_stranger_never_shares_and_who_is_removed_while_waiting_gets_nothing() {
    let (service, gate) = gated(4, 8);
    let (ann, _, [thumbnail, _]) = ann(&service);
    let (ben, ben_id) = service.person("Ben");
    let album = thumbnail.split("/photos").next().unwrap();
    let member = format!("{album}/members/{ben_id}");
    let mine = ask(&ann, &thumbnail);
    gate.begun();
    assert_eq!(ben.get(&thumbnail).problem(), refused(404, "not-found"));
    assert_eq!(service.metric("thumbnails_shared_total"), 0);

    ann.put(&member, &[]);
    let his = ask(&ben, &thumbnail);
    service.until("thumbnails_shared_total", 1);
    assert_eq!(ann.delete(&member).status, 204);
    gate.let_one_go_on();
    assert_eq!(his.join().unwrap().problem(), refused(404, "not-found"));
    assert_eq!(mine.join().unwrap().status, 200);
    let viewers: Vec<_> = service.ledger().iter().map(|record| record.event.viewer).collect();
    assert!(viewers.iter().all(|viewer| viewer.to_string() != ben_id));
}

#[test]
fn when_the_first_of_equals_is_removed_while_the_work_waits_the_others_are_not() {
    let (service, gate) = gated(1, 8);
    let (ann, _, [first, second]) = ann(&service);
    let (ben, ben_id) = service.person("Ben");
    let member = format!("{}/members/{ben_id}", second.split("/photos").next().unwrap());
    ann.put(&member, &[]);
    let at_work = ask(&ann, &first);
    gate.begun();
    let his = ask(&ben, &second);
    service.until("conversions_waiting", 1);
    let mine = ask(&ann, &second);
    service.until("thumbnails_shared_total", 1);
    ann.delete(&member);
    gate.let_one_go_on();
    gate.let_one_go_on();
    assert_eq!(at_work.join().unwrap().status, 200);
    assert!(mine.join().unwrap().body == truth(*ROCKET, 256));
    assert_eq!(his.join().unwrap().problem(), refused(404, "not-found"));
}

#[test]
fn a_photo_that_changes_while_its_thumbnail_is_made_is_looked_at_again() {
    let (service, gate) = gated(4, 8);
    let (ann, _, [thumbnail, gone]) = ann(&service);
    let photo = thumbnail.strip_suffix("/thumbnail").unwrap();
    let asking = ask(&ann, &thumbnail);
    gate.begun();
    assert_eq!(ann.delete(photo).status, 204);
    assert_eq!(ann.put(photo, *ROCKET).status, 201);
    gate.let_one_go_on();
    gate.begun();
    gate.let_one_go_on();
    assert!(asking.join().unwrap().body == truth(*ROCKET, 256), "never the deleted photo's");

    let asking = ask(&ann, &gone);
    gate.begun();
    assert_eq!(ann.delete(gone.strip_suffix("/thumbnail").unwrap()).status, 204);
    gate.let_one_go_on();
    assert_eq!(asking.join().unwrap().problem(), refused(404, "not-found"));
}

/// Fails or panics at first, and then works.
struct Recovering {
    failed: AtomicBool,
    panics: bool,
}

impl Converter for Recovering {
    fn convert(&self, job: ConversionJob, photo: Bytes) -> Result<Conversion, ImageError> {
        if !self.failed.swap(true, Ordering::SeqCst) {
            assert!(!self.panics, "this conversion panics on purpose");
            return Err(ImageError::Unknown);
        }
        converter(PipelineKind::Owned, NonZeroUsize::MIN).convert(job, photo)
    }
}

#[test]
fn an_error_is_shared_by_all_who_wait_and_not_kept() {
    let recovering = Recovering { failed: AtomicBool::new(false), panics: false };
    let (converter, gate) = Gated::new(Arc::new(recovering));
    let service = Service::with(Setup { converter, ..Setup::default() });
    let (ann, _, [thumbnail, _]) = ann(&service);
    let asking = [ask(&ann, &thumbnail), ask(&ann, &thumbnail)];
    gate.begun();
    service.until("thumbnails_shared_total", 1);
    gate.let_one_go_on();
    for one in asking {
        assert_eq!(one.join().unwrap().problem(), refused(422, "unreadable-photo"));
    }
    gate.let_one_go_on();
    assert_eq!(ann.get(&thumbnail).status, 200);
}

#[test]
fn a_conversion_that_panics_is_a_503_and_gives_its_permit_back() {
    let recovering = Recovering { failed: AtomicBool::new(false), panics: true };
    let mut setup = Setup { converter: Arc::new(recovering), ..Setup::default() };
    setup.bounds.workers = NonZeroUsize::MIN;
    let service = Service::with(setup);
    let (ann, _, [thumbnail, _]) = ann(&service);
    assert_eq!(ann.get(&thumbnail).problem(), refused(503, "fault"));
    assert_eq!(ann.get(&thumbnail).status, 200);
    assert_eq!(service.metric("conversions_at_work"), 0);
}

/// Tells at which priority it runs.
#[cfg(target_os = "linux")]
struct Weighed(std::sync::Mutex<Option<i32>>);

#[cfg(target_os = "linux")]
fn niceness() -> i32 {
    let this = Some(rustix::thread::gettid());
    rustix::process::getpriority_process(this).unwrap()
}

#[cfg(target_os = "linux")]
impl Converter for Weighed {
    fn convert(&self, job: ConversionJob, photo: Bytes) -> Result<Conversion, ImageError> {
        *self.0.lock().unwrap() = Some(niceness());
        converter(PipelineKind::Owned, NonZeroUsize::MIN).convert(job, photo)
    }
}

#[test]
#[cfg(target_os = "linux")]
fn conversions_stand_behind_those_who_answer() {
    let converter = Arc::new(Weighed(std::sync::Mutex::default()));
    let service = Service::with(Setup { converter: converter.clone(), ..Setup::default() });
    let (ann, _, [thumbnail, _]) = ann(&service);
    assert_eq!(ann.get(&thumbnail).status, 200);
    assert_eq!(*converter.0.lock().unwrap(), Some((niceness() + 7).min(19)));
}
