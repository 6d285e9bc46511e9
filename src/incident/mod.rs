//! 28 November 2024 in virtual time: rollout, threshold, detection, fix, five days of copies, and
//! who saw whose; and the same day again with one thing changed.
//!
//! A discrete-event simulation: a fleet of instances, a few cores each, on which conversions are
//! stepped through the *shipped* pipelines at their virtual moments. Mixing is never drawn: it
//! comes from the pipelines' own code, once there is so much at work that a request is lapped. No
//! clock, no threads: the same seed gives the same day, byte for byte.

mod document;
mod engine;
mod event_log;
mod lap_law_check;
mod ledger_adapter;
mod load_series;
mod node;
mod plan;
mod population;
mod recovery;
pub mod report;
mod results;
mod ring_model;
mod rng;
mod sample_images;
mod scenario;
mod thumbnail_caches;
mod traffic;
mod versions;
mod what_if;
mod wrong_copies;

pub use document::{IncidentDocument, WhatIfResult};
pub use event_log::{LogRow, MadeRow, ServedFrom, ShownRow};
pub use lap_law_check::{LawCheck, Sample};
pub use load_series::{AtLoad, Minute, by_load, loads};
pub use plan::{MAX_PEOPLE, MAX_PHOTOS, SimulationPlan, TooLarge};
pub use population::Population;
pub use results::{AffectedPerson, Notifications, SimulationError, SimulationResults, play};
pub use sample_images::{SampleImage, SampleImageError, pictures};
pub use scenario::{
    AlbumAges, AlbumMembers, AlbumPhotos, Alternatives, Beside, Caches, DEFAULT, Detection,
    Estimate, Fix, Fleet, MAX_BYTES, Parameter, ParameterSource, People, Platform, Published,
    RolloutStage, Scenario, ScenarioError, ServerChange, Timestamp, Views, parameters,
};
pub use versions::MakerVersion;
pub use what_if::WhatIf;
pub use wrong_copies::CopiesAt;
