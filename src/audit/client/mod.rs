//! Sends HTTP requests with limits and without state that two requests share.
//!
//! A connection is a value that moves from one request to the next. It is dropped after an exchange
//! that failed. So the target, and not this client, caused a response that reaches the wrong
//! request.

mod connection;
mod hang_up;
mod request;
mod tls;
mod url;

use std::time::Duration;

pub(crate) use connection::Connection;
pub(crate) use hang_up::{HangUp, send_and_hang_up};
pub(crate) use request::{ExchangeLimits, HttpRequest, HttpResponse, MAX_REDIRECTS, cut, send};
pub use tls::{CaError, TlsTrust};
pub use url::{Url, UrlError};

/// Describes why there is no complete response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("no connection: {0}")]
    Unreachable(String),
    #[error("no complete response within {0:?}")]
    Timeout(Duration),
    #[error("a response of more than {0} bytes")]
    TooLarge(usize),
    #[error("more than {MAX_REDIRECTS} redirects, or a redirect to a URL that cannot be requested")]
    Redirects,
    #[error("a compressed response, which the request did not accept")]
    Compressed,
    #[error("the response broke off: {0}")]
    Broken(String),
    #[error("the client hung up, as planned")]
    HungUp,
}

impl HttpError {
    /// Returns true if the target gave no connection, or no response in time.
    pub(crate) fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Timeout(_))
    }

    fn broken(error: impl ToString) -> Self {
        Self::Broken(error.to_string())
    }
}
