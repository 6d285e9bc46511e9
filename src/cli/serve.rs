//! Runs `serve`: serves the albums over HTTP until a signal stops the process.

use std::error::Error;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::client_args::ClientArgs;
use super::limit_args::LimitArgs;
use super::log::{self, LogFormat};
use super::output::eprint;
use super::{Exit, OutputArgs, malloc_arenas, parse};
use crate::album::{Clock, ContentHash, Moment, OpenError, Store, StoreError, StoreOptions};
use crate::allocator::keep_freed_memory;
use crate::pipelines::PipelineKind;
use crate::server::admission::AdmissionLimits;
use crate::server::converter::converter;
use crate::server::limits::Limits;
use crate::server::thumbnailer::Maker;
use crate::server::{Parts, Server};

/// Name of the environment variable with the operator's key.
const KEY_VARIABLE: &str = "DOUBLE_EXPOSURE_OPERATOR_KEY";

/// Number of blocking threads beside the conversions': for store calls and the maintenance.
const OTHER_THREADS: usize = 32;

/// Time that running work gets after the server has stopped.
const RUNTIME_SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// Serves albums over HTTP: people, photos, and thumbnails made on demand.
///
/// Every option can be set by the environment too; an option on the command line wins. All data is
/// in one file. SIGTERM and Ctrl-C stop the server once it has answered every accepted
/// request. The operator's key is read from DOUBLE_EXPOSURE_OPERATOR_KEY. Without this variable the
/// first start creates a key and prints it once, on standard error.
#[derive(Args)]
pub(super) struct Serve {
    /// Address to listen on, such as 127.0.0.1:3535 or localhost:3535. Port 0 takes a free port.
    #[arg(long, env = "DOUBLE_EXPOSURE_LISTEN",
          value_name = "ADDRESS", default_value = "127.0.0.1:3535",
          value_parser = parse::address)]
    listen: SocketAddr,
    /// File with the albums. It is created if it does not exist.
    #[arg(
        long,
        env = "DOUBLE_EXPOSURE_DATA",
        value_name = "FILE",
        default_value = "double-exposure.db"
    )]
    data: PathBuf,
    /// Pipeline that makes the thumbnails.
    #[arg(
        long,
        env = "DOUBLE_EXPOSURE_PIPELINE",
        value_enum,
        value_name = "P",
        default_value = "owned"
    )]
    pipeline: PipelineKind,
    /// Number of slots in the ring of `shared`, and of frames that `pooled` keeps, from 1 to 1024.
    #[arg(long, env = "DOUBLE_EXPOSURE_SLOTS", value_name = "N", default_value = "8",
          value_parser = parse::count::<NonZeroUsize, 1, 1024>)]
    slots: NonZeroUsize,
    /// Number of conversions that run at once, from 1 to 256.
    #[arg(long, env = "DOUBLE_EXPOSURE_WORKERS", value_name = "N", default_value = "32",
          value_parser = parse::count::<NonZeroUsize, 1, 256>)]
    workers: NonZeroUsize,
    /// Number of conversions of one person that run at once, from 1 to 256. By default it is the
    /// number of processors.
    #[arg(long, env = "DOUBLE_EXPOSURE_WORKERS_PER_PERSON", value_name = "N",
          value_parser = parse::count::<NonZeroUsize, 1, 256>)]
    workers_per_person: Option<NonZeroUsize>,
    /// Upper bound of the conversions that wait, from 0 to 65536.
    #[arg(long, env = "DOUBLE_EXPOSURE_MAX_QUEUE", value_name = "N", default_value = "256",
          value_parser = parse::count::<usize, 0, 65_536>)]
    max_queue: usize,
    /// Upper bound of the memory of all running conversions, from 1MiB to 1TiB. A photo whose own
    /// conversion needs more is refused at once.
    #[arg(long, env = "DOUBLE_EXPOSURE_MAX_MEMORY",
          value_name = "BYTES", default_value = "1GiB", value_parser = parse::bytes::<1>)]
    max_memory: u64,
    #[command(flatten)]
    limit: LimitArgs,
    #[command(flatten)]
    clients: ClientArgs,
    /// Longest time that a request waits for its response, such as 500ms, 10s or 2m.
    #[arg(long, env = "DOUBLE_EXPOSURE_RESPONSE_TIMEOUT",
          value_name = "TIME", default_value = "10s", value_parser = parse::duration)]
    response_timeout: Duration,
    /// Time at which the clock starts, for drills. By default it is the present.
    #[arg(long, env = "DOUBLE_EXPOSURE_NOW", value_name = "RFC3339")]
    now: Option<Moment>,
    /// Format of the log on standard error. RUST_LOG chooses its level, by default `info`.
    #[arg(
        long,
        env = "DOUBLE_EXPOSURE_LOG_FORMAT",
        value_enum,
        value_name = "FORMAT",
        default_value = "text"
    )]
    log_format: LogFormat,
    #[command(flatten)]
    output: OutputArgs,
}

