//! Errors as RFC 9457 problem JSON: one closed list, whatever went wrong wherever.
//!
//! A client that meets an error decides by its type, a person by its detail. Nothing else is ever
//! answered to what did not work.

use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use hyper::StatusCode;
use hyper::header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use serde::Serialize;

use super::admission::Rejected;
use crate::album::{AlbumError, StoreError};
use crate::codec::ImageError;

/// What a problem's type begins with.
pub const TYPE_PREFIX: &str = "urn:double-exposure:problem:";

/// The media type of a problem.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// When a client that was turned away for want of room may try again.
const RETRY: Duration = Duration::from_secs(1);

/// The kinds of problems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// The body is no JSON of the shape that is asked for.
    BadJson,
    /// Something in the path is no UUID.
    BadPath,
    /// Size, fit or another part of the query is not what it may be.
    BadQuery,
    /// The body ended early or was not well formed.
    BadBody,
    /// There is no token, or not one that is known here.
    NoToken,
    /// A person asked for what only the operator may do.
    NotOperator,
    /// A member asked for what only the owner may do.
    NotOwner,
    /// There is none, or the asker may not know of it.
    NotFound,
    /// The path has no such method.
    Method,
    /// The request took too long to arrive.
    SlowRequest,
    /// Other bytes were uploaded under the name before.
    NameTaken,
    /// An album's owner stays its member.
    OwnerStays,
    /// The album holds as many as it may.
    AlbumFull,
    /// The body or the photo is larger than it may be.
    TooLarge,
    /// The body is of a type that is not read here.
    MediaType,
    /// The photo could not be decoded whole.
    UnreadablePhoto,
    /// There is no room for more work now.
    Overloaded,
    /// The answer was not there by the deadline.
    Deadline,
    /// The server is stopping.
    Stopping,
    /// The thumbnail that was made is not of what was asked for, and was not sent.
    WrongThumbnail,
    /// The file could not be read or written; nothing was stored.
    Storage,
    /// The work failed for a reason that is the server's.
    Fault,
}

impl ProblemKind {
    /// Every kind.
    pub const ALL: [Self; 22] = [
        Self::BadJson,
        Self::BadPath,
        Self::BadQuery,
        Self::BadBody,
        Self::NoToken,
        Self::NotOperator,
        Self::NotOwner,
        Self::NotFound,
        Self::Method,
        Self::SlowRequest,
        Self::NameTaken,
        Self::OwnerStays,
        Self::AlbumFull,
        Self::TooLarge,
        Self::MediaType,
        Self::UnreadablePhoto,
        Self::Overloaded,
        Self::Deadline,
        Self::Stopping,
        Self::WrongThumbnail,
        Self::Storage,
        Self::Fault,
    ];

    /// Its status, the end of its type, and its title.
    fn parts(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::BadJson => (400, "bad-json", "The body is not the JSON that is asked for"),
            Self::BadPath => (400, "bad-path", "A name in the path is no UUID"),
            Self::BadQuery => (400, "bad-query", "The query is not what it may be"),
            Self::BadBody => (400, "bad-body", "The body did not arrive whole"),
            Self::NoToken => (401, "no-token", "A token is needed that is known here"),
            Self::NotOperator => (403, "not-operator", "Only the operator may do this"),
            Self::NotOwner => (403, "not-owner", "Only the owner may do this"),
            Self::NotFound => (404, "not-found", "There is no such thing"),
            Self::Method => (405, "method", "This path has no such method"),
            Self::SlowRequest => (408, "slow-request", "The request took too long to arrive"),
            Self::NameTaken => (409, "name-taken", "Other bytes have this name"),
            Self::OwnerStays => (409, "owner-stays", "The album's owner stays a member"),
            Self::AlbumFull => (409, "album-full", "The album holds as many as it may"),
            Self::TooLarge => (413, "too-large", "This is larger than it may be"),
            Self::MediaType => (415, "media-type", "This type is not read here"),
            Self::UnreadablePhoto => (422, "unreadable-photo", "This photo cannot be read"),
            Self::Overloaded => (503, "overloaded", "There is no room for more work now"),
            Self::Deadline => (503, "deadline", "The answer was not there in time"),
            Self::Stopping => (503, "stopping", "The server is stopping"),
            Self::WrongThumbnail => {
                (503, "not-of-what-was-asked", "The thumbnail was of another photo")
            }
            Self::Storage => (503, "storage", "The file could not be used"),
            Self::Fault => (503, "fault", "The server failed"),
        }
    }

    /// Its HTTP status.
    pub fn status(self) -> StatusCode {
        StatusCode::from_u16(self.parts().0).expect("every kind has a status of HTTP")
    }

    /// The end of its type.
    pub fn slug(self) -> &'static str {
        self.parts().1
    }
}

/// One error, as it is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    kind: ProblemKind,
    detail: String,
    reason: Option<&'static str>,
    allow: Option<&'static str>,
    retry_after: Option<Duration>,
}

/// Characters of a detail, at most.
const MOST_DETAIL: usize = 300;

