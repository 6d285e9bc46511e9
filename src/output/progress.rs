//! Shows on standard error how far a command is, if standard error is a terminal. A bar that is
//! dropped disappears.

use indicatif::{ProgressBar, ProgressStyle};

/// Starts a bar that counts up to `total`, with `noun` before it. A `quiet` bar stays hidden.
pub(crate) fn counting(quiet: bool, noun: &'static str, total: u64) -> ProgressBar {
    bar(quiet, "{prefix:10} {wide_bar} {human_pos}/{human_len} {eta:>4}", total).with_prefix(noun)
}

/// Starts a bar with a text behind it in place of numbers. A `quiet` bar stays hidden.
pub(crate) fn with_message(quiet: bool, message: &'static str) -> ProgressBar {
    bar(quiet, "{wide_bar} {msg}", 1).with_message(message)
}

fn bar(quiet: bool, template: &str, total: u64) -> ProgressBar {
    if quiet {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(template).expect("the template is well formed");
    ProgressBar::new(total).with_style(style)
}
