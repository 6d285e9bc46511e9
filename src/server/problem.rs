//! Defines every error response, as RFC 9457 problem JSON with a closed list of types.
//!
//! A client decides by the type of a problem. The detail is for people and may change.

use std::fmt::Display;
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use hyper::StatusCode;
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use serde::Serialize;

use super::admission::Rejected;
use crate::album::{AlbumError, StoreError};
use crate::codec::ImageError;

/// Detail of a write whose outcome is unknown.
pub(super) const UNKNOWN_OUTCOME: &str = "the write may be stored or not: repeat the request, a \
    POST with the same Idempotency-Key, to find out";

/// Prefix of every problem's type. The [`ProblemKind::slug`] follows.
pub const TYPE_PREFIX: &str = "urn:double-exposure:problem:";

/// Media type of a problem.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Time after which the client of a 503 may try again.
const RETRY_AFTER_503: Duration = Duration::from_secs(1);

/// Upper bound of the characters of a detail, which may quote what the client sent.
const MAX_DETAIL_CHARACTERS: usize = 300;

/// Declares [`ProblemKind`] from one row for each kind: its documentation, name, status, slug and
/// title.
macro_rules! problem_kinds {
    ($($(#[$docs:meta])* $kind:ident = $status:literal, $slug:literal, $title:literal;)*) => {
        /// Lists the kinds of problems.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ProblemKind {
            $($(#[$docs])* $kind,)*
        }

        impl ProblemKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// Returns the status, the slug and the title.
            fn parts(self) -> (u16, &'static str, &'static str) {
                match self {
                    $(Self::$kind => ($status, $slug, $title),)*
                }
            }
        }
    };
}

problem_kinds! {
    /// Body that is not JSON of the documented shape.
    InvalidJson = 400, "invalid-json", "The body is not the documented JSON";
    /// Id in the path that is not a UUID.
    InvalidPath = 400, "invalid-path", "An id in the path is not a UUID";
    /// Query whose size, fit or another part is not allowed.
    InvalidQuery = 400, "invalid-query", "The query is not allowed";
    /// Idempotency key that is empty, too long, given twice, or not of visible ASCII characters.
    InvalidIdempotencyKey = 400, "invalid-idempotency-key", "The Idempotency-Key is not allowed";
    /// Request without the one `Host` that HTTP requires, or with several.
    InvalidHost = 400, "invalid-host", "The request must have one Host";
    /// Body that ended early or was malformed.
    IncompleteBody = 400, "incomplete-body", "The body did not arrive whole";
    /// Request without a valid token.
    Unauthenticated = 401, "unauthenticated", "A valid token is needed";
    /// Request of a person for what only the operator may do.
    OperatorOnly = 403, "operator-only", "Only the operator may do this";
    /// Request of a member for what only the owner may do.
    OwnerOnly = 403, "owner-only", "Only the owner may do this";
    /// Resource that does not exist, or that the client may not know of.
    NotFound = 404, "not-found", "There is no such resource";
    /// Method that the path does not have.
    MethodNotAllowed = 405, "method-not-allowed", "This path does not have this method";
    /// Request that took too long to arrive.
    RequestTimeout = 408, "request-timeout", "The request took too long to arrive";
    /// Upload under a name that other bytes were uploaded under before.
    NameConflict = 409, "name-conflict", "Other bytes have this name";
    /// Removal of the album's owner, who cannot leave the album.
    OwnerCannotLeave = 409, "owner-cannot-leave", "The album's owner cannot leave it";
    /// Album that holds the maximum number of photos or members.
    AlbumFull = 409, "album-full", "The album is full";
    /// Creation or sharing of an album for a person with the maximum number of albums.
    TooManyAlbums = 409, "too-many-albums", "The person has the maximum number of albums";
    /// Repetition of a request whose token was changed or revoked since.
    TokenChanged = 409, "token-changed", "The token was changed or revoked since";
    /// Deletion of a photo that is not as the client's `If-Match` says.
    PreconditionFailed = 412, "precondition-failed", "The photo is not as If-Match says";
    /// Body with more bytes than the limit.
    ContentTooLarge = 413, "content-too-large", "The body is too large";
    /// Body of a media type that the route does not accept.
    UnsupportedMediaType = 415, "unsupported-media-type", "This media type is not accepted";
    /// Photo that cannot be decoded whole, or is beyond a limit.
    UnreadablePhoto = 422, "unreadable-photo", "This photo cannot be read";
    /// Idempotency key that was sent with another request before.
    IdempotencyKeyReused = 422, "idempotency-key-reused", "This key was sent with another request";
    /// Write of which the server cannot tell if it is stored.
    OutcomeUnknown = 500, "outcome-unknown", "The outcome of the write is unknown";
    /// Request for which a queue has no room, or whose work could not end in time.
    Overloaded = 503, "overloaded", "The server has no room for more work now";
    /// Response that was not ready within the response timeout.
    ResponseTimeout = 503, "response-timeout", "The response was not ready in time";
    /// Request that arrived while the server shuts down.
    ShuttingDown = 503, "shutting-down", "The server is shutting down";
    /// Thumbnail of another request, which the converter returned and the server did not send.
    WrongThumbnail = 503, "wrong-thumbnail", "The thumbnail was of another request";
    /// Album file that could not be read or written. Nothing was stored.
    StorageUnavailable = 503, "storage-unavailable", "The album file could not be used";
    /// Failure of the server itself, such as a panic.
    InternalError = 503, "internal-error", "The server failed";
}

impl ProblemKind {
    /// Returns the HTTP status.
    pub fn status(self) -> StatusCode {
        StatusCode::from_u16(self.parts().0).expect("every kind has a status of HTTP")
    }

    /// Returns the end of the type's URN.
    pub fn slug(self) -> &'static str {
        self.parts().1
    }
}

/// Describes one error response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    kind: ProblemKind,
    detail: String,
    reason: Option<&'static str>,
}

