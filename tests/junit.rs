//! JUnit says of each run what CI must know, and nothing else passes for a pass. The documents are
//! made from findings made by hand and parsed again; the flag is tried on the command.

#[allow(dead_code, reason = "what the page says is read in another test")]
mod page;

use std::collections::BTreeMap;
use std::process::{Command, Output};

use double_exposure::pipelines::PipelineKind;
use double_exposure::repro::report::junit;
use double_exposure::repro::{Expectation, ReproVerdict};
use page::Sample;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

type Attributes = BTreeMap<String, String>;

/// A parsed document: its suite, its properties, and the cases with what stands in each.
#[derive(Default)]
struct Suite {
    own: Attributes,
    properties: Attributes,
    cases: Vec<(Attributes, Option<(String, Attributes)>)>,
}

fn parse(xml: &[u8]) -> Suite {
    let text = std::str::from_utf8(xml).unwrap();
    let mut reader = Reader::from_str(text);
    let mut suite = Suite::default();
    loop {
        match reader.read_event().expect("well formed") {
            Event::Eof => return suite,
            Event::Start(tag) | Event::Empty(tag) => element(&mut suite, &tag),
            _ => {}
        }
    }
}

fn element(suite: &mut Suite, tag: &BytesStart) {
    let attributes: Attributes = tag
        .attributes()
        .map(|attribute| {
            let attribute = attribute.unwrap();
            let name = String::from_utf8(attribute.key.as_ref().to_vec()).unwrap();
            let version = quick_xml::XmlVersion::Implicit1_0;
            (name, attribute.normalized_value(version).unwrap().into_owned())
        })
        .collect();
    match tag.name().as_ref() {
        b"testsuite" => suite.own = attributes,
        b"property" => {
            suite.properties.insert(attributes["name"].clone(), attributes["value"].clone());
        }
        b"testcase" => suite.cases.push((attributes, None)),
        b"testsuites" | b"properties" => {}
        other => {
            let name = String::from_utf8(other.to_vec()).unwrap();
            suite.cases.last_mut().expect("it stands in a case").1 = Some((name, attributes));
        }
    }
}

fn suite(sample: &Sample) -> Suite {
    parse(&junit(&sample.plan, &sample.findings))
}

impl Suite {
    /// The outcome of the case of this name: `passed`, or the element that stands in it.
    fn said(&self, name: &str) -> &str {
        let case = self.cases.iter().find(|(case, _)| case["name"] == name).expect(name);
        case.1.as_ref().map_or("passed", |(said, _)| said)
    }

    fn counts(&self) -> [&str; 4] {
        ["tests", "failures", "errors", "skipped"].map(|count| self.own[count].as_str())
    }
}

#[test]
fn each_run_is_a_case_and_shared_may_mix_where_it_is_expected_to() {
    let suite = suite(&Sample::reproduced());
    assert_eq!(suite.counts(), ["21", "0", "0", "0"]);
    assert_eq!(suite.cases.len(), 21);
    assert_eq!(suite.said("shared with 64 in flight"), "passed");
    assert_eq!(suite.said("owned with 64 in flight"), "passed");
    assert_eq!(suite.cases[20].0["classname"], "repro.pooled");
    assert_eq!(suite.properties["seed"], "7");
    assert_eq!(suite.properties["verdict"], "reproduced");
    let seconds: f64 = suite.cases[0].0["time"].parse().unwrap();
    assert!((seconds - 600.0 / 124.4).abs() < 0.01, "{seconds}");
}

#[test]
fn a_mix_up_where_none_may_be_is_a_failure_with_its_numbers() {
    let mut sample = Sample::reproduced();
    sample.findings.verdict = ReproVerdict::Mixed;
    sample.findings.runs[13].tally.torn = 3;
    let failed = suite(&sample);
    assert_eq!(failed.counts(), ["21", "1", "0", "0"]);
    assert_eq!(failed.said("owned with 64 in flight"), "failure");
    let message = &failed.cases[13].1.as_ref().unwrap().1["message"];
    assert!(message.starts_with("3 of 600 thumbnails are mixed: 3 torn, 0 swapped"), "{message}");

    sample.plan.expect = Expectation::Clean;
    let gate = suite(&sample);
    assert_eq!(gate.counts(), ["21", "6", "0", "0"], "a gate lets nobody mix, shared neither");
}

