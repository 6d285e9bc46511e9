//! The reproduction as JUnit XML, for CI: a test case per run.
//!
//! Nobody is named in it: CI logs are read by more people than the photos were meant for.

use std::fmt::Display;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use crate::repro::{Expect, Findings, GATE_THUMBNAILS, Kind, Plan, Run, Verdict};

const NAME: &str = "double-exposure repro";

/// What a test case says of its run.
enum Says {
    Held,
    /// Somebody was mixed where nobody may be.
    Failure(String),
    /// This program is at fault.
    Error(String),
    /// The run was not made, or saw too little to say.
    Skipped(String),
}

/// A planned run, and what is to be said of it.
struct Case {
    kind: Kind,
    in_flight: usize,
    /// Of conversion, in seconds.
    time: f64,
    says: Says,
}

/// The document: one suite, a case per planned run, the seed and the verdict as properties.
///
/// A case fails if somebody was mixed where nobody may be, is an error if the oracles disagreed,
/// and is skipped, never passed, if its run was not made or saw too little.
pub fn junit(plan: &Plan, findings: &Findings) -> Vec<u8> {
    let planned = plan
        .pipelines
        .iter()
        .flat_map(|&kind| plan.in_flight.iter().map(move |&in_flight| (kind, in_flight)));
    let mut runs = findings.runs.iter();
    let cases: Vec<Case> = planned
        .map(|(kind, in_flight)| {
            let run = runs.next();
            let time = run
                .filter(|run| run.per_second > 0.0)
                .map_or(0.0, |run| run.tally.thumbnails as f64 / run.per_second);
            let says = run
                .map_or_else(|| Says::Skipped("not made".into()), |run| says(plan, findings, run));
            Case { kind, in_flight, time, says }
        })
        .collect();
    write(plan, findings, &cases).expect("memory takes every document")
}

fn says(plan: &Plan, findings: &Findings, run: &Run) -> Says {
    let tally = &run.tally;
    let (mixed, thumbnails) = (tally.mixed(), tally.thumbnails);
    let gate = plan.expect == Expect::Clean;
    let least = if gate { GATE_THUMBNAILS } else { 1 };
    if tally.oracle_faults > 0 {
        Says::Error(format!("the oracles disagree about {} rows", tally.oracle_faults))
    } else if mixed > 0 && (gate || run.kind.is_repair()) {
        Says::Failure(format!(
            "{mixed} of {thumbnails} thumbnails are mixed: {} torn, {} swapped; {} owners exposed, \
             {} viewers affected",
            tally.torn,
            tally.swapped,
            tally.exposed_owners.len(),
            tally.affected_viewers.len()
        ))
    } else if thumbnails < least {
        Says::Skipped(format!("inconclusive: {thumbnails} thumbnails, {least} are needed"))
    } else if findings.verdict == Verdict::Inconclusive && !gate && !run.kind.is_repair() {
        Says::Skipped(format!("inconclusive: {mixed} of {thumbnails} thumbnails are mixed"))
    } else {
        Says::Held
    }
}

type Written = std::io::Result<()>;

fn write(plan: &Plan, findings: &Findings, cases: &[Case]) -> std::io::Result<Vec<u8>> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let counts = [
        ("tests", cases.len()),
        ("failures", count(cases, |says| matches!(says, Says::Failure(_)))),
        ("errors", count(cases, |says| matches!(says, Says::Error(_)))),
        ("skipped", count(cases, |says| matches!(says, Says::Skipped(_)))),
    ];
    let time: f64 = cases.iter().map(|case| case.time).sum();
    for element in ["testsuites", "testsuite"] {
        let mut start = BytesStart::new(element);
        start.push_attribute(("name", NAME));
        for (name, count) in counts {
            start.push_attribute((name, count.to_string().as_str()));
        }
        start.push_attribute(("time", format!("{time:.3}").as_str()));
        xml.write_event(Event::Start(start))?;
    }
    properties(&mut xml, plan, findings)?;
    for case in cases {
        write_case(&mut xml, case)?;
    }
    xml.write_event(Event::End(BytesEnd::new("testsuite")))?;
    xml.write_event(Event::End(BytesEnd::new("testsuites")))?;
    let mut bytes = xml.into_inner();
    bytes.push(b'\n');
    Ok(bytes)
}

fn count(cases: &[Case], of: fn(&Says) -> bool) -> usize {
    cases.iter().filter(|case| of(&case.says)).count()
}

fn properties(xml: &mut Writer<Vec<u8>>, plan: &Plan, findings: &Findings) -> Written {
    let properties: [(&str, &dyn Display); 7] = [
        ("seed", &plan.seed),
        ("verdict", &findings.verdict),
        ("slots", &plan.slots),
        ("bands", &plan.bands),
        ("size", &plan.size),
        ("fit", &plan.fit),
        ("cores", &findings.cores),
    ];
    xml.write_event(Event::Start(BytesStart::new("properties")))?;
    for (name, value) in properties {
        let value = value.to_string();
        let property = BytesStart::new("property")
            .with_attributes([("name", name), ("value", value.as_str())]);
        xml.write_event(Event::Empty(property))?;
    }
    xml.write_event(Event::End(BytesEnd::new("properties")))
}

fn write_case(xml: &mut Writer<Vec<u8>>, case: &Case) -> Written {
    let start = BytesStart::new("testcase").with_attributes([
        ("name", format!("{} with {} in flight", case.kind, case.in_flight).as_str()),
        ("classname", format!("repro.{}", case.kind).as_str()),
        ("time", format!("{:.3}", case.time).as_str()),
    ]);
    let (element, message) = match &case.says {
        Says::Held => return xml.write_event(Event::Empty(start)),
        Says::Failure(message) => ("failure", message),
        Says::Error(message) => ("error", message),
        Says::Skipped(message) => ("skipped", message),
    };
    xml.write_event(Event::Start(start))?;
    let said = BytesStart::new(element).with_attributes([("message", message.as_str())]);
    xml.write_event(Event::Start(said))?;
    xml.write_event(Event::Text(BytesText::new(message)))?;
    xml.write_event(Event::End(BytesEnd::new(element)))?;
    xml.write_event(Event::End(BytesEnd::new("testcase")))
}
