//! Sends requests with an independent HTTP client, and compares every response with the document at
//! `/openapi.json`. A response that the document does not describe fails the test.

use std::net::SocketAddr;
use std::sync::LazyLock;
use std::thread::{self, JoinHandle};

use double_exposure::album::PhotoUuid;
use double_exposure::server::problem::TYPE_PREFIX;
use serde_json::Value;
use ureq::Agent;
use ureq::http::{HeaderMap, Request};

use crate::test_server::TEST_TIMEOUT;

static OPENAPI: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../src/server/openapi.json")).unwrap());

/// Sends requests, with a token or without.
#[derive(Clone)]
pub(crate) struct Client {
    agent: Agent,
    address: SocketAddr,
    token: Option<String>,
}

/// Holds a whole response.
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Returns a text member of the JSON body.
    pub(crate) fn text(&self, member: &str) -> String {
        self.json()[member].as_str().unwrap().to_owned()
    }

    /// Returns the status and the slug of a problem.
    pub(crate) fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        let urn = problem["type"].as_str().unwrap();
        (self.status, urn.strip_prefix(TYPE_PREFIX).unwrap().to_owned())
    }
}

/// Builds the value that [`Response::problem`] is compared with.
pub(crate) fn problem(status: u16, slug: &str) -> (u16, String) {
    (status, slug.to_owned())
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(TEST_TIMEOUT * 2))
            .max_idle_connections(0)
            .allow_non_standard_methods(true)
            .proxy(None)
            .build();
        Self { agent: config.into(), address, token: None }
    }

    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    pub(crate) fn token(&self) -> &str {
        self.token.as_deref().unwrap()
    }

    pub(crate) fn get(&self, path: &str) -> Response {
        self.send("GET", path, &[], None)
    }

    /// Sends a GET on a thread of its own.
    pub(crate) fn get_on_thread(&self, path: &str) -> JoinHandle<Response> {
        let (client, path) = (self.clone(), path.to_owned());
        thread::spawn(move || client.get(&path))
    }

    pub(crate) fn delete(&self, path: &str) -> Response {
        self.send("DELETE", path, &[], None)
    }

    pub(crate) fn put(&self, path: &str, body: &[u8]) -> Response {
        self.send("PUT", path, &[], Some(body))
    }

    pub(crate) fn post(&self, path: &str, body: &str) -> Response {
        let json = [("content-type", "application/json")];
        self.send("POST", path, &json, Some(body.as_bytes()))
    }

    /// Sends a GET as a device that has a cached copy with this tag.
    pub(crate) fn get_if_none_match(&self, path: &str, etag: &str) -> Response {
        self.send("GET", path, &[("if-none-match", etag)], None)
    }

    /// Creates a person with the operator's key, and returns the person's client and id.
    pub(crate) fn create_person(&self, name: &str) -> (Client, String) {
        let created = self.post("/people", &format!("{{\"name\":\"{name}\"}}"));
        assert_eq!(created.status, 201);
        (self.with_token(&created.text("token")), created.text("person"))
    }

    /// Creates an album, and returns its path.
    pub(crate) fn create_album(&self) -> String {
        let album = self.post("/albums", "{\"title\":\"Summer\"}").text("album");
        format!("/albums/{album}")
    }

    /// Uploads a photo into a new album, and returns the photo's path.
    pub(crate) fn upload(&self, bytes: &[u8]) -> String {
        let path = new_photo_in(&self.create_album());
        assert_eq!(self.put(&path, bytes).status, 201);
        path
    }

    /// Uploads a photo into a new album, and returns the path of its thumbnail.
    pub(crate) fn upload_for_thumbnail(&self, bytes: &[u8]) -> String {
        format!("{}/thumbnail", self.upload(bytes))
    }

    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Response {
        let response = self.try_send(method, path, headers, body);
        response.unwrap_or_else(|| panic!("{method} {path}: no whole response"))
    }

    /// Sends a request, and returns `None` if the server ended before the response was whole.
    pub(crate) fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Option<Response> {
        let mut request =
            Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = match body {
            Some(body) => self.agent.run(request.body(body).unwrap()),
            None => self.agent.run(request.body(()).unwrap()),
        };
        let mut response = response.ok()?;
        let body = response.body_mut().with_config().limit(64 << 20).read_to_vec().ok()?;
        let status = response.status().as_u16();
        let response = Response { status, headers: response.headers().clone(), body };
        check_documented(method, path, &response);
        Some(response)
    }
}

/// Returns a random id of a client.
pub(crate) fn random_uuid() -> String {
    PhotoUuid::random().to_string()
}

/// Returns the path of a photo that no client has uploaded yet.
pub(crate) fn new_photo_in(album: &str) -> String {
    format!("{album}/photos/{}", random_uuid())
}

/// Returns the path of the album that a photo's or a thumbnail's path is in.
pub(crate) fn album_of(path: &str) -> &str {
    path.split("/photos").next().unwrap()
}

/// Fails if the document does not describe a response.
pub(crate) fn check_documented(method: &str, path: &str, response: &Response) {
    let path = path.split('?').next().unwrap();
    let Some(operations) = operations(path) else {
        assert_eq!(response.problem(), problem(404, "not-found"), "{path} is not documented");
        return;
    };
    let operation = &operations[method.to_ascii_lowercase().replace("head", "get")];
    if operation.is_null() {
        assert_eq!(response.problem(), problem(405, "method-not-allowed"), "{method} {path}");
        return;
    }
    let case = format!("{method} {path} → {}", response.status);
    let documented = resolve(&operation["responses"][response.status.to_string()]);
    assert!(documented.is_object(), "{case} is not documented");
    for (name, header) in documented["headers"].as_object().into_iter().flatten() {
        let required = resolve(header)["required"] == true;
        assert!(!required || response.headers.contains_key(name), "{case}: {name}");
    }
    let media_type = response.header("content-type").split(';').next().unwrap();
    match documented["content"].as_object() {
        Some(content) => assert!(content.contains_key(media_type), "{case}: {media_type}"),
        None => assert!(response.body.is_empty(), "{case} has a body"),
    }
    if media_type == "application/problem+json" {
        let kinds = &documented["content"][media_type]["schema"]["properties"]["type"];
        let kind = &response.json()["type"];
        assert!(kinds["enum"].as_array().unwrap().contains(kind), "{case}: {kind}");
    }
}

/// Follows a reference within the document.
fn resolve(node: &'static Value) -> &'static Value {
    let Some(reference) = node["$ref"].as_str() else { return node };
    OPENAPI.pointer(reference.strip_prefix('#').unwrap()).unwrap()
}

fn operations(path: &str) -> Option<&'static Value> {
    let matches = |template: &str| {
        let (path, template) = (path.split('/'), template.split('/'));
        path.clone().count() == template.clone().count()
            && path.zip(template).all(|(part, name)| name.starts_with('{') || part == name)
    };
    let paths = OPENAPI["paths"].as_object().unwrap();
    paths.iter().find(|(template, _)| matches(template)).map(|(_, operations)| operations)
}
