//! What a run leaves behind: a table for the terminal, a document for machines, a page for a room,
//! JUnit for CI, and a folder that holds them.

pub mod audit;
mod document;
mod folder;
pub mod incident;
mod junit;
pub mod page;
pub(crate) mod paper;
mod suite;
mod table;

pub use document::Document;
pub(crate) use folder::is_ours;
pub use folder::{Folder, FolderError};
pub use junit::junit;
pub use page::Page;
pub use table::{closing, table};
