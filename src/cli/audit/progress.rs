//! Shows the progress of an audit on a terminal.

use indicatif::{ProgressBar, ProgressStyle};

use crate::audit::AuditProgress;
use crate::cli::OutputArgs;

/// Shows the rate, the requests in flight, the answers read, and the mixed answers.
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new(output: OutputArgs) -> Self {
        if output.quiet {
            return Self(ProgressBar::hidden());
        }
        let style = ProgressStyle::with_template("{wide_bar} {msg}");
        let style = style.expect("the template is well formed");
        Self(ProgressBar::new(1).with_style(style).with_message("setting up"))
    }

    pub(super) fn update(&self, progress: AuditProgress) {
        let AuditProgress { elapsed, total, requests, in_flight, read, mixed } = progress;
        if total.is_zero() {
            self.0.tick();
            return;
        }
        let rate = requests as f64 / elapsed.as_secs_f64().max(0.001);
        self.0.set_length(total.as_millis() as u64);
        self.0.set_position(elapsed.min(total).as_millis() as u64);
        let mixed = if mixed > 0 { format!("{mixed} MIXED") } else { "0 mixed".into() };
        self.0.set_message(format!("{rate:.0}/s, {in_flight} in flight, {read} read, {mixed}"));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
