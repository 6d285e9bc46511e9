//! What a service told the audit about each person, album, member and photo; and requests written
//! with it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use sha1::Sha1;

use super::client::HttpRequest;
use super::spec::{BodySpec, RequestTemplate, Target, Template};
use super::test_photos::TestPhotos;
use crate::audit::spec::escape::{as_it_is, fully_escaped, in_json, in_path};

/// Names and what they stand for.
pub(crate) type CapturedValues = BTreeMap<String, String>;

/// Everything that was captured. It is written before the load begins, and only read during it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Captures {
    pub(crate) people: Vec<CapturedValues>,
    pub(crate) albums: Vec<CapturedValues>,
    /// Of each owner's album, each member with what was captured for him.
    pub(crate) members: BTreeMap<(usize, usize), CapturedValues>,
    pub(crate) photos: Vec<CapturedValues>,
}

/// Whom and what a request is about.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RequestContext {
    /// Whose album or photo it is.
    pub(crate) owner: usize,
    pub(crate) member: Option<usize>,
    pub(crate) photo: Option<usize>,
    /// Who asks for a thumbnail.
    pub(crate) viewer: Option<usize>,
    pub(crate) size: u32,
    pub(crate) number: u64,
}

/// What no request can be written of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BuildError {
    #[error("{0:?} cannot stand in a URL")]
    Path(String),
    #[error("the value of {0} cannot stand in a header")]
    Header(String),
}

/// What stands for the signature until the path is known.
const SIGNATURE: &str = "$signature$";

/// Writes requests: a target, its photos, and what was captured.
#[derive(Clone, Copy)]
pub(crate) struct RequestBuilder<'a> {
    pub(crate) target: &'a Target,
    pub(crate) subjects: &'a TestPhotos,
    pub(crate) book: &'a Captures,
    /// Where the photos can be fetched, in pull mode.
    pub(crate) origin: Option<&'a str>,
    /// Whether photos are sent in their earlier version.
    pub(crate) earlier: bool,
}

impl<'a> RequestBuilder<'a> {
    /// A request of the setup, an upload, or one for a thumbnail.
    pub(crate) fn write(
        &self,
        request: &RequestTemplate,
        about: RequestContext,
    ) -> Result<HttpRequest, BuildError> {
        self.build_as(request, about, about)
    }

    /// The same, with headers that are about somebody else: a stranger who learnt a path.
    pub(crate) fn build_as(
        &self,
        request: &RequestTemplate,
        about: RequestContext,
        in_headers: RequestContext,
    ) -> Result<HttpRequest, BuildError> {
        let value = |name: &str| self.value(name, about);
        let path = self.signed(request.path.fill(&value, in_path));
        let url = self.target.base.below(&path).map_err(|_| BuildError::Path(path))?;
        let mut headers = HeaderMap::new();
        for (name, template) in &request.headers {
            let text = template.fill(&|name| self.value(name, in_headers), as_it_is);
            let unwritable = || BuildError::Header(name.to_string());
            let mut text = HeaderValue::from_str(&text).map_err(|_| unwritable())?;
            text.set_sensitive(true);
            headers.insert(name.clone(), text);
        }
        let body = self.body(&request.body, about, &mut headers);
        Ok(HttpRequest { method: request.method.clone(), url, headers, body })
    }

    fn body(&self, body: &BodySpec, about: RequestContext, headers: &mut HeaderMap) -> Bytes {
        let value = |name: &str| self.value(name, about);
        let file = || about.photo.map_or_else(Bytes::new, |photo| self.file(photo));
        let media_type = self.subjects.photos.format.media_type();
        let (bytes, usual) = match body {
            BodySpec::Empty => return Bytes::new(),
            BodySpec::Photo => (file(), media_type.to_owned()),
            BodySpec::Text { text, json: true } => {
                (text.fill(&value, in_json).into(), "application/json".to_owned())
            }
            BodySpec::Text { text, json: false } => {
                let form = "application/x-www-form-urlencoded".to_owned();
                (text.fill(&value, as_it_is).into(), form)
            }
            BodySpec::Form { file: field, filename, fields } => {
                let boundary = format!("double-exposure-{}", self.subjects.run);
                let part = |name: &str, more: &str| {
                    let disposition = "content-disposition: form-data; name=\"";
                    format!("--{boundary}\r\n{disposition}{name}\"{more}\r\n\r\n")
                };
                let mut form = Vec::new();
                for (name, text) in fields {
                    form.extend(part(name, "").into_bytes());
                    form.extend(text.fill(&value, as_it_is).into_bytes());
                    form.extend(b"\r\n");
                }
                let filename = filename.fill(&value, fully_escaped);
                let more = format!("; filename=\"{filename}\"\r\ncontent-type: {media_type}");
                form.extend(part(field, &more).into_bytes());
                form.extend_from_slice(&file());
                form.extend(format!("\r\n--{boundary}--\r\n").into_bytes());
                (form.into(), format!("multipart/form-data; boundary={boundary}"))
            }
        };
        if let Ok(usual) = HeaderValue::from_str(&usual) {
            headers.entry(CONTENT_TYPE).or_insert(usual);
        }
        bytes
    }

