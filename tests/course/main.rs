//! Checks the course: every exercise loses by the word of its story, every solution holds, the
//! compiler rejects what the stories say that it rejects, and the documents are complete.
//!
//! The exercises are compiled into this test without their own tests, so that every checker can run
//! them. The programs that a learner runs are tested as a learner tests them, with cargo.

mod checkers;
mod documents;
#[path = "../model/exploration.rs"]
#[allow(dead_code, reason = "shared with tests that use more of it")]
mod exploration;
#[path = "../loom/explore.rs"]
mod loom_explore;
mod mystery;
mod play;
mod programs;
mod rejected;
mod repairs;
#[allow(warnings, clippy::all, reason = "copies that the build makes")]
mod services {
    include!(concat!(env!("OUT_DIR"), "/course.rs"));
    pub(crate) use each;
}
#[path = "../shuttle/explore.rs"]
#[allow(dead_code, reason = "shared with tests that use more of it")]
mod shuttle_explore;

use std::fs;
use std::path::Path;

use checkers::{Verdicts, solution_holds, verdicts};
use services::{each, exercises, solutions};

/// Returns the text of a file of the repository.
fn text(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Holds what was measured of an exercise.
struct Exercise {
    name: &'static str,
    broken: Verdicts,
    /// The checkers that found a fault in the solution.
    objections: Vec<String>,
}

fn measured() -> Vec<Exercise> {
    macro_rules! measure {
        ($file:literal, $broken:path, $repaired:path) => {{
            let broken = verdicts::<$broken>();
            let objections = solution_holds::<$repaired>(&broken.losing_word());
            let path = stringify!($broken);
            let name = path.split("::").nth(1).expect("a module holds the service").trim();
            Exercise { name, broken, objections }
        }};
    }
    each!(measure).into()
}

#[test]
fn every_exercise_loses_by_the_word_of_its_story_and_every_solution_holds() {
    let measured = measured();
    assert_eq!(measured.len(), 10);
    let table = text("docs/course/tool-card.md");
    let mut missing = Vec::new();
    for Exercise { name, broken, objections } in &measured {
        assert_eq!(*objections, [""; 0], "the solution of {name}");
        let word = documents::word_of_story(name);
        assert_eq!(broken.losing_word(), word, "the story of {name}");
        missing.extend(Some(broken.row(name)).filter(|row| !table.contains(row.as_str())));
    }
    assert!(
        missing.is_empty(),
        "docs/course/tool-card.md lacks these rows:\n{}",
        missing.join("\n")
    );
}

#[test]
fn a_search_without_hang_ups_proves_too_little() {
    let broken = verdicts::<exercises::abandoned_reply::Database>();
    assert!(matches!(broken.words, course::Outcome::Exhausted { .. }), "{}", broken.words);
    assert!(matches!(broken.hang_up, course::Outcome::Found { .. }), "{}", broken.hang_up);
}

#[test]
fn a_model_with_a_thread_for_each_request_proves_the_wrong_thing() {
    let broken = verdicts::<exercises::current_user::Profiles>();
    assert!(matches!(broken.words, course::Outcome::Found { .. }), "{}", broken.words);
    assert_eq!(broken.on_threads, Some(false), "each thread has a thread-local of its own");
}
