//! Models what clients do about an answer that they did not get: they ask again with the same key,
//! and a token that ended opens nothing. Checks the history of answers against the file.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request};
use serde_json::Value;

use super::service::{Running, answer};
use crate::execution::{Claims, clients, give_up_after, join_all, patience, rest, run_slowly};
use crate::fixture::{Folder, fixture};
use crate::history::{Answer, Recorder};
use crate::runtime::{spawn, switch_point, tasks};

/// Describes what a request asks for, and the point of the history at which it began.
struct Asked {
    from: u64,
    to: u64,
    status: u16,
    /// Id or token in the answer.
    got: String,
}

/// Collects the answers to requests of one kind, those that came.
type Answers = Arc<Mutex<Vec<(usize, Asked)>>>;

fn push(answers: &Answers, number: usize, asked: Asked) {
    answers.lock().unwrap_or_else(PoisonError::into_inner).push((number, asked));
}

fn taken(answers: &Answers) -> Vec<(usize, Asked)> {
    std::mem::take(&mut answers.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Holds a service, and the clock of its history.
struct Setting {
    folder: Folder,
    service: Running,
    recorder: Recorder,
}

impl Setting {
    fn new() -> Arc<Self> {
        let folder = Folder::with_file();
        let service = Running::start(&folder);
        Arc::new(Self { folder, service, recorder: Recorder::new() })
    }

    /// Sends a request, and returns the answer, or nothing if the client gave up.
    async fn ask(
        &self,
        polls: Option<u32>,
        (method, path): (Method, &str),
        (token, key, body): (&str, Option<&str>, String),
        member: &str,
    ) -> Option<Asked> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, "album")
            .header(AUTHORIZATION, format!("Bearer {token}"))
            .header(CONTENT_TYPE, "application/json");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let request = request.body(Body::from(body)).expect("a request");
        let from = self.recorder.stamp();
        let answer = answer(self.service.router(), request, String::new());
        let Answer::Response { status, body, .. } = give_up_after(polls, answer).await? else {
            return None;
        };
        let document = serde_json::from_slice::<Value>(&body).unwrap_or_default();
        let got = document[member].as_str().unwrap_or_default().to_owned();
        Some(Asked { from, to: self.recorder.stamp(), status, got })
    }

    /// Repeats a request until its outcome is known: time passes, and can end any request.
    async fn insist(
        &self,
        request: (Method, &str),
        parts: (&str, Option<&str>, String),
        member: &str,
    ) -> Asked {
        loop {
            let asked = self.ask(None, request.clone(), parts.clone(), member).await;
            if let Some(asked) = asked.filter(|asked| asked.status < 500) {
                return asked;
            }
        }
    }

    /// Repeats the creation of an album until its outcome is known.
    async fn create_at_last(&self, title: &str, key: &str) -> Asked {
        let body = format!("{{\"title\":\"{title}\"}}");
        let parts = (fixture().people[0].token.as_str(), Some(key), body);
        self.insist((Method::POST, "/albums"), parts, "album").await
    }

    async fn create(&self, polls: Option<u32>, title: &str, key: Option<&str>) -> Option<Asked> {
        let body = format!("{{\"title\":\"{title}\"}}");
        let token = &fixture().people[0].token;
        self.ask(polls, (Method::POST, "/albums"), (token, key, body), "album").await
    }

    /// Counts the albums with a title.
    fn albums(&self, title: &str) -> i64 {
        self.folder.number(&format!("SELECT count(*) FROM albums WHERE title = '{title}'"))
    }
}

/// Waits for what clients that gave up have begun.
fn settle() {
    while tasks::unfinished() > 0 {
        switch_point();
    }
}

