//! The folder of a reproduction: its page, its document, and pictures of mixed thumbnails, each
//! beside what it should have been.

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::{ReproDocument, ReproPage};
use crate::codec::{ImageCodec, ImageError};
use crate::output::{OutputError, is_ours, terminal};
use crate::provenance::convert_undisturbed;
use crate::repro::{Exhibit, PhotoSet, ReproPlan, ReproResults};

const DOCUMENT: &str = "report.json";
const PAGE: &str = "index.html";
const PICTURES: &str = "pictures";

/// A folder that a report may be written into.
pub struct ReproDir {
    path: PathBuf,
}

impl ReproDir {
    /// Opens `path` for a report, and makes it if it is missing. A report that is there will be
    /// replaced.
    ///
    /// # Errors
    /// [`FolderError::Foreign`] if it holds anything that is no report: nothing is deleted then.
    pub fn open(path: &Path) -> Result<Self, OutputError> {
        let io = |source| OutputError::Io { path: path.into(), source };
        if !is_ours(path, DOCUMENT).map_err(io)? {
            return Err(OutputError::Foreign(path.into()));
        }
        Ok(Self { path: path.into() })
    }

    /// Writes the document, the page and the pictures, in place of those of an earlier report.
    /// `command` is what the page tells people to type for the same runs.
    ///
    /// # Errors
    /// The system's, with the path.
    pub fn write(
        &self,
        plan: &ReproPlan,
        subjects: &PhotoSet,
        findings: &ReproResults,
        command: &str,
    ) -> Result<(), OutputError> {
        let mut document = serde_json::to_vec_pretty(&ReproDocument::new(plan, subjects, findings))
            .expect("a document of numbers and strings is always JSON");
        document.push(b'\n');
        self.put(Path::new(DOCUMENT), &document)?;
        let truths = findings.exhibits.iter().map(|exhibit| should_be(plan, subjects, exhibit));
        let truths: Vec<Bytes> = truths.collect::<Result<_, _>>()?;
        let page = ReproPage { plan, subjects, findings, truths: &truths, command };
        self.put(Path::new(PAGE), page.html().as_bytes())?;
        let pictures = self.path.join(PICTURES);
        let io = |source| OutputError::Io { path: pictures.clone(), source };
        if pictures.exists() {
            fs::remove_dir_all(&pictures).map_err(io)?;
        }
        fs::create_dir(&pictures).map_err(io)?;
        for (place, (exhibit, truth)) in findings.exhibits.iter().zip(&truths).enumerate() {
            let name = name(place + 1, exhibit, subjects);
            self.put(&Path::new(PICTURES).join(format!("{name}.jpg")), &exhibit.made)?;
            self.put(&Path::new(PICTURES).join(format!("{name}-should-be.jpg")), truth)?;
        }
        Ok(())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn put(&self, name: &Path, bytes: &[u8]) -> Result<(), OutputError> {
        let path = self.path.join(name);
        fs::write(&path, bytes).map_err(|source| OutputError::Io { path, source })
    }
}

/// What the thumbnail would have been, had nobody lapped it.
fn should_be(
    plan: &ReproPlan,
    subjects: &PhotoSet,
    exhibit: &Exhibit,
) -> Result<Bytes, ImageError> {
    convert_undisturbed(&ImageCodec::new(plan.bands), &subjects.requests[exhibit.asked])
}

/// Such as `07-astronaut-torn-with-coffee-rocket`; three strangers are named at most.
fn name(number: usize, exhibit: &Exhibit, subjects: &PhotoSet) -> String {
    let asked = subjects.owner_of[exhibit.asked];
    let mut strangers: Vec<usize> =
        exhibit.bands.iter().filter_map(|&(_, owner)| owner.filter(|&o| o != asked)).collect();
    strangers.sort_unstable();
    strangers.dedup();
    let outcome = terminal::outcome(exhibit.outcome);
    let strangers: Vec<String> =
        strangers.into_iter().take(3).map(|owner| plain(&subjects.owners[owner])).collect();
    format!("{number:02}-{}-{outcome}-with-{}", plain(&subjects.owners[asked]), strangers.join("-"))
}

/// An owner's name as a part of a file name: letters and digits, at most 20 of them.
fn plain(owner: &str) -> String {
    owner.chars().filter(|c| c.is_alphanumeric()).take(20).collect()
}