/// Describes why the server did not start.
#[derive(Debug, thiserror::Error)]
enum StartError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("RUST_LOG is not a filter of log events ({0}): write it as info or warn,access=info")]
    LogFilter(#[from] tracing_subscriber::filter::ParseError),
    #[error("{KEY_VARIABLE} is empty: set it to a long random text, or unset it")]
    EmptyKey,
    #[error("{KEY_VARIABLE} is not text: set it to a long random text, or unset it")]
    UnreadableKey,
    #[error("cannot listen on {address} ({error}): choose another with --listen")]
    Listen { address: SocketAddr, error: io::Error },
    #[error("the system refuses threads or signals ({0}): free some")]
    System(io::Error),
}

/// Describes the listening server in the document of `--json`.
#[derive(Serialize)]
struct Listening<'a> {
    schema: &'static str,
    listening: &'a str,
    operations: Option<&'a str>,
    pipeline: &'a str,
    maker: &'a str,
}

impl Serve {
    pub(super) fn run(self) -> Result<Exit, Box<dyn Error>> {
        malloc_arenas::limit();
        keep_freed_memory();
        self.serve()?;
        Ok(Exit::Held)
    }

    fn serve(self) -> Result<(), StartError> {
        let _log = log::start(self.log_format)?;
        let clock = self.now.map_or(Clock::System, Clock::starting_at);
        let store = Arc::new(Store::open(&self.data, clock, StoreOptions::default())?);
        let operator_key = operator_key(&store)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .max_blocking_threads(self.workers.get() + OTHER_THREADS)
            .build()
            .map_err(StartError::System)?;
        let ended = runtime.block_on(self.listen(store, operator_key));
        // No client waits for work that still runs by then.
        runtime.shutdown_timeout(RUNTIME_SHUTDOWN_TIMEOUT);
        ended
    }

    async fn listen(&self, store: Arc<Store>, operator_key: ContentHash) -> Result<(), StartError> {
        let stop = stop_signal().map_err(StartError::System)?;
        let Self { slots, workers: max_running, max_queue: max_queued, max_memory, .. } = *self;
        let maker = Maker::new(self.pipeline);
        let parts = Parts {
            store,
            operator_key,
            converter: converter(self.pipeline, slots),
            maker: maker.clone(),
            admission: AdmissionLimits {
                max_running,
                max_running_per_person: self.workers_per_person.unwrap_or_else(processors),
                max_queued,
                max_bytes: max_memory,
            },
            limits: Limits {
                response_timeout: self.response_timeout,
                max_pixels: self.limit.limits().max_pixels,
                ..self.clients.limits()
            },
        };
        let failed = |address| move |error| StartError::Listen { address, error };
        let mut server = Server::bind(self.listen, parts).await.map_err(failed(self.listen))?;
        if let Some(address) = self.clients.operations_listen {
            server = server.with_operations(address).map_err(failed(address))?;
        }
        self.announce(&server, &maker);
        server.run(stop).await;
        self.output.note("stopped\n");
        Ok(())
    }

    fn announce(&self, server: &Server, maker: &Maker) {
        let listening = format!("http://{}", server.address());
        let operations = server.operations_address().map(|address| format!("http://{address}"));
        let document = Listening {
            schema: "double-exposure/serve/1",
            listening: &listening,
            operations: operations.as_deref(),
            pipeline: &maker.pipeline,
            maker: &maker.version,
        };
        self.output.print(&document, || {
            let operations =
                operations.as_ref().map(|address| format!("operations on {address}\n"));
            format!("listening on {listening}\n{}", operations.unwrap_or_default())
        });
        // Scripts wait for this line. A closed pipe is no reason not to serve.
        let _ = io::stdout().flush();
    }
}

/// Returns the hash of the operator's key, from the environment or the file.
fn operator_key(store: &Store) -> Result<ContentHash, StartError> {
    match std::env::var(KEY_VARIABLE) {
        Ok(key) if key.trim().is_empty() => Err(StartError::EmptyKey),
        Ok(key) => Ok(ContentHash::of(key.trim().as_bytes())),
        Err(std::env::VarError::NotUnicode(_)) => Err(StartError::UnreadableKey),
        Err(std::env::VarError::NotPresent) => {
            let (hash, created) = store.operator_key()?;
            if let Some(key) = created {
                eprint(&format!("operator key: {} (shown this once)\n", key.reveal()));
            }
            Ok(hash)
        }
    }
}

/// Returns the number of processors, or 1 if the system does not tell.
fn processors() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// Returns a future that resolves at the first signal to stop. A second signal ends the process at
/// once. SIGHUP, which a terminal sends when it closes, is ignored.
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    let mut terminate = {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut term, mut int) =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        // Tokio keeps the handler, which replaces the system's: to end the process.
        let _ = signal(SignalKind::hangup())?;
        async move || {
            tokio::select! {
                _ = term.recv() => {}
                _ = int.recv() => {}
            }
        }
    };
    #[cfg(not(unix))]
    let mut terminate = async || {
        // Without signals the server runs until the process is killed.
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
