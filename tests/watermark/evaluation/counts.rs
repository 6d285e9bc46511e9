//! Counts the results of trials: intact thumbnails by each setting, tampered ones by width.
//!
//! All counts are sums, so that each thread counts alone and the totals do not depend on the order.

use std::collections::BTreeMap;

use double_exposure::audit::watermark::{Codebook, RowOwner};

use super::{Tampering, Trial, describe};

/// Wrong trials that are kept, at most.
const MAX_WRONG: usize = 20;

/// Counts the results of some thumbnails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) thumbnails: u64,
    pub(crate) rows: u64,
    /// Rows whose owner is known in luma.
    pub(crate) rows_read: u64,
    /// Rows that any plane assigns to a photo that is not in the thumbnail.
    pub(crate) wrong_rows: u64,
    /// Findings that name a photo that is not in the thumbnail, or a number that is not in the
    /// codebook.
    pub(crate) wrong_findings: u64,
    /// Thumbnails whose tampering is found. An intact thumbnail counts if it is called clean and
    /// has no finding.
    pub(crate) found: u64,
}

impl Count {
    fn add(&mut self, other: &Self) {
        self.thumbnails += other.thumbnails;
        self.rows += other.rows;
        self.rows_read += other.rows_read;
        self.wrong_rows += other.wrong_rows;
        self.wrong_findings += other.wrong_findings;
        self.found += other.found;
    }
}

/// Holds all counts of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) total: Count,
    /// Intact thumbnails, by each setting alone.
    pub(crate) clean: BTreeMap<(usize, String), Count>,
    /// Tampered thumbnails, by index in [`Tampering::ALL`] and by width in px.
    pub(crate) tampered: BTreeMap<(usize, u32), Count>,
    /// Descriptions of the trials with a wrong row or finding, by number: the 20 lowest numbers.
    pub(crate) wrong: BTreeMap<u64, String>,
}

impl Counts {
    /// Runs a trial and counts its result.
    pub(super) fn run(&mut self, trial: &Trial, codebook: &Codebook) {
        let [own, other] = trial.ids(codebook);
        let is_mixed = trial.tampering != Tampering::Clean;
        let detection = trial.detect(codebook);
        let is_right = |owner: RowOwner| match owner {
            RowOwner::Own | RowOwner::Unknown => true,
            RowOwner::Other(id) => is_mixed && id == other,
            RowOwner::NotIssued(_) => false,
        };
        let wrong_rows =
            detection.rows.iter().filter(|row| !row.planes().into_iter().all(is_right));
        let wrong_findings = detection
            .findings
            .iter()
            .filter(|finding| finding.id != Some(own) && !(is_mixed && finding.id == Some(other)));
        let count = Count {
            thumbnails: 1,
            rows: detection.rows.len() as u64,
            rows_read: detection.rows_read.into(),
            wrong_rows: wrong_rows.count() as u64,
            wrong_findings: wrong_findings.count() as u64,
            found: trial.tampering.is_found(&detection, other).into(),
        };
        if count.wrong_rows + count.wrong_findings > 0 {
            self.add_wrong(trial.number, describe(trial, codebook));
        }
        self.total.add(&count);
        let index = Tampering::ALL.iter().position(|tampering| *tampering == trial.tampering);
        if let Some(index) = index {
            self.tampered.entry((index, trial.width)).or_default().add(&count);
        } else {
            for setting in trial.settings() {
                self.clean.entry(setting).or_default().add(&count);
            }
        }
    }

    fn add_wrong(&mut self, number: u64, description: String) {
        self.wrong.insert(number, description);
        while self.wrong.len() > MAX_WRONG {
            self.wrong.pop_last();
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.total.add(&other.total);
        for (key, count) in &other.clean {
            self.clean.entry(key.clone()).or_default().add(count);
        }
        for (key, count) in &other.tampered {
            self.tampered.entry(*key).or_default().add(count);
        }
        for (number, description) in &other.wrong {
            self.add_wrong(*number, description.clone());
        }
    }

    /// Returns the upper bound, at 95 %, of the share of wrong rows if the run counts none (the rule
    /// of three).
    pub(crate) fn bound(&self) -> f64 {
        (3.0 / self.total.rows.max(1) as f64).min(1.0)
    }
}
