//! Reports a reproduction: as a table for the terminal, JSON, an HTML page, JUnit XML, and a folder
//! with all of them.

mod json;
mod junit;
mod output_dir;
pub mod page;
mod table;
mod text;

pub use json::ReproDocument;
pub use junit::junit;
pub use output_dir::{DOCUMENT, write};
pub use page::ReproPage;
pub use table::{summary, table};
