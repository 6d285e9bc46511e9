//! Describes a day as a scenario: a TOML file that a trainer can edit.
//!
//! A scenario holds every assumption of the simulation, and the name of each number contains its
//! unit. A scenario that contradicts itself is refused with the line and the reason.

mod check;
mod parameter_source;
mod read;
mod timestamp;

pub use parameter_source::{Parameter, ParameterSource, parameters};
pub use read::{MAX_SCENARIO_BYTES, ScenarioError};
pub use timestamp::Timestamp;

use serde::{Deserialize, Serialize};

use crate::pipelines::PipelineKind;

/// Text of the built-in scenario of 28 November 2024, as TOML.
pub const DEFAULT_SCENARIO: &str = include_str!("default.toml");

/// Describes a day and the days after it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The title of the page.
    pub title: String,
    /// The start of the simulation, from which `at_s` counts.
    pub start: Timestamp,
    /// The end of the traffic.
    pub end: Timestamp,
    /// The people and their albums.
    pub people: People,
    /// The traffic.
    pub views: Views,
    /// The nodes that make thumbnails.
    pub fleet: Fleet,
    /// The caches of the service and of devices.
    pub caches: Caches,
    /// The kinds of devices.
    pub platforms: Vec<Platform>,
    /// The stages of the rollout. Without a stage the old maker stays.
    #[serde(default)]
    pub rollout: Vec<RolloutStage>,
    /// The detection by the operator. Without it the operator never detects the failure.
    pub detection: Option<DetectionParams>,
    /// The end of wrong thumbnails.
    pub fix: Option<Fix>,
    /// The change of the service after which devices no longer show cached thumbnails of the new
    /// maker.
    pub server_change: Option<ServerChange>,
    /// The count that the operator could make without a ledger.
    pub estimate: Option<Estimate>,
    /// The values of the what-ifs.
    pub what_ifs: Alternatives,
    /// The published events, to compare with the simulated times.
    #[serde(default)]
    pub published: Vec<Published>,
}

/// Describes people and their albums.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct People {
    /// Number of people, before `--scale`.
    pub count: u64,
    /// Numbers of members of an album, each with its share of albums.
    pub album_members: Vec<WeightedValue>,
    /// Numbers of photos in an album, each with its share of albums.
    pub album_photos: Vec<WeightedValue>,
    /// Ages of an album's first photo in days, each with its share of albums. The album's photos
    /// are spread evenly over its age.
    pub album_age_days: Vec<WeightedValue>,
    /// Lowest age at which a photo's thumbnail comes from the new maker, in days.
    pub min_photo_age_days: u32,
}

/// Pairs a value with the share of albums that have it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightedValue {
    /// The value.
    pub value: u32,
    /// The share of albums, from 0 to 1.
    pub share: f64,
}

/// Describes the traffic. In a view a person opens an album and sees one row of its photos.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Views {
    /// Views of a day, before `--scale`.
    pub per_day: u64,
    /// Thumbnails in a row.
    pub thumbnails_per_row: u32,
    /// Preference for the newest rows, from 1 (no preference) to 8.
    pub recency_bias: u32,
    /// The weight of each full hour from 0 to 23, in the time zone of `start`. Weights between full
    /// hours are interpolated linearly.
    pub hourly_weights: Vec<f64>,
}

/// Describes the nodes that make thumbnails.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fleet {
    /// Number of nodes.
    pub nodes: u32,
    /// Cores of a node, shared equally by its conversions.
    pub cores: u32,
    /// The new maker's pipeline.
    pub pipeline: PipelineKind,
    /// Slots (buffers in a node's ring), if the pipeline is `shared`.
    pub slots: u32,
    /// Bands (steps in which the pipeline makes rows) of a thumbnail.
    pub bands: u32,
    /// One core's mean time for a conversion, in milliseconds, before `--scale`.
    pub conversion_ms: f64,
    /// Largest relative deviation of a conversion's time from the mean, from 0 to below 1.
    pub conversion_spread: f64,
    /// The share of a conversion's work before its photo is decoded.
    pub decode_share: f64,
    /// The share of a conversion's work after its last band.
    pub encode_share: f64,
    /// Maximum number of conversions in flight on a node.
    pub max_conversions: u32,
    /// Maximum number of conversions in a node's queue. The node sheds further conversions.
    pub max_queue: u32,
}

