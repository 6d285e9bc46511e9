//! A whole server in this process, on a free port, with a file of its own; and the converters that
//! tests put into it, which wait when they are told to.

use std::net::SocketAddr;
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

/// The longest that anything may take here before a test fails. No test waits for it to pass.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) const KEY: &str = "the operator's key";

/// Two people's photos: real, and small, so that a busy machine makes nobody wait.
pub(crate) static ASTRONAUT: LazyLock<&[u8]> =
    LazyLock::new(|| small(include_bytes!("../../src/sample_photos/astronaut.jpg")));
pub(crate) static ROCKET: LazyLock<&[u8]> =
    LazyLock::new(|| small(include_bytes!("../../src/sample_photos/rocket.jpg")));

fn small(photo: &'static [u8]) -> &'static [u8] {
    let size = Size::try_from(400).unwrap();
    let request = ThumbnailRequest {
        photo: Bytes::from_static(photo),
        spec: ThumbnailSpec { size, fit: Fit::Contain },
    };
    convert_undisturbed(&ImageCodec::new(NonZeroU32::MIN), &request).unwrap().to_vec().leak()
}

/// What a server is made with; change what a test is about.
pub(crate) struct Setup {
    pub(crate) converter: Arc<dyn Converter>,
    pub(crate) bounds: AdmissionLimits,
    pub(crate) limits: Limits,
    pub(crate) clock: Clock,
    pub(crate) limit_bytes: Option<u64>,
    pub(crate) make: Maker,
    /// Puts something into the file before the server opens it.
    pub(crate) before: fn(&Path),
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            converter: converter(PipelineKind::Owned, NonZeroUsize::MIN),
            bounds: AdmissionLimits {
                workers: NonZeroUsize::new(8).unwrap(),
                queue: 64,
                memory_bytes: 1 << 30,
            },
            // However busy the machine is; tests about deadlines have their own.
            limits: Limits { deadline: Duration::from_secs(600), ..Limits::default() },
            clock: Clock::System,
            limit_bytes: None,
            make: Maker { maker: "test-1".into(), pipeline: "owned".into(), slots: false },
            before: |_| {},
        }
    }
}

/// A running server; stopped when it is dropped.
pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    pub(crate) store: Arc<Store>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    stopped: Receiver<()>,
    folder: TempDir,
}

impl Service {
    pub(crate) fn start() -> Self {
        Self::with(Setup::default())
    }

