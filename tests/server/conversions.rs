//! Tests admission control, single flight and cancellation. The conversions wait until the test
//! releases them, so the order is always the one that is written here.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use double_exposure::album::{
    COMPRESSION_AGE, Clock, Moment, PhotoName, PhotoUuid, RecordKind, Store, StoreOptions, Upload,
    compress_due,
};
use double_exposure::codec::{
    self, Fit, ImageError, PhotoLimits, ProbedPhoto, Size, ThumbnailSpec,
};
use double_exposure::pipelines::PipelineKind;
use double_exposure::server::converter::{Conversion, ConversionJob, Converter, converter};
use jpeg_encoder::{ColorType, Encoder};

use crate::client::{album_of, new_photo_in, problem};
use crate::test_server::{
    ASTRONAUT, Gate, ROCKET, Setup, TestServer, expected_thumbnail, undisturbed,
};

/// Starts a server with bounds for running and waiting conversions, which wait for the gate.
fn gated(max_running: usize, max_queued: usize) -> (TestServer, Gate) {
    let (setup, gate) = Setup::gated();
    let mut setup = setup.max_running(max_running);
    setup.admission.max_queued = max_queued;
    (TestServer::with(setup), gate)
}

#[test]
fn a_running_conversion_keeps_its_permit_and_its_bytes_when_the_client_hangs_up() {
    let (server, gate) = gated(1, 8);
    let (ann, [thumbnail, other]) = server.person_with_photos();
    let leaving = server.send_only(&ann, &thumbnail);
    gate.next_job();
    drop(leaving);
    server.wait_for_metric("http_requests_in_flight", 0);
    assert_eq!(server.metric("conversions_running"), 1);
    assert!(server.metric("conversion_memory_bytes") > 0);
    let next = ann.get_on_thread(&other);
    server.wait_for_metric("conversions_queued", 1);
    assert!(gate.is_quiet(), "the only worker is busy");

    gate.release_one();
    gate.next_job();
    gate.release_one();
    assert!(next.join().unwrap().body == expected_thumbnail(*ROCKET, 256));
    server.wait_for_metric("conversions_running", 0);
    assert_eq!(server.metric("conversion_memory_bytes"), 0);
    assert_eq!(server.metric("conversions_total"), 2);
    // The permit is free once the conversion ends, and the thumbnail is cached a little later, with
    // its row. A request between the two joins the work that has not landed.
    assert_eq!(ann.get(&thumbnail).status, 200);
    assert_eq!(server.metric("conversions_total"), 2, "the thumbnail is not made again");
    let [hits, joined] = ["thumbnail_cache_hits_total", "conversions_joined_total"];
    assert_eq!(server.metric(hits) + server.metric(joined), 1);
}

#[test]
fn a_queued_conversion_is_cancelled_when_no_request_waits_for_it() {
    let (server, gate) = gated(1, 8);
    let (ann, [first, second]) = server.person_with_photos();
    let waiting = ann.get_on_thread(&first);
    gate.next_job();
    let leaving = server.send_only(&ann, &second);
    server.wait_for_metric("conversions_queued", 1);
    drop(leaving);
    // Counted after the conversion has left the queue.
    server.wait_for_metric("conversions_cancelled_total", 1);
    assert_eq!(server.metric("conversions_queued"), 0);
    gate.release_one();
    assert_eq!(waiting.join().unwrap().status, 200);
    server.wait_for_metric("conversions_running", 0);
    assert!(gate.is_quiet());
}

#[test]
fn a_request_beyond_the_queue_is_rejected_at_once_and_succeeds_later() {
    let (server, gate) = gated(1, 1);
    let (ann, [first, second]) = server.person_with_photos();
    let running = ann.get_on_thread(&first);
    gate.next_job();
    let waiting = ann.get_on_thread(&second);
    server.wait_for_metric("conversions_queued", 1);
    let rejected = ann.get(&format!("{second}?size=64"));
    assert_eq!(rejected.problem(), problem(503, "overloaded"));
    assert!(rejected.header("retry-after").parse::<u32>().unwrap() >= 1);

    gate.release_one();
    gate.release_one();
    assert_eq!(running.join().unwrap().status, 200);
    assert_eq!(waiting.join().unwrap().status, 200);
    gate.release_one();
    assert_eq!(ann.get(&format!("{second}?size=64")).status, 200);
}

