//! Says in a sentence each what an audit found, how often, and how sure that is.

use crate::audit::{
    AuditResults, AuditVerdict, Finding, FindingKind, LoadModel, StepStats, TestPhotos, upper_bound,
};
use crate::output::terminal::{grouped, many};

/// Quantile of the normal distribution for a confidence of 95 %.
const Z: f64 = 1.96;

/// Kinds of findings that are no mixing, the worst one first.
const OTHER_KINDS: [FindingKind; 11] = [
    FindingKind::Stranger,
    FindingKind::Stale,
    FindingKind::OtherPhoto,
    FindingKind::Public,
    FindingKind::NotIssued,
    FindingKind::Cut,
    FindingKind::Order,
    FindingKind::Size,
    FindingKind::Type,
    FindingKind::Unread,
    FindingKind::NoValidator,
];

/// Returns the sentence above all others. It never calls a service clean beside another finding.
pub(super) fn headline(results: &AuditResults) -> String {
    let has_strangers = results.stats.kinds.contains_key(&FindingKind::Stranger);
    match results.verdict {
        AuditVerdict::Mixed => main_finding(results).map_or_else(
            || "Thumbnails showed other people’s photos.".to_owned(),
            |finding| who_was_shown_whose(finding, &results.photos),
        ),
        _ if has_strangers => "Strangers were served thumbnails of other people.".to_owned(),
        AuditVerdict::Clean if others(results).is_some() => {
            "No thumbnail showed another person’s photo, but not all is well.".to_owned()
        }
        AuditVerdict::Clean => "No thumbnail showed another person’s photo.".to_owned(),
        AuditVerdict::Inconclusive => "Too little was seen for a verdict.".to_owned(),
        AuditVerdict::Unreachable => "The service could not be reached.".to_owned(),
    }
}

/// Returns the word for the verdict. *Clean* stands alone: beside other findings it is *not mixed*.
pub(super) fn verdict_word(results: &AuditResults) -> String {
    match (results.verdict, others(results)) {
        (AuditVerdict::Clean, Some(others)) => format!("not mixed, but {others}"),
        (verdict, Some(others)) => format!("{verdict}, and {others}"),
        (verdict, None) => verdict.to_string(),
    }
}

/// Lists the findings that are no mixing with their numbers, or returns `None` without any.
pub(super) fn others(results: &AuditResults) -> Option<String> {
    let kinds = &results.stats.kinds;
    let found = OTHER_KINDS.iter().filter_map(|kind| Some((kind, kinds.get(kind)?)));
    let found: Vec<String> =
        found.map(|(kind, count)| format!("{} × {}", grouped(count), kind.description())).collect();
    (!found.is_empty()).then(|| found.join("; "))
}

/// Returns the finding of mixing that an eye sees best: a whole photo before some rows, and many
/// rows before few.
pub(super) fn main_finding(results: &AuditResults) -> Option<&Finding> {
    let mixing = results.stats.findings.iter().filter(|f| f.evidence.kind.is_mixing());
    let shares = mixing.filter(|finding| finding.evidence.is_sufficient);
    shares.max_by_key(|finding| {
        let evidence = &finding.evidence;
        let is_known = evidence.photo.is_some();
        let rank = match evidence.kind {
            FindingKind::Whole | FindingKind::Crossed => 3,
            FindingKind::Rows | FindingKind::Dirty => 2,
            FindingKind::Planes => 1,
            _ => 0,
        };
        (is_known, rank, evidence.rows.len(), std::cmp::Reverse(finding.at.start))
    })
}

