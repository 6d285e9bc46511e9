//! The folder of a reproduction: its page, its document, and pictures of mixed thumbnails, each
//! beside what it should have been.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::{Document, Page, paper};
use crate::codec::{ImageCodec, Refusal};
use crate::repro::{Exhibit, Findings, Plan, Subjects};
use crate::witness::alone;

const DOCUMENT: &str = "report.json";
const PAGE: &str = "index.html";
const PICTURES: &str = "pictures";

/// A folder that a report may be written into.
pub struct Folder {
    path: PathBuf,
}

/// Why a report could not be written.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The folder holds something, and it is no report.
    #[error("{} holds something else than a report: name an empty or a new folder", .0.display())]
    Foreign(PathBuf),
    /// The system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// What was read or written.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A thumbnail could not be made alone, to show what it should have been.
    #[error("a thumbnail cannot be made alone: {0}")]
    Alone(#[from] Refusal),
}

impl Folder {
    /// Opens `path` for a report, and makes it if it is missing. A report that is there will be
    /// replaced.
    ///
    /// # Errors
    /// [`FolderError::Foreign`] if it holds anything that is no report: nothing is deleted then.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        let io = |source| FolderError::Io { path: path.into(), source };
        if !is_ours(path, DOCUMENT).map_err(io)? {
            return Err(FolderError::Foreign(path.into()));
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
        plan: &Plan,
        subjects: &Subjects,
        findings: &Findings,
        command: &str,
    ) -> Result<(), FolderError> {
        let mut document = serde_json::to_vec_pretty(&Document::new(plan, subjects, findings))
            .expect("a document of numbers and strings is always JSON");
        document.push(b'\n');
        self.put(Path::new(DOCUMENT), &document)?;
        let truths = findings.exhibits.iter().map(|exhibit| should_be(plan, subjects, exhibit));
        let truths: Vec<Bytes> = truths.collect::<Result<_, _>>()?;
        let page = Page { plan, subjects, findings, truths: &truths, command };
        self.put(Path::new(PAGE), page.html().as_bytes())?;
        let pictures = self.path.join(PICTURES);
        let io = |source| FolderError::Io { path: pictures.clone(), source };
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

    fn put(&self, name: &Path, bytes: &[u8]) -> Result<(), FolderError> {
        let path = self.path.join(name);
        fs::write(&path, bytes).map_err(|source| FolderError::Io { path, source })
    }
}

/// Makes a folder if it is missing, and says whether it may be written into: it is empty, or a file
/// of this name in it says that it was written here before.
pub(crate) fn is_ours(path: &Path, document: &str) -> io::Result<bool> {
    fs::create_dir_all(path)?;
    Ok(fs::read_dir(path)?.next().is_none() || path.join(document).is_file())
}

/// What the thumbnail would have been, had nobody lapped it.
fn should_be(plan: &Plan, subjects: &Subjects, exhibit: &Exhibit) -> Result<Bytes, Refusal> {
    alone(&ImageCodec::new(plan.bands), &subjects.requests[exhibit.asked])
}

/// Such as `07-astronaut-torn-with-coffee-rocket`; three strangers are named at most.
fn name(number: usize, exhibit: &Exhibit, subjects: &Subjects) -> String {
    let asked = subjects.owner_of[exhibit.asked];
    let mut strangers: Vec<usize> =
        exhibit.bands.iter().filter_map(|&(_, owner)| owner.filter(|&o| o != asked)).collect();
    strangers.sort_unstable();
    strangers.dedup();
    let outcome = paper::outcome(exhibit.outcome);
    let strangers: Vec<String> =
        strangers.into_iter().take(3).map(|owner| plain(&subjects.owners[owner])).collect();
    format!("{number:02}-{}-{outcome}-with-{}", plain(&subjects.owners[asked]), strangers.join("-"))
}

/// An owner's name as a part of a file name: letters and digits, at most 20 of them.
fn plain(owner: &str) -> String {
    owner.chars().filter(|c| c.is_alphanumeric()).take(20).collect()
}
