//! Goal: a script that contradicts itself is refused with the line and why, and nobody sees a
//! panic. Method: the built-in script with one value exchanged, and what must be said of it.

use double_exposure::incident::{MAX_BYTES, Scenario, ScenarioError};

use crate::days::text;

/// What is exchanged, the value that is to blame, and a piece of the reason.
const CONTRADICTIONS: [(&str, &str, &str, &str); 22] = [
    (
        "at = 2024-11-28T23:15:00+09:00          #",
        "at = 2024-11-28T14:00:00+09:00 #",
        "fix.at",
        "before the rollout",
    ),
    (
        "at = 2024-11-28T23:15:00+09:00          #",
        "at = 2024-11-28T21:00:00+09:00 #",
        "fix.at",
        "before the detection",
    ),
    (
        "at = 2024-11-28T22:09:00+09:00          #",
        "at = 2024-11-28T15:00:00+09:00 #",
        "detection.at",
        "before the rollout",
    ),
    (
        "members = 2, share = 0.32",
        "members = 2, share = 0.42",
        "people.album_members",
        "110.0000 %",
    ),
    (
        "members = 2, share = 0.32",
        "members = 2, share = 1.32",
        "people.album_members[0].share",
        "no share",
    ),
    ("name = \"iOS\"\nshare = 0.42", "name = \"iOS\"\nshare = 0.40", "platforms", "98.0000 %"),
    ("service_warm = 0.70", "service_warm = 1.5", "caches.service_warm", "150 %"),
    (
        "16:05:00+09:00\nshare = 0.5",
        "16:05:00+09:00\nshare = 0.1",
        "rollout[1].share",
        "not more than the 0.125",
    ),
    (
        "at = 2024-11-28T16:05:00+09:00",
        "at = 2024-11-28T15:05:00+09:00",
        "rollout[1].at",
        "the stage before it",
    ),
    (
        "at = 2024-11-28T15:35:00+09:00\nshare",
        "at = 2024-11-27T15:35:00+09:00\nshare",
        "rollout[0].at",
        "before the start",
    ),
    ("end = 2024-12-04", "end = 2024-11-27", "end", "not after the start"),
    ("end = 2024-12-04", "end = 2025-12-04", "end", "at most 31"),
    ("from = 2024-11-29T06:00", "from = 2024-11-28T06:00", "server_change.from", "before the fix"),
    ("to = 2024-11-30T01:14", "to = 2024-11-29T01:14", "server_change.to", "before its beginning"),
    (
        "build = 2024-11-29T16:05",
        "build = 2024-11-28T16:05",
        "platforms[0].build",
        "before the fix",
    ),
    ("from = 2024-11-28T17:50", "from = 2024-11-29T17:50", "estimate.from", "not before the fix"),
    ("slots = 32  ", "slots = 0  ", "fleet.slots", "0 is not from 1 to 65536"),
    ("bands = 4  ", "bands = 400  ", "fleet.bands", "400 is not from 1 to 128"),
    (
        "decode_share = 0.2",
        "decode_share = 0.95",
        "fleet.encode_share",
        "nothing is left for the bands",
    ),
    ("conversion_ms = 52.35", "conversion_ms = nan", "fleet.conversion_ms", "not above 0"),
    ("7.9, 5.4,\n", "7.9,\n", "views.by_hour", "23 weights"),
    ("2.0, 1.1", "-2.0, 1.1", "views.by_hour[0]", "-2 is not from 0"),
];

/// The lines, counted from 1, that a piece of a text spans.
fn lines_of(text: &str, piece: &str) -> std::ops::RangeInclusive<usize> {
    let start = text.find(piece).expect("the piece is there");
    let line = |end: usize| 1 + text[..end].matches('\n').count();
    line(start)..=line(start + piece.len())
}

#[test]
fn a_script_that_contradicts_itself_is_refused_with_the_line_and_why() {
    for (old, new, path, why) in CONTRADICTIONS {
        let text = text(&[(old, new)]);
        match Scenario::read(&text) {
            Err(ScenarioError::Contradiction { line, path: found, why: said }) => {
                assert_eq!(found, path, "{new}: {said}");
                assert!(said.contains(why), "{new}: {said}");
                let blamed = text.lines().nth(line - 1).expect("the line is there");
                // A sum is of a whole list, and two shares may be to blame for one.
                let sums =
                    ["people.album_members", "platforms", "fleet.encode_share", "views.by_hour"];
                let at_its_line = lines_of(&text, new).contains(&line);
                assert_eq!(at_its_line, !sums.contains(&path), "{new}: line {line}: {blamed:?}");
                let named = path.rsplit('.').next().unwrap();
                assert!(at_its_line || blamed.contains(named), "{new}: line {line}: {blamed:?}");
            }
            other => panic!("{new}: {other:?}"),
        }
    }
}

#[test]
fn what_is_no_script_is_refused_with_its_line() {
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
            Err(ScenarioError::Form { line, why: said }) => {
                assert!(said.contains(why), "{new}: {said}");
                assert!(lines_of(&text, new).contains(&line), "{new}: line {line}: {said}");
            }
            other => panic!("{new}: {other:?}"),
        }
    }
}

#[test]
fn a_script_without_end_is_not_read() {
    let long = format!("# {}", "x".repeat(MAX_BYTES));
    assert_eq!(Scenario::read(&long), Err(ScenarioError::TooLong(MAX_BYTES + 2)));
    assert!(matches!(Scenario::read(""), Err(ScenarioError::Form { .. })));
}
