//! `serve`: the album service over HTTP, until it is told to stop.

use std::error::Error;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::output::{eprint, print, print_json};
use super::{Exit, OutputArgs, malloc_arenas};
use crate::album::{Clock, ContentHash, Moment, OpenError, Store, StoreError, StoreOptions};
use crate::allocator::keep_freed_memory;
use crate::codec::MAKER_SUFFIX;
use crate::pipelines::PipelineKind;
use crate::server::admission::AdmissionLimits;
use crate::server::limits::Limits;
use crate::server::{Parts, Server, converter, thumbnailer};

/// Where the operator's key comes from, if not from the file.
const KEY: &str = "DOUBLE_EXPOSURE_OPERATOR_KEY";

/// Serve albums: people, photos, and thumbnails made on demand
///
/// Everything lies in one file. Stops on SIGTERM and Ctrl-C, once what it accepted is done. The
/// operator's key is taken from DOUBLE_EXPOSURE_OPERATOR_KEY; without it one is made at the first
/// start and printed once, on standard error.
#[derive(Args)]
pub(super) struct Serve {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3535")]
    listen: SocketAddr,
    /// The album's file; made if it is missing
    #[arg(long, value_name = "FILE", default_value = "double-exposure.db")]
    data: PathBuf,
    /// The pipeline that makes thumbnails
    #[arg(long, value_enum, value_name = "P", default_value = "owned")]
    pipeline: PipelineKind,
    /// Slots in the ring of `shared`, and frames that `pooled` keeps: 1 to 1024
    #[arg(long, value_name = "N", default_value = "8", value_parser = number::<1, 1024>)]
    slots: usize,
    /// Conversions begun and not finished: 1 to 256
    #[arg(long, value_name = "N", default_value = "32", value_parser = number::<1, 256>)]
    workers: usize,
    /// Conversions that may wait: 0 to 65536
    #[arg(long, value_name = "N", default_value = "256", value_parser = number::<0, 65_536>)]
    queue: usize,
    /// Pixels that all conversions at work may hold together, as 512MiB: 1MiB at least
    #[arg(long, value_name = "BYTES", default_value = "1GiB", value_parser = memory)]
    memory: u64,
    /// How long a request may wait for its answer, as 500ms, 10s or 2m
    #[arg(long, value_name = "SPAN", default_value = "10s", value_parser = span)]
    deadline: Duration,
    /// The moment at which the clock starts, for drills [default: now]
    #[arg(long, value_name = "RFC3339")]
    now: Option<Moment>,
    #[command(flatten)]
    voice: OutputArgs,
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
enum StartError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{KEY} is empty: give it a long random text, or unset it")]
    EmptyKey,
    #[error("{KEY} is no text: give it a long random text, or unset it")]
    UnreadableKey,
    #[error("cannot listen on {address} ({error}): choose another with --listen")]
    Listen { address: SocketAddr, error: io::Error },
    #[error("the system gives no threads or signals ({0}): free some")]
    System(io::Error),
}

/// What `--json` says once the server listens.
#[derive(Serialize)]
struct Listening {
    schema: &'static str,
    listening: String,
    pipeline: String,
    maker: String,
}

impl Serve {
    pub(super) fn run(self) -> Result<Exit, Box<dyn Error>> {
        malloc_arenas::limit();
        keep_freed_memory();
        self.serve()?;
        Ok(Exit::Held)
    }

    fn serve(self) -> Result<(), StartError> {
        // A second subscriber in one process is refused, and the first one serves.
        let _ = tracing_subscriber::fmt()
            .with_writer(io::stderr)
            .with_ansi(false)
            .with_max_level(tracing::Level::INFO)
            .try_init();
        let clock = self.now.map_or(Clock::System, Clock::starting_at);
        let store = Arc::new(Store::open(&self.data, clock, StoreOptions::default())?);
        let operator = operator(&store)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .max_blocking_threads(self.workers + BESIDES)
            .build()
            .map_err(StartError::System)?;
        let ended = runtime.block_on(self.listen(store, operator));
        // What is still at work by then works for nobody.
        runtime.shutdown_timeout(Duration::from_secs(5));
        ended
    }