/// Describes the caches of the service and of devices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caches {
    /// The share of rows whose thumbnails the service's cache holds at the start.
    pub service_warm: f64,
    /// True if the service's cache key is photo and maker, false if it is the photo alone.
    pub service_maker_in_key: bool,
    /// Days after which a thumbnail in the service's cache expires.
    pub service_ttl_days: u32,
    /// True if devices cache thumbnails.
    pub device_enabled: bool,
    /// The share of rows of a person's album whose thumbnails the device holds at the start.
    pub device_warm: f64,
    /// Days after which a thumbnail in a device's cache expires.
    pub device_ttl_days: u32,
    /// Minutes from the fix to the purge of all thumbnails of the new maker, on the service and on
    /// devices. `None` if no cache records a thumbnail's maker.
    pub purge_after_min: Option<u32>,
}

/// Describes a kind of device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    /// The platform's name.
    pub name: String,
    /// The share of people who use the platform, from 0 to 1.
    pub share: f64,
    /// The release of a build that deletes cached thumbnails.
    pub build: Option<Timestamp>,
    /// Hours from the release until every user has installed the build. Progress is linear.
    pub adoption_h: f64,
}

/// Describes a stage of the rollout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RolloutStage {
    /// The start of the stage.
    pub at: Timestamp,
    /// The share of nodes that have the new maker after the stage's start, rounded up to whole
    /// nodes.
    pub share: f64,
}

/// Describes how the operator detects the failure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetectionParams {
    /// The time from which on a shown wrong thumbnail is detected.
    pub at: Timestamp,
    /// Number of canary accounts. Each views its own photo every minute.
    pub canaries: u32,
}

/// Describes the fix, with which the nodes return to a maker with the pipeline `owned`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fix {
    /// The time of the fix. If the detection comes earlier than in the scenario, the fix and
    /// everything after it come earlier by the same time.
    pub at: Timestamp,
}

/// Describes the server change, which makes devices hide thumbnails of the new maker, person by
/// person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerChange {
    /// The start of the server change's rollout.
    pub from: Timestamp,
    /// The time at which the server change has reached every person. Progress is linear.
    pub to: Timestamp,
}

/// Describes an estimate without a ledger, which multiplies accesses in a window by a sampled rate.
/// The window ends with the fix.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Estimate {
    /// The start of the window.
    pub from: Timestamp,
    /// Sampling interval of the estimate, in shown thumbnails. The operator examines one thumbnail
    /// of each interval.
    pub one_in: u32,
    /// True if the operator has a ledger and notifies people by it.
    pub ledger: bool,
}

/// Holds the values of the what-ifs whose flags give none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alternatives {
    /// Number of slots.
    pub slots: u32,
    /// Number of canary accounts.
    pub canaries: u32,
    /// The share of nodes in the first stage of a slow rollout.
    pub first_stage: f64,
    /// Hours for which a slow rollout holds its first stage.
    pub first_stage_h: f64,
    /// Maximum number of conversions in flight on a node that sheds load and has no queue.
    pub max_conversions: u32,
    /// Minutes from the fix to the purge.
    pub purge_after_min: u32,
}

/// Describes a published event. The reports show the event next to a simulated time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// The published time.
    pub at: Timestamp,
    /// The time in another published list, if it differs.
    pub alternative_at: Option<Timestamp>,
    /// The event in words.
    pub event: String,
    /// The simulated milestone to compare with.
    pub milestone: Option<Milestone>,
}

/// Names a milestone of the simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Milestone {
    /// The first stage of the rollout.
    Rollout,
    /// The first wrong thumbnail.
    FirstWrong,
    /// The detection.
    Detected,
    /// The fix, after which no conversion by the new maker starts.
    Fixed,
    /// The last time a wrong thumbnail was shown.
    LastShown,
    /// The deletion of the last wrong copy.
    LastCopy,
}
