//! Builds requests from templates, photos and captured values.

use std::borrow::Cow;

use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;

use super::captures::{CapturedValues, Captures, RequestContext};
use super::client::HttpRequest;
use super::origin_server::SourceUrls;
use super::spec::{
    BodySpec, FilePart, Place, RequestTemplate, Target, Template, TextKind, percent_encoded,
};
use super::test_photos::TestPhotos;

/// Describes why a request cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BuildError {
    /// Holds the path as the target's file has it, because a value in it may be a secret.
    #[error("the path {0}, with its values, is no URL")]
    Path(String),
    #[error("the value of {0} cannot stand in a header")]
    Header(String),
}

/// Upper bound of the characters of a body that are shown.
const MAX_SHOWN: usize = 600;

/// Lower bound of the bytes of a value that is taken for a secret where it stands in a text.
const MIN_SECRET_BYTES: usize = 5;

/// Builds requests for a target.
#[derive(Clone, Copy)]
pub(crate) struct RequestBuilder<'a> {
    pub(crate) target: &'a Target,
    pub(crate) photos: &'a TestPhotos,
    pub(crate) captures: &'a Captures,
    /// URLs of the photos on the origin server, in pull mode.
    pub(crate) sources: Option<&'a SourceUrls>,
    /// True if photos are uploaded in their earlier version.
    pub(crate) is_earlier: bool,
    /// Values captured for the copy of a photo that the request is about, if it is about one.
    pub(crate) of_copy: Option<&'a CapturedValues>,
}

/// Holds a request for a reader, without its secrets.
#[derive(Clone, Debug, Serialize)]
pub struct ShownRequest {
    /// Method.
    pub method: String,
    /// URL.
    pub url: String,
    /// Names and values of the headers.
    pub headers: Vec<(String, String)>,
    /// Body, in which the photo stands by its name.
    pub body: String,
}

impl<'a> RequestBuilder<'a> {
    /// Builds a request about `context`. The headers of a stranger, who learnt a path, are about
    /// another person than the rest.
    pub(crate) fn build(
        &self,
        request: &RequestTemplate,
        context: RequestContext,
        in_headers: RequestContext,
    ) -> Result<HttpRequest, BuildError> {
        let path = request.path.fill(&|name| self.value(name, context), Place::Path);
        let invalid = |_| BuildError::Path(format!("{:?}", request.path));
        let url = self.target.base.join_path(&path).map_err(invalid)?;
        let mut headers = HeaderMap::new();
        let mut insert = |name: &HeaderName, text: String| {
            let value = HeaderValue::from_str(&text);
            let mut value = value.map_err(|_| BuildError::Header(name.to_string()))?;
            value.set_sensitive(true);
            headers.insert(name.clone(), value);
            Ok(())
        };
        if let Some(cookies) = self.cookies(in_headers) {
            insert(&COOKIE, cookies)?;
        }
        for (name, template) in &request.headers {
            insert(name, template.fill(&|name| self.value(name, in_headers), Place::Text))?;
        }
        let (body, default_type) = self.body(&request.body, context);
        if let Some(Ok(default_type)) = default_type.map(HeaderValue::try_from) {
            headers.entry(CONTENT_TYPE).or_insert(default_type);
        }
        let (method, tls) = (request.method.clone(), self.target.tls.clone());
        Ok(HttpRequest { method, url, headers, body, tls })
    }

