//! Sends HTTP requests with limits and without state that two requests share.
//!
//! A connection is a value that moves from one request to the next. It is dropped after an exchange
//! that failed. So the target, and not this client, caused a response that reaches the wrong
//! request.

mod connection;
mod request;
mod url;

pub(crate) use connection::Connection;
pub(crate) use request::{
    ExchangeLimits, HttpError, HttpRequest, HttpResponse, MAX_REDIRECTS, send,
};
pub use url::{Url, UrlError};
