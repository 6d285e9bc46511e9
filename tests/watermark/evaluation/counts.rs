//! Counts the results of trials: intact thumbnails by each setting, tampered ones by width.

use std::collections::BTreeMap;

use double_exposure::audit::watermark::{Codebook, RowOwner};

use super::{Tampering, Trial, describe};

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
    /// Runs a trial and counts its result.
    pub(super) fn of(trial: &Trial, codebook: &Codebook) -> Self {
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
        Self {
            thumbnails: 1,
            rows: detection.rows.len() as u64,
            rows_read: detection.rows_read.into(),
            wrong_rows: wrong_rows.count() as u64,
            wrong_findings: wrong_findings.count() as u64,
            found: trial.tampering.is_found(&detection, other).into(),
        }
    }

    /// Returns the number of wrong rows and findings.
    pub(crate) fn wrong(&self) -> u64 {
        self.wrong_rows + self.wrong_findings
    }

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
    /// Descriptions of the trials with a wrong row or finding, by number.
    pub(crate) wrong: BTreeMap<u64, String>,
}

impl Counts {
    /// Adds the count of a trial.
    pub(super) fn add(&mut self, trial: &Trial, count: &Count, codebook: &Codebook) {
        if count.wrong() > 0 {
            self.wrong.insert(trial.number, describe(trial, codebook));
        }
        self.total.add(count);
        let index = Tampering::ALL.iter().position(|tampering| *tampering == trial.tampering);
        if let Some(index) = index {
            self.tampered.entry((index, trial.width)).or_default().add(count);
        } else {
            for setting in trial.settings() {
                self.clean.entry(setting).or_default().add(count);
            }
        }
    }

    /// Returns the upper bound, at 95 %, of the share of wrong rows if the run counts none (the
    /// rule of three).
    pub(crate) fn bound(&self) -> f64 {
        (3.0 / self.total.rows.max(1) as f64).min(1.0)
    }
}