impl Problem {
    /// A problem, and what to tell a person about it: 300 characters of it at most, because it may
    /// quote what the client sent.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        let mut detail = detail.into();
        if let Some((end, _)) = detail.char_indices().nth(MOST_DETAIL) {
            detail.truncate(end);
            detail.push('…');
        }
        let retry_after = (kind.status() == StatusCode::SERVICE_UNAVAILABLE).then_some(RETRY);
        Self { kind, detail, reason: None, allow: None, retry_after }
    }

    /// Names the methods that the path has.
    pub fn allowing(mut self, methods: &'static str) -> Self {
        self.allow = Some(methods);
        self
    }

    /// Its kind.
    pub fn kind(&self) -> ProblemKind {
        self.kind
    }

    /// Its body.
    pub fn to_json(&self) -> Vec<u8> {
        let (status, slug, title) = self.kind.parts();
        let kind = format!("{TYPE_PREFIX}{slug}");
        let document =
            Document { kind: &kind, title, status, detail: &self.detail, reason: self.reason };
        serde_json::to_vec(&document).expect("texts and numbers are always JSON")
    }
}

#[derive(Serialize)]
struct Document<'p> {
    #[serde(rename = "type")]
    kind: &'p str,
    title: &'p str,
    status: u16,
    detail: &'p str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'p str>,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.to_json()));
        *response.status_mut() = self.kind.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if let Some(methods) = self.allow {
            headers.insert(ALLOW, HeaderValue::from_static(methods));
        }
        if let Some(after) = self.retry_after {
            headers.insert(RETRY_AFTER, after.as_secs().into());
        }
        match self.kind {
            ProblemKind::NoToken => {
                let scheme = HeaderValue::from_static("Bearer realm=\"double-exposure\"");
                headers.insert(WWW_AUTHENTICATE, scheme);
            }
            // What else would come on this connection is the rest of what was not read.
            ProblemKind::SlowRequest | ProblemKind::Stopping | ProblemKind::BadBody => {
                headers.insert(CONNECTION, HeaderValue::from_static("close"));
            }
            _ => {}
        }
        // Who counts answers wants to know of what kind they were.
        response.extensions_mut().insert(self.kind);
        response
    }
}

impl From<AlbumError> for Problem {
    fn from(error: AlbumError) -> Self {
        let kind = match &error {
            AlbumError::NotFound | AlbumError::NoSuchPerson => ProblemKind::NotFound,
            AlbumError::NotOwner => ProblemKind::NotOwner,
            AlbumError::OwnerStays => ProblemKind::OwnerStays,
            AlbumError::OtherBytes => ProblemKind::NameTaken,
            AlbumError::LimitReached { .. } => ProblemKind::AlbumFull,
            AlbumError::Store(error) => return error.clone().into(),
        };
        Self::new(kind, error.to_string())
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let detail = match &error {
            StoreError::LedgerQueueFull { .. } => {
                return Self::new(ProblemKind::Overloaded, error.to_string());
            }
            StoreError::Full => "the disk is full, and nothing was stored: try again later",
            StoreError::Busy => "the file is held by another process: try again",
            _ => "the file could not be used: the operator is told why",
        };
        tracing::error!(%error, "the file could not be used");
        Self::new(ProblemKind::Storage, detail)
    }
}

impl From<Rejected> for Problem {
    fn from(refused: Rejected) -> Self {
        let kind = match refused {
            Rejected::QueueFull { .. } => ProblemKind::Overloaded,
            Rejected::ExceedsBudget { .. } => ProblemKind::UnreadablePhoto,
        };
        Self::new(kind, refused.to_string())
    }
}

/// What the codec refuses, refused of an upload.
impl From<ImageError> for Problem {
    fn from(refusal: ImageError) -> Self {
        let (kind, reason) = match &refusal {
            ImageError::File { .. } => (ProblemKind::TooLarge, "file"),
            ImageError::Unknown => (ProblemKind::UnreadablePhoto, "unknown"),
            ImageError::Side { .. } => (ProblemKind::UnreadablePhoto, "side"),
            ImageError::Pixels { .. } => (ProblemKind::UnreadablePhoto, "pixels"),
            ImageError::Scans { .. } => (ProblemKind::UnreadablePhoto, "scans"),
            ImageError::ScannedPixels { .. } => (ProblemKind::UnreadablePhoto, "scanned-pixels"),
            ImageError::Memory { .. } => (ProblemKind::UnreadablePhoto, "memory"),
            ImageError::Unsupported { .. } => (ProblemKind::UnreadablePhoto, "unsupported"),
            ImageError::EndsEarly { .. } => (ProblemKind::UnreadablePhoto, "ends-early"),
            ImageError::Damaged { .. } => (ProblemKind::UnreadablePhoto, "damaged"),
            ImageError::Unwritable { .. } => (ProblemKind::UnreadablePhoto, "unwritable"),
        };
        Self { reason: Some(reason), ..Self::new(kind, refusal.to_string()) }
    }
}
