//! Reports an audit: a table for the terminal, a JSON document, JUnit and Markdown for CI, and an
//! HTML page with images.

mod headline;
mod json;
mod junit;
mod load_chart;
mod markdown;
mod output_dir;
mod page;
mod pictures;
mod record_notes;
mod table;

pub use headline::percent;
pub use json::AuditDocument;
pub use junit::junit;
pub use markdown::markdown;
pub use output_dir::{DOCUMENT, write};
pub use page::page;
pub use table::table;
