//! The object that describes a request is expensive to make, so the server keeps one and fills it
//! anew for each request.
//!
//! After the response, a job in the background writes the user's history. It keeps the object.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use course::{Answer, BLANK, Service, User, step};

/// Describes a request.
struct Request {
    user: Mutex<User>,
}

/// Serves requests, one at a time, with a request object that is used again.
#[derive(Default)]
pub struct Server {
    kept: Mutex<Option<Arc<Request>>>,
    made: AtomicUsize,
}

impl Server {
    /// Returns a request object for a user.
    fn request(&self, user: User) -> Arc<Request> {
        let mut kept = self.kept.lock().unwrap();
        // Only an object that no other part of the program holds may be filled anew.
        let unused = kept.take().filter(|request| Arc::strong_count(request) == 1);
        let request = unused.unwrap_or_else(|| {
            self.made.fetch_add(1, Relaxed);
            Arc::new(Request { user: Mutex::new(BLANK) })
        });
        *request.user.lock().unwrap() = user;
        *kept = Some(Arc::clone(&request));
        request
    }
}

impl Service for Server {
    async fn answer(&self, viewer: User) -> Answer {
        let request = self.request(viewer);
        step("send the response").await;
        let job = async move {
            step("write the user's history").await;
            *request.user.lock().unwrap()
        };
        Answer::of([job.await])
    }
}

fn main() {
    course::show::<Server>("AABA");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_users_history_names_another() {
        course::every_word::<Server>("AB").never_mixes();
        course::every_word::<Server>("ABC").never_mixes();
        course::every_word::<Server>("AABB").never_mixes();
    }

    #[test]
    fn an_object_that_no_part_holds_is_used_again() {
        let server = Server::default();
        for user in ['A', 'B', 'C'] {
            assert_eq!(course::block_on(server.answer(user)), Answer::of([user]));
        }
        assert_eq!(server.made.into_inner(), 1);
    }
}
