//! Writes the files of an audit: its page, its document, and the image of each finding beside the
//! expected one.

use super::{AuditDocument, page};
use crate::audit::{AuditPlan, AuditResults};
use crate::output::{OutputDir, OutputError};

/// Name of the JSON document in the folder of an audit.
pub const DOCUMENT: &str = "audit.json";
const PAGE: &str = "index.html";

/// Writes document, page and images into a folder, in place of those of an earlier audit. The page
/// shows `command` as the way to run the audit again.
///
/// # Errors
/// Returns [`OutputError::Io`] if a file cannot be written.
pub fn write(
    folder: &OutputDir,
    plan: &AuditPlan,
    results: &AuditResults,
    command: &str,
) -> Result<(), OutputError> {
    folder.put_json(&AuditDocument::new(plan, results))?;
    folder.put(PAGE, page(plan, results, command).as_bytes())?;
    let mut images = Vec::new();
    for (index, finding) in results.stats.findings.iter().enumerate() {
        let kind = serde_json::to_value(finding.evidence.kind).unwrap_or_default();
        let name = format!("{:03}-{}", index + 1, kind.as_str().unwrap_or("found"));
        images.push((format!("{name}.{}", extension(&finding.image)), finding.image.clone()));
        if let Some(expected) = results.expected_image(finding) {
            images.push((format!("{name}-expected.jpg"), expected));
        }
    }
    folder.replace_pictures(images)
}

/// Returns the extension for the bytes of an image. The target may declare a wrong type.
fn extension(image: &[u8]) -> &'static str {
    match image {
        [0x89, b'P', ..] => "png",
        [b'R', b'I', b'F', b'F', ..] => "webp",
        _ => "jpg",
    }
}
