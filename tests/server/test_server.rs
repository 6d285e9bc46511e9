//! Runs a whole server in the test's process, on a free port and with a file of its own, and
//! provides converters that wait until the test releases them.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use double_exposure::album::{Clock, ContentHash, Moment, Record, Store, StoreOptions};
use double_exposure::codec::{Fit, ImageCodec, ImageError, Size, ThumbnailRequest, ThumbnailSpec};
use double_exposure::pipelines::PipelineKind;
use double_exposure::provenance::convert_undisturbed;
use double_exposure::server::admission::AdmissionLimits;
use double_exposure::server::converter::{Conversion, ConversionJob, Converter, converter};
use double_exposure::server::limits::Limits;
use double_exposure::server::thumbnailer::Maker;
use double_exposure::server::{Parts, Server};
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::client::Client;

/// Longest time that one step may take before a test fails. No test waits for it to pass.
pub(crate) const TEST_TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) const KEY: &str = "the operator's key";

/// Photos of two people: real, and small, so that tests are fast on a busy machine.
pub(crate) static ASTRONAUT: LazyLock<&[u8]> =
    LazyLock::new(|| small(include_bytes!("../../src/sample_photos/astronaut.jpg")));
pub(crate) static ROCKET: LazyLock<&[u8]> =
    LazyLock::new(|| small(include_bytes!("../../src/sample_photos/rocket.jpg")));

fn small(photo: &'static [u8]) -> &'static [u8] {
    undisturbed(photo, 400, Fit::Contain, 1).leak()
}

/// Returns the thumbnail that a correct server makes of a photo.
pub(crate) fn expected_thumbnail(photo: &'static [u8], size: u32) -> Vec<u8> {
    undisturbed(photo, size, Fit::Cover, 4)
}

/// Returns the thumbnail of a photo that no other request disturbs.
pub(crate) fn undisturbed(photo: &'static [u8], size: u32, fit: Fit, bands: u32) -> Vec<u8> {
    let spec = ThumbnailSpec { size: Size::try_from(size).unwrap(), fit };
    let request = ThumbnailRequest { photo: Bytes::from_static(photo), spec };
    let codec = ImageCodec::new(NonZeroU32::new(bands).unwrap());
    convert_undisturbed(&codec, &request).unwrap().to_vec()
}

/// Holds the settings of a server. A test changes those that it is about.
pub(crate) struct Setup {
    pub(crate) converter: Arc<dyn Converter>,
    pub(crate) admission: AdmissionLimits,
    pub(crate) limits: Limits,
    pub(crate) clock: Clock,
    pub(crate) max_bytes: Option<u64>,
    pub(crate) maker: Maker,
    /// Writes into the file before the server opens it.
    pub(crate) prepare: fn(&Path),
    /// True if the operator has accepted the clock.
    pub(crate) accept_clock: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            converter: converter(PipelineKind::Owned, NonZeroUsize::MIN),
            admission: AdmissionLimits {
                max_running: NonZeroUsize::new(8).unwrap(),
                max_running_per_person: NonZeroUsize::new(8).unwrap(),
                max_queued: 64,
                max_bytes: 1 << 30,
            },
            limits: Limits {
                // Long, for a busy machine. Tests about the timeout set their own.
                response_timeout: Duration::from_secs(600),
                // Short, so that clients that leave or wait are noticed soon.
                half_close_timeout: Duration::from_millis(10),
                min_idle_time: Duration::from_millis(1),
                // Many, so that one client of a test can fill what all share.
                max_requests_per_client: 1_024,
                ..Limits::default()
            },
            clock: Clock::System,
            max_bytes: None,
            maker: Maker { version: "test-1".into(), pipeline: "owned".into(), has_slots: false },
            prepare: |_| {},
            accept_clock: true,
        }
    }
}

impl Setup {
    /// Builds a setup whose conversions wait until the gate releases them.
    pub(crate) fn gated() -> (Self, Gate) {
        Self::gated_around(converter(PipelineKind::Owned, NonZeroUsize::MIN))
    }

    pub(crate) fn gated_around(inner: Arc<dyn Converter>) -> (Self, Gate) {
        let ((begins, begun), (release, released)) = (channel(), channel());
        let converter =
            GatedConverter { inner, begins: Mutex::new(begins), released: Mutex::new(released) };
        let setup = Self { converter: Arc::new(converter), ..Self::default() };
        (setup, Gate { begun, release })
    }

    pub(crate) fn max_running(mut self, conversions: usize) -> Self {
        self.admission.max_running = NonZeroUsize::new(conversions).unwrap();
        self.admission.max_running_per_person = self.admission.max_running;
        self
    }
}

/// Runs a server, and stops it when dropped.
pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    /// Address of the operations' listener.
    pub(crate) operations: SocketAddr,
    pub(crate) store: Arc<Store>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    stopped: Receiver<()>,
    _folder: TempDir,
}

impl TestServer {
    pub(crate) fn start() -> Self {
        Self::with(Setup::default())
    }

