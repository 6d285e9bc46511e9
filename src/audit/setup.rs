//! What happens before the load: people, albums, members and photos are made in the target's order.
//!
//! Several requests of a step are under way at once, since a service may mix uploads, too; but
//! within a step nobody's request needs another's answer.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinSet;

use super::captures::{BuildError, CapturedValues, Captures, RequestBuilder, RequestContext};
use super::client::{Connection, ExchangeLimits, HttpError, HttpResponse, ask, following};
use super::spec::{Capture, Per, SetupRequest, Target};
use super::test_photos::TestPhotos;

/// Requests of a step under way at once.
const LANES: usize = 8;

/// How often a request is sent again to a house that is full.
const PATIENCE: u32 = 8;

/// Bytes of a captured value, at most.
const MOST_VALUE_BYTES: usize = 4 << 10;

/// Why an audit could not begin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{step}: {why}")]
pub struct SetupError {
    /// Which request.
    pub step: String,
    /// What went wrong.
    pub why: Obstacle,
}

/// What keeps an audit from beginning.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// No connection, or no answer.
    #[error("{0}; see that the service is there, and that base is its address")]
    Unreachable(String),
    /// An answer that is none.
    #[error("{0}")]
    Broken(String),
    /// A status that says no.
    #[error("answered {0}; see that the request is one that the service takes")]
    Refused(u16),
    /// The answer has no such value.
    #[error("the answer has nothing at {0}; see what it looks like")]
    NotThere(String),
    /// What was captured cannot be used.
    #[error("{0}")]
    Unwritable(String),
}

impl From<HttpError> for Obstacle {
    fn from(failure: HttpError) -> Self {
        match failure {
            HttpError::Unreachable(_) | HttpError::Silent(_) => {
                Self::Unreachable(failure.to_string())
            }
            _ => Self::Broken(failure.to_string()),
        }
    }
}

/// What the setup made.
#[derive(Debug, Default)]
pub(crate) struct Ready {
    pub(crate) book: Captures,
    /// Photos that the service has, by number.
    pub(crate) photos: Vec<usize>,
    /// Whether it took photos that are cut short.
    pub(crate) takes_truncated: bool,
}

/// Runs the setup and the uploads.
pub(crate) async fn prepare(
    target: &Arc<Target>,
    subjects: &Arc<TestPhotos>,
    bounds: ExchangeLimits,
) -> Result<Ready, SetupError> {
    let mut book = Captures {
        people: vec![CapturedValues::new(); subjects.photos.people],
        albums: vec![CapturedValues::new(); subjects.photos.people],
        photos: vec![CapturedValues::new(); subjects.all.len()],
        ..Captures::default()
    };
    for (place, step) in target.setup.iter().enumerate() {
        let name = format!("setup[{}], per {:?}", place + 1, step.per).to_lowercase();
        let failed = |why| SetupError { step: name.clone(), why };
        for (about, done) in send_all(target, subjects, &book, step, false, bounds).await {
            let captured = done.map_err(&failed)?;
            note(&mut book, step.per, about, captured);
        }
    }
    let mut ready = Ready { takes_truncated: subjects.photos.truncated, ..Ready::default() };
    let Some(upload) = &target.upload else {
        ready.photos = (0..subjects.all.len()).collect();
        ready.book = book;
        return Ok(ready);
    };
    if subjects.photos.replaced {
        let failed = |why| SetupError { step: "the first upload".into(), why };
        for (about, done) in send_all(target, subjects, &book, upload, true, bounds).await {
            match done {
                Ok(captured) => note(&mut book, Per::Photo, about, captured),
                Err(_) if subjects.all[about.photo.unwrap_or_default()].truncated => {}
                Err(why) => return Err(failed(why)),
            }
        }
        // Seen once, so that a service has something to keep for too long.
        let request = target.thumbnail.request.clone();
        let look = SetupRequest { per: Per::Photo, request, capture: Vec::new() };
        send_all(target, subjects, &book, &look, true, bounds).await;
    }
    let mut refused = None;
    for (about, done) in send_all(target, subjects, &book, upload, false, bounds).await {
        let photo = about.photo.unwrap_or_default();
        match done {
            Ok(captured) => {
                note(&mut book, Per::Photo, about, captured);
                ready.photos.push(photo);
            }
            // A service that refuses photos cut short does right.
            Err(_) if subjects.all[photo].truncated => ready.takes_truncated = false,
            Err(why) => refused = Some(why),
        }
    }
    match refused {
        Some(why) => Err(SetupError { step: "upload".into(), why }),
        None => {
            ready.photos.sort_unstable();
            ready.book = book;
            Ok(ready)
        }
    }
}

