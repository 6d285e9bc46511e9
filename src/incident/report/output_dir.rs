//! Writes the files of a simulated day: its page, its document, and the list of people to notify.

use super::{IncidentDocument, IncidentPage};
use crate::output::{OutputDir, OutputError};

/// Name of the JSON document in the folder of a simulated day.
pub const DOCUMENT: &str = "incident.json";
const PAGE: &str = "index.html";
const LIST: &str = "notifications.csv";

/// Writes document, page and list into a folder, in place of earlier ones.
///
/// # Errors
/// Returns [`OutputError::Io`] if a file cannot be written.
pub fn write(folder: &OutputDir, page: &IncidentPage) -> Result<(), OutputError> {
    folder.put_json(&IncidentDocument::new(page.results, page.compared))?;
    folder.put(PAGE, page.html().as_bytes())?;
    folder.put(LIST, list(page).as_bytes())
}

/// Returns a CSV line for each person to notify, and for each person who would be notified without
/// need if there were no ledger.
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
