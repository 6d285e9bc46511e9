//! Builds requests from templates, photos and captured values.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use sha1::Sha1;

use super::captures::{CapturedValues, Captures, RequestContext};
use super::client::HttpRequest;
use super::spec::{
    BodySpec, RequestTemplate, Target, Template, in_json, in_path, percent_encoded, verbatim,
};
use super::test_photos::TestPhotos;

/// Describes why a request cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BuildError {
    #[error("{0:?} cannot stand in a URL")]
    Path(String),
    #[error("the value of {0} cannot stand in a header")]
    Header(String),
}

/// Placeholder of the signature until the path is known.
const SIGNATURE: &str = "$signature$";

/// Builds requests for a target.
#[derive(Clone, Copy)]
pub(crate) struct RequestBuilder<'a> {
    pub(crate) target: &'a Target,
    pub(crate) photos: &'a TestPhotos,
    pub(crate) captures: &'a Captures,
    /// URL of the origin server that serves the photos, in pull mode.
    pub(crate) origin: Option<&'a str>,
    /// True if photos are uploaded in their earlier version.
    pub(crate) is_earlier: bool,
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
        let path = self.signed(request.path.fill(&|name| self.value(name, context), in_path));
        let url = self.target.base.join_path(&path).map_err(|_| BuildError::Path(path))?;
        let mut headers = HeaderMap::new();
        for (name, template) in &request.headers {
            let text = template.fill(&|name| self.value(name, in_headers), verbatim);
            let value = HeaderValue::from_str(&text);
            let mut value = value.map_err(|_| BuildError::Header(name.to_string()))?;
            value.set_sensitive(true);
            headers.insert(name.clone(), value);
        }
        let body = self.body(&request.body, context, &mut headers);
        Ok(HttpRequest { method: request.method.clone(), url, headers, body })
    }

    fn body(&self, body: &BodySpec, context: RequestContext, headers: &mut HeaderMap) -> Bytes {
        let value = |name: &str| self.value(name, context);
        let file = || context.photo.map_or_else(Bytes::new, |photo| self.file(photo));
        let media_type = self.photos.spec.format.media_type();
        let (bytes, default_type) = match body {
            BodySpec::Empty => return Bytes::new(),
            BodySpec::Photo => (file(), media_type.to_owned()),
            BodySpec::Text { text, is_json: true } => {
                (text.fill(&value, in_json).into(), "application/json".to_owned())
            }
            BodySpec::Text { text, is_json: false } => {
                let form = "application/x-www-form-urlencoded".to_owned();
                (text.fill(&value, verbatim).into(), form)
            }
            BodySpec::Form { file_field, filename, fields } => {
                let boundary = format!("double-exposure-{}", self.photos.run);
                let part = |name: &str, more: &str| {
                    let disposition = "content-disposition: form-data; name=\"";
                    format!("--{boundary}\r\n{disposition}{name}\"{more}\r\n\r\n")
                };
                let mut form = Vec::new();
                for (name, text) in fields {
                    form.extend(part(name, "").into_bytes());
                    form.extend(text.fill(&value, verbatim).into_bytes());
                    form.extend(b"\r\n");
                }
                let filename = filename.fill(&value, percent_encoded);
                let more = format!("; filename=\"{filename}\"\r\ncontent-type: {media_type}");
                form.extend(part(file_field, &more).into_bytes());
                form.extend_from_slice(&file());
                form.extend(format!("\r\n--{boundary}--\r\n").into_bytes());
                (form.into(), format!("multipart/form-data; boundary={boundary}"))
            }
        };
        if let Ok(default_type) = HeaderValue::from_str(&default_type) {
            headers.entry(CONTENT_TYPE).or_insert(default_type);
        }
        bytes
    }

    fn file(&self, photo: usize) -> Bytes {
        let earlier = self.photos.earlier.get(photo).filter(|_| self.is_earlier);
        earlier.map_or_else(|| self.photos.all[photo].file.clone(), |(_, file)| file.clone())
    }

    /// Replaces the placeholder in a path by the signature, if the target has a key.
    fn signed(&self, path: String) -> String {
        let Some(key) = &self.target.thumbnail.sign_key else { return path };
        let Some((before, signed)) = path.split_once(&format!("{SIGNATURE}/")) else { return path };
        format!("{before}{}/{signed}", signature(key, signed))
    }

    /// Returns the value of a variable.
    fn value(&self, name: &str, context: RequestContext) -> Option<Cow<'a, str>> {
        let get = |values: Option<&'a CapturedValues>, name: &str| {
            values.and_then(|values| values.get(name)).map(|value| value.as_str().into())
        };
        let number = |index: usize| Some((index + 1).to_string().into());
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
        match name {
            "run" => Some(self.photos.run.as_str().into()),
            "person.number" | "album.number" => number(context.owner),
            "photo.number" => number(self.photos.all[context.photo?].number),
            "uuid" => Some(self.photos.all[context.photo?].uuid.to_string().into()),
            "size" => Some(context.size.to_string().into()),
            "number" => Some(context.number.to_string().into()),
            "source" => Some(self.source(context.photo?)?.into()),
            "source.escaped" => {
                Some(percent_encoded(&self.source(context.photo?)?).into_owned().into())
            }
            "signature" => Some(SIGNATURE.into()),
            captured => {
                let Captures { people, albums, members, photos } = self.captures;
                let member =
                    context.member.and_then(|member| members.get(&(context.owner, member)));
                get(context.photo.and_then(|photo| photos.get(photo)), captured)
                    .or_else(|| get(member, captured))
                    .or_else(|| get(albums.get(context.owner), captured))
                    .or_else(|| get(people.get(context.owner), captured))
            }
        }
    }

    /// Returns the URL from which the target can fetch a photo.
    fn source(&self, photo: usize) -> Option<String> {
        Some(format!("{}{}", self.origin?, self.photos.origin_path(photo)))
    }
}

/// Signs a path as thumbor does: HMAC-SHA1 of the path behind the signature, in base64 for URLs.
/// Source: thumbor's documentation, "Security", and `libthumbor`.
fn signature(key: &Template, signed: &str) -> String {
    let key = key.fill(&|_| None, verbatim);
    let mut mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).expect("a key may have any length");
    mac.update(signed.as_bytes());
    URL_SAFE.encode(mac.finalize().into_bytes())
}

/// The expected value comes from Python's `hmac` and `hashlib` for the same key and path.
#[test]
fn a_path_is_signed_with_hmac_sha1_in_base64_for_urls() {
    let signature = signature(&Template::plain("MY_SECURE_KEY"), "300x200/smart/path/to/image.jpg");
    assert_eq!(signature, "3ZAFIB9OK_j_R10MafCdhFO99mE=");
}
