//! Goal: show that an invalid scenario is refused with the line and the reason, without a panic.
//! Method: replace a value of the built-in scenario, and compare the error.

use double_exposure::incident::{MAX_SCENARIO_BYTES, Scenario, ScenarioError};

use crate::plans::text;

/// Invalid replacements, each with old text, new text, the path of the value, a part of the reason.
const CONTRADICTIONS: [(&str, &str, &str, &str); 22] = [
    ("23:15:00+09:00  ", "14:00:00+09:00  ", "fix.at", "before the rollout"),
    ("23:15:00+09:00  ", "21:00:00+09:00  ", "fix.at", "before the detection"),
    ("22:09:00+09:00  ", "15:00:00+09:00  ", "detection.at", "before the rollout"),
    ("share = 0.32", "share = 0.42", "people.album_members", "110.0000 %"),
    ("share = 0.32", "share = 1.32", "people.album_members[0].share", "no share"),
    ("share = 0.42", "share = 0.40", "platforms", "98.0000 %"),
    ("service_warm = 0.70", "service_warm = 1.5", "caches.service_warm", "150 %"),
    ("share = 0.5 }", "share = 0.1 }", "rollout[1].share", "the previous stage's 0.125"),
    ("at = 2024-11-28T16:05", "at = 2024-11-28T15:05", "rollout[1].at", "the previous stage"),
    ("at = 2024-11-28T15:35", "at = 2024-11-27T15:35", "rollout[0].at", "before the start"),
    ("end = 2024-12-04", "end = 2024-11-27", "end", "not after the start"),
    ("end = 2024-12-04", "end = 2025-12-04", "end", "at most 31"),
    ("from = 2024-11-29T06", "from = 2024-11-28T06", "server_change.from", "before the fix"),
    ("to = 2024-11-30", "to = 2024-11-29", "server_change.to", "before the start of the change"),
    ("build = 2024-11-29T16", "build = 2024-11-28T16", "platforms[0].build", "before the fix"),
    ("from = 2024-11-28T17", "from = 2024-11-29T17", "estimate.from", "not before the fix"),
    ("slots = 32  ", "slots = 0  ", "fleet.slots", "0 is not from 1 to 65536"),
    ("bands = 4  ", "bands = 400  ", "fleet.bands", "400 is not from 1 to 128"),
    ("decode_share = 0.2", "decode_share = 0.95", "fleet.encode_share", "nothing is left"),
    ("conversion_ms = 52.35", "conversion_ms = nan", "fleet.conversion_ms", "not above 0"),
    ("7.9, 5.4,\n", "7.9,\n", "views.hourly_weights", "23 weights"),
    ("2.0, 1.1", "-2.0, 1.1", "views.hourly_weights[0]", "-2 is not from 0"),
];

/// Returns the line numbers, from 1, that a part of a text spans.
fn lines_of(text: &str, part: &str) -> std::ops::RangeInclusive<usize> {
    let start = text.find(part).expect("the text contains the part");
    let line = |end: usize| 1 + text[..end].matches('\n').count();
    line(start)..=line(start + part.len())
}

#[test]
fn a_scenario_that_contradicts_itself_is_refused_with_the_line_and_the_reason() {
    for (old, new, path, why) in CONTRADICTIONS {
        let text = text(&[(old, new)]);
        match Scenario::read(&text) {
            Err(ScenarioError::Contradiction { line, path: actual, why: reason }) => {
                assert_eq!(actual, path, "{new}: {reason}");
                assert!(reason.contains(why), "{new}: {reason}");
                let line_text = text.lines().nth(line - 1).expect("the line exists");
                // The error of a sum names the whole list, or one of two shares.
                let sums = [
                    "people.album_members",
                    "platforms",
                    "fleet.encode_share",
                    "views.hourly_weights",
                ];
                let at_its_line = lines_of(&text, new).contains(&line);
                assert_eq!(at_its_line, !sums.contains(&path), "{new}: line {line}: {line_text:?}");
                let name = path.rsplit('.').next().unwrap();
                assert!(
                    at_its_line || line_text.contains(name),
                    "{new}: line {line}: {line_text:?}"
                );
            }
            other => panic!("{new}: {other:?}"),
        }
    }
}

#[test]
fn a_text_of_another_form_is_refused_with_its_line() {
    for ((old, new), why) in [
        (("title = \"28 November 2024\"", "title = \"28"), "string"),
        (("slots = 32  ", "slotz = 32  "), "unknown field `slotz`"),
        (("slots = 32  ", "slots = \"32\"  "), "invalid type"),
        (("slots = 32  ", "slots = -1  "), "-1"),
        (("start = 2024-11-28T00:00:00+09:00", "start = 2024-11-28T00:00:00"), "add an offset"),
        (("start = 2024-11-28T00:00:00+09:00", "start = \"yesterday\""), "datetime"),
        (("pipeline = \"shared\"", "pipeline = \"nowhere\""), "nowhere"),
        (("[what_ifs]", "[whatever]"), "whatever"),
    ] {
        let text = text(&[(old, new)]);
        match Scenario::read(&text) {
            Err(ScenarioError::Form { line, why: reason }) => {
                assert!(reason.contains(why), "{new}: {reason}");
                assert!(lines_of(&text, new).contains(&line), "{new}: line {line}: {reason}");
            }
            other => panic!("{new}: {other:?}"),
        }
    }
}

#[test]
fn a_scenario_that_is_too_long_or_empty_is_refused() {
    let long = format!("# {}", "x".repeat(MAX_SCENARIO_BYTES));
    assert_eq!(Scenario::read(&long), Err(ScenarioError::TooLong(MAX_SCENARIO_BYTES + 2)));
    assert!(matches!(Scenario::read(""), Err(ScenarioError::Form { .. })));
}
