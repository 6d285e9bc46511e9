//! A response is written into a buffer of a pool, and a writer sends the buffer.
//!
//! The handler is done as soon as the writer has the buffer, so the buffer can be used again.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use course::{Answer, BLANK, Service, User, step};

type Buffer = Arc<Mutex<User>>;

/// Sends responses from buffers of a pool.
#[derive(Default)]
pub struct Responses {
    free: Mutex<Vec<Buffer>>,
    allocated: AtomicUsize,
}

impl Responses {
    fn take(&self) -> Buffer {
        let free = self.free.lock().unwrap().pop();
        free.unwrap_or_else(|| {
            self.allocated.fetch_add(1, Relaxed);
            Arc::new(Mutex::new(BLANK))
        })
    }

    fn give_back(&self, buffer: Buffer) {
        self.free.lock().unwrap().push(buffer);
    }
}

/// Sends a buffer's contents as soon as the client takes them.
async fn send(buffer: Buffer) -> Answer {
    step("the client takes the response").await;
    Answer::of([*buffer.lock().unwrap()])
}

impl Service for Responses {
    async fn answer(&self, viewer: User) -> Answer {
        let buffer = self.take();
        *buffer.lock().unwrap() = viewer;
        let sending = send(Arc::clone(&buffer));
        // TODO: who still uses the buffer?
        self.give_back(buffer);
        sending.await
    }
}

fn main() {
    course::show::<Responses>("ABA");
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
    fn buffers_are_used_again() {
        let responses = Responses::default();
        for user in ['A', 'B', 'C'] {
            let sent = course::block_on(responses.answer(user));
            assert_eq!(sent, Answer::of([user]));
        }
        assert_eq!(responses.allocated.into_inner(), 1);
    }
}
