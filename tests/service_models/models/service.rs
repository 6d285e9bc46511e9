//! Runs the whole service but its sockets: people and the operator act at once on the shipped
//! router, on a file of SQLite, in simulated time.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::header::{AUTHORIZATION, ETAG, HOST, IF_NONE_MATCH};
use hyper::service::Service;
use hyper::{Method, Request, Response};
use hyper_util::service::TowerToHyperService;

use super::admission::AdmissionLimits;
use super::album::{
    COMPRESSION_AGE, Clock, ContentHash, Moment, RecordKind, Store, StoreOptions, compress_due,
};
use super::converter::{Conversion, ConversionJob, Converter, converter};
use super::limits::Limits;
use super::routes::router;
use super::state::{AppState, Parts};
use super::thumbnailer::Maker;
use crate::codec::{ImageError, PhotoLimits};
use crate::execution::{fail, give_up_after, join_all, linger, one_in, rest, run_slowly};
use crate::fixture::{ALBUMS, Fault, Folder, NAMES, SPECS, START, fixture, spec};
use crate::history::{Answer, History, Name, Op, Plan, Recorder, Row, Seen, Step};
use crate::pipelines::PipelineKind;
use crate::runtime::switch_point;
use crate::runtime::{spawn, spawn_blocking, tasks};

const MAKER: &str = "model-1";

/// Runs a plan once, and checks its history and its ledger.
pub(crate) fn serve(plan: &Plan, seen: &Mutex<Seen>) -> Result<(), String> {
    run_slowly(async |claims| {
        let folder = Arc::new(Folder::with_file());
        let recorder = Arc::new(Recorder::new());
        let mut rows = Vec::new();
        for phase in plan.phases.iter().chain([&closing_look()]) {
            let service = Arc::new(Running::start(&folder));
            let clients = phase.iter().enumerate().map(|(person, steps)| {
                let (service, steps) = (Arc::clone(&service), steps.clone());
                let (recorder, folder) = (Arc::clone(&recorder), Arc::clone(&folder));
                spawn(async move {
                    let mut client = Client { person, service, folder, copies: HashMap::new() };
                    for step in steps {
                        client.act(step, &recorder).await;
                    }
                })
            });
            join_all(claims, clients.collect()).await;
            // What clients that gave up began goes on to its end before the restart.
            while tasks::unfinished() > 0 {
                switch_point();
            }
            recorder.end_phase();
            rows = service.rows();
        }
        let events = recorder.events();
        let history = History(&events);
        let result = history.check().and_then(|()| history.check_ledger(&rows));
        if let Err(wrong) = result {
            claims.check(false, || wrong);
        }
        seen.lock().unwrap().add(events);
    })
}

/// Uploads three photos at once, two of them into one album, by three people.
pub(crate) fn uploads() -> Result<(), String> {
    let upload = |name, photo| vec![Op::Upload { name, photo }];
    serve_once([upload((0, 1), 1), upload((1, 1), 0), upload((0, 2), 2)])
}

/// Asks for thumbnails of two photos at once, for three people; then the file rejects the ledger's
/// rows, and one of them asks again.
pub(crate) fn thumbnails() -> Result<(), String> {
    let show = |name, spec| Op::Show { name, spec, conditional: false };
    let again = vec![show((0, 0), 0), Op::Break(Fault::LedgerRows), show((0, 0), 0)];
    serve_once([again, vec![show((1, 0), 0)], vec![show((0, 0), 1), show((1, 0), 1)]])
}

/// Serves the operations of all people at once, and those of one person in their order.
fn serve_once<const N: usize>(people: [Vec<Op>; N]) -> Result<(), String> {
    let step = |op| Step { op, gives_up_after: None };
    let phase = people.into_iter().map(|ops| ops.into_iter().map(step).collect()).collect();
    serve(&Plan { phases: vec![phase] }, &Mutex::default())
}

/// Returns a last phase in which each owner looks at every photo of the own album, so that wrong
/// bytes in the file are seen.
fn closing_look() -> Vec<Vec<Step>> {
    let look = |album| (0..NAMES).map(move |name| Op::Download { name: (album, name) });
    let steps = |op| Step { op, gives_up_after: None };
    (0..ALBUMS).map(|owner| look(owner).map(steps).collect()).collect()
}

