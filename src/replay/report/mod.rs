//! Reports replays as text for a terminal, as JSON, and as a folder of thumbnails.

mod board;
mod exhaustive;
mod json;
mod odds;
mod output_dir;
mod shrink;
mod summary;
mod table;

pub(crate) use board::Board;
pub(crate) use json::ReplayDocument;
pub(crate) use odds::OddsDocument;
pub(crate) use output_dir::{DOCUMENT, write};
pub(crate) use shrink::ShrinkDocument;
pub(crate) use table::table;