    /// Returns a request for a reader. Secrets, and values that are not known yet, stand there by
    /// their names.
    pub(crate) fn show(&self, request: &RequestTemplate, context: RequestContext) -> ShownRequest {
        let show = |template: &Template, place| {
            let value = |name: &str| self.value(name, context);
            template.show(&value, place, &|name| self.target.is_secret(name))
        };
        let path = show(&request.path, Place::Path);
        let is_url = path.starts_with("http:") || path.starts_with("https:");
        let base = self.target.base.to_string();
        let url = if is_url { path } else { format!("{}{path}", base.trim_end_matches('/')) };
        let headers = request.headers.iter();
        let headers = headers.map(|(name, text)| (name.to_string(), show(text, Place::Text)));
        let names = self.captures.cookies.get(context.viewer.unwrap_or(context.owner));
        let names = names.into_iter().flat_map(|jar| jar.pairs());
        let names = names.map(|(name, _)| format!("{name}={{hidden}}"));
        let names = names.collect::<Vec<_>>().join("; ");
        let cookies = (!names.is_empty()).then(|| (COOKIE.to_string(), names));
        let mut body = match &request.body {
            BodySpec::Empty => String::new(),
            BodySpec::Photo => "(the photo)".to_owned(),
            BodySpec::Text { text, kind } => show(text, place(*kind)),
            BodySpec::Fields(fields) => {
                let fields = fields.iter();
                let fields =
                    fields.map(|(name, text)| format!("{name}={}", show(text, Place::Form)));
                fields.collect::<Vec<_>>().join("&")
            }
            BodySpec::Multipart { fields, files } => {
                let fields = fields.iter();
                let fields =
                    fields.map(|(name, text)| format!("{name}: {}", show(text, Place::Text)));
                let files = files.iter().map(|FilePart { name, filename, content, .. }| {
                    let content = content.as_ref().map(|content| show(content, Place::Text));
                    let content = content.unwrap_or_else(|| "(the photo)".to_owned());
                    format!("{name}: {} {content}", show(filename, Place::PartName))
                });
                fields.chain(files).collect::<Vec<_>>().join("\n")
            }
        };
        if let Some((end, _)) = body.char_indices().nth(MAX_SHOWN) {
            body.truncate(end);
            body.push('…');
        }
        let method = request.method.to_string();
        ShownRequest { method, url, headers: headers.chain(cookies).collect(), body }
    }

    /// Replaces the secrets in a text by their names. Values below [`MIN_SECRET_BYTES`] stay,
    /// because they stand in any text.
    pub(crate) fn hide(&self, text: &str, context: RequestContext) -> String {
        let Captures { people, albums, members, photos, cookies } = self.captures;
        let (owner, viewer) = (context.owner, context.viewer.unwrap_or(context.owner));
        let captured = people
            .get(viewer)
            .into_iter()
            .chain(people.get(owner))
            .chain(context.member.and_then(|member| people.get(member)))
            .chain(albums.get(owner))
            .chain(members.range((owner, 0)..=(owner, usize::MAX)).map(|(_, values)| values))
            .chain(context.photo.and_then(|photo| photos.get(photo)))
            .chain(self.of_copy);
        let captured = captured.flatten().filter(|(name, _)| self.target.is_secret(name));
        let captured = captured.map(|(name, value)| (name.as_str(), value.as_str()));
        let cookies = cookies.get(viewer).into_iter().flat_map(|jar| jar.pairs());
        let plain = captured.chain(cookies).chain(self.target.environment_secrets());
        let mut secrets: Vec<(String, String)> =
            plain.map(|(name, value)| (value.to_owned(), name.to_owned())).collect();
        let value = |name: &str| self.value(name, context);
        secrets.extend(self.target.rendered_secrets(&value));
        // A service may repeat a value as it stands in JSON or in a URL.
        let escaped = secrets.iter().flat_map(|(value, name)| {
            let json = serde_json::Value::from(value.as_str()).to_string();
            let escaped = [json.trim_matches('"').to_owned(), percent_encoded(value).into_owned()];
            escaped.map(|value| (value, name.clone()))
        });
        let escaped: Vec<_> = escaped.collect();
        secrets.extend(escaped);
        secrets.retain(|(value, _)| value.len() >= MIN_SECRET_BYTES);
        // A long value goes first, because a short one may be a part of it.
        secrets.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        secrets.iter().fold(text.to_owned(), |hidden, (value, name)| {
            hidden.replace(value, &format!("{{{name}}}"))
        })
    }