impl Problem {
    /// Creates a problem with a detail for people, of which at most 300 characters are kept.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        let mut detail = detail.into();
        if let Some((end, _)) = detail.char_indices().nth(MAX_DETAIL_CHARACTERS) {
            detail.truncate(end);
            detail.push('…');
        }
        Self { kind, detail, reason: None }
    }

    /// Logs why `what` failed, and returns the problem that tells the client no more than that the
    /// server failed.
    pub(super) fn internal(what: &str, error: &dyn Display) -> Self {
        tracing::error!(%error, "{what} failed");
        Self::new(ProblemKind::InternalError, "the server failed; its log tells the operator why")
    }

    /// Returns the kind.
    pub fn kind(&self) -> ProblemKind {
        self.kind
    }

    /// Returns the body as JSON, with the id of the request if there is one.
    pub fn to_json(&self, request: Option<&str>) -> Vec<u8> {
        let (status, slug, title) = self.kind.parts();
        let kind = format!("{TYPE_PREFIX}{slug}");
        let document = Document {
            kind: &kind,
            title,
            status,
            detail: &self.detail,
            reason: self.reason,
            request,
        };
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
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<&'p str>,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.kind.status();
        let mut response = Response::new(Body::from(self.to_json(None)));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, RETRY_AFTER_503.as_secs().into());
        }
        match self.kind {
            ProblemKind::Unauthenticated => {
                let scheme = HeaderValue::from_static("Bearer realm=\"double-exposure\"");
                headers.insert(WWW_AUTHENTICATE, scheme);
            }
            // The connection still carries the rest of the request that was not read.
            ProblemKind::RequestTimeout
            | ProblemKind::ShuttingDown
            | ProblemKind::InvalidHost
            | ProblemKind::IncompleteBody => {
                headers.insert(CONNECTION, HeaderValue::from_static("close"));
            }
            _ => {}
        }
        // The metrics count responses by kind, and the body gets the id of the request.
        response.extensions_mut().insert(self);
        response
    }
}

impl From<AlbumError> for Problem {
    fn from(error: AlbumError) -> Self {
        let kind = match &error {
            AlbumError::NotFound | AlbumError::NoSuchPerson => ProblemKind::NotFound,
            AlbumError::NotOwner => ProblemKind::OwnerOnly,
            AlbumError::OwnerStays => ProblemKind::OwnerCannotLeave,
            AlbumError::OtherBytes => ProblemKind::NameConflict,
            AlbumError::LimitReached { .. } => ProblemKind::AlbumFull,
            AlbumError::TooManyAlbums { .. } => ProblemKind::TooManyAlbums,
            AlbumError::KeyReused => ProblemKind::IdempotencyKeyReused,
            AlbumError::TokenChanged => ProblemKind::TokenChanged,
            AlbumError::Changed => ProblemKind::PreconditionFailed,
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
            StoreError::OutcomeUnknown { .. } => {
                tracing::error!(%error, "the outcome of a write is unknown");
                return Self::new(ProblemKind::OutcomeUnknown, UNKNOWN_OUTCOME);
            }
            StoreError::FileReplaced { .. } => {
                "the album file was deleted, moved or replaced, and nothing was stored"
            }
            StoreError::Full => "the disk is full, and nothing was stored: try again later",
            StoreError::Busy => "another process holds the album file: try again",
            _ => "the album file could not be used; the log tells the operator why",
        };
        tracing::error!(%error, "the album file could not be used");
        Self::new(ProblemKind::StorageUnavailable, detail)
    }
}

impl From<Rejected> for Problem {
    fn from(rejected: Rejected) -> Self {
        let kind = match rejected {
            Rejected::QueueFull { .. } => ProblemKind::Overloaded,
            Rejected::ExceedsBudget { .. } => ProblemKind::UnreadablePhoto,
        };
        Self::new(kind, rejected.to_string())
    }
}

/// Converts the codec's error for an uploaded photo, and names the `reason` in the JSON.
impl From<ImageError> for Problem {
    fn from(error: ImageError) -> Self {
        let (kind, reason) = match &error {
            ImageError::File { .. } => (ProblemKind::ContentTooLarge, "file"),
            ImageError::Unknown | ImageError::Empty => (ProblemKind::UnreadablePhoto, "unknown"),
            ImageError::Foreign { .. } => (ProblemKind::UnreadablePhoto, "foreign"),
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
        Self { reason: Some(reason), ..Self::new(kind, error.to_string()) }
    }
}
