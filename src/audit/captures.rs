//! Holds the values that the target's responses gave for each person, album, member and photo.

use std::collections::BTreeMap;

use serde_json::Value;

use super::client::HttpResponse;
use super::cookies::{CookieJar, SetCookie, set_cookies};
use super::spec::{Capture, CaptureFrom, Per, SourceVariation, Template};

/// Upper bound of the bytes of a captured value.
const MAX_VALUE_BYTES: usize = 4 << 10;

/// Maps names to captured values.
pub(crate) type CapturedValues = BTreeMap<String, String>;

/// Holds all captured values. The setup writes them, and the load only reads them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Captures {
    pub(crate) people: Vec<CapturedValues>,
    pub(crate) albums: Vec<CapturedValues>,
    /// Values by the album's owner and the album's member.
    pub(crate) members: BTreeMap<(usize, usize), CapturedValues>,
    pub(crate) photos: Vec<CapturedValues>,
    /// Cookies of each person.
    pub(crate) cookies: Vec<CookieJar>,
}

/// Holds what a response gives to later requests.
#[derive(Clone, Debug, Default)]
pub(crate) struct Captured {
    pub(crate) values: CapturedValues,
    pub(crate) cookies: Vec<SetCookie>,
}

/// Describes what a request is about. People and photos have indexes from 0.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RequestContext {
    /// Owner of the album or the photo.
    pub(crate) owner: usize,
    pub(crate) member: Option<usize>,
    pub(crate) photo: Option<usize>,
    /// Copy of the photo; 0 is the photo itself.
    pub(crate) copy: u64,
    /// Person whose cookies the request carries, and whose token a request for a thumbnail carries.
    pub(crate) viewer: Option<usize>,
    pub(crate) size: u32,
    pub(crate) number: u64,
    /// Part in which the photos' URLs differ, in pull mode.
    pub(crate) source: Option<SourceVariation>,
}

impl Captures {
    /// Stores what the response to a request about `context` gave.
    pub(crate) fn store(&mut self, per: Per, context: RequestContext, captured: Captured) {
        let Captured { values, cookies } = captured;
        self.cookies[context.viewer.unwrap_or(context.owner)].store(cookies);
        match (per, context.member, context.photo) {
            (Per::Person, ..) => self.people[context.owner].extend(values),
            (Per::Album, ..) => self.albums[context.owner].extend(values),
            (Per::Member, Some(member), _) => {
                self.members.entry((context.owner, member)).or_default().extend(values);
            }
            (Per::Photo, _, Some(photo)) => self.photos[photo].extend(values),
            (Per::Member | Per::Photo, ..) => {}
        }
    }
}

/// Reads values and cookies from a response. `pattern` fills the template of a regular expression.
pub(crate) fn capture(
    captures: &[(String, Capture)],
    response: &HttpResponse,
    pattern: &dyn Fn(&Template) -> String,
) -> Result<Captured, String> {
    let mut values = CapturedValues::new();
    let body: Option<Value> = serde_json::from_slice(&response.body).ok();
    for (name, Capture { from, pattern: unfilled }) in captures {
        let candidates = candidates(from, response, body.as_ref());
        let template = unfilled.as_ref().map(pattern);
        let source = describe(from);
        let value = match &template {
            None => candidates.into_iter().next(),
            Some(text) => {
                let regex = regex_lite::Regex::new(text).map_err(|error| error.to_string())?;
                candidates.iter().find_map(|candidate| {
                    let found = regex.captures(candidate)?;
                    let found = found.get(1).or_else(|| found.get(0))?;
                    Some(found.as_str().to_owned())
                })
            }
        };
        let value = value.filter(|value| value.len() <= MAX_VALUE_BYTES);
        let missing = || {
            // The template, and not the filled pattern, because a value in it may be a secret.
            let pattern = unfilled.as_ref();
            let pattern =
                pattern.map_or_else(String::new, |text| format!(" that matches {text:?}"));
            format!("the response has no {source}{pattern}, for {name}")
        };
        values.insert(name.clone(), value.ok_or_else(missing)?);
    }
    Ok(Captured { values, cookies: set_cookies(&response.headers) })
}

/// Lists the texts that can hold a value.
fn candidates(from: &CaptureFrom, response: &HttpResponse, body: Option<&Value>) -> Vec<String> {
    match from {
        CaptureFrom::Pointer(pointer) => match body.and_then(|body| body.pointer(pointer)) {
            Some(Value::String(text)) => vec![text.clone()],
            Some(Value::Number(number)) => vec![number.to_string()],
            Some(Value::Bool(flag)) => vec![flag.to_string()],
            _ => Vec::new(),
        },
        CaptureFrom::Header(header) => {
            let values = response.headers.get_all(header).iter();
            values.filter_map(|value| value.to_str().ok()).map(str::to_owned).collect()
        }
        CaptureFrom::Cookie(name) => {
            let cookies = set_cookies(&response.headers).into_iter();
            cookies.filter(|cookie| cookie.name == *name).filter_map(|c| c.value).collect()
        }
        CaptureFrom::Body => vec![String::from_utf8_lossy(&response.body).into_owned()],
    }
}

fn describe(from: &CaptureFrom) -> String {
    match from {
        CaptureFrom::Pointer(pointer) => format!("text or number at {pointer:?}"),
        CaptureFrom::Header(header) => format!("header {header}"),
        CaptureFrom::Cookie(name) => format!("cookie {name}"),
        CaptureFrom::Body => "text".to_owned(),
    }
}

/// Returns true if a response matches a regular expression.
pub(crate) fn matches(pattern: &str, response: &HttpResponse) -> bool {
    let regex = regex_lite::Regex::new(pattern);
    regex.is_ok_and(|regex| regex.is_match(&String::from_utf8_lossy(&response.body)))
}
