//! A server keeps its connections in a table. The index of a connection is its name: events carry
//! it through a queue.
//!
//! When a client closes its connection, the place in the table becomes free. An event for the
//! connection may still be in the queue.

use std::sync::Mutex;

use course::{Answer, Service, User, step};

/// Names a connection: the index of its place, and the number of connections at that place so far.
#[derive(Clone, Copy)]
struct Token {
    index: usize,
    generation: u32,
}

/// Holds the user of each connection.
#[derive(Default)]
struct Table {
    users: Vec<Option<User>>,
    /// Number of connections that each place has had.
    generations: Vec<u32>,
}

impl Table {
    /// Adds a connection at the first free place.
    fn open(&mut self, user: User) -> Token {
        let free = self.users.iter().position(Option::is_none);
        let index = free.unwrap_or(self.users.len());
        if index == self.users.len() {
            self.users.push(None);
            self.generations.push(0);
        }
        self.users[index] = Some(user);
        self.generations[index] += 1;
        Token { index, generation: self.generations[index] }
    }

    fn close(&mut self, token: Token) {
        self.users[token.index] = None;
    }

    /// Returns the user of a connection, or `None` if it is closed.
    fn user(&self, token: Token) -> Option<User> {
        let is_same = self.generations[token.index] == token.generation;
        self.users[token.index].filter(|_| is_same)
    }
}

/// Serves connections.
#[derive(Default)]
pub struct Connections {
    table: Mutex<Table>,
}

impl Service for Connections {
    async fn answer(&self, viewer: User) -> Answer {
        let token = self.table.lock().unwrap().open(viewer);
        step("close the connection").await;
        self.table.lock().unwrap().close(token);
        step("send what an event in the queue asks for").await;
        Answer::of(self.table.lock().unwrap().user(token))
    }
}

fn main() {
    course::show::<Connections>("AABA");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_event_reaches_anothers_connection() {
        course::every_word::<Connections>("AB").never_mixes();
        course::every_word::<Connections>("ABC").never_mixes();
        course::every_word::<Connections>("AABB").never_mixes();
    }

    #[test]
    fn an_open_connection_is_found() {
        let mut table = Table::default();
        let (a, b) = (table.open('A'), table.open('B'));
        assert_eq!((table.user(a), table.user(b)), (Some('A'), Some('B')));
    }

    #[test]
    fn places_are_used_again() {
        let mut table = Table::default();
        for user in ['A', 'B', 'C'] {
            let token = table.open(user);
            table.close(token);
        }
        assert_eq!(table.users.len(), 1);
    }
}
