//! Parses and fills templates: texts with expressions in braces.
//!
//! `{name}` is a variable if the text in the braces can be a variable's name, and `{name(…)}` is a
//! call of a function. Every other brace stands for itself, so that a template can contain plain
//! JSON.

use std::collections::BTreeMap;
use std::fmt;

use super::escape::{PathPosition, Place, escape, keep_escapes};
use super::expression::{Expression, Function, Values};
use super::schema::Text;

/// Upper bound of the depth of calls and of templates of `[values]` in one another.
const MAX_DEPTH: usize = 8;

/// Holds the names that a template may use.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    /// Variables that have a value when the request is built.
    pub(super) variables: &'a [String],
    /// Templates of `[values]` by name.
    pub(super) values: &'a BTreeMap<String, Text>,
    /// Returns the values of environment variables.
    pub(super) environment: &'a dyn Fn(&str) -> Option<String>,
}

/// Describes why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TemplateError {
    #[error("the environment has no {0}: set it")]
    Environment(String),
    #[error("unknown variable {{{name}}}; known are {{{known}}}, {{env.…}}")]
    Variable { name: String, known: String },
    #[error("unknown function {name}; known are {known}")]
    Function { name: String, known: String },
    #[error("{0} cannot be read: write a call as {{base64(name, ':', 'text')}}")]
    Call(String),
    #[error("{0} is bytes: encode it, such as {{hex({0})}} or {{base64({0})}}")]
    Bytes(String),
    #[error("{0} takes an even number of hexadecimal digits")]
    Hex(String),
    #[error("{0} needs a key and a text, such as hmac_sha256(unhex(env.KEY), size)")]
    Key(&'static str),
    #[error("more than {MAX_DEPTH} calls or values in one another")]
    Depth,
}

/// Holds a text with expressions. Values from the environment are inserted when the template is
/// parsed, and are never printed.
#[derive(Clone)]
pub struct Template {
    pieces: Vec<Expression>,
}

impl Template {
    /// Makes a template of a text without variables.
    pub(crate) fn plain(text: &str) -> Self {
        Self { pieces: vec![Expression::Own(text.to_owned())] }
    }

    /// Parses a template in which the `names` may stand.
    pub(super) fn parse(text: &str, names: Names<'_>) -> Result<Self, TemplateError> {
        Self::parse_at(text, names, 0)
    }

