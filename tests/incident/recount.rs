//! Goal: count without any knowledge of the simulation. Method: read the lines of the log as JSON,
//! and count by the names of the fields.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::plans::rows;

/// Holds the counts of a log, or the same counts of a document.
#[derive(Debug, Default, PartialEq, Deserialize)]
pub(crate) struct Counted {
    pub(crate) made: u64,
    pub(crate) wrong_made: u64,
    pub(crate) shown: u64,
    pub(crate) wrong_shown: u64,
    pub(crate) exposed_owners: u64,
    pub(crate) affected_viewers: u64,
    pub(crate) first_wrong_at_s: Option<f64>,
}

/// Counts the lines of a log.
pub(crate) fn recount(log: &str) -> Counted {
    let mut counted = Counted::default();
    let mut owner_of = BTreeMap::new();
    let mut foreign_in: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    let (mut shown_photos, mut viewers) = (BTreeSet::new(), BTreeSet::new());
    for row in rows(log) {
        let number = |name: &str| row[name].as_u64().unwrap_or_else(|| panic!("{name}: {row}"));
        match row["event"].as_str() {
            Some("made") => {
                counted.made += 1;
                owner_of.insert(number("photo"), number("owner"));
                let bands = row["bands"].as_array().expect("bands are a list").iter();
                let bands = bands.map(|photo| photo.as_u64().expect("a photo is a number"));
                let foreign: BTreeSet<u64> =
                    bands.filter(|&photo| photo != number("photo")).collect();
                if !foreign.is_empty() {
                    counted.wrong_made += 1;
                    let at_s = row["at_s"].as_f64().expect("a time is a number");
                    counted.first_wrong_at_s.get_or_insert(at_s);
                    foreign_in.insert(number("thumbnail"), foreign);
                }
            }
            Some("shown") => {
                counted.shown += 1;
                if let Some(foreign) = foreign_in.get(&number("thumbnail")) {
                    counted.wrong_shown += 1;
                    shown_photos.extend(foreign);
                    viewers.insert(number("viewer"));
                }
            }
            other => panic!("{other:?} is no event: {row}"),
        }
    }
    let owners: BTreeSet<u64> = shown_photos.iter().map(|photo| owner_of[photo]).collect();
    counted.exposed_owners = owners.len() as u64;
    counted.affected_viewers = viewers.len() as u64;
    counted
}
