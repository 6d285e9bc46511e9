//! Includes the course's exercises, with the text that a learner reads.
//!
//! The build copies them here without their own tests: see `build.rs`.

use course::{Answer, Pause, Run, Service, Turn};

use super::graph::Position;
use super::state::{RequestView, State};

#[allow(warnings, clippy::all, reason = "the files are the learner's, and are linted there")]
mod copies {
    include!(concat!(env!("OUT_DIR"), "/course.rs"));
    pub(super) use each;
}
use copies::{each, exercises};

/// Holds an exercise: its name, its code, and its positions.
pub(super) struct Exercise {
    pub(super) name: &'static str,
    /// Lines of the parts that a request runs through.
    pub(super) code: Vec<&'static str>,
    pub(super) position: fn(&str, &Rules<'_>) -> Position<State>,
}

/// Holds the rules of an exercise's level.
pub(super) struct Rules<'c> {
    /// Users with a request each.
    pub(super) users: &'c str,
    /// Upper bound of the requests that may be dropped.
    pub(super) max_dropped: usize,
    pub(super) code: &'c [&'static str],
}

/// Returns all exercises in the order of their folders.
pub(super) fn all() -> Vec<Exercise> {
    macro_rules! exercise {
        ($file:literal, $broken:path, $repaired:path) => {{
            let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/", $file));
            let name = $file.rsplit('/').next().and_then(|file| file.strip_suffix(".rs"));
            Exercise {
                name: name.unwrap_or_default(),
                code: code(text),
                position: position::<$broken>,
            }
        }};
    }
    each!(exercise).into()
}

/// Returns the lines of the items with a step, and of the service itself, without comments.
fn code(text: &'static str) -> Vec<&'static str> {
    let runs =
        |line: &&str| ["step(", "wait_until(", "impl Service"].iter().any(|c| line.contains(c));
    let (mut lines, mut item) = (Vec::new(), Vec::new());
    for line in text.lines().take_while(|line| *line != "fn main() {") {
        if !line.is_empty() && !line.trim_start().starts_with("//") {
            item.push(line);
        }
        if line == "}" || (line.ends_with(';') && !line.starts_with(' ')) {
            let item = std::mem::take(&mut item);
            if line == "}" && item.iter().any(runs) {
                lines.extend(item);
            }
        }
    }
    lines
}

/// Returns the position of an exercise's requests after a word.
fn position<S: Service + 'static>(word: &str, rules: &Rules<'_>) -> Position<State> {
    let mut run = Run::<S>::new(rules.users);
    word.chars().for_each(|letter| run.take_turn(letter));
    let view = |user: char| {
        let own = run.turns().iter().filter(|(letter, _)| letter.to_ascii_uppercase() == user);
        let (mut line, mut rows) = (line_of(rules.code, "async fn answer"), String::new());
        for (_, turn) in own {
            line = match turn {
                Turn::Paused(Pause::Ready(what) | Pause::Waiting(what)) => {
                    line_of(rules.code, what)
                }
                Turn::Answered(answer) => {
                    rows = shown(answer);
                    None
                }
                Turn::Dropped => {
                    rows = "×".into();
                    None
                }
            };
        }
        RequestView { line, rows }
    };
    let dropped = word.chars().filter(char::is_ascii_lowercase).count();
    Position {
        state: State { requests: rules.users.chars().map(view).collect(), slots: String::new() },
        letters: run.next_letters(dropped < rules.max_dropped),
        is_mixed: run.turns().iter().any(|(user, turn)| match turn {
            Turn::Answered(answer) => answer.is_mixed(*user),
            _ => false,
        }),
    }
}

fn shown(answer: &Answer) -> String {
    if answer.owners().is_empty() { "∅".into() } else { answer.owners().iter().collect() }
}

fn line_of(code: &[&str], text: &str) -> Option<usize> {
    code.iter().position(|line| line.contains(text))
}
