//! Takes in the shipped files of the server, except those that hold a socket.

#[path = "../../src/server/admission.rs"]
pub mod admission;
#[path = "../../src/server/auth.rs"]
mod auth;
#[path = "../../src/server/byte_budget.rs"]
mod byte_budget;
#[path = "../../src/server/connection_table.rs"]
pub mod connection_table;
#[path = "../../src/server/converter.rs"]
pub mod converter;
#[path = "../../src/server/etag.rs"]
mod etag;
#[path = "../../src/server/extract.rs"]
mod extract;
#[path = "../../src/server/job_registry.rs"]
pub mod job_registry;
#[path = "../../src/server/latency_estimate.rs"]
mod latency_estimate;
#[path = "../../src/server/limits.rs"]
pub mod limits;
#[path = "../../src/server/metrics.rs"]
mod metrics;
#[path = "../../src/server/min_rate.rs"]
mod min_rate;
#[path = "../../src/server/photo_body.rs"]
mod photo_body;
#[path = "../../src/server/problem.rs"]
pub mod problem;
#[path = "../../src/server/process_metrics.rs"]
mod process_metrics;
#[path = "../../src/server/readiness.rs"]
mod readiness;
#[path = "../../src/server/resources.rs"]
mod resources;
#[path = "../../src/server/routes/mod.rs"]
mod routes;
#[path = "../../src/server/shares.rs"]
pub mod shares;
#[path = "../../src/server/single_flight.rs"]
pub mod single_flight;
#[path = "../../src/server/state.rs"]
mod state;
#[path = "../../src/server/store_executor.rs"]
pub mod store_executor;
#[path = "../../src/server/thumbnailer.rs"]
pub mod thumbnailer;
#[path = "../../src/server/transit.rs"]
pub mod transit;
#[path = "../../src/server/upload_validation.rs"]
mod upload_validation;
#[path = "../../src/server/worker_pool.rs"]
mod worker_pool;

// Below this module, so that it reaches what the server keeps to itself.
#[path = "models/mod.rs"]
pub(crate) mod models;
