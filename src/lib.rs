//! x
pub mod codec;
pub mod pipeline;
mod sync;
