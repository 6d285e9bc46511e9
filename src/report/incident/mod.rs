//! What a day in virtual time leaves behind: a timeline for the terminal, a page for a room, and a
//! list of whom to tell.

mod folder;
mod moments;
mod page;
mod timeline;

pub use folder::{Folder, FolderError};
pub use page::Page;
pub use timeline::timeline;
