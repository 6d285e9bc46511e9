//! A day as a script: a TOML file that a trainer can edit.
//!
//! Everything that the simulation takes for granted stands in it, each number with its unit in its
//! name; what contradicts itself is refused with the line and why.

mod check;
mod parameter_source;
mod published;
mod source_line;
mod timestamp;

pub use parameter_source::{Parameter, ParameterSource, parameters};
pub use published::{Beside, Published};
pub use timestamp::Timestamp;

use serde::{Deserialize, Serialize};

use crate::pipelines::PipelineKind;

/// The script of 28 November 2024.
pub const DEFAULT: &str = include_str!("default.toml");

/// Longest script, in bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// A day and the days after it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What the page calls it.
    pub title: String,
    /// The moment from which `at_s` counts.
    pub start: Timestamp,
    /// The moment after the last view.
    pub end: Timestamp,
    /// Who there is, and what they have.
    pub people: People,
    /// How much is looked at, and when.
    pub views: Views,
    /// What makes the thumbnails.
    pub fleet: Fleet,
    /// Where thumbnails are kept.
    pub caches: Caches,
    /// What people hold in their hands.
    pub platforms: Vec<Platform>,
    /// The new maker's way into the fleet; none: the old one stays.
    #[serde(default)]
    pub rollout: Vec<RolloutStage>,
    /// From when on somebody looks; none: nobody ever notices.
    pub detection: Option<Detection>,
    /// The end of wrong thumbnails.
    pub fix: Option<Fix>,
    /// What keeps devices from showing what they have cached.
    pub server_change: Option<ServerChange>,
    /// What the operator could count without a ledger.
    pub estimate: Option<Estimate>,
    /// What the other days have.
    pub what_ifs: Alternatives,
    /// What was published, to stand beside ours.
    #[serde(default)]
    pub published: Vec<Published>,
}

/// People and their albums.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct People {
    /// How many, before `--scale`.
    pub people: u64,
    /// How many people share an album: a share of albums for each size.
    pub album_members: Vec<AlbumMembers>,
    /// How many photos lie in it.
    pub album_photos: Vec<AlbumPhotos>,
    /// How long ago its first photo was posted. Photos are spread evenly from then to now.
    pub album_ages: Vec<AlbumAges>,
    /// From which age on a photo's thumbnail comes from the new maker, in days.
    pub aged_days: u32,
}

/// A size of album.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlbumMembers {
    /// People.
    pub members: u32,
    /// Of all albums.
    pub share: f64,
}

/// A number of photos.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlbumPhotos {
    /// Photos.
    pub photos: u32,
    /// Of all albums.
    pub share: f64,
}

/// An age of album.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlbumAges {
    /// Days.
    pub days: u32,
    /// Of all albums.
    pub share: f64,
}

/// Traffic. A view is a person who opens an album and sees one row of its photos.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Views {
    /// Views of a day, before `--scale`.
    pub per_day: u64,
    /// Thumbnails in a row.
    pub thumbnails: u32,
    /// How much the newest rows are preferred: 1 not at all, 2 and 3 more.
    pub newest_first: u32,
    /// The weight of each full hour from 0 to 23, in the time zone of `start`; straight lines
    /// between them.
    pub by_hour: Vec<f64>,
}

/// Instances, cores, slots.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fleet {
    /// Instances.
    pub instances: u32,
    /// Cores of each, shared evenly by its conversions.
    pub cores: u32,
    /// The new maker's pipeline.
    pub pipeline: PipelineKind,
    /// Slots of an instance's ring, if the pipeline is `shared`.
    pub slots: u32,
    /// Bands of a thumbnail.
    pub bands: u32,
    /// One core's time for one conversion, before `--scale`.
    pub conversion_ms: f64,
    /// Conversions take from 1 − this to 1 + this of that time.
    pub spread: f64,
    /// The part of a conversion before its photo lies decoded.
    pub decode_share: f64,
    /// The part after its last band.
    pub encode_share: f64,
    /// Conversions at work on an instance at most.
    pub at_work_most: u32,
    /// Conversions that wait at an instance at most; one more is shed.
    pub queue_most: u32,
}

