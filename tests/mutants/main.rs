//! Checks that loom and shuttle both find every mutant (a mistake planted in a shipped repair) far
//! below their caps. Words (schedules written as letters), loom, shuttle, the compiler
//! and plain threads run on each mutant and on the shipped files, in which they must find nothing.
//!
//! `cargo test --test mutants -- --nocapture` prints the verdicts and the number of executions.

mod by_hand;
mod by_loom;
mod by_rustc;
mod by_shuttle;
#[path = "../model/exploration.rs"]
#[allow(dead_code, reason = "shared with tests that use more of it")]
mod exploration;
mod list;
mod matrix;
#[path = "../model/under_loom.rs"]
#[allow(dead_code, reason = "shared with tests that use more of it")]
mod under_loom;
#[path = "../model/under_shuttle.rs"]
#[allow(dead_code, reason = "shared with tests that use more of it")]
mod under_shuttle;
#[path = "../model/under_std.rs"]
#[allow(dead_code, reason = "shared with tests that use more of it")]
mod under_std;

use by_rustc::{Verdict, compile};
use exploration::Exploration;
use list::Mutant;
use matrix::Row;

const LIST: &str = include_str!("list.txt");

const PROMISES: [&str; 5] =
    ["isolation", "completeness", "bounds on kept frames", "give-back", "no old contents"];

fn listed() -> Vec<Mutant<'static>> {
    list::read(LIST).expect("the list is valid")
}

fn shipped() -> Vec<Mutant<'static>> {
    list::read(list::SHIPPED).expect("the list is valid")
}

/// Runs searches one after the other up to the first finding. Without one, counts their executions
/// together.
fn first_finding(searches: impl Iterator<Item = Exploration<String>>) -> Exploration<String> {
    let mut total = 0;
    let mut proved = true;
    for exploration in searches {
        match exploration {
            Exploration::Found { .. } | Exploration::Diverged => return exploration,
            Exploration::Exhausted { executions } => total += executions,
            Exploration::Capped { executions } => (total, proved) = (total + executions, false),
        }
    }
    if proved {
        Exploration::Exhausted { executions: total }
    } else {
        Exploration::Capped { executions: total }
    }
}

/// Joins two searches of one checker.
fn joined(first: Exploration<String>, second: Exploration<String>) -> Exploration<String> {
    first_finding([first, second].into_iter())
}

#[test]
fn every_mutant_is_caught_and_nothing_is_found_in_the_shipped_files() {
    let words = by_hand::explore_words().into_iter().zip(by_shuttle::convert_by_words());
    let checkers = [
        words.map(|((name, steps), (_, convert))| (name, joined(steps, convert))).collect(),
        by_loom::explore_all(),
        by_shuttle::explore_all(),
        by_hand::stress_all(),
    ];
    let rows = |mutants: Vec<Mutant<'static>>| -> Vec<Row> {
        mutants.into_iter().map(|mutant| Row::new(mutant, &checkers)).collect()
    };
    let (shipped, mutants) = (rows(shipped()), rows(listed()));
    println!("{}", matrix::table(shipped.iter().chain(&mutants)));
    println!("{}", matrix::findings(&mutants));
    let found = shipped.iter().filter(|row| !row.is_clean()).map(Row::name);
    assert_eq!(
        found.collect::<Vec<_>>(),
        [""; 0],
        "a checker finds something in the shipped files"
    );
    let missed = mutants.iter().filter(|row| !row.is_caught()).map(Row::name);
    assert_eq!(missed.collect::<Vec<_>>(), [""; 0], "loom or shuttle does not find these mutants");
}

#[test]
fn every_mutant_fits_the_shipped_file_and_compiles_or_is_rejected_as_listed() {
    for mutant in
        shipped().into_iter().chain(listed().into_iter().filter(|m| m.rejected_with.is_some()))
    {
        let verdict = compile(&mutant).unwrap_or_else(|unfit| panic!("{unfit}"));
        let expected = mutant
            .rejected_with
            .map_or(Verdict::Accepted, |error| Verdict::Rejected(vec![error.to_owned()]));
        assert_eq!(verdict, expected, "{}", mutant.name);
    }
}

#[test]
fn every_promise_is_broken_by_a_mutant_and_every_mutant_breaks_a_promise() {
    let mutants = listed();
    assert!(mutants.len() >= 8, "only {}", mutants.len());
    for mutant in &mutants {
        assert!(PROMISES.contains(&mutant.breaks), "{} breaks {}", mutant.name, mutant.breaks);
    }
    for promise in PROMISES {
        assert!(
            mutants.iter().any(|mutant| mutant.breaks == promise),
            "no mutant breaks {promise}"
        );
    }
}

#[test]
fn a_change_of_a_text_that_occurs_never_or_twice_is_rejected() {
    let mutants = list::read("a_name in owned.rs breaks isolation\n-x\n-y\n+z\n-u\n");
    let mutant = mutants.expect("the list is valid").pop().expect("a mutant");
    assert_eq!(mutant.apply("x\ny\nu"), Ok("z\n".into()));
    let error =
        |times, old| Err(format!("a_name: occurs {times} times in owned.rs, not once: {old}"));
    assert_eq!(mutant.apply("y\nu"), error(0, "x\ny"));
    assert_eq!(mutant.apply("x\nyx\nyu"), error(2, "x\ny"));
    assert_eq!(mutant.apply("x\nyuu"), error(2, "u"));
}

#[test]
fn an_invalid_list_is_rejected() {
    for bad in ["-x", "+x", "a name", "a in b", "a in b breaks c\n+x", "é"] {
        assert!(list::read(bad).is_err(), "{bad}");
    }
}