#[test]
fn a_photo_that_needs_more_than_all_memory_is_refused_at_once_with_both_numbers() {
    let (mut setup, gate) = Setup::gated();
    setup.admission.max_bytes = 8 << 20;
    let server = TestServer::with(setup.max_running(1));
    let (ann, ann_id) = server.person("Ann");
    let small = ann.upload_for_thumbnail(*ASTRONAUT);
    let running = ann.get_on_thread(&small);
    gate.next_job();

    // It would wait for the only worker if it were queued.
    let album = album_of(&small);
    let upload = ann.put(&new_photo_in(album), &large_photo());
    assert_eq!(upload.problem(), problem(422, "unreadable-photo"));
    let spec = ThumbnailSpec { size: Size::MAX, fit: Fit::Contain };
    let needed_bytes =
        ProbedPhoto::open(large_photo(), PhotoLimits::MAX).unwrap().memory_bytes(spec);
    let numbers = format!(
        "needs {} MiB of memory; the server has 8 for all conversions (--max-memory)",
        needed_bytes.div_ceil(1 << 20)
    );
    assert!(upload.text("detail").contains(&numbers), "{}", upload.text("detail"));
    let path = store_directly(&server, &ann_id, album, large_photo());
    let refused = ann.get(&format!("{path}/thumbnail?size=2048&fit=contain"));
    assert_eq!(refused.problem(), problem(422, "unreadable-photo"));
    assert!(refused.text("detail").contains(&numbers), "{}", refused.text("detail"));
    assert_eq!(server.metric("conversions_queued"), 0);
    assert!(gate.is_quiet());
    gate.release_one();
    assert_eq!(running.join().unwrap().status, 200);
}

#[test]
fn the_memory_of_a_progressive_photo_is_booked_with_its_coefficients() {
    let (setup, gate) = Setup::gated();
    let server = TestServer::with(setup);
    let (ann, _) = server.person("Ann");
    let booked = |progressive: bool| {
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, 80);
        encoder.set_progressive(progressive);
        encoder.encode(&vec![70; 1600 * 1600 * 3], 1600, 1600, ColorType::Rgb).unwrap();
        let thumbnail = ann.upload_for_thumbnail(&file);
        let waiting = ann.get_on_thread(&thumbnail);
        gate.next_job();
        let booked = server.metric("conversion_memory_bytes");
        gate.release_one();
        assert_eq!(waiting.join().unwrap().status, 200);
        server.wait_for_metric("conversions_running", 0);
        booked
    };
    let difference = booked(true) - booked(false);
    // Coefficients at 4:2:0 take 3 bytes a pixel; the files differ by some kilobytes.
    let coefficients = 1600 * 1600 * 3;
    assert!((coefficients - 131_072..coefficients + 524_288).contains(&difference), "{difference}");
}

/// Returns a JPEG of 1600 by 1600 px, which is decoded whole for a thumbnail of 2048 px.
fn large_photo() -> Bytes {
    let mut file = Vec::new();
    let encoder = Encoder::new(&mut file, 80);
    encoder.encode(&vec![70; 1600 * 1600 * 3], 1600, 1600, ColorType::Rgb).unwrap();
    file.into()
}

/// Stores a photo without validation, as an earlier server with more memory would have. Returns the
/// photo's path.
fn store_directly(server: &TestServer, owner: &str, album: &str, file: Bytes) -> String {
    let name = PhotoName {
        album: album.rsplit('/').next().unwrap().parse().unwrap(),
        photo: PhotoUuid::random(),
    };
    let header = codec::probe(&file).unwrap();
    let upload = Upload::new(file, header.width, header.height);
    server.store.put_photo(owner.parse().unwrap(), name, &upload).unwrap();
    format!("{album}/photos/{}", name.photo)
}

