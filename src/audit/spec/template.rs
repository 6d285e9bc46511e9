//! Parses and fills templates: texts with variables in braces.
//!
//! `{name}` is a variable if the text in the braces can be a variable's name. Every other brace
//! stands for itself, so that a template can contain plain JSON.

use std::borrow::Cow;
use std::fmt;

use super::{Mode, Per};

/// Names the request that a template belongs to, which decides the template's variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Request of the setup.
    Setup(Per),
    /// Upload of a photo.
    Upload,
    /// Request for a thumbnail.
    Thumbnail,
}

/// Lists every variable that a template may use. Responses to earlier requests define the
/// `captured` variables.
pub(super) fn in_scope(captured: &[(Per, String)], scope: Scope, mode: Mode) -> Vec<String> {
    let per = match scope {
        Scope::Setup(per) => per,
        Scope::Upload | Scope::Thumbnail => Per::Photo,
    };
    let is_thumbnail = scope == Scope::Thumbnail;
    let groups: [(bool, &[&str]); 6] = [
        (true, &["run", "person.number"]),
        (per >= Per::Album, &["album.number"]),
        (per == Per::Member, &["member.number"]),
        (per == Per::Photo, &["photo.number", "uuid"]),
        (is_thumbnail, &["size", "number", "viewer.number"]),
        (is_thumbnail && mode == Mode::Pull, &["source", "source.escaped"]),
    ];
    let groups = groups.into_iter().filter(|(is_in_scope, _)| *is_in_scope);
    let mut all: Vec<String> =
        groups.flat_map(|(_, names)| names).map(|name| (*name).to_owned()).collect();
    for (of, name) in captured {
        let is_person = *of == Per::Person;
        if is_person || *of == per || (*of <= per && *of != Per::Member) {
            all.push(name.clone());
        }
        if is_person && per == Per::Member {
            all.push(format!("member.{name}"));
        }
        if is_person && is_thumbnail {
            all.push(format!("viewer.{name}"));
        }
    }
    all
}

/// Returns true if a captured variable may have this name. The name begins with a letter and has no
/// dot, which tells the name from the variables that the audit defines.
pub(super) fn is_capture_name(name: &str) -> bool {
    const RESERVED: [&str; 7] = ["run", "uuid", "size", "number", "source", "signature", "env"];
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !RESERVED.contains(&name)
}

/// Holds a text with variables. Values from the environment are inserted when the template is
/// parsed, and are never printed.
#[derive(Clone)]
pub struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone)]
enum Piece {
    Text(String),
    Variable(String),
    Secret(String),
}

/// Names a variable that has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum UnknownVariable {
    /// Environment variable that is not set.
    Environment(String),
    /// Variable that is not in scope.
    Template(String),
}

impl Template {
    /// Makes a template of a text without variables.
    pub(crate) fn plain(text: &str) -> Self {
        Self { pieces: vec![Piece::Text(text.to_owned())] }
    }

    /// Parses a template in which the `known` variables may stand.
    pub(super) fn parse(
        text: &str,
        known: &dyn Fn(&str) -> bool,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, UnknownVariable> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, name, after)) = next_variable(rest) {
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            pieces.push(if let Some(variable) = name.strip_prefix("env.") {
                let unset = || UnknownVariable::Environment(variable.to_owned());
                Piece::Secret(environment(variable).ok_or_else(unset)?)
            } else if known(name) {
                Piece::Variable(name.to_owned())
            } else {
                return Err(UnknownVariable::Template(name.to_owned()));
            });
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self { pieces })
    }

    /// Returns the text with each variable replaced by its escaped `value`. A variable without a
    /// value is left out.
    pub(crate) fn fill<'v>(
        &self,
        value: &dyn Fn(&str) -> Option<Cow<'v, str>>,
        escape: fn(&str) -> Cow<'_, str>,
    ) -> String {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Secret(secret) => text.push_str(&escape(secret)),
                Piece::Variable(name) => {
                    text.push_str(&value(name).map_or_else(String::new, |v| escape(&v).into()));
                }
            }
        }
        text
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => f.write_str(text)?,
                Piece::Variable(name) => write!(f, "{{{name}}}")?,
                Piece::Secret(_) => f.write_str("{env}")?,
            }
        }
        Ok(())
    }
}

/// Returns a text unchanged.
pub(crate) fn verbatim(text: &str) -> Cow<'_, str> {
    text.into()
}

/// Escapes a text as a part of a JSON string.
pub(crate) fn in_json(text: &str) -> Cow<'_, str> {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned().into()
}

/// Escapes the characters that cannot stand in a path or query. A character with a meaning there
/// keeps its meaning.
pub(crate) fn in_path(text: &str) -> Cow<'_, str> {
    escaped(text, b"-._~/:@!$&'()*+,;=?%[]")
}

/// Escapes a text so that no character has a meaning in a path or query.
pub(crate) fn percent_encoded(text: &str) -> Cow<'_, str> {
    escaped(text, b"-._~")
}

fn escaped<'t>(text: &'t str, unescaped: &[u8]) -> Cow<'t, str> {
    let stays = |byte: u8| byte.is_ascii_alphanumeric() || unescaped.contains(&byte);
    if text.bytes().all(stays) {
        return text.into();
    }
    let mut escaped = String::new();
    for byte in text.bytes() {
        if stays(byte) {
            escaped.push(char::from(byte));
        } else {
            escaped += &format!("%{byte:02X}");
        }
    }
    escaped.into()
}

/// Splits a text at its first variable: the text before, the variable's name, and the text after.
fn next_variable(text: &str) -> Option<(&str, &str, &str)> {
    for (open, _) in text.match_indices('{') {
        let inside = &text[open + 1..];
        let end = inside.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.'));
        if let Some(end) = end
            && end > 0
            && inside[end..].starts_with('}')
            && inside.starts_with(|c: char| c.is_ascii_alphabetic())
        {
            return Some((&text[..open], &inside[..end], &inside[end + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Template, UnknownVariable> {
        let environment = |name: &str| (name == "KEY").then(|| "se\"cret".to_owned());
        Template::parse(text, &|name| ["token", "person.number"].contains(&name), &environment)
    }

    fn filled(text: &str, escape: fn(&str) -> Cow<'_, str>) -> String {
        parse(text).unwrap().fill(&|name| Some(format!("<{name}>").into()), escape)
    }

    #[test]
    fn variables_are_filled_in_and_other_braces_stand_for_themselves() {
        assert_eq!(filled("a{token}b{person.number}", verbatim), "a<token>b<person.number>");
        assert_eq!(filled(r#"{"n":{"a":"{token}"}}"#, verbatim), r#"{"n":{"a":"<token>"}}"#);
        assert_eq!(filled("{} {1} { token} {{token}}", verbatim), "{} {1} { token} {<token>}");
        assert_eq!(filled("{token}", percent_encoded), "%3Ctoken%3E");
        assert_eq!(filled(r#"{"k":"{env.KEY}"}"#, in_json), r#"{"k":"se\"cret"}"#);
    }

    #[test]
    fn unknown_variables_are_rejected() {
        assert_eq!(parse("{tokn}").unwrap_err(), UnknownVariable::Template("tokn".into()));
        assert_eq!(parse("{env.NO}").unwrap_err(), UnknownVariable::Environment("NO".into()));
    }

    #[test]
    fn values_from_the_environment_are_never_printed() {
        let shown = format!("{:?}", parse("a {env.KEY} {token}").unwrap());
        assert_eq!(shown, "a {env} {token}");
    }
}
