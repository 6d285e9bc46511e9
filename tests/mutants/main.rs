//! Whoever breaks a repair is caught: each mutant of the shipped files, by at least one checker
//! whose verdict is no luck. Words, loom, shuttle, the compiler and plain threads look at each, and
//! at the files as they are shipped, in which nothing may be found.
//!
//! `cargo test --test mutants -- --nocapture` prints who found what, and after how many executions.

#[path = "mutants/by_hand.rs"]
mod by_hand;
#[path = "mutants/by_loom.rs"]
mod by_loom;
#[path = "mutants/by_rustc.rs"]
mod by_rustc;
#[path = "mutants/by_shuttle.rs"]
mod by_shuttle;
#[path = "model/ending.rs"]
#[allow(dead_code, reason = "shared with tests that use more of it")]
mod ending;
#[path = "mutants/list.rs"]
mod list;
#[path = "mutants/matrix.rs"]
mod matrix;
#[path = "model/under_loom.rs"]
mod under_loom;
#[path = "model/under_shuttle.rs"]
mod under_shuttle;
#[path = "model/under_std.rs"]
mod under_std;

use by_rustc::{Verdict, compile};
use ending::Ending;
use list::Mutant;
use matrix::{Matrix, Row};

const LIST: &str = include_str!("mutants/list.txt");

const PROMISES: [&str; 4] = ["isolation", "bounds on kept frames", "give-back", "no old contents"];

fn listed() -> Vec<Mutant<'static>> {
    list::read(LIST).expect("the list makes sense")
}

fn shipped() -> Vec<Mutant<'static>> {
    list::read(list::SHIPPED).expect("the list makes sense")
}

/// Searches one after the other, up to the first finding, counted as one.
fn in_turn(searches: impl Iterator<Item = Ending<String>>) -> Ending<String> {
    let mut before = 0;
    let mut proved = true;
    for ending in searches {
        match ending {
            Ending::Found { at, finding } => return Ending::Found { at: before + at, finding },
            Ending::Diverged => return Ending::Diverged,
            Ending::Exhausted { executions } => before += executions,
            Ending::Capped { executions } => (before, proved) = (before + executions, false),
        }
    }
    if proved {
        Ending::Exhausted { executions: before }
    } else {
        Ending::Capped { executions: before }
    }
}

#[test]
fn every_mutant_is_caught_and_nothing_is_found_in_what_is_shipped() {
    let matrix = Matrix::new(
        by_hand::endings_of_words(),
        by_loom::endings(),
        by_shuttle::endings(),
        by_hand::endings_of_stress(),
    );
    let rows = |mutants: Vec<Mutant<'static>>| -> Vec<Row> {
        mutants.into_iter().map(|mutant| matrix.row(mutant)).collect()
    };
    let (shipped, mutants) = (rows(shipped()), rows(listed()));
    println!("{}", matrix::table(shipped.iter().chain(&mutants)));
    println!("{}", matrix::findings(&mutants));
    let found = shipped.iter().filter(|row| !row.clean()).map(Row::name);
    assert_eq!(found.collect::<Vec<_>>(), [""; 0], "something is found in what is shipped");
    let missed = mutants.iter().filter(|row| !row.caught()).map(Row::name);
    assert_eq!(missed.collect::<Vec<_>>(), [""; 0], "no checker catches these");
}

#[test]
fn every_mutant_fits_the_shipped_file_and_compiles_or_is_refused_as_the_list_says() {
    for mutant in shipped().into_iter().chain(listed().into_iter().filter(|m| m.refused.is_some()))
    {
        let verdict = compile(&mutant).unwrap_or_else(|unfit| panic!("{unfit}"));
        let expected = mutant
            .refused
            .map_or(Verdict::Accepted, |error| Verdict::Refused(vec![error.to_owned()]));
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
        assert!(mutants.iter().any(|mutant| mutant.breaks == promise), "nobody breaks {promise}");
    }
}

#[test]
fn a_change_to_a_text_that_stands_nowhere_or_twice_is_refused() {
    let mutants = list::read("a_name in owned.rs breaks isolation\n-x\n-y\n+z\n-u\n");
    let mutant = mutants.expect("the list makes sense").pop().expect("a mutant");
    assert_eq!(mutant.apply("x\ny\nu"), Ok("z\n".into()));
    let refusal =
        |times, old| Err(format!("a_name: stands {times} times in owned.rs, not once: {old}"));
    assert_eq!(mutant.apply("y\nu"), refusal(0, "x\ny"));
    assert_eq!(mutant.apply("x\nyx\nyu"), refusal(2, "x\ny"));
    assert_eq!(mutant.apply("x\nyuu"), refusal(2, "u"));
}

#[test]
fn a_list_that_makes_no_sense_is_refused() {
    for bad in ["-x", "+x", "a name", "a in b", "a in b breaks c\n+x", "é"] {
        assert!(list::read(bad).is_err(), "{bad}");
    }
}
