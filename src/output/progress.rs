//! Shows on standard error how far a command is, if standard error is a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// Draws a progress bar, and removes it when dropped.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Starts a bar that counts up to `total`, with `noun` before it. A `quiet` bar stays hidden.
    pub(crate) fn counting(quiet: bool, noun: &'static str, total: u64) -> Self {
        let progress = Self::start(quiet, "{prefix:10} {wide_bar} {pos}/{len} {eta:>4}", total);
        progress.0.set_prefix(noun);
        progress
    }

    /// Starts a bar with a text behind it in place of numbers. A `quiet` bar stays hidden.
    pub(crate) fn with_message(quiet: bool, message: &'static str) -> Self {
        let progress = Self::start(quiet, "{wide_bar} {msg}", 1);
        progress.0.set_message(message);
        progress
    }

    fn start(quiet: bool, template: &str, total: u64) -> Self {
        if quiet {
            return Self(ProgressBar::hidden());
        }
        let style = ProgressStyle::with_template(template).expect("the template is well formed");
        Self(ProgressBar::new(total).with_style(style))
    }

    /// Sets the count.
    pub(crate) fn set(&self, done: u64) {
        self.0.set_position(done);
    }

    /// Adds 1 to the count.
    pub(crate) fn increment(&self) {
        self.0.inc(1);
    }

    /// Sets the number that the bar counts up to.
    pub(crate) fn set_total(&self, total: u64) {
        self.0.set_length(total);
    }

    /// Sets the text behind the bar.
    pub(crate) fn set_message(&self, message: String) {
        self.0.set_message(message);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