/// Lets four clients create albums, two of them with one key and two without, some of which give
/// up; then each repeats its request until it is answered. A key makes one album, and a 503 none.
pub(crate) fn repeated_requests() -> Result<(), String> {
    run_slowly(async |claims| {
        let setting = Setting::new();
        let answers = Answers::default();
        let requests = clients(4, |number| {
            let (setting, answers) = (Arc::clone(&setting), Arc::clone(&answers));
            async move {
                rest().await;
                let (title, key) = REQUESTS[number];
                if let Some(asked) = setting.create(patience(), title, key).await {
                    push(&answers, number, asked);
                }
            }
        });
        join_all(claims, requests).await;
        settle();
        let answers = taken(&answers);
        let got = |number: usize| answers.iter().find(|(other, _)| *other == number);
        for number in [2, 3] {
            let count = setting.albums(REQUESTS[number].0);
            let holds = match got(number).map(|(_, asked)| asked.status) {
                Some(201) => count == 1,
                Some(503) => count == 0,
                _ => count <= 1,
            };
            let status = got(number).map(|(_, asked)| asked.status);
            claims.check(holds, || format!("{count} albums of an answer {status:?}"));
        }
        let (title, key) = REQUESTS[0];
        let last = setting.create_at_last(title, key.expect("it has a key")).await;
        claims.check(last.status == 201, || format!("{} of a repetition", last.status));
        let count = setting.albums(title);
        claims.check(count == 1, || format!("{count} albums of one key"));
        for number in [0, 1] {
            let earlier = got(number).filter(|(_, asked)| asked.status == 201);
            let same = earlier.is_none_or(|(_, asked)| asked.got == last.got);
            claims.check(same, || "two albums are told for one key".to_owned());
        }
    })
}

/// Titles and keys of the four clients' requests.
const REQUESTS: [(&str, Option<&str>); 4] = [
    ("with a key", Some("one key")),
    ("with a key", Some("one key")),
    ("without, first", None),
    ("without, second", None),
];

/// Changes a person's token while others use it. A request that begins after the change has ended
/// is refused, one that ended before it began is not, and a repeated change gives one new token.
pub(crate) fn ended_tokens() -> Result<(), String> {
    run_slowly(async |claims| {
        let setting = Setting::new();
        let (uses, changes) = (Answers::default(), Answers::default());
        let (old, path) = {
            let person = &fixture().people[0];
            (person.token.as_str(), format!("/people/{}/token", person.id))
        };
        let changing = {
            let (setting, changes, path) =
                (Arc::clone(&setting), Arc::clone(&changes), path.clone());
            spawn(async move {
                rest().await;
                for polls in [patience(), None] {
                    let request = (Method::POST, path.as_str());
                    let parts = (old, Some("one key"), String::new());
                    if let Some(asked) = setting.ask(polls, request, parts, "token").await {
                        push(&changes, 0, asked);
                    }
                }
            })
        };
        let users = clients(3, |number| {
            let (setting, uses) = (Arc::clone(&setting), Arc::clone(&uses));
            async move {
                for _ in 0..2 {
                    rest().await;
                    let parts = (old, None, String::new());
                    let asked = setting.ask(patience(), (Method::GET, "/albums"), parts, "");
                    if let Some(asked) = asked.await {
                        push(&uses, number, asked);
                    }
                }
            }
        });
        join_all(claims, users).await;
        join_all(claims, vec![changing]).await;
        settle();
        let changes: Vec<Asked> = taken(&changes).into_iter().map(|(_, asked)| asked).collect();
        check_uses(claims, &taken(&uses), &changes);
        let mut tokens: Vec<&str> =
            changes.iter().filter(|asked| asked.status == 201).map(|asked| &*asked.got).collect();
        tokens.dedup();
        claims.check(tokens.len() <= 1, || "one request gave two tokens".to_owned());
        if let Some(new) = tokens.first() {
            for (token, expected) in [(*new, 200), (old, 401)] {
                let parts = (token, None, String::new());
                let status = setting.insist((Method::GET, "/albums"), parts, "").await.status;
                claims.check(status == expected, || format!("{status}, not {expected}"));
            }
        }
    })
}

fn check_uses(claims: &Claims, uses: &[(usize, Asked)], changes: &[Asked]) {
    let done = changes.iter().filter(|asked| asked.status == 201).map(|asked| asked.to).min();
    for (_, asked) in uses {
        let is_late = done.is_some_and(|done| done < asked.from);
        claims.check(!(is_late && asked.status == 200), || "an ended token opens".to_owned());
        let nothing_changed = changes.is_empty();
        claims.check(!(nothing_changed && asked.status == 401), || "refused early".to_owned());
    }
}
