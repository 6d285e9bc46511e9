//! Responses are built in buffers of a pool. A request whose header is too large is refused, and
//! its buffer goes back to the pool.
//!
//! User A sends a header that is too large.

use std::sync::Mutex;

use course::{Answer, BLANK, Service, User, step};

/// Holds buffers, and the indices of the free ones.
struct Pool {
    buffers: Vec<User>,
    free: Vec<usize>,
}

/// Builds responses in buffers of a pool.
pub struct Responses {
    pool: Mutex<Pool>,
}

impl Default for Responses {
    fn default() -> Self {
        Self { pool: Mutex::new(Pool { buffers: vec![BLANK; 2], free: vec![1, 0] }) }
    }
}

impl Responses {
    fn take(&self) -> Option<usize> {
        self.pool.lock().unwrap().free.pop()
    }

    fn give_back(&self, index: usize) {
        self.pool.lock().unwrap().free.push(index);
    }

    /// Reads the header into a buffer. A header that is too large is an error.
    fn read_header(&self, user: User, index: usize) -> Result<(), &'static str> {
        if user == 'A' {
            self.give_back(index);
            return Err("431 Request Header Fields Too Large");
        }
        self.pool.lock().unwrap().buffers[index] = user;
        Ok(())
    }
}

impl Service for Responses {
    async fn answer(&self, viewer: User) -> Answer {
        let Some(index) = self.take() else { return Answer::nothing() };
        // TODO: who gives the buffer back?
        if self.read_header(viewer, index).is_err() {
            step("refuse the request").await;
            self.give_back(index);
            return Answer::nothing();
        }
        step("send the response").await;
        let shown = self.pool.lock().unwrap().buffers[index];
        self.give_back(index);
        Answer::of([shown])
    }
}

fn main() {
    course::show::<Responses>("AABCB");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_user_is_sent_anothers_response() {
        course::every_word::<Responses>("AB").never_mixes();
        course::every_word::<Responses>("ABC").never_mixes();
        course::every_word::<Responses>("AABB").never_mixes();
    }

    #[test]
    fn a_refused_request_gives_its_buffer_back() {
        let responses = Responses::default();
        for _ in 0..5 {
            assert_eq!(course::block_on(responses.answer('A')), Answer::nothing());
        }
        assert_eq!(course::block_on(responses.answer('B')), Answer::of(['B']));
        assert_eq!(responses.pool.into_inner().unwrap().buffers.len(), 2);
    }
}
