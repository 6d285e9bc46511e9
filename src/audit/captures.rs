//! Holds the values that the target's responses gave for each person, album, member and photo.

use std::collections::BTreeMap;

use serde_json::Value;

use super::client::HttpResponse;
use super::spec::{Capture, Per};

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
}

/// Describes what a request is about. People and photos have indexes from 0.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RequestContext {
    /// Owner of the album or the photo.
    pub(crate) owner: usize,
    pub(crate) member: Option<usize>,
    pub(crate) photo: Option<usize>,
    /// Person whose token the request for a thumbnail carries.
    pub(crate) viewer: Option<usize>,
    pub(crate) size: u32,
    pub(crate) number: u64,
}

impl Captures {
    /// Stores the values of a response to a request about `context`.
    pub(crate) fn store(&mut self, per: Per, context: RequestContext, values: CapturedValues) {
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

/// Reads values from a response.
pub(crate) fn capture(
    captures: &[(String, Capture)],
    response: &HttpResponse,
) -> Result<CapturedValues, String> {
    let mut values = CapturedValues::new();
    let body: Option<Value> = serde_json::from_slice(&response.body).ok();
    for (name, capture) in captures {
        let (value, source) = match capture {
            Capture::Pointer(pointer) => {
                let value = match body.as_ref().and_then(|body| body.pointer(pointer)) {
                    Some(Value::String(text)) => Some(text.clone()),
                    Some(Value::Number(number)) => Some(number.to_string()),
                    _ => None,
                };
                (value, format!("text or number at {pointer:?}"))
            }
            Capture::Header(header) => {
                let value = response.headers.get(header).and_then(|value| value.to_str().ok());
                (value.map(str::to_owned), format!("header {header}"))
            }
        };
        let value = value.filter(|value| value.len() <= MAX_VALUE_BYTES);
        let missing = || format!("the response has no {source}; compare it with the target's file");
        values.insert(name.clone(), value.ok_or_else(missing)?);
    }
    Ok(values)
}