    pub(crate) fn with(setup: Setup) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("albums.db");
        let Setup { converter, bounds, limits, clock, limit_bytes, make, before } = setup;
        before(&data);
        let options = StoreOptions { max_bytes: limit_bytes, ..StoreOptions::default() };
        let store = Store::open(&data, clock, options).unwrap();
        let store = Arc::new(store);
        let operator = ContentHash::of(KEY.as_bytes());
        let parts = Parts { store: store.clone(), operator, converter, make, bounds, limits };
        let (stop, stopping) = oneshot::channel();
        let (bound, binding) = channel();
        let (ended, stopped) = channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let server = Server::bind(([127, 0, 0, 1], 0).into(), parts).await.unwrap();
                bound.send(server.address()).unwrap();
                server.run(async { stopping.await.unwrap_or(()) }).await;
            });
            let _ = ended.send(());
            runtime.shutdown_timeout(PATIENCE);
        });
        let address = binding.recv_timeout(PATIENCE).expect("the server listens in time");
        Self { address, store, stop: Some(stop), thread: Some(thread), stopped, folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Nobody in particular.
    pub(crate) fn nobody(&self) -> Client {
        Client::new(self.address)
    }

    pub(crate) fn operator(&self) -> Client {
        self.nobody().with(KEY)
    }

    /// A new person: his client, and his id.
    pub(crate) fn person(&self, name: &str) -> (Client, String) {
        let made = self.operator().post("/people", &format!("{{\"name\":\"{name}\"}}"));
        assert_eq!(made.status, 201);
        (self.nobody().with(&made.text("token")), made.text("person"))
    }

    /// Tells the server to stop and returns at once.
    pub(crate) fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }

    /// Whether the server has come to its end in time.
    pub(crate) fn has_stopped(&self) -> bool {
        self.stopped.recv_timeout(PATIENCE).is_ok()
    }

    pub(crate) fn ledger(&self) -> Vec<Record> {
        let (from, to) = (Moment::from_millis(0), Moment::from_millis(i64::MAX));
        self.store.ledger(from, to).collect::<Result<_, _>>().unwrap()
    }

    /// The value of a metric without labels.
    pub(crate) fn metric(&self, name: &str) -> i64 {
        let text = self.nobody().get("/metrics").body;
        let text = String::from_utf8(text).unwrap();
        let full = format!("double_exposure_{name} ");
        let line = text.lines().find_map(|line| line.strip_prefix(&full));
        line.unwrap_or_else(|| panic!("{name} in {text}")).parse().unwrap()
    }

    /// Waits until a metric shows what is expected: for what has no event of its own. It fails
    /// after a while.
    pub(crate) fn until(&self, name: &str, expected: i64) {
        let end = Instant::now() + PATIENCE;
        while self.metric(name) != expected {
            assert!(Instant::now() < end, "{name} is {}, not {expected}", self.metric(name));
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A new name of a client's.
pub(crate) fn uuid() -> String {
    double_exposure::album::PhotoUuid::random().to_string()
}

/// An album with a photo in it: the photo's path.
pub(crate) fn photo_of(client: &Client, bytes: &[u8]) -> String {
    let album = client.post("/albums", "{\"title\":\"Summer\"}").text("album");
    let path = format!("/albums/{album}/photos/{}", uuid());
    assert_eq!(client.put(&path, bytes).status, 201);
    path
}

pub(crate) const BANDS: NonZeroU32 = NonZeroU32::new(4).unwrap();

/// What a thumbnail must be.
pub(crate) fn truth(photo: &'static [u8], size: u32) -> Vec<u8> {
    let size = Size::try_from(size).unwrap();
    let request = ThumbnailRequest {
        photo: Bytes::from_static(photo),
        spec: ThumbnailSpec { size, fit: Fit::Cover },
    };
    convert_undisturbed(&ImageCodec::new(BANDS), &request).unwrap().to_vec()
}

/// An converter that tells when a conversion begins, and goes on when it is let.
pub(crate) struct Gated {
    inside: Arc<dyn Converter>,
    begun: Mutex<Sender<ConversionJob>>,
    go_on: Mutex<Receiver<()>>,
}

/// The test's side of it.
pub(crate) struct Gate {
    begun: Receiver<ConversionJob>,
    go_on: Sender<()>,
}

impl Gated {
    pub(crate) fn new(inside: Arc<dyn Converter>) -> (Arc<Self>, Gate) {
        let ((begun, begins), (go_on, goes)) = (channel(), channel());
        let gated = Self { inside, begun: Mutex::new(begun), go_on: Mutex::new(goes) };
        (Arc::new(gated), Gate { begun: begins, go_on })
    }

    pub(crate) fn owned() -> (Arc<Self>, Gate) {
        Self::new(converter(PipelineKind::Owned, NonZeroUsize::MIN))
    }
}

impl Gate {
    pub(crate) fn begun(&self) -> ConversionJob {
        self.begun.recv_timeout(PATIENCE).expect("a conversion begins in time")
    }

    /// Whether none has begun that was not asked about.
    pub(crate) fn none_begun(&self) -> bool {
        self.begun.try_recv().is_err()
    }

    pub(crate) fn let_one_go_on(&self) {
        self.go_on.send(()).unwrap();
    }
}

impl Converter for Gated {
    fn convert(&self, job: ConversionJob, photo: Bytes) -> Result<Conversion, ImageError> {
        self.begun.lock().unwrap().send(job.clone()).unwrap();
        // A test that has ended, or forgotten to let go on, must not hold the server for ever.
        let _ = self.go_on.lock().unwrap().recv_timeout(PATIENCE);
        self.inside.convert(job, photo)
    }
}
