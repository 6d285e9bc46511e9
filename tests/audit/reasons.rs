//! Tests that requests which come to nothing are told with their reason, and that an audit without
//! hope ends early. Each mock service fails in one way.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use double_exposure::audit::report::table;
use double_exposure::audit::{AuditPlan, AuditResults, AuditVerdict, ProbeResult, Target};

use crate::mock_service::{audit, honest, plan, send, serve};

fn long(mut plan: AuditPlan) -> AuditPlan {
    // The audit must end by itself long before.
    plan.duration = Duration::from_secs(600);
    plan.target.photos.truncated = false;
    plan
}

#[test]
fn an_audit_without_hope_ends_at_once_with_the_reason_the_url_and_the_first_bytes() {
    let address = serve(|_, stream| {
        let headers = "content-type: text/html\r\n";
        send(stream, "404 No", headers, b"<html>\n<title>no such page</title>")
    });
    let plan = long(plan(address));
    let results = audit(&plan);
    assert_eq!(results.verdict, AuditVerdict::Inconclusive);
    assert!(results.stats.requests < 400, "{}", results.stats.requests);
    let reason = &results.reasons[0];
    assert!(reason.contains("came to nothing for the same reason: status 404"), "{reason}");
    let [failure] = results.stats.failure_reasons.get() else { panic!("one reason is expected") };
    assert!(failure.url.starts_with(&format!("http://{address}/t?size=")), "{}", failure.url);
    assert_eq!(failure.body, "<html> <title>no such page</title>");
    assert_eq!(failure.count, results.stats.failures.all());
    let table = table(&plan, &results);
    assert!(table.contains("status 404") && table.contains("no such page"), "{table}");
}

#[test]
fn one_image_or_a_second_reason_is_hope() {
    let count = AtomicU32::new(0);
    let address = serve(move |received, stream| match count.fetch_add(1, Ordering::Relaxed) {
        160 => honest(received, stream),
        number if number % 2 == 0 => send(stream, "404 No", "", b""),
        _ => send(stream, "410 Gone", "", b""),
    });
    let mut plan = long(plan(address));
    plan.enough_conversions = Some(1);
    let results = audit(&plan);
    assert!(results.stats.requests > 140, "{}", results.stats.requests);
    assert_eq!(results.stats.failure_reasons.get().len(), 2);
}

#[test]
fn a_success_without_an_image_is_told_with_its_first_bytes() {
    let address = serve(|_, stream| send(stream, "200 OK", "", b"please log in"));
    let results = audit(&long(plan(address)));
    let [failure] = results.stats.failure_reasons.get() else { panic!("one reason is expected") };
    assert_eq!((&*failure.reason, &*failure.body), ("status 200", "please log in"));
}

#[test]
fn a_target_that_dies_is_told_with_the_moment() {
    let count = AtomicU32::new(0);
    let address = serve(move |received, stream| {
        // The connection ends without a response, as that of a process that was killed.
        count.fetch_add(1, Ordering::Relaxed) < 40 && honest(received, stream)
    });
    let results = audit(&long(plan(address)));
    assert!(!results.stats.failure_reasons.get().is_empty());
    assert_eq!(results.verdict, AuditVerdict::Inconclusive, "{:?}", results.reasons);
    assert!(results.reasons[0].contains("stopped answering"), "{:?}", results.reasons);
}

/// Audits a service in push mode that responds to strangers with a status.
fn audit_strangers(status: &'static str, is_owner_refused: bool) -> (AuditPlan, AuditResults) {
    let photos = std::sync::Mutex::new(std::collections::HashMap::new());
    let requests = AtomicU32::new(0);
    let address = serve(move |received, stream| {
        let (method, target) = received.target();
        let path = target.split('?').next().unwrap().to_owned();
        if method == "PUT" {
            let stored = (received.token.clone(), received.body.clone());
            photos.lock().unwrap().insert(path, stored);
            return send(stream, "201 Created", "", b"");
        }
        let (owner, photo) = photos.lock().unwrap().get(&path).cloned().unwrap();
        let number = requests.fetch_add(1, Ordering::Relaxed);
        if owner != received.token || is_owner_refused && number > 5 {
            return send(stream, status, "", b"not now");
        }
        crate::mock_service::changed(&photo, received.size(), stream, |_| {})
    });
    let text = "name = \"x\"\nmode = \"push\"\nbase = \"http://127.0.0.1:1\"\n\
        [photos]\npeople = 3\nper_person = 1\nwidth = 320\nheight = 240\ntruncated = false\n\
        [upload]\npath = \"/{uuid}\"\nheaders = { authorization = \"{person.number}\" }\n\
        [thumbnail]\npath = \"/{uuid}?size={size}\"\nsizes = \"160\"\nfit = \"cover\"\n\
        headers = { authorization = \"{viewer.number}\" }\nprivate = false\n";
    let base = format!("http://{address}").parse().unwrap();
    let target = Target::parse(text, Some(&base), &|_| None).unwrap();
    // The load ends once five answers are read, and the first request of all counts for none.
    let (enough_conversions, duration) = (Some(5), Duration::from_secs(60));
    let plan = AuditPlan { target, enough_conversions, duration, ..plan(address) };
    let results = audit(&plan);
    (plan, results)
}

#[test]
fn a_probe_of_strangers_that_could_not_run_says_so_and_never_that_it_passed() {
    let (_, refused) = audit_strangers("403 No", false);
    assert_eq!(refused.stranger, ProbeResult::Passed, "{:?}", refused.notes);
    for (status, is_owner_refused) in
        [("500 No", false), ("503 No", false), ("403 No", true), ("404 No", true)]
    {
        let (plan, results) = audit_strangers(status, is_owner_refused);
        assert_eq!(results.stranger, ProbeResult::NotRun, "{status}");
        let table = table(&plan, &results);
        let code = status.split(' ').next().unwrap();
        assert!(table.contains("could not be tried") && table.contains(code), "{table}");
        assert!(!table.contains("gives access to no thumbnail"), "{table}");
    }
}

#[test]
fn a_name_that_is_taken_asks_for_a_run_number() {
    for (name, has_hint) in [("audit", true), ("audit {run}", false)] {
        let address = serve(|_, stream| send(stream, "409 Conflict", "", b"name is taken"));
        let text = format!(
            "name = \"x\"\nmode = \"post\"\nbase = \"http://{address}\"\n[photos]\npeople = 2\n\
             [[setup]]\nper = \"person\"\npath = \"/people\"\n\
             json = '{{\"name\":\"{name} {{person.number}}\"}}'\n\
             [thumbnail]\npath = \"/t?size={{size}}\"\n"
        );
        let target = Target::parse(&text, None, &|_| None).unwrap();
        let results = audit(&AuditPlan { target, ..plan(address) });
        let reason = &results.reasons[0];
        assert!(reason.contains("409") && reason.contains("name is taken"), "{reason}");
        assert_eq!(reason.contains("put {run} into its names"), has_hint, "{reason}");
    }
}
