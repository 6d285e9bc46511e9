//! The folder of an audit: its page, its document, and the pictures of what it found, each beside
//! what it should have been.

use std::fs;
use std::path::{Path, PathBuf};

use super::{AuditDocument, page};
use crate::audit::{AuditPlan, AuditResults};
use crate::output::{OutputError, is_ours};

const DOCUMENT: &str = "audit.json";
const PAGE: &str = "index.html";
const PICTURES: &str = "pictures";

/// A folder that an audit may be written into.
pub struct AuditDir {
    path: PathBuf,
}

impl AuditDir {
    /// Opens `path` for a report, and makes it if it is missing.
    ///
    /// # Errors
    /// [`FolderError::Foreign`] if it holds anything that is no audit's: nothing is deleted then.
    pub fn open(path: &Path) -> Result<Self, OutputError> {
        let io = |source| OutputError::Io { path: path.into(), source };
        if !is_ours(path, DOCUMENT).map_err(io)? {
            return Err(OutputError::Foreign(path.into()));
        }
        Ok(Self { path: path.into() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the document, the page and the pictures, in place of those of an earlier audit.
    /// `command` is what the page tells people to type to ask again.
    ///
    /// # Errors
    /// The system's, with the path.
    pub fn write(
        &self,
        plan: &AuditPlan,
        findings: &AuditResults,
        command: &str,
    ) -> Result<(), OutputError> {
        let mut document = serde_json::to_vec_pretty(&AuditDocument::new(plan, findings))
            .expect("a document of numbers and strings is always JSON");
        document.push(b'\n');
        self.put(Path::new(DOCUMENT), &document)?;
        self.put(Path::new(PAGE), page(plan, findings, command).as_bytes())?;
        let pictures = self.path.join(PICTURES);
        let io = |source| OutputError::Io { path: pictures.clone(), source };
        if pictures.exists() {
            fs::remove_dir_all(&pictures).map_err(io)?;
        }
        fs::create_dir(&pictures).map_err(io)?;
        for (place, finding) in findings.tally.findings.iter().enumerate() {
            let kind = serde_json::to_value(finding.kind).unwrap_or_default();
            let name = format!("{:03}-{}", place + 1, kind.as_str().unwrap_or("found"));
            let ending = ending(&finding.picture);
            let made = Path::new(PICTURES).join(format!("{name}.{ending}"));
            self.put(&made, &finding.picture)?;
            if let Some(truth) = findings.should_be(plan, finding) {
                self.put(&Path::new(PICTURES).join(format!("{name}-should-be.jpg")), &truth)?;
            }
        }
        Ok(())
    }

    fn put(&self, name: &Path, bytes: &[u8]) -> Result<(), OutputError> {
        let path = self.path.join(name);
        fs::write(&path, bytes).map_err(|source| OutputError::Io { path, source })
    }
}

/// By what the bytes are; the target's word for it is not taken.
pub(super) fn ending(picture: &[u8]) -> &'static str {
    match picture {
        [0x89, b'P', ..] => "png",
        [b'R', b'I', b'F', b'F', ..] => "webp",
        _ => "jpg",
    }
}
