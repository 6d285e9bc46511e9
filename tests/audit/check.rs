//! Tests `audit check`: each request is shown without its secrets, and one of each kind is sent.

use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use crate::mock_service::{jpeg, send, send_jpeg, serve, thumbnail};

const SECRET: &str = "a-key-that-must-stay-secret";

const TARGET: &str = r#"name = "x"
mode = "push"
base = "BASE"
accounts = { env = "PEOPLE" }

[[setup]]
per = "person"
path = "/login?key={env.KEY}"
json = '{"user":"{user}","password":"{password}"}'
capture = { session_token = "/token", person = "/person" }

[upload]
path = "/{person}/{uuid}"
headers = { authorization = "Bearer {session_token}" }

[thumbnail]
path = "/{person}/{uuid}?size={size}&again={session_token}"
"#;

const ACCOUNTS: &str = "account = [{ user = \"ann-of-audit\", password = \"pass-1234\" }, \
    { user = \"ben-of-audit\", password = \"pass-5678\" }]";

/// Runs `audit check` with these arguments, and returns its exit code and all that it printed.
fn check(text: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_double-exposure"))
        .args(["audit", "check"])
        .arg(file.path())
        .args(arguments)
        .env("KEY", SECRET)
        .env("PEOPLE", ACCOUNTS)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let printed = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(printed).unwrap())
}

fn assert_no_secret(printed: &str) {
    for secret in [SECRET, "ann-of-audit", "pass-1234", "session-", "refresh-1111"] {
        assert!(!printed.contains(secret), "{secret} is printed:\n{printed}");
    }
}

#[test]
fn each_request_is_shown_without_its_secrets_and_none_is_sent() {
    let text = TARGET.replace("BASE", "http://127.0.0.1:1/api/");
    for arguments in [&[][..], &["--json"]] {
        let (code, printed) = check(&text, arguments);
        assert_eq!(code, Some(0), "{printed}");
        assert_no_secret(&printed);
        for shown in [
            "http://127.0.0.1:1/api/login?key={env.KEY}",
            "{password}",
            "Bearer {session_token}",
            "(the photo)",
            "&again={session_token}",
        ] {
            assert!(printed.contains(shown), "{shown} is not shown:\n{printed}");
        }
    }
}

#[test]
fn one_request_of_each_kind_is_sent_and_its_answer_is_shown_without_secrets() {
    let lines: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&lines);
    let photo: Mutex<bytes::Bytes> = Mutex::default();
    let address = serve(move |received, stream| {
        seen.lock().unwrap().push(received.line.clone());
        let (method, target) = received.target();
        if target.starts_with("/login") {
            // A token that the audit does not capture, and one that the end of the excerpt cuts.
            let refresh = "\"refresh_token\":\"refresh-1111\"";
            let text = format!("\"{}session-9876\"", "x".repeat(90));
            let echo = format!("\"echo\":\"{SECRET}\",\"a\":{text}");
            let body = format!("{{\"token\":\"session-9876\",\"person\":7,{refresh},{echo}}}");
            return send(stream, "200 OK", "", body.as_bytes());
        }
        if method == "PUT" {
            *photo.lock().unwrap() = received.body.clone();
            return send(stream, "201 Created", "", b"");
        }
        let photo = photo.lock().unwrap().clone();
        send_jpeg(stream, &jpeg(&thumbnail(&photo, received.size()).unwrap()))
    });
    let text = TARGET.replace("BASE", &format!("http://{address}"));
    let (code, printed) = check(&text, &["--send"]);
    assert_eq!(code, Some(0), "{printed}");
    assert_no_secret(&printed);
    let parts = ["{\"token\":\"", "gives person, session_token", "px, clean"];
    for part in parts {
        assert!(printed.contains(part), "{part} is not shown:\n{printed}");
    }
    assert_eq!(lines.lock().unwrap().len(), 3, "{lines:?}");
}

#[test]
fn the_first_request_that_fails_is_the_last_and_says_why() {
    let address = serve(|_, stream| send(stream, "200 OK", "", b"<html>"));
    let text = TARGET.replace("BASE", &format!("http://{address}"));
    let (code, printed) = check(&text, &["--send"]);
    assert_eq!(code, Some(3), "{printed}");
    assert!(printed.contains("the response has no text or number at \"/"), "{printed}");
    assert!(printed.contains("<html>") && !printed.contains("upload"), "{printed}");
    let (code, printed) = check(&TARGET.replace("BASE", "http://127.0.0.1:1"), &["--send"]);
    assert_eq!(code, Some(4), "{printed}");
}
