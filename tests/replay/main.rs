//! Checks that `replay` reports the outcome of a schedule correctly as text, JSON, files and exit
//! codes. The tests run the built program as a user does, and check what it prints and writes.

#[cfg(target_os = "linux")]
mod terminal;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use double_exposure::play::levels;
use serde_json::Value;
use tempfile::TempDir;

/// Runs `replay` in `dir` on a terminal of `columns` columns, with `input` on its standard input.
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
    // The write fails if the program does not read its input.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    child.wait_with_output().expect("the program ends")
}

fn replay(dir: &TempDir, arguments: &[&str]) -> Output {
    run(dir.path(), "80", arguments, "")
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

fn json(dir: &TempDir, arguments: &[&str]) -> Value {
    let output = replay(dir, &[arguments, &["--json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).expect("one document")
}

/// Returns the files of a folder with their bytes, sorted by name.
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
fn the_example_word_tears_a_and_shows_the_steps() {
    let dir = folder();
    let output = replay(&dir, &["AABABABB"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    for line in [
        "step  A        B        slot 0",
        "   3  ·        begins   B       ^ A is lapped",
        "   4  2 ← B!   ·        B       ^ A shows B's rows",
        "   6  finishes ·        B       ^ A is torn",
    ] {
        assert!(text.lines().any(|printed| printed == line), "{line:?} is missing in\n{text}");
    }
    assert!(!text.contains('\x1b'), "no colour off a terminal");
    let expected = ["A-should-be.jpg", "A-torn.jpg", "B-clean.jpg", "replay.json"];
    assert_eq!(names(&dir.path().join(OUT)), expected);
}

#[test]
fn a_word_that_the_page_can_play_comes_with_a_link_to_its_position() {
    let dir = folder();
    let link = |arguments: &[&str]| -> Option<(String, String)> {
        let text = stderr(&replay(&dir, arguments));
        let link = text.split("play.html#").nth(1)?.split(',').next()?;
        link.split_once(':').map(|(level, word)| (level.to_owned(), word.to_owned()))
    };
    for (arguments, level) in [
        (&["AABABABB"][..], "ring"),
        (&["AAB", "--bands", "2"], "ring"),
        (&["ABCACBBACABC", "--slots", "2"], "larger_ring"),
        (&["BBABABAA", "--slots", "2"], "larger_ring"),
        (&["AABABABB", "--pipeline", "owned"], "owned"),
        (&["AABABABB", "--pipeline", "pooled"], "owned"),
    ] {
        assert_eq!(link(arguments), Some((level.to_owned(), arguments[0].to_owned())));
        let levels = levels();
        let level = levels.iter().find(|found| found.name == level).expect("a level of the page");
        let end = arguments[0].chars().try_fold(0, |at, letter| {
            let mut moves = level.graph.nodes[at].moves.iter();
            moves.find(|(name, _)| *name == letter).map(|&(_, to)| to)
        });
        assert!(end.is_some(), "the page plays {arguments:?}");
    }
    for arguments in [
        &["AAABBB"][..],
        &["ABCACBBACABC"],
        &["AABABABB", "--slots", "3"],
        &["ABCACBBACABC", "--pipeline", "owned"],
        &["AABABABB", "--quiet"],
    ] {
        assert_eq!(link(arguments), None, "{arguments:?}");
    }
}

#[test]
fn the_same_word_gives_the_same_bytes() {
    let (first_dir, second_dir) = (folder(), folder());
    for arguments in [&["ABCACBBACABC", "--slots", "2"][..], &["AABABABB", "--pipeline", "pooled"]]
    {
        let (first, second) = (replay(&first_dir, arguments), replay(&second_dir, arguments));
        assert_eq!(first, second);
        let [first, second] = [&first_dir, &second_dir].map(|dir| files(&dir.path().join(OUT)));
        assert_eq!(first, second);
        assert!(first.len() > 2);
    }
}

#[test]
fn the_document_names_owners_steps_and_predictions() {
    let dir = folder();
    let document = json(&dir, &["AABABABB"]);
    assert_eq!(document["schema"], "double-exposure/replay/1");
    let counts = ["thumbnails", "clean", "torn", "swapped"].map(|count| document[count].as_u64());
    assert_eq!(counts, [2, 1, 1, 0].map(Some));
    assert_eq!((&document["bands"], &document["slots"]), (&2.into(), &1.into()));
    assert_eq!(document["as_predicted"], true);
    let a = &document["requests"][0];
    assert_eq!(a["outcome"], "torn");
    assert_eq!((&a["lapped_at"], &a["mixed_at"]), (&3.into(), &4.into()));
    assert_eq!(a["band_owners"], serde_json::json!(["A", "B"]));
    assert_eq!(a["predicted_owners"], a["band_owners"]);
    assert_eq!(document["steps"][3]["shows"], "B");
    assert_eq!(document["steps"][2]["frame_owners"], serde_json::json!(["B"]));
    assert_ne!(document["requests"][0]["owner"], document["requests"][1]["owner"]);

    let owned = json(&dir, &["AABABABB", "--pipeline", "owned"]);
    assert_eq!(owned["slots"], Value::Null);
    let own = serde_json::json!(["A", "A"]);
    assert_eq!(owned["requests"][0]["band_owners"], own);
    assert_eq!(owned["steps"][3]["frame_owners"], serde_json::json!(["A", "B"]));
    assert_eq!(owned["steps"][7]["frame_owners"], serde_json::json!([null, null]));
}

#[test]
fn a_swapped_thumbnail_has_the_bytes_of_another_owners_thumbnail() {
    let dir = folder();
    assert_eq!(replay(&dir, &["ABBAAABB"]).status.code(), Some(0));
    let read = |name: &str| fs::read(dir.path().join(OUT).join(name)).expect("a thumbnail");
    assert_eq!(read("A-swapped.jpg"), read("B-clean.jpg"));
    assert_ne!(read("A-swapped.jpg"), read("A-should-be.jpg"));
}

#[test]
fn owned_and_pooled_keep_all_thumbnails_clean_in_words_that_mix_on_shared() {
    let dir = folder();
    for pipeline in ["owned", "pooled"] {
        let document = json(&dir, &["ABCACBBACABC", "--pipeline", pipeline]);
        assert_eq!((&document["clean"], &document["torn"]), (&3.into(), &0.into()));
        let clean = ["A-clean.jpg", "B-clean.jpg", "C-clean.jpg", "replay.json"];
        assert_eq!(names(&dir.path().join(OUT)), clean);
    }
}

#[test]
fn an_earlier_replay_is_replaced_and_no_other_file_is_changed() {
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
    let rejected = replay(&dir, &["AABABABB", "--out", here]);
    assert_eq!(rejected.status.code(), Some(2));
    assert!(stderr(&rejected).contains("name an empty or a new folder"));
    assert_eq!(files(album.path()), [("A-torn.jpg".into(), b"mine".to_vec())]);
}

#[test]
fn a_photo_beyond_max_megapixels_is_skipped_and_the_flag_is_named() {
    let dir = folder();
    let photos = dir.path().join("photos");
    fs::create_dir(&photos).expect("a folder");
    for name in ["astronaut.jpg", "coffee.jpg", "rocket.jpg"] {
        let original = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sample_photos").join(name);
        fs::copy(original, photos.join(name)).expect("a copy");
    }
    let output = replay(&dir, &["AABABABB", "--photos", "photos", "--max-megapixels", "3"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let reason = "skipped astronaut.jpg: this photo has 4.2 megapixels; the limit is 3 \
                  (--max-megapixels)";
    assert!(stderr(&output).contains(reason), "{}", stderr(&output));
    let output = replay(&dir, &["AABABABB", "--photos", "photos", "--max-megapixels", "1"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--max-megapixels"), "{}", stderr(&output));
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
        (&[&"A".repeat(20)], "has at most 16"),
        (&["AAAA", "--slots", "0"], "1 to 1024"),
        (&["AAAA", "--photos", "nowhere"], "nowhere"),
        (&["AAAA", "--max-megapixels", "257"], "from 1 to 256"),
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
        (&["--play", "--slots", "26"], "25 slots"),
    ];
    for (arguments, reason) in cases {
        let output = replay(&dir, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(reason), "{reason}: {}", stderr(&output));
        assert_eq!(stdout(&output), "", "{arguments:?}");
    }
    assert!(!dir.path().join(OUT).exists(), "nothing is left behind");
}

#[test]
fn twenty_six_requests_are_readable_on_80_columns_on_58_and_on_40() {
    let dir = folder();
    // Thumbnails serve as small photos, so that 26 requests are replayed quickly.
    assert_eq!(replay(&dir, &["AAABBB", "--out", "photos"]).status.code(), Some(0));
    let word = ('A'..='Z').collect::<String>().repeat(3);
    for columns in ["80", "58", "40"] {
        for arguments in [&["--slots", "26"][..], &["--slots", "3"], &["--pipeline", "pooled"]] {
            let all = [&[word.as_str(), "--size", "16", "--photos", "photos"], arguments].concat();
            let output = run(dir.path(), columns, &all, "");
            assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
            let text = stdout(&output);
            let widest = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
            assert!(widest <= columns.parse().unwrap(), "{widest} columns\n{text}");
            let is_separate = |(at, _): (usize, &str)| text[..at].ends_with([' ', '\n']);
            assert!(text.match_indices('^').all(is_separate), "{text}");
            assert_eq!(text.contains('^'), arguments.contains(&"3"), "a lap is marked");
            assert!(text.lines().filter(|line| line.trim_start().starts_with("78 ")).count() == 1);
        }
    }
}

#[test]
fn all_prints_the_known_table_and_the_document_its_counts() {
    let dir = folder();
    let document = json(&dir, &["--all", "--requests", "2", "--bands", "2", "--slots", "1"]);
    let names = ["words", "words_mixed", "thumbnails", "clean", "torn", "swapped"];
    let counts = names.map(|count| document[count].as_u64().expect("a count"));
    assert_eq!(counts, [70, 60, 140, 80, 20, 40]);
    assert_eq!(
        document["as_expected"],
        serde_json::json!({"shared": 70, "owned": 70, "pooled": 70})
    );
    let torn = &document["outcomes"][1];
    assert_eq!(torn["example"], "AABAABBB");
    let expected = ["shared", "owned", "pooled"].map(|pipeline| torn[pipeline].as_str().unwrap());
    assert_eq!(expected, ["expected", "forbidden", "forbidden"]);

    let text = stdout(&replay(&dir, &["--all"]));
    assert!(text.starts_with("2 requests · 2 bands · 1 slot: 70 words, 140 thumbnails\n"));
    assert!(text.contains("torn             20    14.3 %  expected   forbidden  forbidden"));
    let none = json(&dir, &["--all", "--requests", "3", "--bands", "1", "--slots", "3"]);
    assert_eq!((&none["words"], &none["words_mixed"]), (&1680.into(), &0.into()));
    assert_eq!(none["outcomes"][1]["example"], Value::Null);
    assert_eq!(none["outcomes"][1]["shared"], "forbidden");
}

#[test]
fn shrink_prints_a_word_that_replays_to_the_same_outcome() {
    let dir = folder();
    let output = replay(&dir, &["--shrink", "AABBCCABCABC", "--quiet"]);
    assert_eq!((stdout(&output).as_str(), output.status.code()), ("AABAA\n", Some(0)));
    let document = json(&dir, &["ABCDDCBAABCDABCD", "--shrink", "--slots", "3"]);
    assert_eq!((&document["letter"], &document["outcome"]), (&"A".into(), &"swapped".into()));
    assert_eq!(document["shrunk"]["word"], "ABCDAAA");
    assert_eq!(document["shrunk"]["switches"], 4);
    let replayed = json(&dir, &["ABCDAAA", "--slots", "3"]);
    assert_eq!(replayed["requests"][0]["outcome"], "swapped");
    let smallest = replay(&dir, &["--shrink", "ABCDAAA", "--slots", "3"]);
    assert!(stdout(&smallest).starts_with("ABCDAAA\n"), "a smallest word does not shrink");
}

#[test]
fn odds_show_from_which_step_on_half_of_the_orders_mix_and_from_which_all() {
    let dir = folder();
    let document = json(&dir, &["--odds", "AABABABB"]);
    assert_eq!((&document["half_after"], &document["inevitable_after"]), (&0.into(), &3.into()));
    let prefix = &document["prefixes"][2];
    assert_eq!((&prefix["mixed"], &prefix["continuations"]), (&"10".into(), &"15".into()));
    let text = stdout(&replay(&dir, &["--odds", "AABABABB"]));
    assert!(text.contains("   2  A    66.7 %  ################---------  10 of 15\n"), "{text}");
    let text = text.replace('\n', " ");
    assert!(text.contains("From step 3 on, by B, all orders that can follow end mixed."), "{text}");
    assert!(text.contains("Before the first step, at least half of the orders that can follow"));
    assert!(text.contains("counts of orders, not chances"), "{text}");
    let clean = json(&dir, &["--odds", "AAABABBB"]);
    assert_eq!(clean["inevitable_after"], Value::Null);
    assert_eq!(clean["prefixes"][8]["share"], 0.0);
}

#[test]
fn the_game_is_won_on_shared_and_cannot_be_won_on_owned() {
    let dir = folder();
    let output = run(dir.path(), "80", &["--play"], "AAB\nx\naa\nAABAABBB\n");
    assert_eq!(output.status.code(), Some(0));
    let text = stdout(&output);
    for expected in [
        "A is lapped: its next band shows B's photo.",
        "'X' names no request",
        "A makes band 2 from B's photo!",
        "|AB| torn",
        "Mixed: a thumbnail is torn, it shows two photos. That took 5 steps. No schedule",
        "All requests are finished, and no thumbnail is mixed.",
        "shared: torn after 5 steps: AABAA",
        "owned: not mixed after 8 steps: AABAABBB",
    ] {
        assert!(text.contains(expected), "{expected:?} is missing in\n{text}");
    }
}

#[test]
fn a_swapped_thumbnail_wins_the_game_as_a_torn_one_does() {
    let dir = folder();
    let output = run(dir.path(), "80", &["--play"], "ABBAAA\nquit\n");
    let text = stdout(&output);
    for expected in [
        "some of its rows (torn) or in all of them (swapped). Both count.",
        "|BB| swapped",
        "Mixed: a thumbnail is swapped, it shows another photo only. That took 6 steps. 5\nare \
         enough: AABAA.",
        "shared: swapped after 6 steps: ABBAAA",
    ] {
        let (text, expected) = (text.replace('\n', " "), expected.replace('\n', " "));
        assert!(text.contains(&expected), "{expected:?} is missing in\n{text}");
    }
    // A thumbnail of one band cannot be torn, and can be swapped.
    let one_band = run(dir.path(), "80", &["--play", "--bands", "1"], "ABAA\nABAABB\n");
    assert!(stdout(&one_band).contains("shared: swapped after 4 steps: ABAA"));
    assert!(stdout(&one_band).contains("owned: not mixed after 6 steps: ABAABB"));
}

#[test]
fn the_game_ends_with_its_input_and_continues_after_mistakes() {
    let dir = folder();
    // B is undone, all requests finish clean, and the round starts again. Then the input ends.
    let output = run(dir.path(), "40", &["--play"], "AB\nundo\nAAA\nA\nBBBB\nA\n");
    assert_eq!(output.status.code(), Some(0));
    let text = stdout(&output);
    assert!(text.contains("A is finished: choose another request"), "{text}");
    let text = text.replace('\n', " ");
    assert!(text.contains("Start again from the first"), "{text}");
    assert!(text.contains("shared: not mixed after 8 steps: AAAABBBB"), "{text}");
    assert!(text.contains("shared: not mixed after 1 step: A"), "{text}");

    let nothing = run(dir.path(), "80", &["--play"], "");
    assert_eq!(nothing.status.code(), Some(0));
    assert!(stdout(&nothing).contains("No step was made."));

    let quiet = run(dir.path(), "80", &["--play", "--json"], "AAAABBBB\nABAAA\nB\nquit\n");
    let document: Value = serde_json::from_slice(&quiet.stdout).expect("one document");
    assert_eq!(
        (&document["min_steps"], &document["rounds"][0]["mixed"], &document["rounds"][1]["mixed"]),
        (&5.into(), &Value::Null, &"swapped".into())
    );
}