#[test]
fn oracles_that_disagree_are_an_error_of_the_program() {
    let mut sample = Sample::reproduced();
    sample.findings.runs[7].tally.oracle_faults = 2;
    let suite = suite(&sample);
    assert_eq!(suite.counts(), ["21", "0", "1", "0"]);
    assert_eq!(suite.said("owned with 1 in flight"), "error");
}

#[test]
fn what_was_not_made_or_saw_too_little_is_skipped_and_never_passed() {
    let mut sample = Sample::of(&[PipelineKind::Shared, PipelineKind::Owned], 3);
    sample.findings.runs.truncate(4);
    sample.findings.verdict = ReproVerdict::Inconclusive;
    sample.findings.interrupted = true;
    let stopped = suite(&sample);
    assert_eq!(stopped.counts(), ["6", "0", "0", "5"]);
    assert_eq!(stopped.said("owned with 1 in flight"), "passed");
    assert_eq!(stopped.said("owned with 4 in flight"), "skipped");
    assert_eq!(stopped.said("shared with 4 in flight"), "skipped");

    let mut gate = Sample::of(&[PipelineKind::Owned], 2);
    gate.plan.expect = Expectation::Clean;
    gate.findings.runs[1].tally.thumbnails = 299;
    assert_eq!(suite(&gate).said("owned with 1 in flight"), "passed");
    assert_eq!(suite(&gate).said("owned with 2 in flight"), "skipped");
}

#[test]
fn junit_names_nobody() {
    let sample = Sample::reproduced();
    let xml = String::from_utf8(junit(&sample.plan, &sample.findings)).unwrap();
    for owner in &sample.subjects.owners {
        assert!(!xml.contains(owner.as_str()));
    }
}

fn repro(out: &std::path::Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_double-exposure"))
        .args(["repro", "--quiet", "--out"])
        .arg(out)
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn a_file_that_cannot_be_written_is_refused_with_its_path_before_anything_runs() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("report");
    let missing = folder.path().join("missing").join("junit.xml");
    for file in [missing.to_str().unwrap(), folder.path().to_str().unwrap()] {
        // Neither can the photos be read: whichever is said first was looked at first.
        let refused = repro(&out, &["--photos", "/nowhere/at/all", "--junit", file]);
        assert_eq!(refused.status.code(), Some(2));
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(said.contains(file), "{said}");
    }
    assert_eq!(repro(&out, &["--junit", "-"]).status.code(), Some(2));
    assert!(!out.join("report.json").exists());
}

#[test]
fn a_run_that_fails_leaves_no_junit_behind_and_its_folder_takes_the_next_run() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("report");
    std::fs::create_dir(&out).unwrap();
    let file = out.join("junit.xml");
    let refused = repro(&out, &["--photos", "/nowhere/at/all", "--junit", file.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(!file.exists(), "an empty file says nothing");
    let ran = repro(&out, &["--pipeline", "owned", "--in-flight", "1", "--thumbnails", "8"]);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
fn a_run_leaves_a_page_and_junit_behind_and_the_page_says_how_to_run_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let (out, file) = (folder.path().join("report"), folder.path().join("junit.xml"));
    let arguments =
        ["--pipeline", "owned", "--in-flight", "1,2", "--thumbnails", "8", "--seed", "5"];
    let ran = repro(&out, &[&arguments[..], &["--junit", file.to_str().unwrap()]].concat());
    assert_eq!(ran.status.code(), Some(0), "{}", String::from_utf8_lossy(&ran.stderr));
    let suite = parse(&std::fs::read(file).unwrap());
    assert_eq!(suite.counts(), ["2", "0", "0", "0"]);
    let page = std::fs::read_to_string(out.join("index.html")).unwrap();
    for option in ["--pipeline owned", "--in-flight 1,2", "--thumbnails 8", "--seed 5"] {
        assert!(page.contains(option), "{option}");
    }
}
