//! Proves or disproves, from outside, that a thumbnail service mixes its users.
//!
//! People whose thumbnails show somebody else can tell nobody whose photo it was, or how often it
//! happens. Photos that carry their owner's identity in every row can: they are sent through any
//! service under load, and every row of every answer is read for whose it is.
//!
//! A [`Target`] says how a service is asked; [`run`] does it; [`Findings`] is what it comes to.
//! Only another person's photo in an answer is mixing. All else that is found, such as a stale
//! photo of the same person, has a [`Kind`] of its own and leaves the verdict alone.

mod book;
mod course;
pub mod demo;
mod drive;
mod judge;
mod kind;
mod origin;
mod probe;
mod proof;
mod run;
mod setup;
mod subjects;
mod tally;
pub mod target;
mod timeline;
mod verdict;
mod wire;

pub use self::drive::{Drive, MOST_IN_FLIGHT};
pub use self::judge::MOST_ANSWER_PX;
pub use self::kind::Kind;
pub use self::probe::Probe;
pub use self::run::{AuditError, Findings, Plan, Progress, run};
pub use self::setup::{Obstacle, SetupError};
pub use self::subjects::{Subject, Subjects};
pub use self::tally::{Failures, Finding, Stage, Tally};
pub use self::target::Target;
pub use self::timeline::{Part, Timeline};
pub use self::verdict::{CONFIDENCE, Hindrance, Verdict, bound};
pub use self::wire::{Url, UrlError};