    async fn listen(&self, store: Arc<Store>, operator: ContentHash) -> Result<(), StartError> {
        let stop = stop().map_err(StartError::System)?;
        let slots = NonZeroUsize::new(self.slots).expect("1 at least");
        let workers = NonZeroUsize::new(self.workers).expect("1 at least");
        let make = thumbnailer::Maker::by(self.pipeline);
        let parts = Parts {
            store,
            operator,
            converter: converter::converter(self.pipeline, slots),
            make: make.clone(),
            bounds: AdmissionLimits { workers, queue: self.queue, memory_bytes: self.memory },
            limits: Limits { deadline: self.deadline, ..Limits::default() },
        };
        let bound = Server::bind(self.listen, parts).await;
        let server = bound.map_err(|error| StartError::Listen { address: self.listen, error })?;
        self.announce(&server, &make);
        server.run(stop).await;
        if !self.voice.quiet {
            eprint("stopped\n");
        }
        Ok(())
    }

    fn announce(&self, server: &Server, make: &thumbnailer::Maker) {
        let listening = format!("http://{}", server.address());
        if self.voice.json {
            print_json(&Listening {
                schema: "double-exposure/serve/1",
                listening,
                pipeline: make.pipeline.to_string(),
                maker: make.maker.to_string(),
            });
        } else {
            print(&format!("listening on {listening}\n"));
        }
        // Whoever waits for this line waits for it now; a closed pipe is no reason not to serve.
        let _ = io::stdout().flush();
    }
}

/// Blocking threads beside the conversions': the store's, the inspections' and the compression's.
const BESIDES: usize = 32;

/// The hash of the operator's key, from the environment or the file.
fn operator(store: &Store) -> Result<ContentHash, StartError> {
    match std::env::var(KEY) {
        Ok(key) if key.trim().is_empty() => Err(StartError::EmptyKey),
        Ok(key) => Ok(ContentHash::of(key.trim().as_bytes())),
        Err(std::env::VarError::NotUnicode(_)) => Err(StartError::UnreadableKey),
        Err(std::env::VarError::NotPresent) => {
            let (hash, made) = store.operator_key()?;
            if let Some(key) = made {
                eprint(&format!("operator key: {} (shown this once)\n", key.reveal()));
            }
            Ok(hash)
        }
    }
}

/// What ends when somebody asks the process to stop. A second asking ends it at once.
fn stop() -> io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    let mut terminate = {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut term, mut int) =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        async move || {
            tokio::select! {
                _ = term.recv() => {}
                _ = int.recv() => {}
            }
        }
    };
    #[cfg(not(unix))]
    let mut terminate = async || {
        // Without the signal there is nothing to wait for but the end of the process.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    Ok(async move {
        terminate().await;
        tokio::spawn(async move {
            terminate().await;
            std::process::exit(Exit::Interrupted as i32);
        });
    })
}

fn number<const LEAST: usize, const MOST: usize>(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (LEAST..=MOST).contains(number));
    number.ok_or_else(|| format!("not a whole number from {LEAST} to {MOST}"))
}

/// A number of bytes: plain, or with a unit.
fn memory(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, u32); 4] = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)];
    let (digits, shift) = UNITS
        .iter()
        .find_map(|&(unit, shift)| Some((text.strip_suffix(unit)?, shift)))
        .unwrap_or((text, 0));
    let bytes = digits.trim().parse::<u64>().ok().and_then(|count| count.checked_mul(1 << shift));
    let bytes = bytes.filter(|bytes| (1 << 20..=1 << 40).contains(bytes));
    bytes.ok_or_else(|| "not a number of bytes from 1MiB to 1TiB: write it as 512MiB".to_owned())
}

/// A span of time: a whole number and its unit.
pub(super) fn span(text: &str) -> Result<Duration, String> {
    const UNITS: [(&str, u64); 3] = [("ms", 1), ("s", 1_000), ("m", 60_000)];
    let ms = UNITS.iter().find_map(|&(unit, ms)| {
        text.strip_suffix(unit)?.trim().parse::<u64>().ok()?.checked_mul(ms)
    });
    let ms = ms.filter(|ms| (1..=3_600_000).contains(ms));
    let span = ms.map(Duration::from_millis);
    span.ok_or_else(|| "not a span from 1ms to 60m: write it as 500ms, 10s or 2m".to_owned())
}

impl thumbnailer::Maker {
    /// What this program makes thumbnails with.
    fn by(pipeline: PipelineKind) -> Self {
        let value = pipeline.to_possible_value().expect("no pipeline is hidden");
        let pipeline_name = value.get_name();
        Self {
            maker: format!("{}-{pipeline_name}{MAKER_SUFFIX}", env!("CARGO_PKG_VERSION")).into(),
            pipeline: pipeline_name.into(),
            slots: pipeline == PipelineKind::Shared,
        }
    }
}