#[test]
fn a_waiting_request_is_rejected_at_the_deadline_and_a_running_conversion_goes_on() {
    let (setup, gate) = Setup::gated();
    let mut setup = setup.max_running(1);
    setup.limits.response_timeout = Duration::from_millis(1_500);
    let server = TestServer::with(setup);
    // Written to the store directly, so that the short timeout limits only the thumbnails.
    let (person, token) = server.store.create_person("Ann").unwrap();
    let album = server.store.create_album(person, "Summer").unwrap();
    let ann = server.anonymous().with_token(token.reveal());
    let [first, second] = [*ASTRONAUT, *ROCKET].map(|bytes| {
        let name = PhotoName { album, photo: PhotoUuid::random() };
        let header = codec::probe(bytes).unwrap();
        let upload = Upload::new(Bytes::from_static(bytes), header.width, header.height);
        server.store.put_photo(person, name, &upload).unwrap();
        format!("/albums/{}/photos/{}/thumbnail", name.album, name.photo)
    });
    let (running, waiting) = (ann.get_on_thread(&first), ann.get_on_thread(&second));
    gate.next_job();
    for late in [running, waiting] {
        let response = late.join().unwrap();
        assert_eq!(response.problem(), problem(503, "response-timeout"));
        assert!(!response.header("retry-after").is_empty());
    }
    server.wait_for_metric("conversions_queued", 0);
    assert_eq!(server.metric("conversions_running"), 1);
    gate.release_one();
    server.wait_for_metric("conversions_running", 0);
    assert!(gate.is_quiet(), "no request waited for the second");
    server.wait_for_metric("conversions_total", 1);
}

#[test]
fn identical_requests_share_one_conversion_and_each_is_a_row_of_the_ledger() {
    let (server, gate) = gated(4, 8);
    let (ann, [thumbnail, _]) = server.person_with_photos();
    let requests: Vec<_> = (0..5).map(|_| ann.get_on_thread(&thumbnail)).collect();
    gate.next_job();
    server.wait_for_metric("conversions_joined_total", 4);
    gate.release_one();
    let responses: Vec<_> = requests.into_iter().map(|request| request.join().unwrap()).collect();
    for response in &responses {
        assert!(response.body == expected_thumbnail(*ASTRONAUT, 256));
        assert_eq!(response.header("etag"), responses[0].header("etag"));
    }
    assert!(gate.is_quiet());
    let ledger = server.ledger();
    let made = ledger.iter().filter(|record| matches!(record.kind, RecordKind::Made(_))).count();
    assert_eq!((made, ledger.len() - made), (1, 5));
}

#[test]
fn identical_bytes_in_two_albums_are_two_conversions_also_at_the_same_time() {
    let (server, gate) = gated(4, 8);
    let (ann, [of_ann, _]) = server.person_with_photos();
    let (ben, _) = server.person("Ben");
    let of_ben = ben.upload_for_thumbnail(*ASTRONAUT);
    let requests = [ann.get_on_thread(&of_ann), ben.get_on_thread(&of_ben)];
    let (first, second) = (gate.next_job(), gate.next_job());
    assert_eq!(first.content, second.content);
    assert_ne!(first.source.owner, second.source.owner);
    gate.release_one();
    gate.release_one();
    assert!(requests.into_iter().all(|request| request.join().unwrap().status == 200));
    assert_eq!(server.metric("conversions_joined_total"), 0);
}

#[test]
fn requests_for_two_fits_or_two_sizes_share_no_conversion() {
    let (server, gate) = gated(4, 8);
    let (ann, [thumbnail, _]) = server.person_with_photos();
    let specs = [(64, Fit::Cover), (64, Fit::Contain), (80, Fit::Cover)];
    let requests =
        specs.map(|(size, fit)| ann.get_on_thread(&format!("{thumbnail}?size={size}&fit={fit}")));
    let jobs = specs.map(|_| gate.next_job().spec);
    for (size, fit) in specs {
        let spec = ThumbnailSpec { size: Size::try_from(size).unwrap(), fit };
        assert!(jobs.contains(&spec), "{spec:?}");
        gate.release_one();
    }
    for (request, (size, fit)) in requests.into_iter().zip(specs) {
        let response = request.join().unwrap();
        assert!(response.body == undisturbed(*ASTRONAUT, size, fit, 4), "{size} px, {fit}");
    }
    assert_eq!(server.metric("conversions_joined_total"), 0);
}

#[test]
fn a_conversion_of_bytes_that_compression_replaces_is_not_shared_and_not_shown() {
    let start: Moment = "2024-10-01T00:00:00Z".parse().unwrap();
    let (setup, gate) = Setup::gated();
    let server = TestServer::with(Setup { clock: Clock::Stopped(start), ..setup });
    let (ann, _) = server.person("Ann");
    let photo = ann.upload(include_bytes!("noise.png"));
    let first = ann.get_on_thread(&format!("{photo}/thumbnail"));
    let before = gate.next_job();
    let later = Clock::Stopped(start.after(COMPRESSION_AGE));
    let store = Store::open(server.store.path(), later, StoreOptions::default()).unwrap();
    store.accept_clock().unwrap();
    assert_eq!(compress_due(&store, PhotoLimits::default(), |_, _| true).unwrap().compressed, 1);
    let second = ann.get_on_thread(&format!("{photo}/thumbnail"));
    let after = gate.next_job();
    assert_eq!(before.source, after.source);
    assert_ne!(before.content, after.content);
    gate.release_one();
    gate.release_one();
    let compressed = ann.get(&photo).body.leak();
    for request in [first, second] {
        assert!(request.join().unwrap().body == expected_thumbnail(compressed, 256));
    }
}

