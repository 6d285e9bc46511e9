//! What an audit leaves behind: words for the terminal, a document for machines, JUnit and Markdown
//! for CI, and a page with the pictures.

mod json;
mod junit;
mod load_chart;
mod markdown;
mod output_dir;
mod page;
mod table;

pub use json::AuditDocument;
pub use junit::junit;
pub use markdown::markdown;
pub use output_dir::{DOCUMENT, write};
pub use page::page;
pub use table::{bound, table};
