//! Templates: texts with names in braces.
//!
//! `{name}` is a name if what the braces hold could be one; every other brace stands for itself, so
//! that JSON can be written as it is.

use std::borrow::Cow;
use std::fmt;

/// A text with names in it.
///
/// What came from the environment is known when the template is read, and is never printed.
#[derive(Clone)]
pub struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone)]
enum Piece {
    Text(String),
    Name(String),
    Secret(String),
}

/// A name that nothing stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unknown {
    /// No such environment variable.
    Environment(String),
    /// No such name here.
    Name(String),
}

impl Template {
    /// A text without names.
    pub(crate) fn plain(text: &str) -> Self {
        Self { pieces: vec![Piece::Text(text.to_owned())] }
    }

    /// Reads a template in which `known` names may stand.
    pub(super) fn parse(
        text: &str,
        known: &dyn Fn(&str) -> bool,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Unknown> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, name, after)) = next_name(rest) {
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            pieces.push(if let Some(variable) = name.strip_prefix("env.") {
                let value = environment(variable)
                    .ok_or_else(|| Unknown::Environment(variable.to_owned()))?;
                Piece::Secret(value)
            } else if known(name) {
                Piece::Name(name.to_owned())
            } else {
                return Err(Unknown::Name(name.to_owned()));
            });
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self { pieces })
    }

    /// The names in it, from left to right.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Name(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// The text with `value`s in place of names. A name that has none is left out.
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
                Piece::Name(name) => {
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
                Piece::Name(name) => write!(f, "{{{name}}}")?,
                Piece::Secret(_) => f.write_str("{env}")?,
            }
        }
        Ok(())
    }
}

/// As it is.
pub(crate) fn as_it_is(text: &str) -> Cow<'_, str> {
    text.into()
}

/// As a part of a JSON string.
pub(crate) fn in_json(text: &str) -> Cow<'_, str> {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned().into()
}

/// As a part of a path or query: what could not stand in one is escaped, what has a meaning there
/// keeps it.
pub(crate) fn in_path(text: &str) -> Cow<'_, str> {
    escaped(text, b"-._~/:@!$&'()*+,;=?%[]")
}

/// As a part of a path or query that means nothing but itself.
pub(crate) fn fully_escaped(text: &str) -> Cow<'_, str> {
    escaped(text, b"-._~")
}

fn escaped<'t>(text: &'t str, kept: &[u8]) -> Cow<'t, str> {
    let stays = |byte: u8| byte.is_ascii_alphanumeric() || kept.contains(&byte);
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

/// What is before the first name, the name, and what is after it.
fn next_name(text: &str) -> Option<(&str, &str, &str)> {
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

    fn parse(text: &str) -> Result<Template, Unknown> {
        let environment = |name: &str| (name == "KEY").then(|| "se\"cret".to_owned());
        Template::parse(text, &|name| ["token", "person.number"].contains(&name), &environment)
    }

    fn filled(text: &str, escape: fn(&str) -> Cow<'_, str>) -> String {
        parse(text).unwrap().fill(&|name| Some(format!("<{name}>").into()), escape)
    }

    #[test]
    fn names_are_filled_in_and_other_braces_stand_for_themselves() {
        assert_eq!(filled("a{token}b{person.number}", as_it_is), "a<token>b<person.number>");
        assert_eq!(filled(r#"{"n":{"a":"{token}"}}"#, as_it_is), r#"{"n":{"a":"<token>"}}"#);
        assert_eq!(filled("{} {1} { token} {{token}}", as_it_is), "{} {1} { token} {<token>}");
        assert_eq!(filled("{token}", fully_escaped), "%3Ctoken%3E");
        assert_eq!(filled(r#"{"k":"{env.KEY}"}"#, in_json), r#"{"k":"se\"cret"}"#);
    }

    #[test]
    fn names_that_nothing_stands_for_are_refused() {
        assert_eq!(parse("{tokn}").unwrap_err(), Unknown::Name("tokn".into()));
        assert_eq!(parse("{env.NO}").unwrap_err(), Unknown::Environment("NO".into()));
    }

    #[test]
    fn what_came_from_the_environment_is_never_printed() {
        let shown = format!("{:?}", parse("a {env.KEY} {token}").unwrap());
        assert_eq!(shown, "a {env} {token}");
    }
}
