//! Sends a photo in pieces: each is read from the store once the socket has taken most of the one
//! before.
//!
//! A slow client therefore holds one piece, and not its photo. A photo that is deleted, replaced or
//! compressed while it is sent, and a viewer that leaves the album, end the response early, which
//! the client sees by its length.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use super::problem::{Problem, ProblemKind};
use super::state::AppState;
use super::transit::{ClientKey, hold};
use crate::album::{PersonId, Photo};

/// Bytes of a piece, 512 KiB. SQLite reaches a piece through every page before it, so smaller
/// pieces would cost more time.
const PIECE_BYTES: u64 = 512 << 10;

/// Identifies a download: the photo as it was found, its viewer, and the client that is charged.
#[derive(Clone)]
pub(super) struct Download {
    pub(super) photo: Photo,
    pub(super) viewer: PersonId,
    pub(super) client: ClientKey,
}

type Piece = Pin<Box<dyn Future<Output = Result<Bytes, Problem>> + Send>>;

/// Sends the pieces of a photo in their order.
pub(super) struct PhotoBody {
    state: Arc<AppState>,
    download: Download,
    /// Piece that was read before the response began.
    first: Option<Bytes>,
    /// Number of bytes that were handed to the connection.
    sent: u64,
    next: Option<Piece>,
}

impl PhotoBody {
    /// Reads the first piece. Returns `None` if the photo is no longer as it was found.
    pub(super) async fn open(
        state: &Arc<AppState>,
        download: Download,
    ) -> Result<Option<Self>, Problem> {
        let first = read(Arc::clone(state), download.clone(), 0).await?;
        let state = Arc::clone(state);
        Ok(first.map(|first| Self { state, download, first: Some(first), sent: 0, next: None }))
    }

    /// Returns the first bytes of the photo, which tell its format.
    pub(super) fn magic(&self) -> &[u8] {
        self.first.as_deref().unwrap_or_default()
    }
}

/// Reads the piece at an offset, and books it first.
async fn read(
    state: Arc<AppState>,
    download: Download,
    offset: u64,
) -> Result<Option<Bytes>, Problem> {
    let Download { photo, viewer, client } = download;
    let length = PIECE_BYTES.min(photo.bytes.saturating_sub(offset));
    let booking = state.download_budget.book(client, length).await;
    let piece = state.resources.store.run(move |store| {
        let piece = store.photo_piece(viewer, &photo, offset, length as usize)?;
        // The booking goes with the bytes, also if the client has left meanwhile.
        Ok::<_, Problem>(piece.map(|piece| hold(piece, booking)))
    });
    piece.await
}

impl Body for PhotoBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.is_end_stream() {
            return Poll::Ready(None);
        }
        let piece = match self.first.take() {
            Some(first) => first,
            None => {
                let (state, download) = (Arc::clone(&self.state), self.download.clone());
                let offset = self.sent;
                let next = self.next.get_or_insert_with(|| {
                    Box::pin(async move {
                        let piece = read(Arc::clone(&state), download, offset);
                        let gone = || Problem::new(ProblemKind::NotFound, "the photo has changed");
                        state.with_timeout(piece).await?.ok_or_else(gone)
                    })
                });
                let piece = ready!(next.as_mut().poll(context));
                self.next = None;
                piece
                    .map_err(|_problem| std::io::Error::other("the photo has changed or is gone"))?
            }
        };
        self.sent += piece.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.sent >= self.download.photo.bytes
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.download.photo.bytes.saturating_sub(self.sent))
    }
}
