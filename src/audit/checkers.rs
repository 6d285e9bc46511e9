//! Runs response checkers on one thread per core, for exchanges from the load or from records.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::thread;

use tokio::sync::mpsc;

use super::load_generator::Exchange;
use super::response_check::{Checked, ResponseChecker};
use super::spec::Target;
use super::test_photos::TestPhotos;

/// Capacity of the channel of checked responses.
pub(crate) const CHANNEL_CAPACITY: usize = 64;

/// Upper bound of the responses that wait for one checker. A burst of answers waits here, and does
/// not slow the load down.
const MAX_WAITING: usize = 2048;

/// Upper bound of the checker threads.
const MAX_CHECKERS: usize = 16;

/// Starts a checker thread per core. A checker ends when all senders of its channel are gone, or
/// when the receiver of its results is gone.
pub(crate) fn start_checkers(
    target: &Arc<Target>,
    photos: &Arc<TestPhotos>,
    checked: &SyncSender<Checked>,
) -> io::Result<Vec<mpsc::Sender<Exchange>>> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let mut checkers = Vec::new();
    for _ in 0..cores.min(MAX_CHECKERS) {
        let (sender, mut exchanges) = mpsc::channel::<Exchange>(MAX_WAITING);
        let checker = ResponseChecker::new(target, photos);
        let checked = checked.clone();
        thread::Builder::new().name("checker".into()).spawn(move || {
            while let Some(exchange) = exchanges.blocking_recv() {
                if checked.send(checker.check(exchange)).is_err() {
                    return;
                }
            }
        })?;
        checkers.push(sender);
    }
    Ok(checkers)
}