#[test]
fn the_other_requests_get_their_response_when_the_first_of_identical_ones_hangs_up() {
    let (server, gate) = gated(1, 8);
    let (ann, [thumbnail, other]) = server.person_with_photos();
    let leaving = server.send_only(&ann, &thumbnail);
    gate.next_job();
    let joined = ann.get_on_thread(&thumbnail);
    server.wait_for_metric("conversions_joined_total", 1);
    drop(leaving);
    server.wait_for_metric("http_requests_in_flight", 1);
    // The same while the conversion is queued.
    let leaving = server.send_only(&ann, &other);
    server.wait_for_metric("conversions_queued", 1);
    let waiting = ann.get_on_thread(&other);
    server.wait_for_metric("conversions_joined_total", 2);
    drop(leaving);
    server.wait_for_metric("http_requests_in_flight", 2);
    gate.release_one();
    gate.release_one();
    assert!(joined.join().unwrap().body == expected_thumbnail(*ASTRONAUT, 256));
    assert!(waiting.join().unwrap().body == expected_thumbnail(*ROCKET, 256));
    assert_eq!(server.metric("conversions_total"), 2);
    assert_eq!(server.metric("conversions_cancelled_total"), 0);
}

#[test]
fn a_stranger_never_joins_a_conversion_and_a_member_removed_while_waiting_gets_nothing() {
    let (server, gate) = gated(4, 8);
    let (ann, [thumbnail, _]) = server.person_with_photos();
    let (ben, ben_id) = server.person("Ben");
    let album = album_of(&thumbnail);
    let member = format!("{album}/members/{ben_id}");
    let anns = ann.get_on_thread(&thumbnail);
    gate.next_job();
    assert_eq!(ben.get(&thumbnail).problem(), problem(404, "not-found"));
    assert_eq!(server.metric("conversions_joined_total"), 0);

    ann.put(&member, &[]);
    let bens = ben.get_on_thread(&thumbnail);
    server.wait_for_metric("conversions_joined_total", 1);
    assert_eq!(ann.delete(&member).status, 204);
    gate.release_one();
    assert_eq!(bens.join().unwrap().problem(), problem(404, "not-found"));
    assert_eq!(anns.join().unwrap().status, 200);
    let viewers: Vec<_> = server.ledger().iter().map(|record| record.event.viewer).collect();
    assert!(viewers.iter().all(|viewer| viewer.to_string() != ben_id));
}

#[test]
fn only_a_removed_viewer_gets_404_when_identical_requests_share_a_queued_conversion() {
    let (server, gate) = gated(1, 8);
    let (ann, [first, second]) = server.person_with_photos();
    let (ben, ben_id) = server.person("Ben");
    let member = format!("{}/members/{ben_id}", album_of(&second));
    ann.put(&member, &[]);
    let running = ann.get_on_thread(&first);
    gate.next_job();
    let bens = ben.get_on_thread(&second);
    server.wait_for_metric("conversions_queued", 1);
    let anns = ann.get_on_thread(&second);
    server.wait_for_metric("conversions_joined_total", 1);
    ann.delete(&member);
    gate.release_one();
    gate.release_one();
    assert_eq!(running.join().unwrap().status, 200);
    assert!(anns.join().unwrap().body == expected_thumbnail(*ROCKET, 256));
    assert_eq!(bens.join().unwrap().problem(), problem(404, "not-found"));
}

