//! Three repairs of `dirty_buffer`: a preview must not show rows of the buffer's last upload.

use std::sync::Mutex;

use course::{Answer, BLANK, Guess, Outcome, Service, User, step};

/// Your guesses, in the order of the repairs below: `Holds` or `Fails`.
// TODO: read the three repairs, and guess before you run the test.
const GUESSES: [Guess; 3] = [Guess::Unsure; 3];

/// Makes previews in buffers that are used again, with one of three repairs.
#[derive(Default)]
pub struct Previews<const REPAIR: usize> {
    free: Mutex<Vec<Vec<User>>>,
}

impl<const REPAIR: usize> Previews<REPAIR> {
    fn take(&self) -> Vec<User> {
        let mut free = self.free.lock().unwrap();
        // Repair 0: the buffer that has been free longest is used first.
        let buffer =
            if REPAIR == 0 && !free.is_empty() { Some(free.remove(0)) } else { free.pop() };
        buffer.unwrap_or_else(|| vec![BLANK; 2])
    }
}

impl<const REPAIR: usize> Service for Previews<REPAIR> {
    async fn answer(&self, viewer: User) -> Answer {
        let mut buffer = self.take();
        let rows = if viewer == 'B' { vec!['B'] } else { vec![viewer; 2] };
        if REPAIR == 2 {
            // Repair 2: the buffer is as long as the upload.
            buffer.clear();
            buffer.extend(rows);
        } else {
            buffer[..rows.len()].copy_from_slice(&rows);
        }
        step("show the preview").await;
        let preview = Answer::of(buffer.iter().copied());
        if REPAIR == 1 {
            // Repair 1: the buffer is blanked where it is given back.
            buffer.fill(BLANK);
        }
        self.free.lock().unwrap().push(buffer);
        preview
    }
}

/// Explores every word with one of the repairs.
fn explore<const REPAIR: usize>() -> Outcome {
    course::every_word::<Previews<REPAIR>>("ABC").explore()
}

fn check(guesses: [Guess; 3]) {
    course::compare(
        [
            ("0. use the buffer first that has been free longest", explore::<0>()),
            ("1. blank the buffer where it is given back", explore::<1>()),
            ("2. make the buffer as long as the upload", explore::<2>()),
        ],
        guesses,
    );
}

fn main() {
    check(GUESSES);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_guess_is_right() {
        check(GUESSES);
    }
}
