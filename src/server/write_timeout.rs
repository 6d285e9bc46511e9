//! Closes the connection of a client that stops reading its response, or reads it too slowly.
//!
//! Slow requests are limited where heads and bodies are read. A client that does not read keeps its
//! response in the server's memory, and only the socket can detect that, so writes time out here.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

use super::connection_table::Activity;
use super::min_rate::MinRate;

/// Wraps a socket so that a write fails once the client has used up its allowance, and so that the
/// connection's activity knows when bytes last moved.
pub(super) struct WriteTimeout {
    stream: Arc<TcpStream>,
    activity: Arc<Activity>,
    rate: MinRate,
    deadline: Pin<Box<Sleep>>,
    /// Time since which a write is pending.
    pending_since: Option<Instant>,
}

impl WriteTimeout {
    pub(super) fn new(
        stream: Arc<TcpStream>,
        activity: Arc<Activity>,
        timeout: Duration,
        min_bytes_per_second: u64,
    ) -> Self {
        let rate = MinRate::new(timeout, min_bytes_per_second);
        let deadline = Box::pin(sleep(timeout));
        Self { stream, activity, rate, deadline, pending_since: None }
    }

    /// Tries a write until the socket takes some bytes, or returns [`io::ErrorKind::TimedOut`] once
    /// the client's allowance has passed.
    fn poll_try_write(
        &mut self,
        context: &mut Context<'_>,
        try_write: impl Fn(&TcpStream) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        while let Poll::Ready(writable) = self.stream.poll_write_ready(context) {
            writable?;
            match try_write(&self.stream) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => {
                    let waited = self.pending_since.take().map(|since| since.elapsed());
                    self.rate.count(waited.unwrap_or_default(), *written.as_ref().unwrap_or(&0));
                    self.activity.moved();
                    return Poll::Ready(written);
                }
            }
        }
        if self.pending_since.is_none() {
            let now = Instant::now();
            self.pending_since = Some(now);
            self.deadline.as_mut().reset(now + self.rate.left());
        }
        self.deadline.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for WriteTimeout {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            ready!(self.stream.poll_read_ready(context))?;
            match self.stream.try_read(buffer.initialize_unfilled()) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
                Ok(read) => {
                    buffer.advance(read);
                    self.activity.moved();
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}

impl AsyncWrite for WriteTimeout {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_try_write(context, |stream| stream.try_write(bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_try_write(context, |stream| stream.try_write_vectored(slices))
    }

    /// Returns true, so that the HTTP library queues the pieces of a body and copies none: a copy
    /// would not be booked.
    fn is_write_vectored(&self) -> bool {
        true
    }

    /// Does nothing: the socket has taken every byte whose write succeeded.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // The other reference belongs to the watch for a client that has closed, which has ended.
        match Arc::get_mut(&mut self.stream) {
            Some(stream) => Pin::new(stream).poll_shutdown(context),
            None => Poll::Ready(Ok(())),
        }
    }
}
