//! Checks that the page names the source of each fact, and loads nothing: pages of small days are
//! read as text.

use double_exposure::incident::report::IncidentPage;
use double_exposure::incident::{WhatIf, WhatIfResult, parameters, pictures};
use double_exposure::sample_photos::default_set;

use crate::days::{evening, evening_if, evening_with, played};

fn page(findings: &double_exposure::incident::SimulationResults) -> String {
    let pictures = pictures(findings, &default_set(), 2).unwrap();
    let compared = [WhatIfResult::new("the <b>day</b>".into(), None, findings)];
    IncidentPage { findings, compared: &compared, pictures: &pictures }.html()
}

#[test]
fn the_page_holds_the_day_its_counts_and_every_parameter() {
    let findings = played(&evening());
    let page = page(&findings);
    let counts = [findings.wrong_made, findings.exposed_owners(), findings.affected_viewers()];
    for count in counts {
        assert!(page.contains(&count.to_string()), "{count}");
    }
    for one in parameters(&findings.plan.script) {
        assert!(one.path.starts_with("published.") || page.contains(&one.path), "{}", one.path);
    }
    for published in &findings.plan.script.published {
        assert!(page.contains(&published.what), "{}", published.what);
    }
    assert!(page.contains("28 Nov 23:15 or 23:42"), "both times where lists differ");
    assert_eq!(page.matches("<figure class=\"pair\">").count(), 2);
}

#[test]
fn the_page_loads_nothing_and_escapes_what_others_wrote() {
    let mut plan = evening();
    plan.script.title = "<script>alert(1)</script>".into();
    plan.script.platforms[0].name = "<img src=x>".into();
    let page = page(&played(&plan));
    assert!(page.contains("default-src 'none'"));
    assert!(!page.contains("<script") && !page.contains("<img src=x") && !page.contains("<b>day"));
    let pictures = page.matches("<img ").count() + page.matches("href=\"http").count();
    assert_eq!(pictures, page.matches("<img src=\"data:").count());
}

#[test]
fn days_at_their_limits_have_a_page() {
    for plan in [
        evening_if(WhatIf::Pipeline(double_exposure::pipelines::PipelineKind::Owned)),
        evening_if(WhatIf::NoDeviceCache),
        evening_with(&[("per_day = 91_000_000", "per_day = 0")]),
    ] {
        let page = page(&played(&plan));
        assert!(page.contains("</html>") && !page.contains("NaN") && !page.contains("inf "));
    }
}
