//! Writes the folder of an audit: its page, its document, and the image of each finding beside the
//! expected one.

use std::fs;
use std::path::{Path, PathBuf};

use super::{AuditDocument, page};
use crate::audit::{AuditPlan, AuditResults};
use crate::output::{OutputError, is_ours};

const DOCUMENT: &str = "audit.json";
const PAGE: &str = "index.html";
const PICTURES: &str = "pictures";

/// Holds the path of a folder that the audit may write into.
pub struct AuditDir {
    path: PathBuf,
}

impl AuditDir {
    /// Opens `path` for a report, and creates a missing folder.
    ///
    /// # Errors
    /// Returns [`OutputError::Foreign`] if the folder holds a file that no audit wrote. Nothing is
    /// deleted then.
    pub fn open(path: &Path) -> Result<Self, OutputError> {
        let io = |source| OutputError::Io { path: path.into(), source };
        if !is_ours(path, DOCUMENT).map_err(io)? {
            return Err(OutputError::Foreign(path.into()));
        }
        Ok(Self { path: path.into() })
    }

    /// Returns the path of the folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the document, the page and the images, in place of those of an earlier audit. The
    /// page shows `command` as the way to run the audit again.
    ///
    /// # Errors
    /// Returns [`OutputError::Io`] if a file cannot be written.
    pub fn write(
        &self,
        plan: &AuditPlan,
        results: &AuditResults,
        command: &str,
    ) -> Result<(), OutputError> {
        let mut document = serde_json::to_vec_pretty(&AuditDocument::new(plan, results))
            .expect("a document of numbers and strings is always JSON");
        document.push(b'\n');
        self.put(Path::new(DOCUMENT), &document)?;
        self.put(Path::new(PAGE), page(plan, results, command).as_bytes())?;
        let pictures = self.path.join(PICTURES);
        let io = |source| OutputError::Io { path: pictures.clone(), source };
        if pictures.exists() {
            fs::remove_dir_all(&pictures).map_err(io)?;
        }
        fs::create_dir(&pictures).map_err(io)?;
        for (index, finding) in results.stats.findings.iter().enumerate() {
            let kind = serde_json::to_value(finding.evidence.kind).unwrap_or_default();
            let name = format!("{:03}-{}", index + 1, kind.as_str().unwrap_or("found"));
            let pictures = Path::new(PICTURES);
            let extension = extension(&finding.image);
            self.put(&pictures.join(format!("{name}.{extension}")), &finding.image)?;
            if let Some(expected) = results.expected_image(plan, finding) {
                self.put(&pictures.join(format!("{name}-expected.jpg")), &expected)?;
            }
        }
        Ok(())
    }

    fn put(&self, name: &Path, bytes: &[u8]) -> Result<(), OutputError> {
        let path = self.path.join(name);
        fs::write(&path, bytes).map_err(|source| OutputError::Io { path, source })
    }
}

/// Returns the extension for the bytes of an image. The target may declare a wrong type.
fn extension(image: &[u8]) -> &'static str {
    match image {
        [0x89, b'P', ..] => "png",
        [b'R', b'I', b'F', b'F', ..] => "webp",
        _ => "jpg",
    }
}
