//! Counts requests, conversions and maintenance, and encodes the counts as OpenMetrics text for
//! Prometheus.
//!
//! Each server has its own registry. The gauges are read from their owners when the metrics are
//! encoded, so that no count is kept twice.

use std::time::Duration;

use hyper::StatusCode;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::{encode, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::problem::ProblemKind;
use super::process_metrics;
use crate::album::ClockStatus;

/// Media type of [`Metrics::encode`].
pub(super) const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds of the histograms' buckets, in seconds.
const BUCKETS: [f64; 12] =
    [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];

/// Problems that count as rejected under load.
const REJECTIONS: [ProblemKind; 3] =
    [ProblemKind::Overloaded, ProblemKind::ResponseTimeout, ProblemKind::ShuttingDown];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ResponseLabels {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct RouteLabel {
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ReasonLabel {
    reason: &'static str,
}

/// Holds the values of the gauges at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Occupancy {
    /// Number of running conversions.
    pub(super) running: usize,
    /// Number of waiting conversions.
    pub(super) queued: usize,
    /// Pixel memory that the running conversions may hold, in bytes.
    pub(super) pixel_bytes: u64,
    /// Bytes of uploads that have arrived and are not stored.
    pub(super) upload_bytes: u64,
    /// Bytes of responses that no socket has taken.
    pub(super) download_bytes: u64,
    /// Number of store calls that run or wait.
    pub(super) store_calls: usize,
    /// Number of requests without a response.
    pub(super) requests: usize,
    /// Number of open connections.
    pub(super) connections: usize,
    /// Clock beside the expected time.
    pub(super) clock: ClockStatus,
    /// Free bytes of the file's disk, if the system tells.
    pub(super) disk_free_bytes: Option<u64>,
}

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

/// Declares [`Metrics`] from one row for each metric: its help, field, type, name and initial
/// value. The name has the prefix `double_exposure_`, and a counter's also the suffix `_total`.
macro_rules! metrics {
    ($(#[doc = $help:literal] $field:ident: $type:ty = $name:literal, $initial:expr;)*) => {
        /// Holds every metric of one server.
        pub(super) struct Metrics {
            registry: Registry,
            process: Registry,
            $(#[doc = $help] pub(super) $field: $type,)*
        }

        impl Default for Metrics {
            fn default() -> Self {
                let mut registry = Registry::with_prefix("double_exposure");
                $(
                    let $field: $type = $initial;
                    let help = $help.trim().trim_end_matches('.');
                    registry.register($name, help, $field.clone());
                )*
                Self { registry, process: process_metrics::registry(), $($field),* }
            }
        }
    };
}

metrics! {
    /// Counts responses.
    responses: Family<ResponseLabels, Counter> = "http_requests", Family::default();
    /// Measures the time from a request's head to its response's head.
    response_seconds: Family<RouteLabel, Histogram, fn() -> Histogram> =
        "http_request_duration_seconds", Family::new_with_constructor(histogram);
    /// Counts requests that were rejected under load.
    rejected: Family<ReasonLabel, Counter> = "http_requests_rejected", Family::default();
    /// Counts requests without a response.
    requests: Gauge = "http_requests_in_flight", Gauge::default();
    /// Counts open connections.
    connections: Gauge = "http_connections", Gauge::default();
    /// Counts connections that were closed to make room for others.
    connections_evicted: Counter = "http_connections_evicted", Counter::default();
    /// Counts conversions that made a thumbnail.
    conversions: Counter = "conversions", Counter::default();
    /// Measures the time of a conversion.
    conversion_seconds: Histogram = "conversion_duration_seconds", histogram();
    /// Counts conversions that ended without a thumbnail.
    conversions_failed: Counter = "conversions_failed", Counter::default();
    /// Counts conversions that never began because no request waited any more.
    conversions_cancelled: Counter = "conversions_cancelled", Counter::default();
    /// Counts requests that waited for the conversion of another request.
    conversions_joined: Counter = "conversions_joined", Counter::default();
    /// Counts running conversions.
    conversions_running: Gauge = "conversions_running", Gauge::default();
    /// Counts waiting conversions.
    conversions_queued: Gauge = "conversions_queued", Gauge::default();
    /// Measures the pixel memory reserved for the running conversions.
    pixel_bytes: Gauge = "conversion_memory_bytes", Gauge::default();
    /// Measures the bytes of uploads that have arrived and are not stored.
    upload_bytes: Gauge = "upload_bytes", Gauge::default();
    /// Measures the bytes of responses that were read and that no socket has taken.
    download_bytes: Gauge = "download_bytes", Gauge::default();
    /// Counts thumbnails that were found in the cache.
    cache_hits: Counter = "thumbnail_cache_hits", Counter::default();
    /// Counts thumbnails that were not of what was asked for, and not sent.
    wrong_thumbnails: Counter = "wrong_thumbnails", Counter::default();
    /// Counts store calls that run or wait.
    store_calls: Gauge = "store_calls_pending", Gauge::default();
    /// Counts photos that the compression made smaller.
    photos_compressed: Counter = "photos_compressed", Counter::default();
    /// Counts runs of the maintenance.
    maintenance_runs: Counter = "maintenance_runs", Counter::default();
    /// Tells if the clock is believed, as 1 or 0. Without it nothing is deleted or compressed.
    clock_believed: Gauge = "clock_believed", Gauge::default();
    /// Measures by how many seconds the clock is ahead of the expected time.
    clock_ahead: Gauge = "clock_ahead_seconds", Gauge::default();
    /// Measures the free room of the album file's disk.
    disk_free_bytes: Gauge = "disk_free_bytes", Gauge::default();
    /// Counts waits of the compression for an idle server, one before each photo.
    compression_waits: Counter = "compression_waits", Counter::default();
}

impl Metrics {
    /// Counts a response. `route` is the pattern, never the path, which identifies people.
    pub(super) fn observe_response(
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
        if let Some(kind) = problem.filter(|kind| REJECTIONS.contains(kind)) {
            self.rejected.get_or_create(&ReasonLabel { reason: kind.slug() }).inc();
        }
    }

    /// Counts a conversion that made a thumbnail.
    pub(super) fn observe_conversion(&self, duration: Duration) {
        self.conversions.inc();
        self.conversion_seconds.observe(duration.as_secs_f64());
    }

    /// Encodes all metrics as OpenMetrics text.
    pub(super) fn encode(&self, occupancy: Occupancy) -> String {
        let Occupancy { running, queued, pixel_bytes, upload_bytes, download_bytes, .. } =
            occupancy;
        let Occupancy { store_calls, requests, connections, .. } = occupancy;
        self.clock_believed.set(occupancy.clock.is_believed().into());
        self.clock_ahead.set(occupancy.clock.ahead_ms() / 1_000);
        for (gauge, value) in [
            (&self.conversions_running, running as u64),
            (&self.conversions_queued, queued as u64),
            (&self.pixel_bytes, pixel_bytes),
            (&self.upload_bytes, upload_bytes),
            (&self.download_bytes, download_bytes),
            (&self.store_calls, store_calls as u64),
            (&self.requests, requests as u64),
            (&self.connections, connections as u64),
            (&self.disk_free_bytes, occupancy.disk_free_bytes.unwrap_or_default()),
        ] {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        }
        // An alert needs the zero before the first rejection.
        for kind in REJECTIONS {
            drop(self.rejected.get_or_create(&ReasonLabel { reason: kind.slug() }));
        }
        let mut text = String::new();
        encode_registry(&mut text, &self.process)
            .and_then(|()| encode(&mut text, &self.registry))
            .expect("writing to a String never fails");
        text
    }
}
