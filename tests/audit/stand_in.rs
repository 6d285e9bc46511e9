//! Stands in for real services: speaks the mechanisms of their APIs, and none of their code. Each
//! service is a row of a table with the function that responds.

use std::collections::HashMap;
use std::sync::Mutex;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use double_exposure::audit::ProbeResult;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use sha2::Sha256;

use crate::mock_service::{Received, jpeg, thumbnail};

pub(crate) const KEY: &str = "0123456789abcdef";
pub(crate) const ACCOUNTS: &str = "account = [\
    { user = \"ann & co\", password = \"p'\\\"1\", access_token = \"t1\" }, \
    { user = \"ben\", password = \"p2\", access_token = \"t2\" }, \
    { user = \"cy\", password = \"p3\", access_token = \"t3\" }]";

/// Holds what a service remembers.
#[derive(Default)]
pub(crate) struct State {
    /// Passwords by name, and names by token.
    passwords: HashMap<String, String>,
    tokens: HashMap<String, String>,
    /// Photos by id, each with its owner.
    photos: HashMap<String, (String, Bytes)>,
    /// Number of requests for a photo that is not ready yet.
    polls: HashMap<String, u32>,
    issued: u32,
}

/// Holds status, headers and body of a response.
pub(crate) type Reply = (u16, String, Vec<u8>);
type Respond = fn(&mut State, &Asked<'_>) -> Option<Reply>;

/// Holds a request with its path and the fields of its query.
struct Asked<'r> {
    received: &'r Received,
    method: &'r str,
    path: &'r str,
    query: HashMap<String, String>,
}

/// Describes a service: the name of its target's file, its responses, and what a stranger gets.
pub(crate) struct Service {
    pub(crate) target: &'static str,
    respond: Respond,
    pub(crate) stranger: ProbeResult,
}

use ProbeResult::{NotApplicable, Passed, Violated};

pub(crate) const SERVICES: [Service; 7] = [
    Service { target: "immich", respond: immich, stranger: Passed },
    Service { target: "nextcloud", respond: nextcloud, stranger: Passed },
    // The token in the path is any person's.
    Service { target: "photoprism", respond: photoprism, stranger: Violated },
    Service { target: "imgproxy", respond: imgproxy, stranger: NotApplicable },
    Service { target: "mastodon", respond: mastodon, stranger: NotApplicable },
    Service { target: "lychee", respond: lychee, stranger: Violated },
    // Every user of a Matrix server may see its media.
    Service { target: "synapse", respond: synapse, stranger: Violated },
];

impl Service {
    /// Responds to a request, or refuses it with status 401.
    pub(crate) fn reply(&self, state: &Mutex<State>, received: &Received) -> Reply {
        let (method, target) = received.target();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut state = state.lock().unwrap();
        let reply =
            (self.respond)(&mut state, &Asked { received, method, path, query: fields(query) });
        reply.unwrap_or_else(|| (401, String::new(), b"refused by the stand-in".to_vec()))
    }
}

/// Decodes the escapes of a path or a query.
fn decoded(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        bytes.push(u8::from_str_radix(&piece[..2], 16).unwrap());
        bytes.extend_from_slice(&piece.as_bytes()[2..]);
    }
    String::from_utf8(bytes).unwrap()
}

fn fields(query: &str) -> HashMap<String, String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

/// Returns a part of a form, such as a file.
fn part(received: &Received, name: &str) -> Option<Bytes> {
    let boundary = received.header("content-type").split_once("boundary=")?.1;
    let body = &received.body;
    let position = |text: &str, from: usize| {
        let found = body[from..].windows(text.len()).position(|bytes| bytes == text.as_bytes());
        found.map(|index| from + index)
    };
    let head = position(&format!("name=\"{name}\""), 0)?;
    let start = position("\r\n\r\n", head)? + 4;
    let end = position(&format!("\r\n--{boundary}"), start)?;
    Some(body.slice(start..end))
}

