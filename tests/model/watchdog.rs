//! Runs what could wait for ever, and fails in its place. A lock that is never released then shows
//! as a red test and not as a build that somebody cancels.

use std::panic::resume_unwind;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// Runs `body` on a thread of its own and gives what it gives, its panic too.
///
/// # Panics
/// If it has not ended within 10 s. Its thread is left behind.
pub(crate) fn within_ten_seconds<T: Send + 'static>(
    body: impl FnOnce() -> T + Send + 'static,
) -> T {
    let (ended, end) = channel();
    let body = thread::spawn(move || ended.send(body()));
    match end.recv_timeout(Duration::from_secs(10)) {
        Ok(value) => value,
        Err(RecvTimeoutError::Timeout) => panic!("not ended within 10 s: it waits for ever"),
        Err(RecvTimeoutError::Disconnected) => match body.join() {
            Err(panic) => resume_unwind(panic),
            Ok(_) => unreachable!("a body that returns has sent what it gives"),
        },
    }
}