    fn file(&self, photo: usize) -> Bytes {
        let earlier = self.subjects.earlier.get(photo).filter(|_| self.earlier);
        earlier.map_or_else(|| self.subjects.all[photo].file.clone(), |(_, file)| file.clone())
    }

    /// The path with its signature, if it is to have one.
    fn signed(&self, path: String) -> String {
        let Some(key) = &self.target.thumbnail.sign_with else { return path };
        let Some((before, signed)) = path.split_once(&format!("{SIGNATURE}/")) else { return path };
        format!("{before}{}/{signed}", signature(key, signed))
    }

    fn value(&self, name: &str, about: RequestContext) -> Option<Cow<'a, str>> {
        let number = |number: usize| Some((number + 1).to_string().into());
        let of = |captured: Option<&'a CapturedValues>, name: &str| {
            captured.and_then(|captured| captured.get(name)).map(|value| value.as_str().into())
        };
        let book = self.book;
        if let Some(name) = name.strip_prefix("member.") {
            let member = about.member?;
            return if name == "number" {
                number(member)
            } else {
                of(book.people.get(member), name)
            };
        }
        if let Some(name) = name.strip_prefix("viewer.") {
            let viewer = about.viewer?;
            return if name == "number" {
                number(viewer)
            } else {
                of(book.people.get(viewer), name)
            };
        }
        match name {
            "run" => Some(self.subjects.run.as_str().into()),
            "person.number" | "album.number" => number(about.owner),
            "photo.number" => number(self.subjects.all[about.photo?].number),
            "uuid" => Some(self.subjects.all[about.photo?].uuid.to_string().into()),
            "size" => Some(about.size.to_string().into()),
            "number" => Some(about.number.to_string().into()),
            "source" => Some(self.source(about.photo?)?.into()),
            "source.escaped" => {
                Some(fully_escaped(&self.source(about.photo?)?).into_owned().into())
            }
            "signature" => Some(SIGNATURE.into()),
            captured => {
                let member =
                    about.member.and_then(|member| book.members.get(&(about.owner, member)));
                of(about.photo.and_then(|photo| book.photos.get(photo)), captured)
                    .or_else(|| of(member, captured))
                    .or_else(|| of(book.albums.get(about.owner), captured))
                    .or_else(|| of(book.people.get(about.owner), captured))
            }
        }
    }

    /// Where a photo can be fetched.
    fn source(&self, photo: usize) -> Option<String> {
        let kind = self.subjects.photos.format.media_type().trim_start_matches("image/");
        let uuid = self.subjects.all[photo].uuid.simple();
        Some(format!("{}/{}/{uuid}.{kind}", self.origin?, self.subjects.run))
    }
}

/// thumbor's: HMAC-SHA1 of the path behind it, in base64 for URLs. Source: thumbor's documentation,
/// "Security", and `libthumbor`.
fn signature(key: &Template, signed: &str) -> String {
    let key = key.fill(&|_| None, as_it_is);
    let mut mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).expect("a key may have any length");
    mac.update(signed.as_bytes());
    URL_SAFE.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against what Python's `hmac` and `hashlib` give for the same key and path.
    #[test]
    fn a_path_is_signed_with_hmac_sha1_in_base64_for_urls() {
        let key = Template::plain("MY_SECURE_KEY");
        let signed = "300x200/smart/path/to/image.jpg";
        assert_eq!(signature(&key, signed), "3ZAFIB9OK_j_R10MafCdhFO99mE=");
    }
}
