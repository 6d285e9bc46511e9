//! What is asked once the load is over: does a stranger's token open the door?

use std::time::Duration;

use serde::Serialize;

use super::course::{Course, Outcome};
use super::judge::{Found, Judge, Judged, What};
use super::kind::Kind;
use super::tally::Tally;
use super::target::Mode;
use crate::mark::PlaneSet;

/// How many photos a stranger asks for.
const ASKED: usize = 4;

/// What came of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Probe {
    /// There is nothing here that it could be about.
    NotApplicable,
    /// It was not made: time was short.
    NotMade,
    /// What it asks for is not given.
    Held,
    /// It is.
    Found,
}

/// Asks for photos with the token of somebody who may not see them.
pub(crate) async fn stranger(course: &Course, judge: &Judge, tally: &mut Tally) -> Probe {
    let mut kept = None;
    let mut probe = Probe::NotApplicable;
    if course.target.mode != Mode::Push {
        // Whoever sends a photo along may see its thumbnail, and whoever fetches one has no token.
        return probe;
    }
    for place in 0..ASKED {
        // Another person's each time.
        let ask = course.ask_whole(place * course.subjects.photos.each);
        let Some(outcome) = course.run_as_stranger(&mut kept, ask).await else { return probe };
        probe = if probe == Probe::Found { probe } else { Probe::Held };
        let Outcome::Body(body) = outcome else { continue };
        let picture = body.bytes.clone();
        let Some(looked) = judge.shows(ask, body) else { continue };
        probe = Probe::Found;
        let rows = 0..looked.rows_read + looked.rows_unknown;
        let found = Found {
            kind: Kind::Stranger,
            photo: Some(ask.photo),
            rows,
            planes: PlaneSet::default(),
            share: 1.0,
            enough: false,
        };
        let judged = Judged {
            ask,
            step: 0,
            due: Duration::ZERO,
            sent: Duration::ZERO,
            done: Duration::ZERO,
            in_flight: 1,
            warm_up: false,
            truncated: false,
            what: What::Shed,
        };
        tally.keep_beside(&judged, found, picture);
    }
    probe
}