/// Caches of the service and of devices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caches {
    /// Rows of an album that the service has thumbnails of at the start.
    pub service_warm: f64,
    /// Whether the service looks thumbnails up by photo and maker, not by photo alone.
    pub service_maker_in_key: bool,
    /// How long it keeps one.
    pub service_days: u32,
    /// Whether devices keep thumbnails.
    pub device: bool,
    /// Rows that a person's device has at the start, of those in albums he may open.
    pub device_warm: f64,
    /// How long it keeps one.
    pub device_days: u32,
    /// How long after the fix all thumbnails of the wrong maker are withdrawn, from the service
    /// and from devices; none: nobody can tell a thumbnail's maker.
    pub purge_after_min: Option<u32>,
}

/// A kind of device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    /// What it is called.
    pub name: String,
    /// Of all people.
    pub share: f64,
    /// When a build comes out that deletes the cached thumbnails.
    pub build: Option<Timestamp>,
    /// Hours from then until everybody has installed it, evenly.
    pub everybody_in_h: f64,
}

/// A step of the rollout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RolloutStage {
    /// When.
    pub at: Timestamp,
    /// Of all instances, rounded up.
    pub share: f64,
}

/// Somebody looks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detection {
    /// From when on a wrong thumbnail that was shown is noticed.
    pub at: Timestamp,
    /// Accounts that look at a photo of their own every minute.
    pub canaries: u32,
}

/// The old way of making thumbnails again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fix {
    /// When, if it is detected when the script says. Detected earlier, it is fixed so much earlier,
    /// and so is all that follows.
    pub at: Timestamp,
}

/// Devices are told, person by person, not to show what the wrong maker made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerChange {
    /// From then
    pub from: Timestamp,
    /// until it has reached everybody, evenly.
    pub to: Timestamp,
}

/// Accesses in a window times a sampled rate. The window ends with the fix.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Estimate {
    /// The window's start.
    pub from: Timestamp,
    /// One showing in so many is looked at.
    pub one_in: u32,
    /// Whether the operator has a ledger, and tells people by it.
    pub ledger: bool,
}

/// What the what-ifs change, if no flag says otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alternatives {
    /// More slots.
    pub slots: u32,
    /// Canary accounts.
    pub canaries: u32,
    /// The first stage's share of instances,
    pub first_stage: f64,
    /// and how long it is held.
    pub first_stage_h: f64,
    /// Load shedding: conversions at work on an instance at most, and none waits.
    pub at_work_most: u32,
    /// How long a purge by maker takes.
    pub purge_after_min: u32,
}

/// Why a script is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// It is no TOML, or not of a script's form.
    #[error("line {line}: {why}")]
    Form {
        /// Counted from 1.
        line: usize,
        /// In the parser's words.
        why: String,
    },
    /// It contradicts itself.
    #[error("line {line}: {path}: {why}")]
    Contradiction {
        /// Counted from 1.
        line: usize,
        /// The value, as `fix.at`.
        path: String,
        /// What it contradicts.
        why: String,
    },
    /// It is longer than [`MAX_BYTES`].
    #[error("the script has {0} bytes: write at most {MAX_BYTES}")]
    TooLong(usize),
}

impl Scenario {
    /// The script of 28 November 2024.
    pub fn of_the_day() -> Self {
        Self::read(DEFAULT).expect("the built-in script is one")
    }

    /// Reads a script.
    ///
    /// # Errors
    /// [`ScriptError`], with the line, if it has another form or contradicts itself.
    pub fn read(text: &str) -> Result<Self, ScenarioError> {
        if text.len() > MAX_BYTES {
            return Err(ScenarioError::TooLong(text.len()));
        }
        let script: Self = toml::from_str(text).map_err(|error| ScenarioError::Form {
            line: error.span().map_or(1, |span| source_line::line(text, span.start)),
            why: error.message().trim().replace('\n', ", "),
        })?;
        check::check(&script).map_err(|check::Contradiction { path, why }| {
            ScenarioError::Contradiction { line: source_line::line_of(text, &path), path, why }
        })?;
        Ok(script)
    }

    /// Whether it still agrees with itself after something was changed.
    ///
    /// # Errors
    /// The value, and what it contradicts.
    pub fn check(&self) -> Result<(), String> {
        check::check(self).map_err(|check::Contradiction { path, why }| format!("{path}: {why}"))
    }

    /// Microseconds from the start to a moment of the script.
    pub(crate) fn us(&self, at: &Timestamp) -> u64 {
        (at.moment.millis() - self.start.moment.millis()).max(0) as u64 * 1_000
    }

    /// Microseconds from the start to the end.
    pub(crate) fn length_us(&self) -> u64 {
        self.us(&self.end)
    }
}
