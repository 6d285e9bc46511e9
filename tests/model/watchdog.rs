//! Ends a test that waits for ever. A lock that is never released then shows as a red run that
//! names the test, and not as a build that somebody cancels.

use std::io::Write;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;
use std::{process, thread};

/// Ends the process with an error unless it is dropped in time: a thread that waits for a lock
/// cannot be stopped in any other way.
#[must_use = "the time is up to where this is dropped"]
pub(crate) struct Watch {
    _dropped: Sender<()>,
}

/// Gives the test that calls it 10 s from here.
pub(crate) fn ten_seconds() -> Watch {
    let (dropped, watched) = channel();
    let test = thread::current().name().unwrap_or("a test").to_owned();
    thread::spawn(move || {
        if watched.recv_timeout(Duration::from_secs(10)) == Err(RecvTimeoutError::Timeout) {
            // Not `eprintln`: what a test prints is kept back until it ends.
            let _ = writeln!(std::io::stderr(), "{test} has not ended in 10 s: it waits for ever");
            process::exit(1);
        }
    });
    Watch { _dropped: dropped }
}