fn text_part(received: &Received, name: &str) -> Option<String> {
    String::from_utf8(part(received, name)?.to_vec()).ok()
}

fn body(received: &Received) -> Value {
    serde_json::from_slice(&received.body).unwrap_or_default()
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value[name].as_str()
}

fn ok(value: Value) -> Option<Reply> {
    Some((200, "content-type: application/json\r\n".to_owned(), value.to_string().into_bytes()))
}

fn image(photo: &Bytes, size: u32) -> Option<Reply> {
    let headers = "content-type: image/jpeg\r\ncache-control: private, no-store\r\n".to_owned();
    match thumbnail(photo, size) {
        Some(image) => Some((200, headers, jpeg(&image))),
        None => Some((422, String::new(), Vec::new())),
    }
}

fn sha1_hex(bytes: &[u8]) -> String {
    Sha1::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl State {
    fn log_in(&mut self, name: &str) -> String {
        self.issued += 1;
        let token = format!("token-{}", self.issued);
        self.tokens.insert(token.clone(), name.to_owned());
        token
    }

    fn bearer(&self, received: &Received) -> Option<String> {
        self.tokens.get(received.token.strip_prefix("Bearer ")?).cloned()
    }

    fn store(&mut self, id: &str, owner: &str, file: Bytes) {
        self.photos.insert(id.to_owned(), (owner.to_owned(), file));
    }

    /// Returns true from the second time on for a whole photo, and never for a truncated one.
    fn is_ready(&mut self, id: &str) -> bool {
        let polls = self.polls.entry(id.to_owned()).or_default();
        *polls += 1;
        *polls > 1 && self.photos.get(id).is_some_and(|(_, file)| file.ends_with(&[0xFF, 0xD9]))
    }

    fn account(name: &str, password: &str) -> bool {
        [("ann & co", "p'\"1"), ("ben", "p2"), ("cy", "p3")].contains(&(name, password))
    }
}

fn immich(state: &mut State, asked: &Asked<'_>) -> Option<Reply> {
    let &Asked { received, method, path, ref query } = asked;
    let sent = body(received);
    match (method, path) {
        ("POST", "/api/admin/users") if received.header("x-api-key") == KEY => {
            let (email, password) = (text(&sent, "email")?, text(&sent, "password")?);
            let is_new = state.passwords.insert(email.to_owned(), password.to_owned()).is_none();
            is_new.then(|| ok(json!({ "id": email })))?
        }
        ("POST", "/api/auth/login") => {
            let email = text(&sent, "email")?;
            let is_known = state.passwords.get(email)? == text(&sent, "password")?;
            is_known.then(|| ok(json!({ "accessToken": state.log_in(email) })))?
        }
        ("POST", "/api/assets") => {
            let owner = state.bearer(received)?;
            let file = part(received, "assetData")?;
            let id = text_part(received, "deviceAssetId")?;
            text_part(received, "fileCreatedAt")?;
            let is_whole = received.header("x-immich-checksum") == sha1_hex(&file);
            is_whole.then(|| state.store(&id, &owner, file))?;
            ok(json!({ "id": id, "status": "created" }))
        }
        ("GET", _) => {
            let id = path.strip_prefix("/api/assets/")?.strip_suffix("/thumbnail")?;
            let viewer = state.bearer(received)?;
            let (owner, file) = state.photos.get(id)?.clone();
            (owner == viewer && query.get("size")? == "preview").then_some(())?;
            if !state.is_ready(id) {
                return Some((404, String::new(), b"not ready".to_vec()));
            }
            image(&file, 240)
        }
        _ => None,
    }
}

fn nextcloud(state: &mut State, asked: &Asked<'_>) -> Option<Reply> {
    let &Asked { received, path, ref query, .. } = asked;
    let basic = received.token.strip_prefix("Basic ")?;
    let basic = String::from_utf8(STANDARD.decode(basic).ok()?).ok()?;
    if path == "/ocs/v2.php/cloud/users" {
        (basic == "admin:secret" && received.header("ocs-apirequest") == "true").then_some(())?;
        let sent = fields(std::str::from_utf8(&received.body).ok()?);
        state.passwords.insert(sent.get("userid")?.clone(), sent.get("password")?.clone());
        return ok(json!({}));
    }
    let (user, password) = basic.split_once(':')?;
    (state.passwords.get(user)? == password).then_some(())?;
    let file = match path.strip_prefix(&format!("/remote.php/dav/files/{user}")) {
        Some(name) => {
            state.store(&format!("{user}{name}"), user, received.body.clone());
            return Some((201, String::new(), Vec::new()));
        }
        None => state.photos.get(&format!("{user}{}", query.get("file")?)),
    };
    image(&file?.1, query.get("x")?.parse().ok()?)
}

fn photoprism(state: &mut State, asked: &Asked<'_>) -> Option<Reply> {
    let &Asked { received, method, path, .. } = asked;
    let parts: Vec<&str> = path.split('/').skip(3).collect();
    match (method, &parts[..]) {
        ("POST", ["session"]) => {
            let sent = body(received);
            let name = text(&sent, "username")?;
            State::account(name, text(&sent, "password")?).then_some(())?;
            let preview = state.log_in(name);
            let session = state.log_in(name);
            ok(json!({
                "access_token": session, "user": { "UID": session },
                "config": { "previewToken": preview }
            }))
        }
        ("POST", ["users", uid, "upload", id]) => {
            let owner = state.bearer(received)?;
            state.tokens.contains_key(*uid).then_some(())?;
            state.store(id, &owner, part(received, "files")?);
            ok(json!({}))
        }
        ("PUT", ["users", _, "upload", id]) => {
            state.bearer(received)?;
            let (owner, file) = state.photos.get(*id)?.clone();
            state.store(&sha1_hex(&file), &owner, file);
            ok(json!({}))
        }
        ("GET", ["t", hash, token, size]) => {
            state.tokens.get(*token)?;
            let file = state.photos.get(*hash)?.1.clone();
            // An icon stands for a thumbnail that is not made yet.
            let icon = Some((200, String::new(), b"<svg/>".to_vec()));
            if state.is_ready(hash) {
                image(&file, size.strip_prefix("tile_")?.parse().ok()?)
            } else {
                icon
            }
        }
        _ => None,
    }
}

fn imgproxy(_state: &mut State, asked: &Asked<'_>) -> Option<Reply> {
    let &Asked { received, path, .. } = asked;
    let (signature, work) = path[1..].split_once('/')?;
    let work = format!("/{work}");
    let salt = b"\x01\x23\x45\x67\x89\xab\xcd\xef";
    let mut mac = Hmac::<Sha256>::new_from_slice(salt).ok()?;
    mac.update(salt);
    mac.update(work.as_bytes());
    (URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()) == signature).then_some(())?;
    assert!(received.body.is_empty());
    let (options, source) = work.split_once("/plain/")?;
    let source = decoded(source.strip_suffix("@jpg")?);
    let photo = ureq::get(&source).call().ok()?.body_mut().read_to_vec().ok()?;
    image(&photo.into(), options.rsplit(':').next()?.parse().ok()?)
}