#[test]
fn a_request_gets_the_new_photos_thumbnail_when_the_photo_is_replaced_during_the_conversion() {
    let (server, gate) = gated(4, 8);
    let (ann, [thumbnail, gone]) = server.person_with_photos();
    let photo = thumbnail.strip_suffix("/thumbnail").unwrap();
    let replaced = ann.get_on_thread(&thumbnail);
    gate.next_job();
    assert_eq!(ann.delete(photo).status, 204);
    assert_eq!(ann.put(photo, *ROCKET).status, 201);
    gate.release_one();
    gate.next_job();
    gate.release_one();
    assert!(replaced.join().unwrap().body == expected_thumbnail(*ROCKET, 256));

    let deleted = ann.get_on_thread(&gone);
    gate.next_job();
    assert_eq!(ann.delete(gone.strip_suffix("/thumbnail").unwrap()).status, 204);
    gate.release_one();
    assert_eq!(deleted.join().unwrap().problem(), problem(404, "not-found"));
}

#[test]
fn a_photo_that_is_deleted_while_its_conversion_is_queued_is_404_and_not_converted() {
    let (server, gate) = gated(1, 8);
    let (ann, [first, second]) = server.person_with_photos();
    let running = ann.get_on_thread(&first);
    gate.next_job();
    let queued = ann.get_on_thread(&second);
    server.wait_for_metric("conversions_queued", 1);
    assert_eq!(ann.delete(second.strip_suffix("/thumbnail").unwrap()).status, 204);
    gate.release_one();
    assert_eq!(running.join().unwrap().status, 200);
    assert_eq!(queued.join().unwrap().problem(), problem(404, "not-found"));
    assert!(gate.is_quiet());
    assert_eq!(server.metric("conversions_total"), 1);
}

/// Fails or panics once, and then converts.
struct FailsOnce {
    failed: AtomicBool,
    panics: bool,
}

impl Converter for FailsOnce {
    fn convert(&self, job: ConversionJob, photo: Bytes) -> Result<Conversion, ImageError> {
        if !self.failed.swap(true, Ordering::SeqCst) {
            assert!(!self.panics, "this conversion panics on purpose");
            return Err(ImageError::Unknown);
        }
        converter(PipelineKind::Owned, NonZeroUsize::MIN).convert(job, photo)
    }
}

#[test]
fn an_error_reaches_every_waiting_request_and_is_not_cached() {
    let fails_once = FailsOnce { failed: AtomicBool::new(false), panics: false };
    let (setup, gate) = Setup::gated_around(Arc::new(fails_once));
    let server = TestServer::with(setup);
    let (ann, [thumbnail, _]) = server.person_with_photos();
    let requests = [ann.get_on_thread(&thumbnail), ann.get_on_thread(&thumbnail)];
    gate.next_job();
    server.wait_for_metric("conversions_joined_total", 1);
    gate.release_one();
    for request in requests {
        assert_eq!(request.join().unwrap().problem(), problem(422, "unreadable-photo"));
    }
    gate.release_one();
    assert_eq!(ann.get(&thumbnail).status, 200);
}

#[test]
fn a_conversion_that_panics_is_a_503_and_gives_its_permit_back() {
    let fails_once = FailsOnce { failed: AtomicBool::new(false), panics: true };
    let setup = Setup { converter: Arc::new(fails_once), ..Setup::default() };
    let server = TestServer::with(setup.max_running(1));
    let (ann, [thumbnail, _]) = server.person_with_photos();
    assert_eq!(ann.get(&thumbnail).problem(), problem(503, "internal-error"));
    assert_eq!(ann.get(&thumbnail).status, 200);
    assert_eq!(server.metric("conversions_running"), 0);
}

/// Notes the niceness of the thread that converts.
#[cfg(target_os = "linux")]
struct NotesNiceness(std::sync::Mutex<Option<i32>>);

#[cfg(target_os = "linux")]
fn niceness() -> i32 {
    let this = Some(rustix::thread::gettid());
    rustix::process::getpriority_process(this).unwrap()
}

#[cfg(target_os = "linux")]
impl Converter for NotesNiceness {
    fn convert(&self, job: ConversionJob, photo: Bytes) -> Result<Conversion, ImageError> {
        *self.0.lock().unwrap() = Some(niceness());
        converter(PipelineKind::Owned, NonZeroUsize::MIN).convert(job, photo)
    }
}

#[test]
#[cfg(target_os = "linux")]
fn conversions_run_at_lower_priority_than_the_serving_threads() {
    let converter = Arc::new(NotesNiceness(std::sync::Mutex::default()));
    let server = TestServer::with(Setup { converter: converter.clone(), ..Setup::default() });
    let (ann, [thumbnail, _]) = server.person_with_photos();
    assert_eq!(ann.get(&thumbnail).status, 200);
    assert_eq!(*converter.0.lock().unwrap(), Some((niceness() + 7).min(19)));
}