/// Runs a service from a start to a restart.
pub(super) struct Running {
    router: TowerToHyperService<Router>,
    store: Arc<Store>,
}

impl Running {
    /// Returns the router that serves every request.
    pub(super) fn router(&self) -> &TowerToHyperService<Router> {
        &self.router
    }

    pub(super) fn start(folder: &Folder) -> Self {
        let clock = Clock::Stopped(Moment::from_millis(START));
        // Fewer connections than store calls that run at once, so that calls wait for one.
        let max_readers = NonZeroUsize::new(2).expect("two");
        let options = StoreOptions { max_readers, ..StoreOptions::default() };
        let store = Store::open(&folder.file(), clock, options);
        let store = Arc::new(store.expect("the fixture's file opens"));
        // A compression has left the file with a clock that is 35 days later.
        store.accept_clock().expect("no fault is about the clock");
        let parts = Parts {
            store: Arc::clone(&store),
            operator_key: ContentHash::of(b"the operator's key"),
            converter: Arc::new(Unsteady(converter(PipelineKind::Pooled, NonZeroUsize::MIN))),
            maker: Maker { version: MAKER.into(), pipeline: "pooled".into(), has_slots: false },
            admission: AdmissionLimits {
                max_running: NonZeroUsize::new(2).expect("two"),
                max_running_per_person: NonZeroUsize::new(2).expect("two"),
                max_queued: 3,
                max_bytes: 1 << 30,
            },
            limits: Limits {
                max_queued_calls: 3,
                max_upload_bytes: 128 << 10,
                max_download_bytes: 128 << 10,
                ..Limits::default()
            },
        };
        let state = AppState::start(parts).expect("the model has threads");
        Self { router: TowerToHyperService::new(router(Arc::new(state))), store }
    }

    /// Returns the rows of the ledger in the order in which they were written.
    fn rows(&self) -> Vec<Row> {
        let end = Moment::from_millis(i64::MAX);
        let records = self.store.ledger(Moment::from_millis(0), end);
        let rows = records.map(|record| {
            let record = record.expect("the ledger can be read");
            let event = record.event;
            let (is_shown, is_clean) = match record.kind {
                RecordKind::Made(made) => (false, !made.is_wrong(event.requested.photo)),
                RecordKind::Shown { foreign, .. } => (true, foreign.is_empty()),
                RecordKind::Withheld => (false, false),
            };
            let spec = (0..SPECS).find(|index| spec(*index) == event.spec);
            Row {
                is_shown,
                viewer: event.viewer.to_string(),
                album: event.requested.album.to_string(),
                name: event.requested.name.to_string(),
                photo: event.requested.photo.get(),
                hash: event.thumbnail_hash.to_string(),
                spec: spec.expect("a spec that was asked for"),
                is_clean,
            }
        });
        rows.collect()
    }
}

/// Converts, and sometimes panics instead.
struct Unsteady(Arc<dyn Converter>);

impl Converter for Unsteady {
    fn convert(&self, job: ConversionJob, photo: Bytes) -> Result<Conversion, ImageError> {
        linger();
        if one_in(24) {
            fail();
        }
        let conversion = self.0.convert(job, photo);
        linger();
        conversion
    }
}

/// Acts for one person, with the copies that the person's device keeps.
struct Client {
    person: usize,
    service: Arc<Running>,
    folder: Arc<Folder>,
    /// Tag of the last thumbnail, by its name and spec.
    copies: HashMap<(Name, usize), String>,
}

impl Client {
    async fn act(&mut self, Step { op, gives_up_after }: Step, recorder: &Recorder) {
        rest().await;
        let from = recorder.stamp();
        let answer = match op {
            Op::Purge | Op::Compress | Op::Break(_) | Op::Mend => self.operate(op).await,
            _ => {
                let (request, sent) = self.request(op);
                let answer = answer(&self.service.router, request, sent);
                give_up_after_polls(gives_up_after, answer).await
            }
        };
        if let (Op::Show { name, spec, .. }, Answer::Response { status: 200, tag, .. }) =
            (op, &answer)
        {
            self.copies.insert((name, spec), tag.clone());
        }
        recorder.record(self.person, op, from, answer);
    }

