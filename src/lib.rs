//! Two people's photos on one frame.
pub mod pipeline;
pub mod schedule;
mod sync;
