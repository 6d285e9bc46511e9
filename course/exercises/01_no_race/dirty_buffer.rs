//! A preview shows the rows of an upload as they arrive.
//!
//! To allocate a buffer for every upload was slow, so buffers are used again. The connection of
//! user B breaks: of two rows, one arrives.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use course::{Answer, BLANK, Service, User, step};

/// Rows of a preview.
const ROWS: usize = 2;

/// Makes previews in buffers that are used again.
#[derive(Default)]
pub struct Previews {
    free: Mutex<Vec<Vec<User>>>,
    allocated: AtomicUsize,
}

impl Previews {
    /// Takes a free buffer, or allocates one.
    fn take(&self) -> Vec<User> {
        // TODO: what does the buffer hold?
        let free = self.free.lock().unwrap().pop();
        free.unwrap_or_else(|| {
            self.allocated.fetch_add(1, Relaxed);
            vec![BLANK; ROWS]
        })
    }
}

/// Returns the rows of a user's upload that arrive.
fn upload(owner: User) -> Vec<User> {
    if owner == 'B' { vec![owner] } else { vec![owner; ROWS] }
}

impl Service for Previews {
    async fn answer(&self, viewer: User) -> Answer {
        let mut buffer = self.take();
        let rows = upload(viewer);
        buffer[..rows.len()].copy_from_slice(&rows);
        step("show the preview").await;
        let preview = Answer::of(buffer.iter().copied());
        self.free.lock().unwrap().push(buffer);
        preview
    }
}

fn main() {
    course::show::<Previews>("AABB");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_user_is_shown_anothers_rows() {
        course::every_word::<Previews>("AB").never_mixes();
        course::every_word::<Previews>("ABC").never_mixes();
        course::every_word::<Previews>("AABB").never_mixes();
    }

    #[test]
    fn a_user_is_shown_all_rows_that_arrived() {
        for (user, rows) in [('A', "AA"), ('B', "B")] {
            let shown = course::block_on(Previews::default().answer(user));
            assert_eq!(shown, Answer::of(rows.chars()));
        }
    }

    #[test]
    fn buffers_are_used_again() {
        let previews = Previews::default();
        for user in ['A', 'B', 'C'] {
            course::block_on(previews.answer(user));
        }
        assert_eq!(previews.allocated.into_inner(), 1);
    }
}
