//! What names and titles may be: text that a person reads.

use super::problem::{Problem, ProblemKind};

/// Characters of a name or a title, at most.
pub(super) const MOST_CHARACTERS: usize = 200;

/// Refuses an empty text, one that is too long, and one with control characters.
pub(super) fn check(what: &str, text: &str) -> Result<(), Problem> {
    let characters = text.chars().count();
    let detail = if characters == 0 {
        format!("the {what} is empty")
    } else if characters > MOST_CHARACTERS {
        format!("the {what} has {characters} characters; the limit is {MOST_CHARACTERS}")
    } else if text.chars().any(|character| character.is_ascii_control()) {
        format!("the {what} has a control character in it")
    } else {
        return Ok(());
    };
    Err(Problem::new(ProblemKind::BadJson, detail))
}
