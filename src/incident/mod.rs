//! 28 November 2024 in virtual time: rollout, threshold, detection, fix, five days of copies, and
//! who saw whose; and the same day again with one thing changed.
//!
//! A discrete-event simulation: a fleet of instances, a few cores each, on which conversions are
//! stepped through the *shipped* pipelines at their virtual moments. Mixing is never drawn: it
//! comes from the pipelines' own code, once there is so much at work that a request is lapped. No
//! clock, no threads: the same seed gives the same day, byte for byte.

mod books;
mod caches;
mod chance;
mod copies;
mod day;
mod document;
mod findings;
mod instance;
mod law;
mod makers;
mod minutes;
mod pictures;
mod plan;
mod remedies;
mod row;
mod script;
mod slots;
mod traffic;
mod what_if;
mod world;

pub use copies::Lying;
pub use document::{Compared, Document};
pub use findings::{Concerned, DayError, Findings, Told, play};
pub use law::{Held, Sample};
pub use makers::Maker;
pub use minutes::{AtLoad, Minute, by_load, loads};
pub use pictures::{Picture, PictureError, pictures};
pub use plan::{MOST_PEOPLE, MOST_PHOTOS, Plan, TooLarge};
pub use row::{From, Made, Row, Shown};
pub use script::{
    Age, Alternatives, Beside, Caches, DEFAULT, Detection, Estimate, Fix, Fleet, MOST_BYTES,
    Members, Origin, Parameter, People, Photos, Platform, Published, Script, ScriptError,
    ServerChange, Stage, Stamp, Views, parameters,
};
pub use what_if::WhatIf;
pub use world::World;
