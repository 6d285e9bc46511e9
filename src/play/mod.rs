//! Writes a page on which a learner chooses the next step, and tries to mix two users' data.
//!
//! The page holds every state of every level, as the schedule engine and the course's exercises
//! make them. So the page decides nothing itself: it only walks along the edges.

mod exercises;
mod graph;
mod levels;
mod page;
mod state;

pub use graph::{Graph, Node};
pub(crate) use levels::link;
pub use levels::{Level, levels};
pub use page::page;
pub use state::{RequestView, State};
