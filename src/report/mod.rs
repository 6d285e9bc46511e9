//! What a run leaves behind: a table for the terminal, a document for machines, a folder for both.

mod document;
mod folder;
mod table;

pub use document::Document;
pub use folder::{Folder, FolderError};
pub use table::{closing, table};