    pub(crate) fn with(setup: Setup) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("albums.db");
        let Setup { converter, admission, limits, clock, max_bytes, maker, .. } = setup;
        (setup.prepare)(&data);
        let options = StoreOptions { max_bytes, ..StoreOptions::default() };
        let store = Arc::new(Store::open(&data, clock, options).unwrap());
        if setup.accept_clock {
            store.accept_clock().unwrap();
        }
        let operator_key = ContentHash::of(KEY.as_bytes());
        let parts =
            Parts { store: store.clone(), operator_key, converter, maker, admission, limits };
        let (stop, stopping) = oneshot::channel();
        let (bind, bound) = channel();
        let (end, stopped) = channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let any_port = ([127, 0, 0, 1], 0).into();
                let server = Server::bind(any_port, parts).await.unwrap();
                let server = server.with_operations(any_port).unwrap();
                bind.send((server.address(), server.operations_address().unwrap())).unwrap();
                server.run(async { stopping.await.unwrap_or(()) }).await;
            });
            let _ = end.send(());
            runtime.shutdown_timeout(TEST_TIMEOUT);
        });
        let (address, operations) =
            bound.recv_timeout(TEST_TIMEOUT).expect("the server listens in time");
        Self {
            address,
            operations,
            store,
            stop: Some(stop),
            thread: Some(thread),
            stopped,
            _folder: folder,
        }
    }

    /// Returns a client without a token.
    pub(crate) fn anonymous(&self) -> Client {
        Client::new(self.address)
    }

    pub(crate) fn operator(&self) -> Client {
        self.anonymous().with_token(KEY)
    }

    /// Creates a person, and returns the person's client and id.
    pub(crate) fn person(&self, name: &str) -> (Client, String) {
        self.operator().create_person(name)
    }

    /// Creates a person, and uploads two photos. Returns the client and the thumbnails' paths.
    pub(crate) fn person_with_photos(&self) -> (Client, [String; 2]) {
        let (client, _) = self.person("Ann");
        let thumbnails = [*ASTRONAUT, *ROCKET].map(|photo| client.upload_for_thumbnail(photo));
        (client, thumbnails)
    }

    /// Sends a GET without reading the response. Dropping the socket hangs up.
    pub(crate) fn send_only(&self, client: &Client, path: &str) -> TcpStream {
        let mut socket = TcpStream::connect(self.address).unwrap();
        let token = client.token();
        let head =
            format!("GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n");
        socket.write_all(head.as_bytes()).unwrap();
        socket
    }

    /// Signals the server to stop, and returns at once.
    pub(crate) fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }

    /// Waits for the server to stop, and returns true if it did in time.
    pub(crate) fn has_stopped(&self) -> bool {
        self.stopped.recv_timeout(TEST_TIMEOUT).is_ok()
    }

    pub(crate) fn ledger(&self) -> Vec<Record> {
        let (from, to) = (Moment::from_millis(0), Moment::from_millis(i64::MAX));
        self.store.ledger(from, to).collect::<Result<_, _>>().unwrap()
    }

    /// Reads the value of a metric without labels, from the operations' listener.
    pub(crate) fn metric(&self, name: &str) -> i64 {
        let operations = Client::new(self.operations);
        let text = String::from_utf8(operations.get("/metrics").body).unwrap();
        let prefix = format!("double_exposure_{name} ");
        let line = text.lines().find_map(|line| line.strip_prefix(&prefix));
        line.unwrap_or_else(|| panic!("{name} in {text}")).parse().unwrap()
    }

    /// Polls a metric until it has the expected value, for what has no event of its own.
    pub(crate) fn wait_for_metric(&self, name: &str, expected: i64) {
        let end = Instant::now() + TEST_TIMEOUT;
        while self.metric(name) != expected {
            assert!(Instant::now() < end, "{name} is {}, not {expected}", self.metric(name));
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Announces each conversion, and begins it once the [`Gate`] releases one.
struct GatedConverter {
    inner: Arc<dyn Converter>,
    begins: Mutex<Sender<ConversionJob>>,
    released: Mutex<Receiver<()>>,
}

/// Releases the conversions of a server one by one.
pub(crate) struct Gate {
    begun: Receiver<ConversionJob>,
    release: Sender<()>,
}

impl Gate {
    /// Waits for the next conversion to reach the gate.
    pub(crate) fn next_job(&self) -> ConversionJob {
        self.begun.recv_timeout(TEST_TIMEOUT).expect("a conversion begins in time")
    }

    /// Returns true if no conversion has reached the gate since the last [`Gate::next_job`].
    pub(crate) fn is_quiet(&self) -> bool {
        self.begun.try_recv().is_err()
    }

    pub(crate) fn release_one(&self) {
        self.release.send(()).unwrap();
    }
}

impl Converter for GatedConverter {
    fn convert(&self, job: ConversionJob, photo: Bytes) -> Result<Conversion, ImageError> {
        self.begins.lock().unwrap().send(job.clone()).unwrap();
        // A test that failed, or released too few, must not keep the server running.
        let _ = self.released.lock().unwrap().recv_timeout(TEST_TIMEOUT);
        self.inner.convert(job, photo)
    }
}