    fn parse_at(text: &str, names: Names<'_>, depth: usize) -> Result<Self, TemplateError> {
        if depth > MAX_DEPTH {
            return Err(TemplateError::Depth);
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, expression)) = next_expression(rest) {
            if !before.is_empty() {
                pieces.push(Expression::Own(before.to_owned()));
            }
            let mut parser = Parser { rest: expression, names, depth };
            let parsed = parser.expression()?;
            let call = || TemplateError::Call(expression.chars().take(40).collect());
            rest = parser.rest.trim_start().strip_prefix('}').ok_or_else(call)?;
            if parsed.is_bytes() {
                return Err(TemplateError::Bytes(parsed.to_string()));
            }
            match parsed {
                Expression::Joined(inner) => pieces.extend(inner),
                expression => pieces.push(expression),
            }
        }
        if !rest.is_empty() {
            pieces.push(Expression::Own(rest.to_owned()));
        }
        Ok(Self { pieces })
    }

    /// Returns the text with each expression replaced by its value, escaped for its place. An
    /// expression without a value is left out.
    pub(crate) fn fill(&self, values: Values<'_, '_>, place: Place) -> String {
        self.render(place, &|expression| {
            let value = expression.evaluate(values).unwrap_or_default();
            Ok(String::from_utf8_lossy(&value).into_owned())
        })
    }

    /// Returns the filled text for a reader. An expression that tells a secret, or has no value,
    /// stands there by its name.
    pub(crate) fn show(
        &self,
        values: Values<'_, '_>,
        place: Place,
        is_secret: &dyn Fn(&str) -> bool,
    ) -> String {
        self.render(place, &|expression| {
            let is_shown = !expression.tells_secret(is_secret);
            let value = is_shown.then(|| expression.evaluate(values)).flatten();
            let value = value.map(|value| String::from_utf8_lossy(&value).into_owned());
            value.ok_or_else(|| format!("{{{expression}}}"))
        })
    }

    /// Replaces each expression by its value, or by a text that is not escaped.
    fn render(
        &self,
        place: Place,
        value: &dyn Fn(&Expression) -> Result<String, String>,
    ) -> String {
        let mut text = String::new();
        // Only the file's own text begins a query, so that a value cannot.
        let mut is_query = false;
        for piece in &self.pieces {
            match piece {
                Expression::Own(piece) => {
                    text.push_str(piece);
                    is_query |= piece.contains('?');
                }
                expression => {
                    let at = PathPosition { is_start: text.is_empty(), is_query };
                    match value(expression) {
                        Ok(value) => text += &placed(expression, &value, place, at),
                        Err(shown) => text += &shown,
                    }
                }
            }
        }
        text
    }

    /// Returns the values of the calls that tell a secret, each with its expression.
    pub(super) fn rendered_secrets(
        &self,
        values: Values<'_, '_>,
        is_secret: &dyn Fn(&str) -> bool,
    ) -> Vec<(String, String)> {
        let calls = self.pieces.iter().filter(|piece| matches!(piece, Expression::Call(..)));
        let secrets = calls.filter(|call| call.tells_secret(is_secret)).filter_map(|call| {
            let value = String::from_utf8(call.evaluate(values)?.into_owned()).ok()?;
            Some((value, call.to_string()))
        });
        secrets.collect()
    }

    /// Calls `each` with the name and the value of each environment variable.
    pub(super) fn secrets<'t>(&'t self, each: &mut dyn FnMut(&'t str, &'t str)) {
        self.pieces.iter().for_each(|piece| piece.secrets(each));
    }

    /// Calls `each` with the name of each variable.
    pub(crate) fn variables<'t>(&'t self, each: &mut dyn FnMut(&'t str)) {
        self.pieces.iter().for_each(|piece| piece.variables(each));
    }
}

fn placed(expression: &Expression, value: &str, place: Place, at: PathPosition) -> String {
    let is_url = matches!(expression, Expression::Variable(name) if name == "source");
    if expression.is_escaped() {
        keep_escapes(value, place).into_owned()
    } else {
        escape(value, place, at, is_url).into_owned()
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Expression::Joined(self.pieces.clone()))
    }
}

fn in_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '.'
}

/// Splits a text at its first expression: the text before, and the text after the opening brace.
fn next_expression(text: &str) -> Option<(&str, &str)> {
    for (open, _) in text.match_indices('{') {
        let inside = &text[open + 1..];
        let end = inside.find(|c: char| !in_name(c)).unwrap_or(inside.len());
        if inside.starts_with(|c: char| c.is_ascii_alphabetic())
            && inside[end..].starts_with(['}', '('])
        {
            return Some((&text[..open], inside));
        }
    }
    None
}

/// Parses one expression after its opening brace.
struct Parser<'t, 'n> {
    rest: &'t str,
    names: Names<'n>,
    depth: usize,
}

impl Parser<'_, '_> {
    fn expression(&mut self) -> Result<Expression, TemplateError> {
        let start = self.rest.trim_start();
        let unreadable = || TemplateError::Call(start.chars().take(40).collect());
        if let Some(quoted) = start.strip_prefix('\'') {
            let (text, rest) = quoted.split_once('\'').ok_or_else(unreadable)?;
            self.rest = rest;
            return Ok(Expression::Text(text.to_owned()));
        }
        let end = start.find(|c: char| !in_name(c)).unwrap_or(start.len());
        let (name, rest) = start.split_at(end);
        if name.is_empty() {
            return Err(unreadable());
        }
        self.rest = rest;
        match rest.strip_prefix('(') {
            Some(arguments) => {
                self.rest = arguments;
                self.call(name)
            }
            None => self.variable(name),
        }
    }

