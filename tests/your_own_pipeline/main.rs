//! Checks the kit with other people's pipelines: two whose pools come from other crates, each clean
//! and with a planted fault, and small systems with one fault each. Every check must find each
//! fault that it is for, and the word of a finding must replay it.

mod faults;
mod manual;

use double_exposure::kit::{Counterexample, explain, lap_law, replay};

double_exposure::check! {
    mod pooled {
        converter = "pooled.rs",
        adapter = "adapter.rs",
    }
    adapter::Adapter
}

double_exposure::check! {
    mod split {
        converter = "split.rs",
        adapter = "adapter.rs",
    }
    adapter::Adapter
}

double_exposure::models! {
    mod pooled_spare {
        converter = "pooled_spare.rs",
        adapter = "adapter.rs",
    }
    adapter::Adapter
}

double_exposure::models! {
    mod split_offset {
        converter = "split_offset.rs",
        adapter = "adapter.rs",
    }
    adapter::Adapter
}

/// Asserts that a finding names a word that replays it, and that the word is clean in the repair.
#[track_caller]
fn assert_replays(
    found: &Counterexample,
    faulty: fn(&str, &str) -> Result<(), Counterexample>,
    repaired: fn(&str, &str) -> Result<(), Counterexample>,
) {
    assert!(found.fault.contains("'s thumbnail shows "), "{found}");
    let again = faulty(&found.word, &found.damaged).expect_err("the word replays the fault");
    assert_eq!(again.word, found.word);
    let hint = found.hint.as_ref().expect("a finding says how to replay it");
    assert!(hint.contains(&format!("kit::replay::<Adapter>({:?}", found.word)), "{hint}");
    repaired(&found.word, &found.damaged).expect("the repair is clean");
}

#[test]
fn every_checker_finds_the_shared_spare_frame_and_gives_its_word() {
    use pooled_spare::{System, loom, random_words, shuttle, under_loom, under_shuttle, words};
    let findings = [
        words::<System>().expect_err("words find it"),
        random_words::<System>().expect_err("random words find it"),
        explain::<System>(loom::<under_loom::System>().expect_err("loom finds it")),
        explain::<System>(shuttle::<under_shuttle::System>().expect_err("shuttle finds it")),
    ];
    for found in findings {
        println!("{found}");
        assert_replays(&found, replay::<System>, replay::<pooled::System>);
        let requests: std::collections::BTreeSet<char> = found.word.chars().collect();
        assert!(requests.len() >= 3, "one request has the frame, and two share the spare: {found}");
    }
}

#[test]
fn every_checker_finds_the_kept_position_and_words_explain_it_by_the_lap_law() {
    use split_offset::{System, loom, random_words, shuttle, under_loom, under_shuttle, words};
    let first = words::<System>().expect_err("words find it");
    assert_eq!((&*first.word, &*first.damaged), ("AABAABBB", ""));
    assert_eq!(first.fault, "A's thumbnail shows AB, from top to bottom");
    assert!(first.to_string().contains("lap law of a ring with slots: 1"), "{first}");
    let forced = split_offset::real_threads::<System>().expect_err("real threads find it");
    assert_eq!((&*forced.word, forced.fault), ("AABAABBB", first.fault.clone()));
    let findings = [
        first,
        random_words::<System>().expect_err("random words find it"),
        explain::<System>(loom::<under_loom::System>().expect_err("loom finds it")),
        explain::<System>(shuttle::<under_shuttle::System>().expect_err("shuttle finds it")),
    ];
    for found in findings {
        println!("{found}");
        assert_replays(&found, replay::<System>, replay::<split::System>);
    }
}

#[test]
fn only_the_kept_position_follows_the_lap_law_and_only_with_its_number_of_slots() {
    let slots = |slots| std::num::NonZeroUsize::new(slots).expect("a slot");
    lap_law::<split_offset::System>(slots(1)).expect("one slot");
    let error = lap_law::<split_offset::System>(slots(2)).expect_err("it has one slot");
    assert!(error.starts_with("AABAABBB shows [Some([0, 1]), Some([1, 1])]"), "{error}");
    lap_law::<split::System>(slots(1)).expect_err("a repair follows no lap law");
}
