//! What an audit leaves behind: words for the terminal, a document for machines, JUnit and Markdown
//! for CI, and a page with the pictures.

mod curve;
mod document;
mod folder;
mod junit;
mod markdown;
mod page;
mod table;

pub use document::Document;
pub use folder::Folder;
pub use junit::junit;
pub use markdown::markdown;
pub use page::page;
pub use table::{bound, table};
