//! Escapes values for the place in a request where they stand.

use std::borrow::Cow;

/// Names the place in which a template stands. The place decides how values are escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Path, and query after the first `?`.
    Path,
    /// Value in a body of the type `application/x-www-form-urlencoded`.
    Form,
    /// String in JSON.
    Json,
    /// Name in the head of a part of a `multipart/form-data` body.
    PartName,
    /// Regular expression, in which a value matches itself.
    Pattern,
    /// Text without escapes, such as a header.
    Text,
}

/// Describes where a value stands in a path.
#[derive(Clone, Copy, Debug)]
pub(super) struct PathPosition {
    /// True if the value begins the path, so that it may be a whole path or URL.
    pub(super) is_start: bool,
    /// True if the template's own text has a `?` before the value.
    pub(super) is_query: bool,
}

/// Escapes a value. `is_url` is true for a URL that stands in a path as it is.
pub(super) fn escape(value: &str, place: Place, at: PathPosition, is_url: bool) -> Cow<'_, str> {
    match place {
        Place::Path if at.is_query => percent_encoded(value),
        Place::Path if at.is_start || is_url => in_path(value),
        Place::Path => in_segment(value),
        Place::Form => percent_encoded(value),
        Place::Json => in_json(value),
        Place::PartName => escaped_by(value, |byte| !b"\"\r\n".contains(&byte)),
        Place::Pattern => regex_lite::escape(value).into(),
        Place::Text => value.into(),
    }
}

/// Escapes a value that is escaped already, so that it can stand in the place at all.
pub(super) fn keep_escapes(value: &str, place: Place) -> Cow<'_, str> {
    if place == Place::Path { in_path(value) } else { value.into() }
}

/// Escapes a text so that no character has a meaning in a path, a query or a form.
pub(crate) fn percent_encoded(text: &str) -> Cow<'_, str> {
    escaped(text, b"-._~")
}

/// Replaces the escapes of a path, a query or a form by their characters.
pub(super) fn percent_decoded(text: &[u8]) -> Vec<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).map(|digit| digit as u8);
    let (mut decoded, mut rest) = (Vec::new(), text);
    while let Some((&byte, after)) = rest.split_first() {
        let pair = after.first().and_then(digit).zip(after.get(1).and_then(digit));
        rest = match (byte, pair) {
            (b'%', Some((high, low))) => {
                decoded.push(high << 4 | low);
                &after[2..]
            }
            _ => {
                decoded.push(byte);
                after
            }
        };
    }
    decoded
}

fn in_json(text: &str) -> Cow<'_, str> {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned().into()
}

/// Escapes the characters that cannot stand in a path or query. A character with a meaning there
/// keeps its meaning.
fn in_path(text: &str) -> Cow<'_, str> {
    escaped(text, b"-._~/:@!$&'()*+,;=?%[]")
}

/// Escapes the characters that would end a segment of a path.
fn in_segment(text: &str) -> Cow<'_, str> {
    escaped(text, b"-._~:@!$&'()*+,;=")
}

fn escaped<'t>(text: &'t str, unescaped: &[u8]) -> Cow<'t, str> {
    escaped_by(text, |byte| byte.is_ascii_alphanumeric() || unescaped.contains(&byte))
}

fn escaped_by(text: &str, stays: impl Fn(u8) -> bool) -> Cow<'_, str> {
    if text.bytes().all(&stays) {
        return text.into();
    }
    let mut escaped = Vec::new();
    for byte in text.bytes() {
        if stays(byte) {
            escaped.push(byte);
        } else {
            escaped.extend(format!("%{byte:02X}").into_bytes());
        }
    }
    String::from_utf8_lossy(&escaped).into_owned().into()
}

#[test]
fn a_decoded_text_has_no_escapes_and_keeps_what_is_no_escape() {
    assert_eq!(percent_decoded(b"a%20b%3D%zz%4"), b"a b=%zz%4");
}