fn mastodon(state: &mut State, asked: &Asked<'_>) -> Option<Reply> {
    let &Asked { received, path, .. } = asked;
    if let Some(id) = path.strip_prefix("/files/") {
        return image(&state.photos.get(id)?.1, 200);
    }
    let token = received.token.strip_prefix("Bearer ").filter(|token| token.len() == 2)?.to_owned();
    if path == "/api/v2/media" {
        state.issued += 1;
        let id = state.issued.to_string();
        state.store(&id, &token, part(received, "file")?);
        return ok(json!({ "id": id, "preview_url": null }));
    }
    let id = path.strip_prefix("/api/v1/media/")?;
    let url = format!("http://{}/files/{id}", received.header("host"));
    match state.is_ready(id) {
        true => ok(json!({ "id": id, "preview_url": url })),
        false => Some((206, String::new(), Vec::new())),
    }
}

fn lychee(state: &mut State, asked: &Asked<'_>) -> Option<Reply> {
    let &Asked { received, method, path, ref query } = asked;
    let cookies = |session: &str| {
        let xsrf = format!("set-cookie: XSRF-TOKEN={session}%3D; path=/\r\n");
        format!("{xsrf}set-cookie: lychee_session={session}; path=/; httponly\r\n")
    };
    if path == "/" {
        let session = state.log_in("");
        return Some((200, cookies(&session), b"<html>".to_vec()));
    }
    let session = received.header("cookie").split("; ");
    let session = session.filter_map(|cookie| cookie.strip_prefix("lychee_session=")).next()?;
    let user = state.tokens.get(session)?.clone();
    if let Some(id) = path.strip_prefix("/uploads/small/") {
        return image(&state.photos.get(id)?.1, 200);
    }
    let has_token = received.header("x-xsrf-token") == format!("{session}=");
    (has_token || method == "GET").then_some(())?;
    let sent = body(received);
    match path {
        "/api/v2/Auth::login" => {
            let name = text(&sent, "username")?;
            State::account(name, text(&sent, "password")?).then_some(())?;
            Some((204, cookies(&state.log_in(name)), Vec::new()))
        }
        "/api/v2/Album" if method == "POST" && !user.is_empty() => {
            state.issued += 1;
            Some((200, String::new(), format!("\"{:024}\"", state.issued).into_bytes()))
        }
        "/api/v2/Photo" => {
            let album = text_part(received, "album_id")?;
            (text_part(received, "total_chunks")? == "1").then_some(())?;
            state.store(&album, &user, part(received, "file")?);
            Some((201, String::new(), b"{}".to_vec()))
        }
        "/api/v2/Album" => {
            let album = query.get("album_id")?;
            let url = format!("http://{}/uploads/small/{album}", received.header("host"));
            let photos = match state.is_ready(album) {
                true => json!([{ "size_variants": { "small": { "url": url } } }]),
                false => json!([]),
            };
            ok(json!({ "resource": { "photos": photos } }))
        }
        _ => None,
    }
}