    /// Does the operator's work, on a thread as the command line does it in a process.
    async fn operate(&self, op: Op) -> Answer {
        let (store, folder) = (Arc::clone(&self.service.store), Arc::clone(&self.folder));
        let is_done = spawn_blocking(move || match op {
            Op::Purge => store.purge(MAKER).is_ok(),
            Op::Compress => {
                let clock = Clock::Stopped(Moment::from_millis(START).after(COMPRESSION_AGE));
                let later = Store::open(&folder.file(), clock, StoreOptions::default());
                let later = later.expect("the file opens again");
                // Fails as the compression does if the file rejects writes.
                if later.accept_clock().is_err() {
                    return false;
                }
                let continues = |_: &_, _| {
                    linger();
                    true
                };
                let summary = compress_due(&later, PhotoLimits::default(), continues);
                summary.is_ok_and(|summary| summary.failed + summary.skipped == 0)
            }
            Op::Break(fault) => {
                folder.plant(fault);
                true
            }
            _ => {
                folder.mend();
                true
            }
        });
        match is_done.await {
            Ok(true) => Answer::Done,
            Ok(false) | Err(_) => Answer::Failed,
        }
    }

    /// Returns the request of an operation, and the tag that it sends.
    fn request(&self, op: Op) -> (Request<Body>, String) {
        let fixture = fixture();
        let photo = |(album, name): Name| {
            format!("/albums/{}/photos/{}", fixture.albums[album], fixture.names[name])
        };
        let member = |album: usize, person: usize| {
            format!("/albums/{}/members/{}", fixture.albums[album], fixture.people[person].id)
        };
        let mut sent = String::new();
        let (method, path, body) = match op {
            Op::Upload { name, photo: kind } => {
                (Method::PUT, photo(name), fixture.photos[kind].original.bytes.clone())
            }
            Op::Delete { name } => (Method::DELETE, photo(name), Bytes::new()),
            Op::Download { name } => (Method::GET, photo(name), Bytes::new()),
            Op::Show { name, spec: index, conditional } => {
                if conditional {
                    sent = self.copies.get(&(name, index)).cloned().unwrap_or_default();
                }
                let spec = spec(index);
                let query = format!("size={}&fit={}", spec.size.get(), spec.fit);
                (Method::GET, format!("{}/thumbnail?{query}", photo(name)), Bytes::new())
            }
            Op::Join { album, person } => (Method::PUT, member(album, person), Bytes::new()),
            Op::Leave { album, person } => (Method::DELETE, member(album, person), Bytes::new()),
            Op::Purge | Op::Compress | Op::Break(_) | Op::Mend => unreachable!("no request"),
        };
        let token = &fixture.people[self.person].token;
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, "album")
            .header(AUTHORIZATION, format!("Bearer {token}"));
        if !sent.is_empty() {
            request = request.header(IF_NONE_MATCH, &sent);
        }
        (request.body(Body::from(body)).expect("a request"), sent)
    }
}

/// Sends a request to the router, and reads the whole response.
pub(super) async fn answer(
    router: &TowerToHyperService<Router>,
    request: Request<Body>,
    sent: String,
) -> Answer {
    let response = match router.call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let (head, body) = Response::into_parts(response);
    let body = body.collect().await.expect("each body is of one piece, and whole").to_bytes();
    // The client's own copy: the server's bytes are booked until they are dropped.
    let body = Bytes::copy_from_slice(&body);
    let tag = head.headers.get(ETAG).and_then(|tag| tag.to_str().ok()).unwrap_or_default();
    let problem = serde_json::from_slice::<serde_json::Value>(&body).ok();
    let problem = problem.and_then(|body| Some(body.get("type")?.as_str()?.to_owned()));
    let problem = problem.as_deref().and_then(|urn| urn.rsplit(':').next()).unwrap_or_default();
    Answer::Response {
        status: head.status.as_u16(),
        tag: tag.to_owned(),
        sent,
        // The body of a problem has the random id of its request.
        body: if problem.is_empty() { body.clone() } else { Bytes::new() },
        problem: problem.to_owned(),
    }
}

async fn give_up_after_polls(polls: Option<u32>, answer: impl Future<Output = Answer>) -> Answer {
    give_up_after(polls, answer).await.unwrap_or(Answer::GaveUp)
}
