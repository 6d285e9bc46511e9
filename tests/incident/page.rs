//! Checks that the page names the source of each fact, and loads nothing: pages of small days are
//! read as text.

use double_exposure::incident::report::IncidentPage;
use double_exposure::incident::{Comparison, WhatIf, WhatIfResult, parameters, sample_images};
use double_exposure::sample_photos::default_set;

use crate::plans::{evening, evening_if, evening_with, simulated};

fn page(results: &double_exposure::incident::SimulationResults) -> String {
    let images = sample_images(results, &default_set(), 2).unwrap();
    let rows = vec![WhatIfResult::new("the <b>day</b>".into(), None, results)];
    let compared = Comparison { scale: 1_000, rows };
    IncidentPage { results, compared: &compared, images: &images }.html()
}

#[test]
fn the_page_holds_the_day_its_counts_and_every_parameter() {
    let results = simulated(&evening());
    let page = page(&results);
    let counts = [results.wrong_made, results.exposed_owners(), results.affected_viewers()];
    for count in counts {
        assert!(page.replace(',', "").contains(&count.to_string()), "{count}");
    }
    for one in parameters(&results.plan.scenario) {
        assert!(one.path.starts_with("published.") || page.contains(&one.path), "{}", one.path);
    }
    for published in &results.plan.scenario.published {
        assert!(page.contains(&published.event), "{}", published.event);
    }
    assert!(page.contains("28 Nov 23:15 or 23:42"), "both times where lists differ");
    assert_eq!(page.matches("<figure class=\"pair\">").count(), 2);
}

#[test]
fn a_comparison_without_rows_leaves_no_empty_section() {
    let results = simulated(&evening());
    let heading = "The same day with one thing changed";
    assert!(page(&results).contains(heading));
    let compared = Comparison::default();
    let page = IncidentPage { results: &results, compared: &compared, images: &[] }.html();
    assert!(!page.contains(heading));
}

#[test]
fn the_page_loads_nothing_and_escapes_what_others_wrote() {
    let mut plan = evening();
    plan.scenario.title = "<script>alert(1)</script>".into();
    plan.scenario.platforms[0].name = "<img src=x>".into();
    let page = page(&simulated(&plan));
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
        let page = page(&simulated(&plan));
        // Three letters of a picture's data may be anything.
        let without_data = |part: &str| part.split_once('"').unwrap_or_default().1.to_owned();
        let mut parts = page.split("base64,");
        let first = parts.next().unwrap_or_default().to_owned();
        let text = first + &parts.map(without_data).collect::<String>();
        assert!(text.contains("</html>") && !text.contains("NaN") && !text.contains("inf "));
    }
}