fn note(book: &mut Captures, per: Per, about: RequestContext, captured: CapturedValues) {
    match (per, about.member, about.photo) {
        (Per::Person, ..) => book.people[about.owner].extend(captured),
        (Per::Album, ..) => book.albums[about.owner].extend(captured),
        (Per::Member, Some(member), _) => {
            book.members.entry((about.owner, member)).or_default().extend(captured);
        }
        (Per::Photo, _, Some(photo)) => book.photos[photo].extend(captured),
        (Per::Member | Per::Photo, ..) => {}
    }
}

/// Everything that a step is sent for.
fn all(target: &Target, subjects: &TestPhotos, per: Per) -> Vec<RequestContext> {
    let people = 0..subjects.photos.people;
    let size = target.thumbnail.sizes.least();
    let about =
        |owner| RequestContext { owner, viewer: Some(owner), size, ..RequestContext::default() };
    match per {
        Per::Person | Per::Album => people.map(about).collect(),
        Per::Member => people
            .flat_map(|owner| {
                let members = subjects.members(owner);
                members.map(move |member| RequestContext { member: Some(member), ..about(owner) })
            })
            .collect(),
        Per::Photo => {
            let photos = subjects.all.iter().enumerate();
            photos
                .map(|(photo, s)| RequestContext { photo: Some(photo), ..about(s.owner) })
                .collect()
        }
    }
}

async fn send_all(
    target: &Arc<Target>,
    subjects: &Arc<TestPhotos>,
    book: &Captures,
    step: &SetupRequest,
    earlier: bool,
    bounds: ExchangeLimits,
) -> Vec<(RequestContext, Result<CapturedValues, Obstacle>)> {
    let mut lanes = JoinSet::new();
    let all = all(target, subjects, step.per);
    let book = Arc::new(book.clone());
    for lane in 0..LANES.min(all.len()) {
        let own: Vec<RequestContext> = all.iter().copied().skip(lane).step_by(LANES).collect();
        let (target, subjects) = (Arc::clone(target), Arc::clone(subjects));
        let (book, step) = (Arc::clone(&book), step.clone());
        lanes.spawn(async move {
            let writer = RequestBuilder {
                target: &target,
                subjects: &subjects,
                book: &book,
                origin: None,
                earlier,
            };
            let (mut kept, mut done) = (None, Vec::new());
            for about in own {
                let sent = send(&mut kept, writer, &step, about, bounds).await;
                let away = matches!(sent, Err(Obstacle::Unreachable(_)));
                let over = away || sent.is_err() && about.photo.is_none();
                done.push((about, sent));
                if over {
                    break;
                }
            }
            done
        });
    }
    let mut done: Vec<_> = lanes.join_all().await.into_iter().flatten().collect();
    done.sort_by_key(|(about, _)| (about.photo, about.owner, about.member));
    done
}

async fn send(
    kept: &mut Option<Connection>,
    writer: RequestBuilder<'_>,
    step: &SetupRequest,
    about: RequestContext,
    bounds: ExchangeLimits,
) -> Result<CapturedValues, Obstacle> {
    let unwritable = |error: BuildError| Obstacle::Unwritable(error.to_string());
    let request = writer.write(&step.request, about).map_err(unwritable)?;
    let mut pause = Duration::from_millis(50);
    let mut tries = 0;
    let answer = loop {
        let answer = if step.request.method == hyper::Method::GET {
            following(kept, &request, bounds).await?
        } else {
            ask(kept, &request, bounds).await?
        };
        let full = writer.target.thumbnail.shed.contains(&answer.status);
        if !full || tries == PATIENCE {
            break answer;
        }
        tries += 1;
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(2));
    };
    // A redirect after a POST is how many services say that it was done.
    if !(200..400).contains(&answer.status) {
        return Err(Obstacle::Refused(answer.status));
    }
    capture(&step.capture, &answer)
}

fn capture(
    wanted: &[(String, Capture)],
    answer: &HttpResponse,
) -> Result<CapturedValues, Obstacle> {
    let mut captured = CapturedValues::new();
    let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
    for (name, place) in wanted {
        let (value, place) = match place {
            Capture::Pointer(pointer) => {
                let value = body.as_ref().and_then(|body| body.pointer(pointer));
                let text = value.and_then(|value| match value {
                    Value::String(text) => Some(text.clone()),
                    Value::Number(number) => Some(number.to_string()),
                    _ => None,
                });
                (text, format!("{pointer:?} that is a text or a number"))
            }
            Capture::Header(header) => {
                let value = answer.headers.get(header).and_then(|value| value.to_str().ok());
                (value.map(str::to_owned), format!("the header {header}"))
            }
        };
        let value = value.filter(|value| value.len() <= MOST_VALUE_BYTES);
        captured.insert(name.clone(), value.ok_or(Obstacle::NotThere(place))?);
    }
    Ok(captured)
}
