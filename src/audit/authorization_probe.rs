//! What is asked once the load is over: does a stranger's token open the door?

use std::time::Duration;

use serde::Serialize;

use super::finding_kind::FindingKind;
use super::response_check::{Checked, Evidence, ResponseChecker, ResponseClass};
use super::spec::Mode;
use super::stats::AuditStats;
use super::workload::{Outcome, Workload};
use crate::audit::watermark::PlaneSet;

/// How many photos a stranger asks for.
const ASKED: usize = 4;

/// What came of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthorizationProbe {
    /// There is nothing here that it could be about.
    NotApplicable,
    /// It was not made: time was short.
    NotMade,
    /// What it asks for is not given.
    Passed,
    /// It is.
    Violated,
}

/// Asks for photos with the token of somebody who may not see them.
pub(crate) async fn stranger(
    course: &Workload,
    judge: &ResponseChecker,
    tally: &mut AuditStats,
) -> AuthorizationProbe {
    let mut kept = None;
    let mut probe = AuthorizationProbe::NotApplicable;
    if course.target.mode != Mode::Push {
        // Whoever sends a photo along may see its thumbnail, and whoever fetches one has no token.
        return probe;
    }
    for place in 0..ASKED {
        // Another person's each time.
        let ask = course.ask_whole(place * course.subjects.photos.each);
        let Some(outcome) = course.run_as_stranger(&mut kept, ask).await else { return probe };
        probe =
            if probe == AuthorizationProbe::Violated { probe } else { AuthorizationProbe::Passed };
        let Outcome::Body(body) = outcome else { continue };
        let picture = body.bytes.clone();
        let Some(looked) = judge.shows(ask, body) else { continue };
        probe = AuthorizationProbe::Violated;
        let rows = 0..looked.rows_read + looked.rows_unknown;
        let found = Evidence {
            kind: FindingKind::Stranger,
            photo: Some(ask.photo),
            rows,
            planes: PlaneSet::default(),
            share: 1.0,
            enough: false,
        };
        let judged = Checked {
            ask,
            step: 0,
            due: Duration::ZERO,
            sent: Duration::ZERO,
            done: Duration::ZERO,
            in_flight: 1,
            warm_up: false,
            truncated: false,
            what: ResponseClass::Shed,
        };
        tally.keep_beside(&judged, found, picture);
    }
    probe
}