fn who_was_shown_whose(finding: &Finding, photos: &TestPhotos) -> String {
    let viewer = finding.request.viewer + 1;
    let part = match finding.evidence.kind {
        FindingKind::Whole | FindingKind::Crossed => "",
        FindingKind::Blend => "a shadow of ",
        FindingKind::Planes if finding.evidence.planes.y => "the brightness of ",
        FindingKind::Planes => "the colours of ",
        _ => "a part of ",
    };
    match finding.evidence.photo.map(|photo| photos.all[photo].owner + 1) {
        Some(owner) if owner == viewer => {
            let asked = photos.all[finding.request.photo].owner + 1;
            format!("A request for person {asked}’s photo got {part}person {owner}’s photo.")
        }
        Some(owner) => format!("Person {viewer} was shown {part}person {owner}’s photo."),
        None => format!("Person {viewer} was shown {part}a photo of an unknown person."),
    }
}

/// Says how often answers were mixed, in how large an interval the true share lies, and from which
/// load on.
pub(super) fn how_often(results: &AuditResults) -> String {
    let stats = &results.stats;
    let mut text = format!(
        "{} of {} ({}) showed another person’s photo",
        grouped(stats.mixed),
        many(stats.answers, "answer"),
        share(stats.mixed, stats.answers)
    );
    if let Some(causes) = &results.causes {
        if let Some(least) = causes.min_in_flight {
            text += &format!(", from {} in flight on", many(least, "request"));
        }
        if causes.affected_viewers > 0 {
            text += &format!(
                ". Of {} people, {} saw another person’s photo, and photos of {} were seen by \
                 others",
                results.photos.spec.people, causes.affected_viewers, causes.exposed_owners
            );
        }
    }
    text + "."
}

/// Formats the share of mixed answers with its interval of 95 % confidence.
pub(super) fn share(mixed: u64, answers: u64) -> String {
    if answers == 0 {
        return "none".to_owned();
    }
    let (low, high) = interval(mixed, answers);
    match mixed {
        0 => format!("at most {}", percent(high)),
        _ => format!(
            "{}: {} to {}",
            percent(mixed as f64 / answers as f64),
            percent(low),
            percent(high)
        ),
    }
}

/// Returns the interval of 95 % confidence of a share. Without a mixed answer its upper end is the
/// bound of the verdict; else the interval is Wilson's.
pub(super) fn interval(mixed: u64, answers: u64) -> (f64, f64) {
    if mixed == 0 {
        return (0.0, upper_bound(answers));
    }
    let (n, p) = (answers as f64, mixed as f64 / answers as f64);
    let middle = (p + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z / (1.0 + Z * Z / n) * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

/// Describes a load model in a word or two.
pub(super) fn describe_load(load: LoadModel) -> String {
    match load {
        LoadModel::Closed(in_flight) => format!("{} at once", grouped(in_flight)),
        LoadModel::Open(rate) => format!("{}/s", grouped(rate)),
        LoadModel::Recorded(step) => format!("step {step}"),
    }
}

/// Returns the share of a step's mixed answers with its interval.
pub(super) fn step_share(step: &StepStats) -> String {
    // Without a mix only conversions tell something; with one, each answer was seen by a viewer.
    share(step.mixed, if step.mixed == 0 { step.conversions } else { step.answers })
}

/// The expected values come from the same formula in Python.
#[test]
fn the_interval_of_a_share_is_wilsons() {
    let near = |(low, high): (f64, f64), expected: (f64, f64)| {
        (low - expected.0).abs() < 5e-4 && (high - expected.1).abs() < 5e-4
    };
    assert!(near(interval(10, 100), (0.0552, 0.1744)), "{:?}", interval(10, 100));
    assert!(near(interval(100, 100), (0.9630, 1.0)), "{:?}", interval(100, 100));
    assert_eq!(interval(0, 300), (0.0, upper_bound(300)));
}

/// Formats a share in percent with two significant digits.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let digits = if percent >= 10.0 { 0 } else { (1.0 - percent.log10().floor()) as usize };
    format!("{percent:.digits$} %")
}

#[test]
fn a_percentage_has_two_significant_digits() {
    let shares = [0.95, 0.099_6, 0.009_94, 1.497e-4, 2.9e-6].map(percent);
    assert_eq!(shares, ["95 %", "10.0 %", "0.99 %", "0.015 %", "0.00029 %"]);
}
