//! Writes what the products report: text for a terminal, HTML pages, figures, JUnit and folders.

pub(crate) mod facts;
pub mod figure;
pub(crate) mod html;
pub(crate) mod junit;
pub mod output_dir;
pub(crate) mod terminal;

pub use output_dir::OutputError;
pub(crate) use output_dir::is_ours;
