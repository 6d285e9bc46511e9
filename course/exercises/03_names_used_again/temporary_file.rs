//! A claim becomes a PDF. One program writes it to a temporary file, and another sends the file.
//!
//! The time in the name keeps the files of different claims apart.

use std::collections::BTreeMap;
use std::sync::Mutex;

use course::{Answer, Service, User, step};

/// Stands for the disk: the files of a folder, each with the owner of its contents.
#[derive(Default)]
struct Folder {
    files: BTreeMap<String, User>,
}

impl Folder {
    /// Writes a file. Returns false and writes nothing if it exists and `must_be_new` is set.
    fn write(&mut self, path: &str, contents: User, must_be_new: bool) -> bool {
        if must_be_new && self.files.contains_key(path) {
            return false;
        }
        self.files.insert(path.to_owned(), contents);
        true
    }
}

/// Returns the time in seconds. All requests of the exercise come within one second.
fn now() -> u64 {
    1_732_784_400
}

/// Sends claims as PDF files.
#[derive(Default)]
pub struct Claims {
    folder: Mutex<Folder>,
}

impl Claims {
    /// Writes a claim to a file of its own, and returns the file's path.
    fn write_claim(&self, owner: User) -> String {
        // TODO: is it a file of its own?
        let path = format!("/tmp/claim-{}.pdf", now());
        self.folder.lock().unwrap().write(&path, owner, false);
        path
    }
}

impl Service for Claims {
    async fn answer(&self, viewer: User) -> Answer {
        let path = self.write_claim(viewer);
        step("send the file").await;
        let contents = self.folder.lock().unwrap().files.remove(&path);
        Answer::of(contents)
    }
}

fn main() {
    course::show::<Claims>("ABA");
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_user_is_sent_anothers_claim() {
        course::every_word::<Claims>("AB").never_mixes();
        course::every_word::<Claims>("ABC").never_mixes();
        course::every_word::<Claims>("AABB").never_mixes();
        // More claims at once than four random digits can tell apart.
        let claims = Claims::default();
        let paths = ('\u{4e00}'..).take(10_001).map(|owner| claims.write_claim(owner));
        assert_eq!(paths.collect::<BTreeSet<_>>().len(), 10_001, "claims share a path");
    }

    #[test]
    fn a_user_is_sent_their_claim_and_no_file_stays() {
        let claims = Claims::default();
        for user in ['A', 'B', 'C'] {
            assert_eq!(course::block_on(claims.answer(user)), Answer::of([user]));
        }
        assert!(claims.folder.into_inner().unwrap().files.is_empty());
    }
}
