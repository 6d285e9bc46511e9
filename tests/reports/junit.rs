//! Checks that JUnit XML states the result of each run, and that only a good run passes. The
//! documents are made from results made by hand, and parsed; the flag is tried on the command.

use std::collections::BTreeMap;
use std::process::{Command, Output};

use double_exposure::pipelines::PipelineKind;
use double_exposure::repro::report::junit;
use double_exposure::repro::{Expectation, ReproVerdict};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::sample::Sample;

type Attributes = BTreeMap<String, String>;

/// Holds a parsed document: its suite, its properties, and the cases with the element in each.
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
            suite.cases.last_mut().expect("the element is inside a case").1 =
                Some((name, attributes));
        }
    }
}

fn suite(sample: &Sample) -> Suite {
    parse(&junit(&sample.plan, &sample.results))
}

impl Suite {
    /// Returns the result of the case of this name: `passed`, or the name of the element in it.
    fn result(&self, name: &str) -> &str {
        let case = self.cases.iter().find(|(case, _)| case["name"] == name).expect(name);
        case.1.as_ref().map_or("passed", |(element, _)| element)
    }

    fn counts(&self) -> [&str; 4] {
        ["tests", "failures", "errors", "skipped"].map(|count| self.own[count].as_str())
    }
}

#[test]
fn each_run_is_a_case_and_shared_may_mix_photos_if_that_is_expected() {
    let suite = suite(&Sample::reproduced());
    assert_eq!(suite.counts(), ["21", "0", "0", "0"]);
    assert_eq!(suite.cases.len(), 21);
    assert_eq!(suite.result("shared with 64 in flight"), "passed");
    assert_eq!(suite.result("owned with 64 in flight"), "passed");
    assert_eq!(suite.cases[20].0["classname"], "repro.pooled");
    assert_eq!(suite.properties["seed"], "7");
    assert_eq!(suite.properties["verdict"], "reproduced");
    let seconds: f64 = suite.cases[0].0["time"].parse().unwrap();
    assert!((seconds - 600.0 / 124.4).abs() < 0.01, "{seconds}");
}

#[test]
fn a_mixed_thumbnail_where_none_may_be_is_a_failure_with_its_numbers() {
    let mut sample = Sample::reproduced();
    sample.results.verdict = ReproVerdict::Mixed;
    sample.results.runs[13].stats.torn = 3;
    let failed = suite(&sample);
    assert_eq!(failed.counts(), ["21", "1", "0", "0"]);
    assert_eq!(failed.result("owned with 64 in flight"), "failure");
    let message = &failed.cases[13].1.as_ref().unwrap().1["message"];
    assert!(message.starts_with("3 of 600 thumbnails are mixed: 3 torn, 0 swapped"), "{message}");

    sample.plan.expect = Expectation::Clean;
    let gate = suite(&sample);
    assert_eq!(gate.counts(), ["21", "6", "0", "0"], "a gate forbids mixing on shared too");
}

#[test]
fn oracles_that_disagree_are_an_error() {
    let mut sample = Sample::reproduced();
    sample.results.runs[7].stats.oracle_faults = 2;
    let suite = suite(&sample);
    assert_eq!(suite.counts(), ["21", "0", "1", "0"]);
    assert_eq!(suite.result("owned with 1 in flight"), "error");
}

#[test]
fn runs_that_were_not_made_or_are_too_short_are_skipped_and_never_pass() {
    let mut sample = Sample::of(&[PipelineKind::Shared, PipelineKind::Owned], 3);
    sample.results.runs.truncate(4);
    sample.results.verdict = ReproVerdict::Inconclusive;
    sample.results.interrupted = true;
    let stopped = suite(&sample);
    assert_eq!(stopped.counts(), ["6", "0", "0", "5"]);
    assert_eq!(stopped.result("owned with 1 in flight"), "passed");
    assert_eq!(stopped.result("owned with 4 in flight"), "skipped");
    assert_eq!(stopped.result("shared with 4 in flight"), "skipped");

    let mut gate = Sample::of(&[PipelineKind::Owned], 2);
    gate.plan.expect = Expectation::Clean;
    gate.results.runs[1].stats.thumbnails = 299;
    assert_eq!(suite(&gate).result("owned with 1 in flight"), "passed");
    assert_eq!(suite(&gate).result("owned with 2 in flight"), "skipped");
}

#[test]
fn junit_names_no_owner() {
    let sample = Sample::reproduced();
    let xml = String::from_utf8(junit(&sample.plan, &sample.results)).unwrap();
    for owner in &sample.photo_set.owners {
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
        // The photos cannot be read either: the error that is printed shows which came first.
        let refused = repro(&out, &["--photos", "/nowhere/at/all", "--junit", file]);
        assert_eq!(refused.status.code(), Some(2));
        let error = String::from_utf8(refused.stderr).unwrap();
        assert!(error.contains(file), "{error}");
    }
    assert_eq!(repro(&out, &["--junit", "-"]).status.code(), Some(2));
    assert!(!out.join("report.json").exists());
}

#[test]
fn a_run_that_fails_leaves_no_junit_file_and_its_folder_accepts_the_next_run() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("report");
    std::fs::create_dir(&out).unwrap();
    let file = out.join("junit.xml");
    let refused = repro(&out, &["--photos", "/nowhere/at/all", "--junit", file.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(!file.exists(), "an empty file has no meaning");
    let ran = repro(&out, &["--pipeline", "owned", "--in-flight", "1", "--thumbnails", "8"]);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
fn a_run_leaves_a_page_and_junit_and_the_page_shows_how_to_run_it_again() {
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
