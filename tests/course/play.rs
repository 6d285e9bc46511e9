//! Checks the page on which a learner plays: every edge of its graphs is what the shipped pipelines
//! do, the exercises' levels lose by the words of their stories, and the page stays small.

use std::collections::VecDeque;
use std::num::{NonZeroU32, NonZeroUsize};

use double_exposure::play::{Level, State, levels, page};
use double_exposure::schedule::{Schedule, replay_all};

use crate::{documents, text};

const BANDS: NonZeroU32 = NonZeroU32::new(2).unwrap();

fn level(name: &str) -> Level {
    levels().into_iter().find(|level| level.name == name).expect("the level exists")
}

/// Returns a word to each node, by the smallest number of turns.
fn words(level: &Level) -> Vec<String> {
    let mut words = vec![None; level.graph.nodes.len()];
    words[0] = Some(String::new());
    let mut open = VecDeque::from([0]);
    while let Some(from) = open.pop_front() {
        let word: String = words[from].clone().expect("an open node has a word");
        for &(letter, to) in &level.graph.nodes[from].moves {
            if words[to].is_none() {
                words[to] = Some(format!("{word}{letter}"));
                open.push_back(to);
            }
        }
    }
    words.into_iter().map(|word| word.expect("every node can be reached")).collect()
}

/// Completes a word along first moves. Returns it, with the last state.
fn complete(level: &Level, mut word: String, mut at: usize) -> (String, &State) {
    while let Some(&(letter, to)) = level.graph.nodes[at].moves.first() {
        word.push(letter);
        at = to;
    }
    (word, &level.graph.nodes[at].state)
}

/// Checks that after every edge, the completed word shows on the shipped pipeline what the page
/// says. Returns the number of edges.
fn walk(level: &Level, slots: Option<usize>) -> usize {
    let mut edges = 0;
    for (node, word) in level.graph.nodes.iter().zip(words(level)) {
        for &(letter, to) in &node.moves {
            let (word, last) = complete(level, format!("{word}{letter}"), to);
            let schedule: Schedule = word.parse().expect("a word of the page is a schedule");
            let ring = NonZeroUsize::new(slots.unwrap_or(1)).expect("a ring has slots");
            let replayed = replay_all(&schedule, BANDS, ring);
            let owners = if slots.is_some() { replayed.shared } else { replayed.owned };
            for (request, owners) in owners.into_iter().enumerate() {
                let user = schedule.letter(request);
                let index = level.users.find(user).expect("a letter is a user");
                let rows = owners.expect("the word is complete").into_iter();
                let rows: String = rows.map(|owner| schedule.letter(owner)).collect();
                assert_eq!(last.requests[index].rows, rows, "{}: {user} after {word}", level.name);
            }
            edges += 1;
        }
    }
    edges
}

#[test]
fn every_edge_is_what_the_shipped_pipelines_do() {
    let slots =
        [("ring", Some(1)), ("larger_ring", Some(2)), ("owned", None), ("semaphore", Some(2))];
    for (name, slots) in slots {
        let level = level(name);
        let edges = walk(&level, slots);
        assert!(edges > level.graph.nodes.len() / 2, "{name}: only {edges} edges");
    }
}

#[test]
#[should_panic(expected = "ring: ")]
fn an_edge_that_says_something_else_is_found() {
    walk(&level("ring"), Some(2));
}

#[test]
fn only_the_repair_cannot_be_lost() {
    let start = |level: &Level| level.graph.nodes[0].turns_to_mixed;
    let safe = levels().iter().filter(|level| start(level).is_none()).count();
    assert_eq!((safe, start(&level("owned"))), (1, None));
    assert_eq!(start(&level("ring")), Some("AABAA".len() as u32));
}

#[test]
fn the_exercises_levels_lose_in_as_many_turns_as_their_words_have() {
    let levels = levels();
    assert_eq!(levels.len(), 14);
    for level in &levels[4..] {
        let word = documents::word_of_story(level.name);
        let mut at = 0;
        for letter in word.chars() {
            let next = level.graph.nodes[at].moves.iter().find(|(name, _)| *name == letter);
            at = next.unwrap_or_else(|| panic!("{}: no turn {letter} in {word}", level.name)).1;
        }
        assert_eq!(level.graph.nodes[at].turns_to_mixed, Some(0), "{}: {word}", level.name);
        assert_eq!(level.graph.nodes[0].turns_to_mixed, Some(word.len() as u32), "{}", level.name);
        assert!(level.code.len() >= 8, "{}: {:?}", level.name, level.code);
    }
}

/// Returns a page without its photos, which the two builds encode differently.
fn without_photos(page: &str) -> String {
    page.lines()
        .filter(|line| !line.contains(".photo-A {") && !line.starts_with(".photo-"))
        .collect()
}

#[test]
fn the_page_in_the_documents_is_the_one_that_the_program_writes() {
    let page = page().expect("the photos are built in");
    assert!(page.len() < 150_000, "{} bytes", page.len());
    let documented = text("docs/course/play.html");
    assert!(
        without_photos(&page) == without_photos(&documented),
        "docs/course/play.html is old: `double-exposure play --out docs/course/play.html`"
    );
}
