//! Audits the stand-ins of real services by the targets in `docs/targets`.

use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use double_exposure::audit::{AuditPlan, AuditVerdict, Target};

use crate::mock_service::{audit, plan, send, serve};
use crate::stand_in::{ACCOUNTS, KEY, SERVICES, Service, State};

fn environment(name: &str) -> Option<String> {
    Some(match name {
        "NEXTCLOUD_ADMIN" => "admin:secret".to_owned(),
        name if name.ends_with("_ACCOUNTS") => ACCOUNTS.to_owned(),
        _ => KEY.to_owned(),
    })
}

/// Reads a target of `docs/targets`, with smaller photos and shorter waits.
fn shipped(name: &str) -> Target {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/targets");
    let text = std::fs::read_to_string(folder.join(format!("{name}.toml"))).unwrap();
    let mut target = Target::parse(&text, None, &environment).unwrap();
    (target.photos.people, target.photos.per_person) = (3, 1);
    (target.photos.width, target.photos.height) = (320, 240);
    target.thumbnail.sizes = "200".parse().unwrap();
    for ready in target.after_upload.iter_mut().filter_map(|step| step.ready.as_mut()) {
        (ready.interval, ready.limit) = (Duration::from_millis(10), Duration::from_millis(800));
    }
    target
}

fn plan_for(service: &'static Service) -> AuditPlan {
    let state: Mutex<State> = Mutex::default();
    let address = serve(move |received, stream| {
        let (status, headers, body) = service.reply(&state, received);
        send(stream, &format!("{status} X"), &headers, &body)
    });
    let mut target = shipped(service.target);
    target.base = format!("http://{address}").parse().unwrap();
    AuditPlan { target, ..plan(address) }
}

#[test]
fn each_service_is_described_by_its_target_and_is_clean() {
    for service in &SERVICES {
        let results = audit(&plan_for(service));
        let name = service.target;
        let (reasons, kinds) = (&results.reasons, &results.stats.kinds);
        assert_eq!(results.verdict, AuditVerdict::Clean, "{name}: {reasons:?}");
        assert_eq!(results.stranger, service.stranger, "{name}: {kinds:?}");
        assert_eq!(results.stats.failures.all(), 0, "{name}");
    }
}
