//! Measures the process for the metrics: processor time, memory and open files, as Linux shows them
//! in `/proc`. Other systems show none of them.

use std::time::{SystemTime, UNIX_EPOCH};

use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

type FloatGauge = Gauge<f64, std::sync::atomic::AtomicU64>;

/// Holds the metrics of the process, under the names that every Prometheus client uses.
pub(super) struct ProcessMetrics {
    pub(super) registry: Registry,
    cpu_seconds: FloatGauge,
    resident_bytes: Gauge,
    open_files: Gauge,
    max_files: Gauge,
}

impl Default for ProcessMetrics {
    fn default() -> Self {
        let mut registry = Registry::default();
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("double_exposure_build", "Names the version of the program", version);
        let cpu_seconds = FloatGauge::default();
        // A counter in meaning. The library's counters cannot be set to what the system counts.
        let help = "Measures the processor time of the process";
        registry.register("process_cpu_seconds_total", help, cpu_seconds.clone());
        let start = FloatGauge::default();
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        start.set(since_1970.as_secs_f64());
        registry.register("process_start_time_seconds", "Tells when the server began", start);
        let mut gauge = |name: &str, help: &str| {
            let gauge = Gauge::default();
            registry.register(name, help, gauge.clone());
            gauge
        };
        let resident_bytes =
            gauge("process_resident_memory_bytes", "Measures the memory of the process");
        let open_files = gauge("process_open_fds", "Counts open file descriptors");
        let max_files = gauge("process_max_fds", "Bounds open file descriptors");
        Self { registry, cpu_seconds, resident_bytes, open_files, max_files }
    }
}

impl ProcessMetrics {
    /// Reads the present values.
    #[cfg(target_os = "linux")]
    pub(super) fn read(&self) {
        use rustix::param::{clock_ticks_per_second, page_size};
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
        // The second field, the program's name in parentheses, may have spaces in it.
        let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        let field = |number: usize| {
            after_name.split(' ').nth(number - 3).and_then(|text| text.parse::<u64>().ok())
        };
        if let (Some(user), Some(system), Some(pages)) = (field(14), field(15), field(24)) {
            self.cpu_seconds.set((user + system) as f64 / clock_ticks_per_second() as f64);
            self.resident_bytes.set((pages * page_size() as u64) as i64);
        }
        if let Ok(entries) = std::fs::read_dir("/proc/self/fd") {
            self.open_files.set(entries.count() as i64);
        }
        if let Some(max) = rustix::process::getrlimit(rustix::process::Resource::Nofile).current {
            self.max_files.set(i64::try_from(max).unwrap_or(i64::MAX));
        }
    }

    /// Does nothing: only Linux shows the values in files.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn read(&self) {}
}
