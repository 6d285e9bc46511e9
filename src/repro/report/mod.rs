//! Reports a reproduction: a table for the terminal, JSON, a page, JUnit, and a folder for them.

mod json;
mod junit;
mod output_dir;
pub mod page;
mod table;

pub use json::ReproDocument;
pub use junit::junit;
pub use output_dir::ReproDir;
pub use page::ReproPage;
pub use table::{closing, table};
