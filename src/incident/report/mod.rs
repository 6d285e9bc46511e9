//! Reports the results of a simulation: a timeline for the terminal, an HTML page, a JSON document,
//! and a list of people to notify.

mod json;
mod milestones;
mod output_dir;
mod page;
mod timeline;

pub use json::IncidentDocument;
pub use output_dir::{DOCUMENT, write};
pub use page::IncidentPage;
pub use timeline::timeline;
