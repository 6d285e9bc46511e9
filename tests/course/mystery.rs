//! Checks that an audit finds each mechanism of the mystery, finds nothing in its repair, and that
//! the program judges answers.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use clap::ValueEnum;
use double_exposure::audit::demo::{Mechanism, Mystery};
use double_exposure::audit::{AuditPlan, AuditResults, AuditVerdict, LoadModel, Target, run};

use crate::{documents, text};

/// Upper bound of the answers in which a mechanism must be found, and number of answers that the
/// audit of a repair reads.
const MAX_ANSWERS: u64 = 100;

/// Audits a mystery until a mixed answer, or else until this number of answers was read.
fn audit(mystery: &Mystery, in_flight: usize, answers: u64, seed: u64) -> AuditResults {
    let target = Target::parse(&mystery.target(), None, &|_| None);
    let plan = AuditPlan {
        target: target.expect("the file that learners get is valid"),
        load: vec![LoadModel::Closed(in_flight)],
        warm_up: Duration::from_millis(1),
        // A bound for a service that answers nothing; the number of answers ends the audit.
        duration: Duration::from_secs(600),
        timeout: Duration::from_secs(20),
        max_bytes: 1 << 20,
        until_found: true,
        enough_conversions: Some(answers),
        max_findings: 1,
        min_conversions: answers,
        require: Vec::new(),
        hang_up: 0.0,
        seed,
    };
    run(&plan, &mut |_| true).expect("the system gives threads")
}

#[test]
fn an_audit_finds_each_mechanism_with_five_seeds() {
    for &mechanism in Mechanism::value_variants() {
        for seed in 1..=5 {
            let mystery = Mystery::start(mechanism, false, 0, seed).expect("a port is free");
            let found = audit(&mystery, 2, MAX_ANSWERS, seed);
            let reasons = &found.reasons;
            assert_eq!(found.verdict, AuditVerdict::Mixed, "{mechanism:?}, {seed}: {reasons:?}");
        }
    }
}

#[test]
fn an_audit_of_a_repaired_mystery_is_clean() {
    for &mechanism in Mechanism::value_variants() {
        let mystery = Mystery::start(mechanism, true, 0, 1).expect("a port is free");
        let found = audit(&mystery, 2, MAX_ANSWERS, 1);
        assert_eq!(found.verdict, AuditVerdict::Clean, "{mechanism:?}: {:?}", found.reasons);
    }
}

#[test]
fn one_request_in_flight_finds_the_mechanisms_that_need_no_race() {
    for &mechanism in Mechanism::value_variants() {
        let mystery = Mystery::start(mechanism, false, 0, 1).expect("a port is free");
        let is_mixed = audit(&mystery, 1, 30, 1).verdict == AuditVerdict::Mixed;
        assert_eq!(is_mixed, mechanism.mixes_in_order(), "{mechanism:?}");
    }
}

#[test]
fn a_mechanism_is_described_as_its_exercise_is_measured() {
    for mechanism in Mechanism::value_variants() {
        assert_eq!(mechanism.losing_word(), documents::word_of_story(mechanism.name()));
        let card = text("docs/course/tool-card.md");
        let in_order = if mechanism.mixes_in_order() { "**mixed**" } else { "clean" };
        let row = format!("| `{}` | accepts | {in_order} |", mechanism.name());
        assert!(card.contains(&row), "docs/course/tool-card.md has no row {row}");
    }
}

#[test]
fn the_seeds_on_the_trainers_page_choose_the_mechanisms_that_it_names() {
    let page = text("docs/course/trainer.md");
    for mechanism in Mechanism::value_variants() {
        let seeds: Vec<String> = (1..=20)
            .filter(|&seed| Mechanism::of_seed(seed) == *mechanism)
            .map(|seed| seed.to_string())
            .collect();
        let row = format!("| `{}` | {} |", mechanism.name(), seeds.join(", "));
        assert!(page.contains(&row), "docs/course/trainer.md has no row {row}");
    }
}

fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_double-exposure"));
    program.args(["course", "mystery", "--seed", "1"]);
    program
}

#[test]
fn the_program_judges_an_answer_by_its_exit_code() {
    for mechanism in Mechanism::value_variants() {
        let judged = program().args(["--answer", mechanism.name()]).output().unwrap();
        let said = String::from_utf8(judged.stdout).unwrap();
        let right = *mechanism == Mechanism::of_seed(1);
        assert_eq!(judged.status.code(), Some(if right { 0 } else { 1 }), "{said}");
        let words = format!("by the word {}.", mechanism.losing_word());
        assert_eq!(said.contains(&words), right, "{said}");
    }
    let refused = program().args(["--answer", "ring"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
}

#[test]
fn the_program_serves_until_the_right_answer_is_typed() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = program()
        .args(["--duration", "60m", "--quiet"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let service = lines.next().unwrap();
    let address = service.strip_prefix("service:  ").expect("the address comes first").to_owned();
    assert_eq!(lines.next().unwrap(), "target:   mystery.toml");
    let target = std::fs::read_to_string(folder.path().join("mystery.toml")).unwrap();
    assert!(target.contains(&format!("base = \"{address}\"")), "{target}");
    let refused = ureq::get(format!("{address}/run/1/1")).call().unwrap_err();
    assert!(matches!(refused, ureq::Error::StatusCode(403)), "{refused}");
    let mut stdin = child.stdin.take().unwrap();
    let right = Mechanism::of_seed(1);
    let wrong = Mechanism::value_variants().iter().find(|other| **other != right).unwrap();
    for answer in ["ring", wrong.name(), right.name()] {
        writeln!(stdin, "{answer}").unwrap();
    }
    assert!(lines.next().unwrap().starts_with(&format!("no, not {}.", wrong.name())));
    assert!(lines.next().unwrap().starts_with(&format!("right: {}", right.name())));
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