    /// Fills the template of a regular expression.
    pub(crate) fn pattern(&self, pattern: &Template, context: RequestContext) -> String {
        pattern.fill(&|name| self.value(name, context), Place::Pattern)
    }

    /// Returns the cookies of the person that sends a request.
    fn cookies(&self, context: RequestContext) -> Option<String> {
        self.captures.cookies.get(context.viewer.unwrap_or(context.owner))?.header()
    }

    /// Returns the body, and its media type.
    fn body(&self, body: &BodySpec, context: RequestContext) -> (Bytes, Option<String>) {
        let value = |name: &str| self.value(name, context);
        let file = || context.photo.map_or_else(Bytes::new, |photo| self.file(photo, context.copy));
        let media_type = self.photos.spec.format.media_type();
        let (bytes, media_type) = match body {
            BodySpec::Empty => return (Bytes::new(), None),
            BodySpec::Photo => (file(), media_type),
            BodySpec::Text { text, kind } => {
                let media_type = match kind {
                    TextKind::Json => "application/json",
                    TextKind::Form => FORM,
                    TextKind::Plain => "text/plain",
                };
                (text.fill(&value, place(*kind)).into(), media_type)
            }
            BodySpec::Fields(fields) => {
                let fields = fields.iter().map(|(name, text)| {
                    format!("{}={}", percent_encoded(name), text.fill(&value, Place::Form))
                });
                (fields.collect::<Vec<_>>().join("&").into(), FORM)
            }
            BodySpec::Multipart { fields, files } => {
                let boundary = format!("double-exposure-{}", self.photos.run);
                let mut form = Vec::new();
                let mut part = |head: &str, content: &[u8]| {
                    let start = "content-disposition: form-data; name=";
                    form.extend(format!("--{boundary}\r\n{start}{head}\r\n\r\n").into_bytes());
                    form.extend_from_slice(content);
                    form.extend_from_slice(b"\r\n");
                };
                for (name, text) in fields {
                    let text = text.fill(&value, Place::Text);
                    part(&format!("\"{}\"", part_name(name)), text.as_bytes());
                }
                for FilePart { name, filename, media_type: own_type, content } in files {
                    let filename = filename.fill(&value, Place::PartName);
                    let name = part_name(name);
                    let media_type = own_type.as_deref().unwrap_or(media_type);
                    let head = format!(
                        "\"{name}\"; filename=\"{filename}\"\r\ncontent-type: {media_type}"
                    );
                    match content {
                        None => part(&head, &file()),
                        Some(text) => part(&head, text.fill(&value, Place::Text).as_bytes()),
                    }
                }
                form.extend(format!("--{boundary}--\r\n").into_bytes());
                return (form.into(), Some(format!("multipart/form-data; boundary={boundary}")));
            }
        };
        (bytes, Some(media_type.to_owned()))
    }

    fn file(&self, photo: usize, copy: u64) -> Bytes {
        let earlier = self.photos.earlier.get(photo).filter(|_| self.is_earlier);
        earlier.map_or_else(|| self.photos.file(photo, copy), |(_, file)| file.clone())
    }

