//! Replays a schedule with real photos, or counts all schedules of a size, and reports the result.
//!
//! A schedule is a word (a string with a letter per step, where the letter names the request). A
//! replay compares every band (some rows of a thumbnail) with the lap law, which predicts the
//! band's owner.

mod config;
mod exhaustive;
mod photo_assignment;
mod report;
mod result;

pub(crate) use config::ReplayConfig;
pub(crate) use exhaustive::ExhaustiveCount;
pub(crate) use photo_assignment::PhotoAssignment;
pub(crate) use report::{
    Board, DOCUMENT, OddsDocument, ReplayDocument, ShrinkDocument, table, write,
};
pub(crate) use result::ReplayResult;
