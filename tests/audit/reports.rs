//! What an audit leaves behind says the same everywhere: JSON, JUnit, Markdown, the table and the
//! page, of a service that mixes and of one that does not.

use double_exposure::audit::report::{
    AuditDocument, DOCUMENT, junit, markdown, page, table, write,
};
use double_exposure::audit::{AuditPlan, AuditResults, AuditVerdict};
use double_exposure::output::OutputDir;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

use crate::scene::{Asked, audit, honest, plan, send_jpeg, serve};

/// An audit of a service that sends everybody the first thumbnail that it made.
fn mixed() -> (AuditPlan, AuditResults) {
    let first: std::sync::Mutex<Option<Vec<u8>>> = std::sync::Mutex::default();
    let address = serve(move |asked: &Asked, stream| {
        let Some(made) = crate::scene::thumbnail(&asked.body, asked.size()) else {
            return honest(asked, stream);
        };
        let mut first = first.lock().unwrap();
        let made = first.get_or_insert_with(|| crate::scene::jpeg(&made)).clone();
        drop(first);
        send_jpeg(stream, &made)
    });
    let mut plan = plan(address);
    plan.target.name = "a <b> | 'c' & *d*".into();
    let findings = audit(&plan);
    assert_eq!(findings.verdict, AuditVerdict::Mixed);
    (plan, findings)
}

fn document(plan: &AuditPlan, findings: &AuditResults) -> Value {
    serde_json::to_value(AuditDocument::new(plan, findings)).unwrap()
}

#[test]
fn the_document_has_what_a_machine_needs() {
    let (plan, findings) = mixed();
    let document = document(&plan, &findings);
    assert_eq!(document["verdict"], "mixed");
    assert!(document["bound"].is_null());
    for count in ["answers", "read", "unknown", "mixed"] {
        assert!(document[count].is_u64(), "{count}");
    }
    let found = &document["findings"][0];
    for key in ["kind", "asked_owner", "found_owner", "rows", "planes", "share", "in_flight"] {
        assert!(!found[key].is_null(), "{key}");
    }
    let size = found["size"].as_u64().unwrap();
    assert!(found["rows"][0] == 0 && found["rows"][1].as_u64() <= Some(size));

    let plan = crate::scene::plan(serve(honest));
    let findings = audit(&plan);
    let clean = self::document(&plan, &findings);
    assert_eq!(clean["verdict"], "clean");
    assert!(clean["bound"].as_f64().unwrap() > 0.0);
    assert_eq!(clean["findings"], serde_json::json!([]));
}

#[test]
fn junit_fails_where_somebody_is_mixed_and_passes_nothing_without_a_verdict() {
    let (plan, mut findings) = mixed();
    let text = |plan: &AuditPlan, findings: &AuditResults| {
        let xml = String::from_utf8(junit(plan, findings)).unwrap();
        let mut reader = Reader::from_str(&xml);
        while !matches!(reader.read_event().expect("well formed"), Event::Eof) {}
        xml
    };
    let xml = text(&plan, &findings);
    assert!(xml.contains("failures=\"1\"") && xml.contains("<failure"), "{xml}");
    findings.tally.stages[0].mixed = 0;
    findings.verdict = AuditVerdict::Inconclusive;
    findings.reasons = vec!["<too> little".into()];
    let xml = text(&plan, &findings);
    assert!(xml.contains("skipped=\"1\"") && xml.contains("failures=\"0\""), "{xml}");
}

#[test]
fn names_are_text_wherever_they_are_printed() {
    let (plan, findings) = mixed();
    let page = page(&plan, &findings, "double-exposure audit --target 'a & b'");
    assert!(!page.contains("<b> |") && page.contains("a &lt;b&gt;"));
    assert!(!page.contains("<script"));
    let markdown = markdown(&plan, &findings);
    assert!(markdown.contains(r"a \<b\> \| 'c' & \*d\*"), "{markdown}");
}

#[test]
fn every_report_says_the_verdict_and_the_counts() {
    let (plan, findings) = mixed();
    let mixed = findings.tally.mixed.to_string();
    let table = table(&plan, &findings);
    let markdown = markdown(&plan, &findings);
    let page = page(&plan, &findings, "x");
    for text in [&table, &markdown, &page] {
        assert!(text.contains("answers show somebody else"), "{text}");
        assert!(text.contains(&mixed), "{text}");
        assert!(text.contains("person 1"), "{text}");
    }
    assert_eq!(page.matches("<figure class=\"pair\"").count(), findings.tally.findings.len());
}

#[test]
fn the_folder_holds_each_picture_beside_what_it_should_have_been() {
    let (plan, findings) = mixed();
    let temporary = tempfile::tempdir().unwrap();
    let path = temporary.path().join("report");
    for _ in 0..2 {
        let folder = OutputDir::open(&path, DOCUMENT).unwrap();
        write(&folder, &plan, &findings, "x").unwrap();
    }
    let pictures = std::fs::read_dir(path.join("pictures")).unwrap().count();
    assert_eq!(pictures, 2 * findings.tally.findings.len());
    let foreign = temporary.path().join("foreign");
    std::fs::create_dir(&foreign).unwrap();
    std::fs::write(foreign.join("mine.txt"), "mine").unwrap();
    assert!(OutputDir::open(&foreign, DOCUMENT).is_err());
}
