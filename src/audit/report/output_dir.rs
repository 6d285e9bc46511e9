//! Writes the files of an audit: its page, its document, and the pictures of its findings, each
//! beside the unmixed thumbnail.

use super::{AuditDocument, page};
use crate::audit::{AuditPlan, AuditResults};
use crate::output::{OutputDir, OutputError};

/// Name of the JSON document in the folder of an audit.
pub const DOCUMENT: &str = "audit.json";
const PAGE: &str = "index.html";

/// Writes document, page and pictures into a folder, in place of those of an earlier audit.
/// `command` is the command line that the page shows for the same audit.
///
/// # Errors
/// Returns [`OutputError::Io`] if a file cannot be written.
pub fn write(
    folder: &OutputDir,
    plan: &AuditPlan,
    findings: &AuditResults,
    command: &str,
) -> Result<(), OutputError> {
    folder.put_json(&AuditDocument::new(plan, findings))?;
    folder.put(PAGE, page(plan, findings, command).as_bytes())?;
    let mut pictures = Vec::new();
    for (index, finding) in findings.tally.findings.iter().enumerate() {
        let kind = serde_json::to_value(finding.kind).unwrap_or_default();
        let name = format!("{:03}-{}", index + 1, kind.as_str().unwrap_or("found"));
        pictures.push((format!("{name}.{}", ending(&finding.picture)), finding.picture.clone()));
        if let Some(truth) = findings.should_be(plan, finding) {
            pictures.push((format!("{name}-should-be.jpg"), truth));
        }
    }
    folder.replace_pictures(pictures)
}

/// Returns a picture's file name extension, from its first bytes: the content type that the target
/// claims is not trusted.
pub(super) fn ending(picture: &[u8]) -> &'static str {
    match picture {
        [0x89, b'P', ..] => "png",
        [b'R', b'I', b'F', b'F', ..] => "webp",
        _ => "jpg",
    }
}
