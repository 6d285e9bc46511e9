//! Counts what the server does, and encodes the counts as OpenMetrics text for Prometheus.
//!
//! Each server has its own registry. The gauges are read from their owners when the metrics are
//! encoded, so that no count is kept twice.

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

/// Media type of [`Metrics::encode`].
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds of the histograms' buckets, in seconds.
const BUCKETS: [f64; 12] =
    [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResponseLabels {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabel {
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabel {
    reason: &'static str,
}

/// Holds the values of the gauges at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Occupancy {
    /// Number of running conversions.
    pub running: usize,
    /// Number of waiting conversions.
    pub queued: usize,
    /// Pixel memory that the running conversions may hold, in bytes.
    pub pixel_bytes: u64,
    /// Number of store calls that run or wait.
    pub store_calls: usize,
    /// Number of requests without a response.
    pub requests: usize,
    /// Number of open connections.
    pub connections: usize,
}

/// Holds every metric of one server.
pub struct Metrics {
    registry: Registry,
    responses: Family<ResponseLabels, Counter>,
    response_seconds: Family<RouteLabel, Histogram, fn() -> Histogram>,
    rejected: Family<ReasonLabel, Counter>,
    conversions: Counter,
    conversion_seconds: Histogram,
    /// Counts conversions that ended without a thumbnail.
    pub conversions_failed: Counter,
    /// Counts conversions that never began because no request waited any more.
    pub conversions_cancelled: Counter,
    /// Counts requests that waited for the conversion of another request.
    pub conversions_joined: Counter,
    /// Counts thumbnails that were found in the cache.
    pub cache_hits: Counter,
    /// Counts thumbnails that were not of what was asked for, and not sent.
    pub wrong_thumbnails: Counter,
    /// Counts photos that the compression made smaller.
    pub photos_compressed: Counter,
    /// Counts runs of the maintenance.
    pub maintenance_runs: Counter,
    /// Counts waits of the compression for an idle server, one before each photo.
    pub compression_waits: Counter,
    requests_in_flight: Gauge,
    connections: Gauge,
    conversions_running: Gauge,
    conversions_queued: Gauge,
    pixel_bytes: Gauge,
    store_calls: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("double_exposure");
        macro_rules! register {
            ($name:literal, $help:literal) => {
                register!($name, $help, Default::default())
            };
            ($name:literal, $help:literal, $metric:expr) => {{
                let metric = $metric;
                registry.register($name, $help, Clone::clone(&metric));
                metric
            }};
        }
        let histogram: fn() -> Histogram = || Histogram::new(BUCKETS);
        Self {
            responses: register!("http_requests", "Requests with a response"),
            response_seconds: register!(
                "http_request_duration_seconds",
                "Time from a request's head to its response's head",
                Family::<_, _, fn() -> Histogram>::new_with_constructor(histogram)
            ),
            rejected: register!("http_requests_rejected", "Requests rejected under load"),
            conversions: register!("conversions", "Conversions that made a thumbnail"),
            conversion_seconds: register!(
                "conversion_duration_seconds",
                "Time of a conversion",
                histogram()
            ),
            conversions_failed: register!(
                "conversions_failed",
                "Conversions that ended without a thumbnail"
            ),
            conversions_cancelled: register!(
                "conversions_cancelled",
                "Conversions that never began because no request waited any more"
            ),
            conversions_joined: register!(
                "conversions_joined",
                "Requests that waited for the conversion of another request"
            ),
            cache_hits: register!("thumbnail_cache_hits", "Thumbnails found in the cache"),
            wrong_thumbnails: register!(
                "wrong_thumbnails",
                "Thumbnails that were not of what was asked for, and not sent"
            ),
            photos_compressed: register!("photos_compressed", "Photos made smaller"),
            maintenance_runs: register!("maintenance_runs", "Runs of the maintenance"),
            compression_waits: register!(
                "compression_waits",
                "Waits for an idle server, one before each photo to compress"
            ),
            requests_in_flight: register!("http_requests_in_flight", "Requests without a response"),
            connections: register!("http_connections", "Open connections"),
            conversions_running: register!("conversions_running", "Conversions that run"),
            conversions_queued: register!("conversions_queued", "Conversions that wait"),
            pixel_bytes: register!(
                "conversion_memory_bytes",
                "Pixel memory reserved for the running conversions"
            ),
            store_calls: register!("store_calls_pending", "Store calls that run or wait"),
            registry,
        }
    }
}

impl Metrics {
    /// Counts a response. `route` is the pattern, never the path, which identifies people.
    pub fn observe_response(
        &self,
        method: &str,
        route: &str,
        status: StatusCode,
        problem: Option<ProblemKind>,
        duration: Duration,
    ) {
        let (method, route, status) = (method.to_owned(), route.to_owned(), status.as_u16());
        let seconds = self.response_seconds.get_or_create(&RouteLabel { route: route.clone() });
        seconds.observe(duration.as_secs_f64());
        self.responses.get_or_create(&ResponseLabels { method, route, status }).inc();
        use ProblemKind::{Overloaded, ResponseTimeout, ShuttingDown};
        if let Some(kind @ (Overloaded | ResponseTimeout | ShuttingDown)) = problem {
            self.rejected.get_or_create(&ReasonLabel { reason: kind.slug() }).inc();
        }
    }

    /// Counts a conversion that made a thumbnail.
    pub fn observe_conversion(&self, duration: Duration) {
        self.conversions.inc();
        self.conversion_seconds.observe(duration.as_secs_f64());
    }

    /// Encodes all metrics as OpenMetrics text.
    pub fn encode(&self, occupancy: Occupancy) -> String {
        let Occupancy { running, queued, pixel_bytes, store_calls, requests, connections } =
            occupancy;
        for (gauge, value) in [
            (&self.conversions_running, running as u64),
            (&self.conversions_queued, queued as u64),
            (&self.pixel_bytes, pixel_bytes),
            (&self.store_calls, store_calls as u64),
            (&self.requests_in_flight, requests as u64),
            (&self.connections, connections as u64),
        ] {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        }
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a String never fails");
        text
    }
}
