//! Two people's photos on one frame.
pub mod codec;
pub mod commands;
pub mod load;
pub mod photos;
pub mod pipeline;
pub mod report;
pub mod repro;
pub mod schedule;
mod sync;
pub mod witness;
