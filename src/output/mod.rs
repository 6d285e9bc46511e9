//! Writes what the products report: terminal text, JSON, JUnit XML, HTML pages with figures, and
//! the folder that holds them.

pub(crate) mod facts;
pub mod figure;
pub(crate) mod html;
pub(crate) mod json;
pub(crate) mod junit;
mod output_dir;
pub(crate) mod progress;
pub(crate) mod terminal;

pub use output_dir::{OutputDir, OutputError};
