//! x
pub mod pipeline;
mod sync;
