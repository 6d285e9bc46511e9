//! Writes a request as a command of a POSIX shell, without its secrets.

use std::fmt::Write;

use super::request_builder::ShownRequest;

/// Writes a request as a curl command that saves the answer in `file`. A secret stands there by its
/// name in braces. A body becomes `photo.bin`.
pub(crate) fn shell_command(request: &ShownRequest, file: &str) -> String {
    let mut command = format!("curl -s -o {file}");
    if request.method != "GET" {
        let _ = write!(command, " -X {}", request.method);
    }
    for (name, value) in &request.headers {
        let _ = write!(command, " -H {}", quoted(&format!("{name}: {value}")));
    }
    if !request.body.is_empty() {
        command += " --data-binary @photo.bin";
    }
    // curl would take braces for a pattern of URLs.
    let _ = write!(command, " -g {}", quoted(&request.url));
    command
}

/// Quotes a text for a POSIX shell.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[test]
fn a_command_has_the_whole_request() {
    let request = ShownRequest {
        method: "GET".into(),
        url: "http://127.0.0.1:1/a?size=8&key={env.KEY}&it's=1".into(),
        headers: vec![("authorization".into(), "Bearer {viewer.token}".into())],
        body: String::new(),
    };
    let expected = r"curl -s -o a.jpg -H 'authorization: Bearer {viewer.token}' -g \
        'http://127.0.0.1:1/a?size=8&key={env.KEY}&it'\''s=1'";
    assert_eq!(shell_command(&request, "a.jpg"), expected.replace("\\\n        ", ""));
}
