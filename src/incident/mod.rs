//! Simulates 28 November 2024 in virtual time: rollout, rising load, detection, fix, five days of
//! wrong copies. Simulates the same day again with one thing changed.
//!
//! The model is a discrete-event simulation: nodes with a few cores each step conversions through
//! the *shipped* pipelines at their virtual times. No code draws whether photos mix. Mixing comes
//! from the pipelines' own code, as soon as the load is so high that a request is lapped (a later
//! request overwrites its buffer). A simulation uses no clock and no threads: the same seed gives
//! the same results, byte for byte.

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

pub use event_log::{LogRow, MadeRow, ServedFrom, ShownRow};
pub use lap_law_check::{LapLawCounts, Sample};
pub use load_series::{LoadBucket, MinuteStats, by_load};
pub use plan::{MAX_PEOPLE, MAX_PHOTOS, SimulationPlan, TooLarge};
pub use population::Population;
pub use results::{NotificationEntry, Notifications, SimulationError, SimulationResults, simulate};
pub use sample_images::{SampleImage, SampleImageError, sample_images};
pub use scenario::{
    Alternatives, Caches, DEFAULT_SCENARIO, DetectionParams, Estimate, Fix, Fleet,
    MAX_SCENARIO_BYTES, Milestone, Parameter, ParameterSource, People, Platform, Published,
    RolloutStage, Scenario, ScenarioError, ServerChange, Timestamp, Views, WeightedValue,
    parameters,
};
pub use versions::MakerVersion;
pub use what_if::{Comparison, WhatIf, WhatIfResult};
pub use wrong_copies::CopiesAt;
