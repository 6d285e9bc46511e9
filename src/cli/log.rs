//! Writes the server's log on standard error, as text or as JSON.

use std::io;

use clap::ValueEnum;
use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::{EnvFilter, ParseError};

/// Log events that wait for a slow reader, at most 10,000. Further events are lost: a reader who
/// stops reading must not stop the server.
const MAX_WAITING_EVENTS: usize = 10_000;

/// Lists the formats of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// One line of text for each event.
    Text,
    /// One JSON object in a line for each event.
    Json,
}

/// Starts the log. Events that still wait are written when the result is dropped.
///
/// # Errors
/// Returns an error if RUST_LOG is not a filter.
pub(super) fn start(format: LogFormat) -> Result<WorkerGuard, ParseError> {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into());
    let filter = filter.parse(std::env::var(EnvFilter::DEFAULT_ENV).unwrap_or_default())?;
    let (writer, guard) = NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(MAX_WAITING_EVENTS)
        .thread_name("log")
        .finish(io::stderr());
    let log =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_ansi(false);
    // A process has one subscriber. If one is set already, it serves here too.
    let _ = match format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().flatten_event(true).with_span_list(false).try_init(),
    };
    Ok(guard)
}
