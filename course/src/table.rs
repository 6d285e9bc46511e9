//! Prints a run as a table: a row for each turn, and a column for each request.

use crate::service::{Pause, Service};
use crate::words::{Run, Turn, replay, users_of};

/// Width of a column, in characters.
const COLUMN: usize = 30;

/// Prints the table of a word.
///
/// # Panics
/// Panics if a letter of the word names a request that has ended.
pub fn show<S: Service + 'static>(word: &str) {
    print!("{}", of(&replay::<S>(word)));
}

/// Returns the table of a run.
pub(crate) fn of<S: Service + 'static>(run: &Run<S>) -> String {
    let users = users_of(&run.word());
    let mut table = String::from("turn  ");
    for user in &users {
        table += &format!("{:COLUMN$}", format!("request of {user}"));
    }
    for (letter, turn) in run.turns() {
        let column = users.iter().position(|user| *user == letter.to_ascii_uppercase());
        let indent = column.unwrap_or_default() * COLUMN;
        table = format!("{}\n {letter}    {:indent$}{}", table.trim_end(), "", cell(*letter, turn));
    }
    table + "\n"
}

fn cell(letter: char, turn: &Turn) -> String {
    match turn {
        Turn::Paused(Pause::Ready(what)) => format!("… next: {what}"),
        Turn::Paused(Pause::Waiting(what)) => format!("… waits: {what}"),
        Turn::Dropped => "hangs up".to_owned(),
        Turn::Answered(answer) => {
            let owners: String = answer.owners().iter().collect();
            match answer.owners() {
                [] => "is shown nothing".to_owned(),
                _ if answer.is_mixed(letter) => format!("is shown {owners}  <-- not only {letter}"),
                _ => format!("is shown {owners}"),
            }
        }
    }
}
