//! What the server counts, in the text that Prometheus reads.
//!
//! Each server has its own registry. Gauges of what is held elsewhere are read when asked for, so
//! that there is one truth.

use std::time::Duration;

use hyper::StatusCode;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::problem::ProblemKind;

/// The media type of [`Metrics::text`].
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper ends of the buckets, in seconds.
const SECONDS: [f64; 12] =
    [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];

/// One kind of request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

/// What is held elsewhere, as it is now.
#[derive(Clone, Copy, Debug, Default)]
pub struct Occupancy {
    /// Conversions at work.
    pub at_work: usize,
    /// Conversions that wait.
    pub waiting: usize,
    /// Bytes of pixels at work.
    pub pixel_bytes: u64,
    /// Questions at the store's desk.
    pub store_waiting: usize,
    /// Requests begun and not answered.
    pub requests: usize,
    /// Connections open.
    pub connections: usize,
}

/// All that is counted.
pub struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    durations: Family<Route, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
    shed: Family<Reason, Counter>,
    /// Conversions that ended with a thumbnail.
    pub conversions: Counter,
    /// Conversions that ended without.
    pub conversions_failed: Counter,
    /// Conversions that nobody waited for any more and that never began.
    pub conversions_dropped: Counter,
    conversion_seconds: Histogram,
    /// Thumbnails that were there already.
    pub cache_hits: Counter,
    /// Requests that waited for a conversion that another had begun.
    pub joined: Counter,
    /// Thumbnails that were not of what was asked for, and not sent.
    pub stopped: Counter,
    /// Photos that the 35-day compression has made smaller.
    pub compressed: Counter,
    /// Looks for photos to compress.
    pub compression_rounds: Counter,
    /// Quiet moments that compression waited for, one before each photo.
    pub compression_waits: Counter,
    at_work: Gauge,
    waiting: Gauge,
    pixel_bytes: Gauge,
    store_waiting: Gauge,
    connections: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let histogram: fn() -> Histogram = || Histogram::new(SECONDS);
        let mut registry = Registry::with_prefix("double_exposure");
        macro_rules! register {
            ($name:literal, $help:literal, $metric:expr) => {{
                let metric = $metric;
                registry.register($name, $help, metric.clone());
                metric
            }};
        }
        let requests =
            register!("http_requests", "Requests answered", Family::<Answered, Counter>::default());
        let durations = register!(
            "http_request_seconds",
            "Time from a request's head to its answer's head",
            Family::<Route, Histogram, fn() -> Histogram>::new_with_constructor(histogram)
        );
        let shed = register!("shed", "Requests refused", Family::<Reason, Counter>::default());
        Self {
            in_flight: register!("http_in_flight", "Requests at work", Gauge::default()),
            conversions: register!("conversions", "Thumbnails made", Counter::default()),
            conversions_failed: register!(
                "conversions_failed",
                "Conversions that gave no thumbnail",
                Counter::default()
            ),
            conversions_dropped: register!(
                "conversions_dropped",
                "Conversions dropped before they began, because nobody waited any more",
                Counter::default()
            ),
            conversion_seconds: register!("conversion_seconds", "Time of one", histogram()),
            cache_hits: register!("thumbnail_cache_hits", "Thumbnails kept", Counter::default()),
            joined: register!(
                "thumbnails_shared",
                "Requests that shared another's conversion",
                Counter::default()
            ),
            stopped: register!(
                "thumbnails_stopped_at_the_door",
                "Thumbnails that were not of what was asked for, and not sent",
                Counter::default()
            ),
            compressed: register!("photos_compressed", "Photos made smaller", Counter::default()),
            compression_rounds: register!(
                "compression_rounds",
                "Looks for photos to compress",
                Counter::default()
            ),
            compression_waits: register!(
                "compression_waits",
                "Quiet moments waited for, one before each photo",
                Counter::default()
            ),
            at_work: register!("conversions_at_work", "Begun, not finished", Gauge::default()),
            waiting: register!("conversions_waiting", "In the queue", Gauge::default()),
            pixel_bytes: register!("pixels_at_work_bytes", "Of the budget", Gauge::default()),
            store_waiting: register!("store_waiting", "Questions to the file", Gauge::default()),
            connections: register!("connections", "Open", Gauge::default()),
            requests,
            durations,
            shed,
            registry,
        }
    }
}

impl Metrics {
    /// Counts an answer. `route` is the pattern, never the path: names are people's.
    pub fn answered(
        &self,
        method: &str,
        route: &str,
        status: StatusCode,
        problem: Option<ProblemKind>,
        took: Duration,
    ) {
        let (method, route) = (method.to_owned(), route.to_owned());
        self.durations.get_or_create(&Route { route: route.clone() }).observe(took.as_secs_f64());
        self.requests.get_or_create(&Answered { method, route, status: status.as_u16() }).inc();
        if let Some(
            kind @ (ProblemKind::Overloaded | ProblemKind::Deadline | ProblemKind::Stopping),
        ) = problem
        {
            self.shed.get_or_create(&Reason { reason: kind.slug() }).inc();
        }
    }

    /// Counts a thumbnail made.
    pub fn converted(&self, took: Duration) {
        self.conversions.inc();
        self.conversion_seconds.observe(took.as_secs_f64());
    }

    /// All of it, as OpenMetrics text.
    pub fn text(&self, held: Occupancy) -> String {
        let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        self.at_work.set(signed(held.at_work as u64));
        self.waiting.set(signed(held.waiting as u64));
        self.pixel_bytes.set(signed(held.pixel_bytes));
        self.store_waiting.set(signed(held.store_waiting as u64));
        self.in_flight.set(signed(held.requests as u64));
        self.connections.set(signed(held.connections as u64));
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a String takes whatever is written");
        text
    }
}
