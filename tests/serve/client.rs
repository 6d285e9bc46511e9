//! A client that is not ours, and a conscience: every answer it gets is held against the document
//! at `/openapi.json`. What the document does not name fails the test that met it.

use std::net::SocketAddr;
use std::sync::LazyLock;

use double_exposure::server::openapi::DOCUMENT;
use double_exposure::server::problem::TYPE_PREFIX;
use serde_json::Value;
use ureq::Agent;
use ureq::http::{HeaderMap, Request};

use crate::service::PATIENCE;

static OPENAPI: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(DOCUMENT).unwrap());

/// Somebody who asks: nobody in particular, or whoever's token it is.
#[derive(Clone)]
pub(crate) struct Client {
    agent: Agent,
    address: SocketAddr,
    token: Option<String>,
}

/// An answer, whole.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn text(&self, member: &str) -> String {
        self.json()[member].as_str().unwrap().to_owned()
    }

    /// The status, and the end of the problem's type if it is one.
    pub(crate) fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        let full = problem["type"].as_str().unwrap();
        (self.status, full.strip_prefix(TYPE_PREFIX).unwrap().to_owned())
    }
}

/// A status and the end of a problem's type, to compare [`Answer::problem`] with.
pub(crate) fn refused(status: u16, slug: &str) -> (u16, String) {
    (status, slug.to_owned())
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE * 2))
            .max_idle_connections(0)
            .allow_non_standard_methods(true)
            .proxy(None)
            .build();
        Self { agent: config.into(), address, token: None }
    }

    pub(crate) fn with(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], None)
    }

    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.ask("DELETE", path, &[], None)
    }

    pub(crate) fn put(&self, path: &str, body: &[u8]) -> Answer {
        self.ask("PUT", path, &[], Some(body))
    }

    pub(crate) fn post(&self, path: &str, body: &str) -> Answer {
        let json = [("content-type", "application/json")];
        self.ask("POST", path, &json, Some(body.as_bytes()))
    }

    /// GET by a device that keeps what has this tag.
    pub(crate) fn get_unless(&self, path: &str, etag: &str) -> Answer {
        self.ask("GET", path, &[("if-none-match", etag)], None)
    }

    pub(crate) fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Answer {
        let answer = self.try_ask(method, path, headers, body);
        answer.unwrap_or_else(|| panic!("{method} {path}: no whole answer"))
    }

    /// `None`: the server went away before the answer was whole.
    pub(crate) fn try_ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Option<Answer> {
        let mut request =
            Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answered = match body {
            Some(body) => self.agent.run(request.body(body).unwrap()),
            None => self.agent.run(request.body(()).unwrap()),
        };
        let mut response = answered.ok()?;
        let body = response.body_mut().with_config().limit(64 << 20).read_to_vec().ok()?;
        let status = response.status().as_u16();
        let answer = Answer { status, headers: response.headers().clone(), body };
        check(method, path, &answer);
        Some(answer)
    }
}

/// Holds an answer against the document.
pub(crate) fn check(method: &str, path: &str, answer: &Answer) {
    let path = path.split('?').next().unwrap();
    let Some(operations) = operations(path) else {
        assert_eq!(answer.problem(), refused(404, "not-found"), "{path}: the document has no such");
        return;
    };
    let operation = &operations[method.to_ascii_lowercase().replace("head", "get")];
    if operation.is_null() {
        assert_eq!(answer.problem(), refused(405, "method"), "{method} {path}");
        return;
    }
    let what = format!("{method} {path} → {}", answer.status);
    let mut documented = &operation["responses"][answer.status.to_string()];
    if let Some(reference) = documented["$ref"].as_str() {
        documented = OPENAPI.pointer(reference.strip_prefix('#').unwrap()).unwrap();
    }
    assert!(documented.is_object(), "{what} is not documented");
    for (name, header) in documented["headers"].as_object().into_iter().flatten() {
        assert!(header["required"] != true || answer.headers.contains_key(name), "{what}: {name}");
    }
    let media_type = answer.header("content-type").split(';').next().unwrap();
    match documented["content"].as_object() {
        Some(content) => assert!(content.contains_key(media_type), "{what}: {media_type}"),
        None => assert!(answer.body.is_empty(), "{what} has a body"),
    }
    if media_type == "application/problem+json" {
        let kinds = &documented["content"][media_type]["schema"]["allOf"][1]["properties"]["type"];
        let kind = &answer.json()["type"];
        assert!(kinds["enum"].as_array().unwrap().contains(kind), "{what}: {kind}");
    }
}

fn operations(path: &str) -> Option<&'static Value> {
    let fits = |template: &str| {
        let (path, template) = (path.split('/'), template.split('/'));
        path.clone().count() == template.clone().count()
            && path.zip(template).all(|(part, slot)| slot.starts_with('{') || part == slot)
    };
    let paths = OPENAPI["paths"].as_object().unwrap();
    paths.iter().find(|(template, _)| fits(template)).map(|(_, operations)| operations)
}
