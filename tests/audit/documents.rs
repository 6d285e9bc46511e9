//! Tests that docs/audit.md explains every field, variable and function of a target's file, and
//! every key of the JSON document.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use double_exposure::audit::Target;
use double_exposure::audit::report::AuditDocument;
use serde_json::Value;

use crate::mock_service::{audit, jpeg, plan, send, serve, thumbnail};

const DOCUMENT: &str = include_str!("../../docs/audit.md");

const FILE: &str = r#"name = "x"
mode = "MODE"
base = "http://127.0.0.1:1"
accounts = { env = "PEOPLE" }
[photos]
members = 1
[source]
[[setup]]
per = "PER"
path = "/people"
ready = { statuses = [200] }
form = { file = "a", files = [{ name = "b", content = "c" }] }
capture = { token = { from = "/token", pattern = "x" } }
[upload]
path = "/photos"
[[after_upload]]
per = "photo"
path = "/photos"
[thumbnail]
path = "/photos"
"#;

fn error(text: &str) -> String {
    let accounts = "account = [{ user = \"a\" }, { user = \"b\" }, { user = \"c\" }]";
    Target::parse(text, None, &|_| Some(accounts.to_owned())).unwrap_err().to_string()
}

/// Returns the names of a list such as "expected one of `a`, `b`".
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_field_of_a_target_is_explained() {
    let mut fields = Vec::new();
    for (anchor, field) in [
        ("name = \"x\"", "\nwrong = 1"),
        ("{ env", "{ wrong = 1, env"),
        ("members = 1", "\nwrong = 1"),
        ("[source]", "\nwrong = 1"),
        ("per = \"PER\"", "\nwrong = 1"),
        ("{ statuses", "{ wrong = 1, statuses"),
        ("{ file", "{ wrong = 1, file"),
        ("{ name", "{ wrong = 1, name"),
        ("[upload]", "\nwrong = 1"),
        ("[thumbnail]", "\nwrong = 1"),
    ] {
        assert!(FILE.contains(anchor), "{anchor}");
        let is_inline = anchor.starts_with('{');
        let with = if is_inline { field.to_owned() } else { format!("{anchor}{field}") };
        let error = error(&FILE.replacen(anchor, &with, 1));
        let names = quoted(&error);
        assert_eq!(names[0], "wrong", "{error}");
        assert!(names.len() > 2, "{error}");
        fields.extend(names[1..].iter().map(|name| (*name).to_owned()));
    }
    assert!(fields.len() > 60, "{fields:?}");
    for field in fields {
        let is_table = DOCUMENT.contains(&format!("[{field}]"));
        assert!(is_table || DOCUMENT.contains(&format!("`{field}`")), "{field} is not explained");
    }
}

/// Returns the names between braces of an error that lists them.
fn known(error: &str) -> Vec<String> {
    let list = error.split("known are ").nth(1).unwrap_or_else(|| panic!("{error}"));
    list.split(", ").map(str::to_owned).collect()
}

#[test]
fn every_variable_and_function_of_a_template_is_explained() {
    let mut names = Vec::new();
    for (mode, per) in [("push", "member"), ("push", "photo"), ("pull", "photo")] {
        let file = FILE.replace("MODE", mode).replace("PER", per);
        let file = match mode {
            "pull" => {
                let upload = file.find("[upload]").unwrap();
                let thumbnail = file.find("[thumbnail]").unwrap();
                format!("{}{}", &file[..upload], &file[thumbnail..])
            }
            _ => file.replace("[source]\n", ""),
        };
        let file = file.replace("form = {", "#");
        let in_setup = error(&file.replacen("/people", "/{wrong}", 1));
        let at = file.rfind("/photos").unwrap();
        let in_thumbnail = error(&format!("{}/{{wrong}}\"\n", &file[..at]));
        names.extend(known(&in_setup).into_iter().chain(known(&in_thumbnail)));
    }
    let captured = ["user", "token"];
    let is_own = |name: &String| {
        let name = name.trim_matches(['{', '}']);
        !captured.iter().any(|captured| name.ends_with(captured)) && !name.starts_with("env.")
    };
    names.retain(is_own);
    for name in ["{viewer.number}", "{member.number}", "{source.escaped}", "{file.bytes}"] {
        assert!(names.contains(&name.to_owned()), "{name} is not among {names:?}");
    }
    let call =
        FILE.replace("MODE", "post").replace("PER", "person").replacen("/people", "/{x(y)}", 1);
    let call = call.replace("form = {", "#");
    let functions = error(&call).split("known are ").nth(1).unwrap().to_owned();
    names.extend(functions.split(", ").map(str::to_owned));
    for name in names {
        assert!(DOCUMENT.contains(&format!("`{name}`")), "{name} is not explained");
    }
}

fn keys(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                found.push(key.clone());
                keys(value, found);
            }
        }
        Value::Array(all) => all.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

#[test]
fn every_key_of_the_json_document_is_explained() {
    let first: std::sync::Mutex<Option<Vec<u8>>> = std::sync::Mutex::default();
    let count = AtomicU32::new(0);
    let address = serve(move |received, stream| {
        let Some(image) = thumbnail(&received.body, received.size()) else {
            return send(stream, "422 No", "", b"truncated");
        };
        if count.fetch_add(1, Ordering::Relaxed) % 2 == 1 {
            return send(stream, "404 No", "", b"no");
        }
        let mut first = first.lock().unwrap();
        let file = first.get_or_insert_with(|| jpeg(&image)).clone();
        drop(first);
        send(stream, "200 OK", "content-type: image/png\r\n", &file)
    });
    let mut plan = plan(address);
    (plan.enough_conversions, plan.duration) = (Some(10), Duration::from_secs(60));
    let results = audit(&plan);
    let document = serde_json::to_value(AuditDocument::new(&plan, &results)).unwrap();
    let mut found = Vec::new();
    keys(&document, &mut found);
    for name in ["whole", "failure_reasons", "url", "not_an_image", "p99_corrected_ms"] {
        assert!(found.contains(&name.to_owned()), "{name} is not among {found:?}");
    }
    for key in found {
        assert!(DOCUMENT.contains(&format!("`{key}`")), "{key} is not explained");
    }
}