fn synapse(state: &mut State, asked: &Asked<'_>) -> Option<Reply> {
    let &Asked { received, method, path, ref query } = asked;
    if path == "/_synapse/admin/v1/register" {
        if method == "GET" {
            return ok(json!({ "nonce": state.log_in("") }));
        }
        let sent = body(received);
        let [nonce, user, password] =
            ["nonce", "username", "password"].map(|name| text(&sent, name).unwrap_or_default());
        let mut mac = Hmac::<Sha1>::new_from_slice(KEY.as_bytes()).ok()?;
        mac.update(format!("{nonce}\0{user}\0{password}\0notadmin").as_bytes());
        let mac: String =
            mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        (text(&sent, "mac")? == mac && state.tokens.contains_key(nonce)).then_some(())?;
        return ok(json!({ "access_token": state.log_in(user) }));
    }
    let user = state.bearer(received)?;
    if path == "/_matrix/media/v3/upload" {
        (received.header("content-type") == "image/jpeg").then_some(())?;
        let id = format!("m{}", query.get("filename")?.len() + state.photos.len());
        state.store(&id, &user, received.body.clone());
        return ok(json!({ "content_uri": format!("mxc://example.com:1/{id}") }));
    }
    let media = decoded(path.strip_prefix("/_matrix/client/v1/media/thumbnail/")?);
    let id = media.strip_prefix("example.com:1/")?;
    image(&state.photos.get(id)?.1, query.get("width")?.parse().ok()?)
}
