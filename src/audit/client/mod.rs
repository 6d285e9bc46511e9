//! HTTP as an auditor speaks it: plain, bounded, and with nothing shared between requests.
//!
//! A connection is a value that is moved from one request to the next and is in nobody else's hands
//! meanwhile; one whose exchange did not end well is never used again. So an answer that reaches
//! the wrong request was crossed by the target, not here.

mod connection;
mod request;
mod url;

pub(crate) use connection::Connection;
pub(crate) use request::{ExchangeLimits, HttpError, HttpRequest, HttpResponse, ask, following};
pub use url::{Url, UrlError};
