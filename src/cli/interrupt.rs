//! Handles Ctrl-C: the first ends the command with a report, the second ends the process at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::Exit;

/// Records that the user pressed Ctrl-C.
#[derive(Clone, Default)]
pub(super) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Starts to listen. If the system refuses, Ctrl-C ends the process as without this handler.
    pub(super) fn listen() -> Self {
        let interrupt = Self::default();
        let heard = interrupt.clone();
        if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() {
            thread::spawn(move || {
                runtime.block_on(async {
                    if tokio::signal::ctrl_c().await.is_ok() {
                        heard.0.store(true, Ordering::Relaxed);
                    }
                    if tokio::signal::ctrl_c().await.is_ok() {
                        std::process::exit(Exit::Interrupted as i32);
                    }
                });
            });
        }
        interrupt
    }

    /// Returns true if the user pressed Ctrl-C.
    pub(super) fn heard(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
