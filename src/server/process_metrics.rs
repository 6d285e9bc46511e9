//! Measures the process for the metrics: processor time, memory and open files, as Linux shows them
//! in `/proc`. Other systems show only when it began.

use std::fmt::Error;
use std::time::{SystemTime, UNIX_EPOCH};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

/// Returns a registry of the process's metrics, under the names that every Prometheus client uses,
/// and of the program's version.
pub(super) fn registry() -> Registry {
    let mut registry = Registry::default();
    let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
    registry.register("double_exposure_build", "Names the version of the program", version);
    let began = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    registry.register_collector(Box::new(Process { began: began.as_secs_f64() }));
    registry
}

/// Reads the process's values whenever the metrics are encoded.
#[derive(Debug)]
struct Process {
    /// Time at which the server began, in seconds since 1970.
    began: f64,
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), Error> {
        let mut gauge = |name, help, value| put(&mut encoder, name, help, &ConstGauge::new(value));
        gauge("process_start_time_seconds", "Tells when the server began", self.began)?;
        let Some(usage) = Usage::read() else { return Ok(()) };
        let (memory, open, max) = (usage.resident_bytes, usage.open_files, usage.max_files);
        gauge("process_resident_memory_bytes", "Measures the memory of the process", memory)?;
        gauge("process_open_fds", "Counts open file descriptors", open)?;
        gauge("process_max_fds", "Bounds open file descriptors", max)?;
        let (name, help) = ("process_cpu_seconds", "Measures the process's processor time");
        put(&mut encoder, name, help, &ConstCounter::new(usage.cpu_seconds))
    }
}

fn put(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    metric: &impl EncodeMetric,
) -> Result<(), Error> {
    metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)
}

/// Holds what the system counts about the process.
struct Usage {
    cpu_seconds: f64,
    resident_bytes: f64,
    open_files: f64,
    max_files: f64,
}

impl Usage {
    #[cfg(target_os = "linux")]
    fn read() -> Option<Self> {
        use rustix::param::{clock_ticks_per_second, page_size};
        let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
        // The second field, the program's name in parentheses, may have spaces in it.
        let (_, after_name) = stat.rsplit_once(") ")?;
        let field = |number: usize| after_name.split(' ').nth(number - 3)?.parse::<f64>().ok();
        let max_files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        Some(Self {
            cpu_seconds: (field(14)? + field(15)?) / clock_ticks_per_second() as f64,
            resident_bytes: field(24)? * page_size() as f64,
            open_files: std::fs::read_dir("/proc/self/fd").ok()?.count() as f64,
            max_files: max_files.map_or(f64::INFINITY, |max| max as f64),
        })
    }

    /// Returns nothing: only Linux shows the values in files.
    #[cfg(not(target_os = "linux"))]
    fn read() -> Option<Self> {
        None
    }
}
