//! Tests that all reports of an audit agree: JSON, JUnit, Markdown, the table and the page. One
//! mock service mixes photos, and one does not.

use double_exposure::audit::report::{
    AuditDocument, DOCUMENT, junit, markdown, page, table, write,
};
use double_exposure::audit::{AuditPlan, AuditResults, AuditVerdict};
use double_exposure::output::OutputDir;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

use crate::mock_service::{audit, honest, jpeg, plan, send_jpeg, serve, thumbnail};

/// Audits a service that answers every request with the first thumbnail.
fn mixed() -> (AuditPlan, AuditResults) {
    let first: std::sync::Mutex<Option<Vec<u8>>> = std::sync::Mutex::default();
    let address = serve(move |received, stream| {
        let Some(image) = thumbnail(&received.body, received.size()) else {
            return honest(received, stream);
        };
        let mut first = first.lock().unwrap();
        let file = first.get_or_insert_with(|| jpeg(&image)).clone();
        drop(first);
        send_jpeg(stream, &file)
    });
    let mut plan = plan(address);
    plan.target.name = "a <b> | 'c' & *d*".into();
    let results = audit(&plan);
    assert_eq!(results.verdict, AuditVerdict::Mixed);
    (plan, results)
}

fn document(plan: &AuditPlan, results: &AuditResults) -> Value {
    serde_json::to_value(AuditDocument::new(plan, results)).unwrap()
}

#[test]
fn the_document_has_the_verdict_the_counts_and_the_findings() {
    let (plan, results) = mixed();
    let document = document(&plan, &results);
    assert_eq!(document["verdict"], "mixed");
    assert!(document["bound"].is_null());
    for count in ["answers", "read", "unknown", "mixed"] {
        assert!(document[count].is_u64(), "{count}");
    }
    let finding = &document["findings"][0];
    for key in ["kind", "requested_owner", "found_owner", "rows", "planes", "share", "in_flight"] {
        assert!(!finding[key].is_null(), "{key}");
    }
    let size = finding["size"].as_u64().unwrap();
    assert!(finding["rows"][0] == 0 && finding["rows"][1].as_u64() <= Some(size));

    let plan = self::plan(serve(honest));
    let results = audit(&plan);
    let clean = self::document(&plan, &results);
    assert_eq!(clean["verdict"], "clean");
    assert!(clean["bound"].as_f64().unwrap() > 0.0);
    assert_eq!(clean["findings"], serde_json::json!([]));
}

#[test]
fn junit_fails_mixed_steps_and_skips_all_steps_without_a_verdict() {
    let (plan, mut results) = mixed();
    let text = |plan: &AuditPlan, results: &AuditResults| {
        let xml = String::from_utf8(junit(plan, results)).unwrap();
        let mut reader = Reader::from_str(&xml);
        while !matches!(reader.read_event().expect("well formed"), Event::Eof) {}
        xml
    };
    let xml = text(&plan, &results);
    assert!(xml.contains("failures=\"1\"") && xml.contains("<failure"), "{xml}");
    results.stats.steps[0].mixed = 0;
    results.verdict = AuditVerdict::Inconclusive;
    results.reasons = vec!["<too> little".into()];
    let xml = text(&plan, &results);
    assert!(xml.contains("skipped=\"1\"") && xml.contains("failures=\"0\""), "{xml}");
}

#[test]
fn names_are_escaped_in_every_report() {
    let (plan, results) = mixed();
    let page = page(&plan, &results, "double-exposure audit --target 'a & b'");
    assert!(!page.contains("<b> |") && page.contains("a &lt;b&gt;"));
    assert!(!page.contains("<script"));
    let markdown = markdown(&plan, &results);
    assert!(markdown.contains(r"a \<b\> \| 'c' & \*d\*"), "{markdown}");
}

#[test]
fn every_report_has_the_verdict_and_the_counts() {
    let (plan, results) = mixed();
    let mixed = results.stats.mixed.to_string();
    assert!(results.stats.mixed < 1000, "more digits are grouped");
    let table = table(&plan, &results);
    let markdown = markdown(&plan, &results);
    let page = page(&plan, &results, "x");
    for text in [&table, &markdown, &page] {
        assert!(text.replace('\n', " ").contains("showed another person’s photo"), "{text}");
        assert!(text.contains(&mixed), "{text}");
        assert!(text.contains("person 1"), "{text}");
    }
    assert_eq!(page.matches("<div class=\"card\"").count(), results.stats.findings.len());
    // The first screen shows what was asked for, what came, and the other person's photo.
    for title in ["asked for", "got", "the other person’s"] {
        assert!(page.find(&format!("<b>{title}</b>")) < page.find("<main>"), "{title}");
    }
}

#[test]
fn the_folder_holds_each_image_beside_the_expected_one() {
    let (plan, results) = mixed();
    let temporary = tempfile::tempdir().unwrap();
    let path = temporary.path().join("report");
    for _ in 0..2 {
        let folder = OutputDir::open(&path, DOCUMENT).unwrap();
        write(&folder, &plan, &results, "x").unwrap();
    }
    let pictures = std::fs::read_dir(path.join("pictures")).unwrap().count();
    assert_eq!(pictures, 2 * results.stats.findings.len());
    let foreign = temporary.path().join("foreign");
    std::fs::create_dir(&foreign).unwrap();
    std::fs::write(foreign.join("mine.txt"), "mine").unwrap();
    assert!(OutputDir::open(&foreign, DOCUMENT).is_err());
}
