//! `replay` tells the truth about a schedule, to people, to machines and to scripts: the built
//! program is run as a user would run it, and its words, files and exit codes are looked at.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// Runs `replay` in `dir`, 80 columns wide, with `input` on its standard input.
fn run(dir: &Path, columns: &str, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_double-exposure"))
        .arg("replay")
        .args(arguments)
        .current_dir(dir)
        .env("COLUMNS", columns)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    // A program that does not read its input closes it.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    child.wait_with_output().expect("the program ends")
}

fn replay(dir: &TempDir, arguments: &[&str]) -> Output {
    run(dir.path(), "80", arguments, "")
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn complained(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

fn json(dir: &TempDir, arguments: &[&str]) -> Value {
    let output = replay(dir, &[arguments, &["--json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", complained(&output));
    serde_json::from_slice(&output.stdout).expect("one document")
}

/// Every file of a folder with its bytes, by name.
fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(dir).expect("a folder").map(|entry| entry.expect("an entry"));
    let mut files: Vec<_> = entries
        .map(|entry| {
            let bytes = fs::read(entry.path()).expect("a file");
            (entry.file_name().into_string().expect("UTF-8"), bytes)
        })
        .collect();
    files.sort();
    files
}

fn names(dir: &Path) -> Vec<String> {
    files(dir).into_iter().map(|(name, _)| name).collect()
}

const OUT: &str = "double-exposure-replay";

#[test]
fn the_story_word_tears_a_and_says_at_which_steps() {
    let dir = folder();
    let output = replay(&dir, &["AABABABB"]);
    assert_eq!(output.status.code(), Some(0), "{}", complained(&output));
    let text = told(&output);
    for line in [
        "step  A        B        slot 0",
        "   3  ·        begins   B       ^ A can no longer be saved",
        "   4  2 ← B!   ·        B       ^ A takes B's rows",
        "   6  finishes ·        B       ^ A is torn",
    ] {
        assert!(text.lines().any(|told| told == line), "{line:?} is missing in\n{text}");
    }
    assert!(!text.contains('\x1b'), "no colour off a terminal");
    let made = ["A-should-be.jpg", "A-torn.jpg", "B-clean.jpg", "replay.json"];
    assert_eq!(names(&dir.path().join(OUT)), made);
}

#[test]
fn the_same_word_gives_the_same_bytes() {
    let (one, other) = (folder(), folder());
    for arguments in [&["ABCACBBACABC", "--slots", "2"][..], &["AABABABB", "--pipeline", "pooled"]]
    {
        let (first, second) = (replay(&one, arguments), replay(&other, arguments));
        assert_eq!(first, second);
        let [first, second] = [&one, &other].map(|dir| files(&dir.path().join(OUT)));
        assert_eq!(first, second);
        assert!(first.len() > 2);
    }
}

#[test]
fn the_document_names_owners_steps_and_the_law() {
    let dir = folder();
    let told = json(&dir, &["AABABABB"]);
    assert_eq!(told["schema"], "double-exposure/replay/1");
    let counts = ["thumbnails", "clean", "torn", "swapped"].map(|count| told[count].as_u64());
    assert_eq!(counts, [2, 1, 1, 0].map(Some));
    assert_eq!((&told["bands"], &told["slots"]), (&2.into(), &1.into()));
    assert_eq!(told["as_the_law_says"], true);
    let a = &told["requests"][0];
    assert_eq!(a["outcome"], "torn");
    assert_eq!((&a["lost_at"], &a["mixed_at"]), (&3.into(), &4.into()));
    assert_eq!(a["bands"], serde_json::json!(["A", "B"]));
    assert_eq!(a["predicted"], a["bands"]);
    assert_eq!(told["steps"][3]["shows"], "B");
    assert_eq!(told["steps"][2]["lies"], serde_json::json!(["B"]));
    assert_ne!(told["requests"][0]["owner"], told["requests"][1]["owner"]);

    let owned = json(&dir, &["AABABABB", "--pipeline", "owned"]);
    assert_eq!(owned["slots"], Value::Null);
    let own = serde_json::json!(["A", "A"]);
    assert_eq!(owned["requests"][0]["bands"], own);
    assert_eq!(owned["steps"][3]["lies"], serde_json::json!(["A", "B"]));
    assert_eq!(owned["steps"][7]["lies"], serde_json::json!([null, null]));
}

#[test]
fn a_swapped_thumbnail_is_byte_for_byte_a_strangers() {
    let dir = folder();
    assert_eq!(replay(&dir, &["ABBAAABB"]).status.code(), Some(0));
    let read = |name: &str| fs::read(dir.path().join(OUT).join(name)).expect("a thumbnail");
    assert_eq!(read("A-swapped.jpg"), read("B-clean.jpg"));
    assert_ne!(read("A-swapped.jpg"), read("A-should-be.jpg"));
}

#[test]
fn on_owned_and_pooled_the_words_that_mix_leave_everybody_clean() {
    let dir = folder();
    for pipeline in ["owned", "pooled"] {
        let told = json(&dir, &["ABCACBBACABC", "--pipeline", pipeline]);
        assert_eq!((&told["clean"], &told["torn"]), (&3.into(), &0.into()));
        let clean = ["A-clean.jpg", "B-clean.jpg", "C-clean.jpg", "replay.json"];
        assert_eq!(names(&dir.path().join(OUT)), clean);
    }
}

#[test]
fn an_earlier_replay_is_replaced_and_nothing_else_is_touched() {
    let dir = folder();
    replay(&dir, &["AABABABB"]);
    let out = dir.path().join(OUT);
    fs::write(out.join("notes.txt"), "mine").expect("a file");
    fs::write(out.join("a-torn.jpg"), "mine").expect("a file");
    assert_eq!(replay(&dir, &["AAAABBB"]).status.code(), Some(0));
    assert_eq!(names(&out), ["A-clean.jpg", "a-torn.jpg", "notes.txt", "replay.json"]);

    let album = folder();
    fs::write(album.path().join("A-torn.jpg"), "mine").expect("a file");
    let here = album.path().to_str().expect("UTF-8");
    let refused = replay(&dir, &["AABABABB", "--out", here]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(complained(&refused).contains("name an empty or a new folder"));
    assert_eq!(files(album.path()), [("A-torn.jpg".into(), b"mine".to_vec())]);
}

#[test]
fn wrong_usage_is_exit_2_with_the_reason_and_nothing_on_standard_output() {
    let dir = folder();
    let long = "A".repeat(3381);
    let cases: &[(&[&str], &str)] = &[
        (&["AaB"], "'a' at position 2 names no request: write capital letters"),
        (&[""], "the word is empty"),
        (&[&long], "3381 letters"),
        (&["AAAAABB", "--bands", "2"], "the A at position 5 is one too many"),
        (&[&"A".repeat(20)], "has 16 at most"),
        (&["AAAA", "--slots", "0"], "1 to 1024"),
        (&["AAAA", "--photos", "nowhere"], "nowhere"),
        (&["AAAA", "--all"], "cannot be used with"),
        (&["AAAA", "--shrink", "--odds"], "cannot be used with"),
        (&["AAAA", "--requests", "3"], "cannot be used with"),
        (&["--play", "--requests", "3"], "cannot be used with"),
        (&["--all", "--pipeline", "owned"], "cannot be used with"),
        (&["--odds", "AAAA", "--out", "x"], "cannot be used with"),
        (&["--shrink"], "WORD"),
        (&[], "WORD"),
        (&["--all", "--requests", "4"], "63063000 words"),
        (&["--all", "--requests", "26", "--bands", "128"], "words of this size"),
        (&["--shrink", "AAAB", "--bands", "2"], "no outcome to keep"),
        (&["--odds", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "--bands", "4", "--slots", "13"], "1831054687"),
        (&["--play", "--bands", "1"], "2 bands or more"),
        (&["--play", "--slots", "26"], "25 slots"),
    ];
    for (arguments, reason) in cases {
        let output = replay(&dir, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(complained(&output).contains(reason), "{reason}: {}", complained(&output));
        assert_eq!(told(&output), "", "{arguments:?}");
    }
    assert!(!dir.path().join(OUT).exists(), "nothing is left behind");
}

#[test]
fn twenty_six_requests_are_readable_on_80_columns_on_58_and_on_40() {
    let dir = folder();
    // Thumbnails are small photos, and 26 of them quickly played.
    assert_eq!(replay(&dir, &["AAABBB", "--out", "photos"]).status.code(), Some(0));
    let word = ('A'..='Z').collect::<String>().repeat(3);
    for columns in ["80", "58", "40"] {
        for arguments in [&["--slots", "26"][..], &["--slots", "3"], &["--pipeline", "pooled"]] {
            let all = [&[word.as_str(), "--size", "16", "--photos", "photos"], arguments].concat();
            let output = run(dir.path(), columns, &all, "");
            assert_eq!(output.status.code(), Some(0), "{}", complained(&output));
            let text = told(&output);
            let widest = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
            assert!(widest <= columns.parse().unwrap(), "{widest} columns\n{text}");
            let stands_apart = |(at, _): (usize, &str)| text[..at].ends_with([' ', '\n']);
            assert!(text.match_indices('^').all(stands_apart), "{text}");
            assert_eq!(text.contains('^'), arguments.contains(&"3"), "who is lapped is marked");
            assert!(text.lines().filter(|line| line.trim_start().starts_with("78 ")).count() == 1);
        }
    }
}

#[test]
fn all_prints_the_known_table_and_the_document_its_counts() {
    let dir = folder();
    let told = json(&dir, &["--all", "--requests", "2", "--bands", "2", "--slots", "1"]);
    let names = ["words", "words_mixed", "thumbnails", "clean", "torn", "swapped"];
    let counts = names.map(|count| told[count].as_u64().expect("a count"));
    assert_eq!(counts, [70, 60, 140, 80, 20, 40]);
    assert_eq!(told["played"], serde_json::json!({"shared": 70, "owned": 70, "pooled": 70}));
    let torn = &told["outcomes"][1];
    assert_eq!(torn["example"], "AABAABBB");
    let expected = ["shared", "owned", "pooled"].map(|pipeline| torn[pipeline].as_str().unwrap());
    assert_eq!(expected, ["expected", "forbidden", "forbidden"]);

    let text = self::told(&replay(&dir, &["--all"]));
    assert!(text.starts_with("2 requests · 2 bands · 1 slot: 70 words, 140 thumbnails\n"));
    assert!(text.contains("torn             20    14.3 %  expected   forbidden  forbidden"));
    let none = json(&dir, &["--all", "--requests", "3", "--bands", "1", "--slots", "3"]);
    assert_eq!((&none["words"], &none["words_mixed"]), (&1680.into(), &0.into()));
    assert_eq!(none["outcomes"][1]["example"], Value::Null);
    assert_eq!(none["outcomes"][1]["shared"], "forbidden");
}

#[test]
fn shrink_prints_a_word_that_replays_to_the_same_kind_of_outcome() {
    let dir = folder();
    let output = replay(&dir, &["--shrink", "AABBCCABCABC", "--quiet"]);
    assert_eq!((told(&output).as_str(), output.status.code()), ("AABAA\n", Some(0)));
    let told = json(&dir, &["ABCDDCBAABCDABCD", "--shrink", "--slots", "3"]);
    assert_eq!(told["outcome"], "swapped");
    assert_eq!(told["shrunk"]["word"], "ABCDAAA");
    assert_eq!(told["shrunk"]["switches"], 4);
    let replayed = json(&dir, &["ABCDAAA", "--slots", "3"]);
    assert_eq!(replayed["requests"][0]["outcome"], "swapped");
}

#[test]
fn odds_say_where_it_became_likely_and_where_inevitable() {
    let dir = folder();
    let told = json(&dir, &["--odds", "AABABABB"]);
    assert_eq!((&told["likely_after"], &told["inevitable_after"]), (&0.into(), &3.into()));
    let prefix = &told["prefixes"][2];
    assert_eq!((&prefix["mixed"], &prefix["continuations"]), (&"10".into(), &"15".into()));
    let text = self::told(&replay(&dir, &["--odds", "AABABABB"]));
    assert!(text.contains("   2  A    66.7 %  ################---------  10 of 15\n"), "{text}");
    assert!(text.contains("inevitable at step 3, by B."), "{text}");
    let clean = json(&dir, &["--odds", "AAABABBB"]);
    assert_eq!(clean["inevitable_after"], Value::Null);
    assert_eq!(clean["prefixes"][8]["share"], 0.0);
}

#[test]
fn the_game_is_won_on_shared_and_cannot_be_won_on_owned() {
    let dir = folder();
    let output = run(dir.path(), "80", &["--play"], "AAB\nx\naa\nAABAABBB\n");
    assert_eq!(output.status.code(), Some(0));
    let text = told(&output);
    for told in [
        "A can no longer be saved",
        "'X' is nobody here",
        "A makes band 2 from B's photo!",
        "|AB| torn",
        "Torn in 5 steps. Nobody can do it in fewer.",
        "Everybody is done, and nobody is torn.",
        "shared: torn after 5 steps: AABAA",
        "owned: nobody torn after 8 steps: AABAABBB",
    ] {
        assert!(text.contains(told), "{told:?} is missing in\n{text}");
    }
}

#[test]
fn the_game_ends_with_its_input_and_forgives_mistakes() {
    let dir = folder();
    // B is undone, all finish clean, and the round starts again; then the input ends.
    let output = run(dir.path(), "40", &["--play"], "AB\nundo\nAAA\nA\nBBBB\nA\n");
    assert_eq!(output.status.code(), Some(0));
    let text = told(&output);
    assert!(text.contains("A is finished: let another one step"), "{text}");
    assert!(text.contains("nobody is torn. Once more"), "{text}");
    assert!(text.contains("shared: nobody torn after 8 steps:\nAAAABBBB"), "{text}");
    assert!(text.contains("shared: nobody torn after 1 step: A"), "{text}");

    let nothing = run(dir.path(), "80", &["--play"], "");
    assert_eq!(nothing.status.code(), Some(0));
    assert!(told(&nothing).contains("No step was made."));

    let quiet = run(dir.path(), "80", &["--play", "--json"], "ABAAA\nB\nquit\n");
    let document: Value = serde_json::from_slice(&quiet.stdout).expect("one document");
    assert_eq!((&document["fewest"], &document["rounds"][0]["torn"]), (&5.into(), &false.into()));
}
