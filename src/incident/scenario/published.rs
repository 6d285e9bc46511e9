//! What was published, and which moment of ours stands under it.
//!
//! A script shows these beside its own; it never plays them.

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// A published event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// When.
    pub at: Timestamp,
    /// Where another list says otherwise.
    pub or_at: Option<Timestamp>,
    /// What.
    pub what: String,
    /// Which moment of ours stands under it.
    pub beside: Option<Beside>,
}

/// A moment of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Beside {
    /// The first stage.
    Rollout,
    /// The first wrong thumbnail made.
    FirstWrong,
    /// Somebody noticed.
    Detected,
    /// No new wrong thumbnail after this.
    Fixed,
    /// No wrong thumbnail shown after this.
    LastShown,
    /// The last wrong copy is deleted.
    LastCopy,
}
