//! Sends a request and hangs up, as a viewer does who closes a page.
//!
//! A service may cancel its work at that moment. If it gives a connection with an unread reply back
//! to a pool, the next user gets that reply.

use std::time::Duration;

use http_body_util::BodyExt;
use tokio::time::timeout;

use super::request::ready_connection;
use super::{
    Connection, ExchangeLimits, HttpError, HttpRequest, HttpResponse, MAX_REDIRECTS, send,
};

/// Names the moment at which a client hangs up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum HangUp {
    /// This time after the request was sent, or when the answer begins if that is earlier.
    Before(Duration),
    /// When the answer has begun.
    While,
    /// When the answer is complete, in place of sending another request on the connection.
    After,
}

/// Sends a request and closes its connection at a moment. Returns [`HttpError::HungUp`], or the
/// response if it is complete.
pub(crate) async fn send_and_hang_up(
    kept: &mut Option<Connection>,
    request: &HttpRequest,
    limits: ExchangeLimits,
    moment: HangUp,
) -> Result<HttpResponse, HttpError> {
    if moment == HangUp::After {
        let response = send(kept, request, limits, MAX_REDIRECTS).await;
        *kept = None;
        return response;
    }
    let exchange = async {
        let mut connection = ready_connection(kept, request).await?;
        let head = connection.send(request.to_hyper()?);
        match moment {
            // The answer is lost in any case, so its errors do not matter.
            HangUp::Before(delay) => drop(timeout(delay, head).await),
            HangUp::While | HangUp::After => {
                if let Ok(mut response) = head.await {
                    drop(response.frame().await);
                }
            }
        }
        Err(HttpError::HungUp)
    };
    timeout(limits.timeout, exchange).await.unwrap_or(Err(HttpError::HungUp))
}