    /// Returns the value of a variable.
    fn value(&self, name: &str, context: RequestContext) -> Option<Cow<'a, [u8]>> {
        let get = |values: Option<&'a CapturedValues>, name: &str| {
            values.and_then(|values| values.get(name)).map(|value| value.as_bytes().into())
        };
        let text = |text: String| Some(text.into_bytes().into());
        let number = |index: usize| text((index + 1).to_string());
        let of_person = |person: usize, name: &str| match name {
            "number" => number(person),
            _ => get(self.captures.people.get(person), name),
        };
        if let Some(name) = name.strip_prefix("member.") {
            return of_person(context.member?, name);
        }
        if let Some(name) = name.strip_prefix("viewer.") {
            return of_person(context.viewer?, name);
        }
        let format = self.photos.spec.format;
        match name {
            "run" => Some(self.photos.run.as_bytes().into()),
            "person.number" | "album.number" => number(context.owner),
            "photo.number" => {
                text((self.photos.number(context.photo?, context.copy) + 1).to_string())
            }
            "uuid" => text(self.photos.uuid(context.photo?, context.copy).to_string()),
            "file" => Some(self.file(context.photo?, context.copy).to_vec().into()),
            "file.bytes" => text(self.file(context.photo?, context.copy).len().to_string()),
            "file.type" => Some(format.media_type().as_bytes().into()),
            "file.extension" => Some(format.extension().as_bytes().into()),
            "size" => text(context.size.to_string()),
            "number" => text(context.number.to_string()),
            "source" => text(self.source(context)?),
            "source.escaped" => text(percent_encoded(&self.source(context)?).into_owned()),
            captured => {
                let Captures { people, albums, members, photos, .. } = self.captures;
                let member =
                    context.member.and_then(|member| members.get(&(context.owner, member)));
                let of_photo = match context.copy {
                    0 => context.photo.and_then(|photo| photos.get(photo)),
                    _ => self.of_copy,
                };
                get(of_photo, captured)
                    .or_else(|| get(member, captured))
                    .or_else(|| get(albums.get(context.owner), captured))
                    .or_else(|| get(people.get(context.owner), captured))
            }
        }
    }

    /// Returns the URL from which the target can fetch a photo.
    fn source(&self, context: RequestContext) -> Option<String> {
        let sources = self.sources?;
        let part = context.source.or_else(|| sources.vary.first().copied())?;
        Some(sources.url(self.photos, (context.photo?, context.copy), part))
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

fn place(kind: TextKind) -> Place {
    match kind {
        TextKind::Json => Place::Json,
        TextKind::Form => Place::Form,
        TextKind::Plain => Place::Text,
    }
}

/// Escapes the name of a part of a form, as browsers do.
fn part_name(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
name = "push"
mode = "push"
base = "http://127.0.0.1:1"
[photos]
people = 2
per_person = 1
members = 0
truncated = false
[[setup]]
per = "person"
path = "/people"
json = '{"name":"{run} {person.number}"}'
capture = { token = "/token" }
[upload]
path = "/photos"
headers = { authorization = "Basic {base64('user:', token)}" }
capture = { key = "/key" }
[thumbnail]
path = "{key}?size={size}"
headers = { authorization = "Basic {base64('user:', token)}", x-key = "{key}" }
"#;

    #[test]
    fn a_secret_is_hidden_in_each_form_in_which_it_was_sent() {
        let target = Target::parse(FILE, None, &|_| None).unwrap();
        let photos = TestPhotos::generate(target.photos, 1).unwrap();
        let person = CapturedValues::from([("token".to_owned(), "se\"cret/1".to_owned())]);
        let mut captures = Captures { people: vec![person], ..Captures::default() };
        captures.members.entry((0, 1)).or_default().insert("key".into(), "of a member".into());
        let of_copy = CapturedValues::from([("key".to_owned(), "key of a copy".to_owned())]);
        let builder = RequestBuilder {
            target: &target,
            photos: &photos,
            captures: &captures,
            sources: None,
            is_earlier: false,
            of_copy: Some(&of_copy),
        };
        let context = RequestContext { photo: Some(0), copy: 1, ..Default::default() };
        let encoded = "dXNlcjpzZSJjcmV0LzE=";
        for (text, expected) in [
            ("said se\"cret/1", "said {token}"),
            (r#"{"t":"se\"cret/1"}"#, r#"{"t":"{token}"}"#),
            ("?t=se%22cret%2F1&", "?t={token}&"),
            ("not of a member", "not {key}"),
            ("no key of a copy", "no {key}"),
            (encoded, "{base64('user:', token)}"),
            ("public", "public"),
        ] {
            assert_eq!(builder.hide(text, context), expected);
        }
        let error = builder.build(&target.thumbnail.request, context, context).unwrap_err();
        assert_eq!(error.to_string(), "the path {key}?size={size}, with its values, is no URL");
    }
}
