//! The folder of a day: its page, its document, and the list of whom to tell.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{IncidentDocument, IncidentPage};
use crate::output::is_ours;

const DOCUMENT: &str = "incident.json";
const PAGE: &str = "index.html";
const LIST: &str = "notifications.csv";

/// A folder that a day may be written into.
pub struct IncidentDir {
    path: PathBuf,
}

/// Why a day could not be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The folder holds something, and it is no day.
    #[error("{} holds something else than an incident: name a new folder", .0.display())]
    Foreign(PathBuf),
    /// The system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// What was read or written.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl IncidentDir {
    /// Opens `path` for a day, and makes it if it is missing. A day that is there will be replaced.
    ///
    /// # Errors
    /// [`OutputError::Foreign`] if it holds anything that is none: nothing is written then.
    pub fn open(path: &Path) -> Result<Self, OutputError> {
        let io = |source| OutputError::Io { path: path.into(), source };
        if !is_ours(path, DOCUMENT).map_err(io)? {
            return Err(OutputError::Foreign(path.into()));
        }
        Ok(Self { path: path.into() })
    }

    /// Writes document, page and list, in place of earlier ones.
    ///
    /// # Errors
    /// The system's, with the path.
    pub fn write(&self, page: &IncidentPage) -> Result<(), OutputError> {
        let document = IncidentDocument::new(page.results, page.compared.to_vec());
        let mut text = serde_json::to_vec_pretty(&document)
            .expect("a document of numbers and strings is always JSON");
        text.push(b'\n');
        self.put(DOCUMENT, &text)?;
        self.put(PAGE, page.html().as_bytes())?;
        self.put(LIST, list(page).as_bytes())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), OutputError> {
        let path = self.path.join(name);
        fs::write(&path, bytes).map_err(|source| OutputError::Io { path, source })
    }
}

/// Lists the people to notify, and the people notified without need if there is no ledger, as CSV.
fn list(page: &IncidentPage) -> String {
    let mut text = "person,exposed_owner,affected_viewer,notified_without_ledger\n".to_owned();
    for entry in &page.results.notification_list {
        text += &format!(
            "{},{},{},{}\n",
            entry.person, entry.exposed_owner, entry.affected_viewer, entry.notified_without_ledger
        );
    }
    text
}
