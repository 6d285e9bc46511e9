//! Requests ask a database through connections that are kept open.
//!
//! The database answers the questions of a connection in their order. A request takes a connection,
//! sends its question, and waits for the reply. A guard gives the connection back, also when the
//! request ends early because its client hung up.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use course::{Answer, Service, User, step};

/// Holds the replies that the database has sent and no request has read.
#[derive(Default)]
struct Connection {
    replies: VecDeque<User>,
}

/// Asks the database through kept connections.
#[derive(Default)]
pub struct Database {
    kept: Mutex<Vec<Connection>>,
    opened: AtomicUsize,
}

/// Gives a connection back when dropped.
struct Lease<'d> {
    database: &'d Database,
    connection: Connection,
}

impl Database {
    fn connect(&self) -> Lease<'_> {
        let kept = self.kept.lock().unwrap().pop();
        let connection = kept.unwrap_or_else(|| {
            self.opened.fetch_add(1, Relaxed);
            Connection::default()
        });
        Lease { database: self, connection }
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        // TODO: may every connection be kept?
        let connection = std::mem::take(&mut self.connection);
        self.database.kept.lock().unwrap().push(connection);
    }
}

impl Service for Database {
    async fn answer(&self, viewer: User) -> Answer {
        let mut lease = self.connect();
        lease.connection.replies.push_back(viewer);
        step("read the reply").await;
        Answer::of(lease.connection.replies.pop_front())
    }
}

fn main() {
    course::show::<Database>("AaBB");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_user_is_shown_anothers_reply() {
        course::every_word::<Database>("AB").never_mixes();
        course::every_word::<Database>("ABC").never_mixes();
        course::every_word::<Database>("AABB").never_mixes();
    }

    #[test]
    fn no_user_is_shown_anothers_reply_when_a_client_hangs_up() {
        course::every_word::<Database>("AB").dropping(1).never_mixes();
        course::every_word::<Database>("ABC").dropping(1).never_mixes();
        course::every_word::<Database>("AABB").dropping(1).never_mixes();
    }

    #[test]
    fn connections_are_used_again() {
        let database = Database::default();
        for _ in 0..3 {
            let shown = course::block_on(database.answer('A'));
            assert_eq!(shown, Answer::of(['A']));
        }
        assert_eq!(database.opened.into_inner(), 1);
    }
}
