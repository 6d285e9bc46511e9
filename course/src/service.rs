//! Declares what an exercise names: a service, its answers, and the steps of its requests.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::task::Poll;

/// Names a user, who owns data and views data. The letter also names the user's request in a word.
pub type User = char;

/// Marks a row that holds no user's data.
pub const BLANK: User = '-';

/// Answers the requests of all users. One value serves every request, as in a web server.
pub trait Service: Default {
    /// Answers the request of `viewer`, who may see only data of their own.
    fn answer(&self, viewer: User) -> impl Future<Output = Answer>;
}

/// Holds what a request showed: the owner of each row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    owners: Vec<User>,
}

impl Answer {
    /// Returns an answer with these owners' rows. Blank rows are left out.
    pub fn of(rows: impl IntoIterator<Item = User>) -> Self {
        Self { owners: rows.into_iter().filter(|&owner| owner != BLANK).collect() }
    }

    /// Returns an answer that shows nothing, such as a refusal.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Returns the owner of each row.
    pub fn owners(&self) -> &[User] {
        &self.owners
    }

    /// Returns true if a row belongs to another user than the viewer.
    pub fn is_mixed(&self, viewer: User) -> bool {
        self.owners.iter().any(|&owner| owner != viewer)
    }
}

/// Describes where a request stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// The request can go on at its next turn.
    Ready(&'static str),
    /// The request waits for another request.
    Waiting(&'static str),
}

thread_local! {
    /// Place where the request that ran last on this thread stopped.
    static PAUSE: Cell<Pause> = const { Cell::new(Pause::Ready("")) };
}

/// Returns where the request that ran last on this thread stopped.
pub(crate) fn last_pause() -> Pause {
    PAUSE.get()
}

/// Ends a turn: the runtime may continue other requests here. `what` says what the request does
/// next, for the table.
pub async fn step(what: &'static str) {
    let mut reached = false;
    poll_fn(|_| {
        if reached {
            return Poll::Ready(());
        }
        reached = true;
        PAUSE.set(Pause::Ready(what));
        Poll::Pending
    })
    .await;
}

/// Ends a turn, and waits until another request makes the condition true. `what` says what the
/// request waits for.
pub async fn wait_until(what: &'static str, condition: impl Fn() -> bool) {
    poll_fn(|_| {
        if condition() {
            return Poll::Ready(());
        }
        PAUSE.set(Pause::Waiting(what));
        Poll::Pending
    })
    .await;
}