    fn call(&mut self, name: &str) -> Result<Expression, TemplateError> {
        let found = Function::ALL.iter().find(|(known, _)| *known == name);
        let unknown = || TemplateError::Function {
            name: name.to_owned(),
            known: Function::ALL.map(|(known, _)| known).join(", "),
        };
        let &(name, function) = found.ok_or_else(unknown)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(TemplateError::Depth);
        }
        let mut arguments = Vec::new();
        loop {
            arguments.push(self.expression()?);
            let rest = self.rest.trim_start();
            if let Some(rest) = rest.strip_prefix(',') {
                self.rest = rest;
            } else if let Some(rest) = rest.strip_prefix(')') {
                self.rest = rest;
                break;
            } else {
                return Err(TemplateError::Call(name.to_owned()));
            }
        }
        self.depth -= 1;
        if function.has_key() && arguments.len() < 2 {
            return Err(TemplateError::Key(name));
        }
        let has_variable = arguments.iter().any(|argument| {
            let mut has_variable = false;
            argument.variables(&mut |_| has_variable = true);
            has_variable
        });
        let call = Expression::Call(function, arguments);
        // A key of the environment is known now, so a wrong one is an error of the file.
        if function == Function::Unhex && !has_variable && call.evaluate(&|_| None).is_none() {
            return Err(TemplateError::Hex(call.to_string()));
        }
        Ok(call)
    }

    fn variable(&self, name: &str) -> Result<Expression, TemplateError> {
        let Names { variables, values, environment } = self.names;
        if let Some(variable) = name.strip_prefix("env.") {
            let unset = || TemplateError::Environment(variable.to_owned());
            let value = environment(variable).ok_or_else(unset)?;
            return Ok(Expression::Secret(variable.to_owned(), value));
        }
        if variables.iter().any(|variable| variable == name) {
            return Ok(Expression::Variable(name.to_owned()));
        }
        if let Some(value) = values.get(name) {
            let template = Template::parse_at(value.get_ref(), self.names, self.depth + 1)?;
            return Ok(Expression::Joined(template.pieces));
        }
        let known = variables.iter().chain(values.keys()).map(String::as_str);
        let known = known.collect::<Vec<_>>().join("}, {");
        Err(TemplateError::Variable { name: name.to_owned(), known })
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn parse(text: &str) -> Result<Template, TemplateError> {
        let environment = |name: &str| match name {
            "KEY" => Some("se\"cret".to_owned()),
            "HEX" => Some("0aFf".to_owned()),
            _ => None,
        };
        let variables = ["token", "person.number", "source", "source.escaped", "file"];
        let variables = variables.map(str::to_owned);
        let values = "work = \"/{token}/{source.escaped}\"\nloop = \"{loop}\"\n";
        let values = toml::from_str(values).unwrap();
        let names = Names { variables: &variables, values: &values, environment: &environment };
        Template::parse(text, names)
    }

    fn value(name: &str) -> Option<Cow<'static, [u8]>> {
        let text = match name {
            "source" => "http://a/b?c=d",
            "source.escaped" => "http%3A%2F%2Fa",
            "file" => "abc",
            "none" => return None,
            _ => "<a/b>&c?",
        };
        Some(text.as_bytes().into())
    }

    fn filled(text: &str, place: Place) -> String {
        parse(text).unwrap().fill(&value, place)
    }

    #[test]
    fn expressions_are_filled_in_and_other_braces_stand_for_themselves() {
        let text = |text: &str| filled(text, Place::Text);
        assert_eq!(text("1{token}2{person.number}"), "1<a/b>&c?2<a/b>&c?");
        assert_eq!(text(r#"{"n":{"a":"{token}"}}"#), r#"{"n":{"a":"<a/b>&c?"}}"#);
        assert_eq!(text("{} {1} { token} {{token}}"), "{} {1} { token} {<a/b>&c?}");
    }

    #[test]
    fn a_value_is_escaped_for_where_it_stands() {
        for (template, place, expected) in [
            ("/x/{token}", Place::Path, "/x/%3Ca%2Fb%3E&c%3F"),
            ("/x?y={token}", Place::Path, "/x?y=%3Ca%2Fb%3E%26c%3F"),
            ("{token}/x", Place::Path, "%3Ca/b%3E&c?/x"),
            ("/x/{source}", Place::Path, "/x/http://a/b?c=d"),
            ("/x?url={source}", Place::Path, "/x?url=http%3A%2F%2Fa%2Fb%3Fc%3Dd"),
            ("/x?url={source.escaped}", Place::Path, "/x?url=http%3A%2F%2Fa"),
            ("/x/{urlencode(token)}", Place::Path, "/x/%3Ca%2Fb%3E%26c%3F"),
            ("/x/{raw(token)}", Place::Path, "/x/%3Ca/b%3E&c?"),
            ("a={token}&b", Place::Form, "a=%3Ca%2Fb%3E%26c%3F&b"),
            (r#"{"k":"{env.KEY}"}"#, Place::Json, r#"{"k":"se\"cret"}"#),
            ("{env.KEY}", Place::PartName, "se%22cret"),
            ("^{token}$", Place::Pattern, r"^<a/b>\&c\?$"),
        ] {
            assert_eq!(filled(template, place), expected, "{template} in {place:?}");
        }
    }

    /// The expected values come from Python's `hashlib`, `hmac` and `base64`.
    #[test]
    fn functions_hash_encode_and_sign() {
        for (template, expected) in [
            ("{base64('a', ':', file)}", "YTphYmM="),
            ("{base64url('??>')}", "Pz8-"),
            ("{base64url('a')} {base64url_padded('a')}", "YQ YQ=="),
            ("{hex(sha1(file))}", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (
                "{hex(sha256(file))}",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
            ("{hex(hmac_sha1('key', 'a', 'bc'))}", "4fd0b215276ef12f2b3e4c8ecac2811498b656fc"),
            (
                "{base64url(hmac_sha256(unhex('943b421c9eb07c830af81030552c86009268de4e'), \
                 unhex('520f986b998545b4785e0defbc4f3c1203f22de2'), '/rs:fill:300:400/a.png'))}",
                "fEqPOD3Uu2z8eoZtbaiEdebjmjFh38af4zudIyaFd_g",
            ),
            ("{hex(unhex(env.HEX))}", "0aff"),
            ("{urldecode('a%20b')}", "a b"),
            ("{work}", "/<a/b>&c?/http%3A%2F%2Fa"),
            ("{base64(work)}", "LzxhL2I+JmM/L2h0dHAlM0ElMkYlMkZh"),
        ] {
            assert_eq!(filled(template, Place::Text), expected, "{template}");
        }
    }

    #[test]
    fn a_wrong_expression_is_an_error_that_names_it() {
        for (text, expected) in [
            ("{tokn}", "unknown variable {tokn}; known are {token}, "),
            ("{env.NO}", "the environment has no NO"),
            ("{sha1(file)}", "sha1(file) is bytes: encode it, such as {hex(sha1(file))}"),
            ("{file}", "file is bytes"),
            ("{md5(token)}", "unknown function md5; known are base64, "),
            ("{base64(token}", "base64"),
            ("{base64('a)}", "'a)}"),
            ("{hmac_sha256(token)}", "hmac_sha256 needs a key and a text"),
            ("{hex(unhex('abc'))}", "unhex('abc') takes an even number"),
            ("{loop}", "more than 8"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn a_secret_is_never_shown_and_neither_is_what_tells_it() {
        let shown =
            |text: &str| parse(text).unwrap().show(&value, Place::Path, &|name| name == "token");
        assert_eq!(shown("/{env.KEY}/{token}"), "/{env.KEY}/{token}");
        assert_eq!(shown("/{base64(env.KEY)}"), "/{base64(env.KEY)}");
        assert_eq!(shown("/{person.number}"), "/%3Ca%2Fb%3E&c%3F");
        assert_eq!(shown("{hex(hmac_sha1(env.KEY, 'a', 'bc'))}").len(), 40);
        assert_eq!(format!("{:?}", parse("a {env.KEY} {token}").unwrap()), "a {env.KEY} {token}");
    }
}
