//! What a day in virtual time leaves behind: a timeline for the terminal, a page for a room, and a
//! list of whom to tell.

mod milestones;
mod output_dir;
mod page;
mod timeline;

pub use output_dir::{DOCUMENT, write};
pub use page::IncidentPage;
pub use timeline::timeline;
