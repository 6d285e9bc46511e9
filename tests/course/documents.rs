//! Checks that the course's documents are complete: every exercise has a story with a source, a
//! hint and a row in the tables, and the minutes of a session add up.

use std::process::Command;

use crate::text;

/// Upper bound of the words of a story.
const MAX_STORY_WORDS: usize = 250;

/// Returns the story of an exercise: its path and its text.
fn story(name: &str) -> (String, String) {
    let readme = text("docs/course/README.md");
    let row = readme.lines().find(|line| line.contains(&format!("| `{name}` |")));
    let row = row.unwrap_or_else(|| panic!("docs/course/README.md has no row for {name}"));
    let path = row.split("](").nth(1).and_then(|rest| rest.split(')').next());
    let path = format!("docs/course/{}", path.expect("the row links to the story"));
    (path.clone(), text(&path))
}

/// Returns the losing word of an exercise, as its story and the learner's page give it.
pub(crate) fn word_of_story(name: &str) -> String {
    let (path, story) = story(name);
    let claim =
        story.split("**The losing word.** `").nth(1).and_then(|rest| rest.split('`').next());
    let word = claim.unwrap_or_else(|| panic!("{path} gives no losing word"));
    let readme = text("docs/course/README.md");
    let row =
        readme.lines().find(|line| line.contains(&format!("| `{name}` |"))).unwrap_or_default();
    assert!(row.ends_with(&format!("| `{word}` |")), "{path} gives {word}, and the table: {row}");
    word.to_owned()
}

/// Returns the names of the exercises in the order of `info.toml`, each with its hint.
fn hints() -> Vec<(String, String)> {
    let info: toml::Table = text("course/info.toml").parse().expect("info.toml is valid");
    let exercises = info["exercises"].as_array().expect("a list of exercises");
    let field = |exercise: &toml::Value, name: &str| exercise[name].as_str().unwrap().to_owned();
    exercises.iter().map(|exercise| (field(exercise, "name"), field(exercise, "hint"))).collect()
}

#[test]
fn every_story_is_short_answers_the_four_questions_and_has_a_source() {
    for (name, _) in hints().into_iter().filter(|(name, _)| !name.ends_with("_repairs")) {
        let (path, story) = story(&name);
        let parts = [
            "**What happened.**",
            "**The exercise.**",
            "**Claim check.**",
            "**Who else can name it.**",
            "**The losing word.**",
            "**Which tool.**",
            "**The repair.**",
        ];
        let places: Vec<Option<usize>> = parts.iter().map(|part| story.find(part)).collect();
        assert!(places.iter().all(Option::is_some), "{path} lacks a part: {places:?}");
        assert!(places.is_sorted(), "{path} has its parts in another order");
        let words = story.split_whitespace().count();
        assert!(words <= MAX_STORY_WORDS, "{path} has {words} words, at most {MAX_STORY_WORDS}");
        let happened = &story[..places[1].unwrap_or_default()];
        assert!(happened.contains("](https://"), "{path} has no source");
        assert!(story.contains(&format!("`{name}`")), "{path} does not name its exercise");
    }
}

#[test]
fn every_exercise_has_a_hint_of_three_numbered_lines() {
    let hints = hints();
    assert_eq!(hints.len(), 20);
    for (name, hint) in hints {
        for number in ["1. ", "2. ", "3. "] {
            assert!(hint.lines().any(|l| l.starts_with(number)), "{name}: no line {number}");
        }
    }
}

#[test]
fn the_minutes_of_every_session_add_up() {
    let page = text("docs/course/trainer.md");
    let mut sessions = 0;
    for table in page.split("| minutes | part | you do |\n").skip(1) {
        let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
        let minutes = rows.map(|row| {
            let cell = row.split('|').nth(1).unwrap_or_default().trim();
            cell.parse::<u32>().unwrap_or_else(|_| panic!("no minutes: {row}"))
        });
        let total: u32 = minutes.sum();
        let stated = table.split("Total: ").nth(1).and_then(|rest| rest.split(' ').next());
        assert_eq!(stated, Some(total.to_string().as_str()), "{table}");
        sessions += 1;
    }
    assert_eq!(sessions, 3);
}

#[test]
fn every_card_of_the_wheel_has_its_minutes_and_a_command_that_answers() {
    let (cards, trainer) = (text("docs/course/wheel.md"), text("docs/course/trainer.md"));
    let folder = tempfile::tempdir().unwrap();
    let mut checked = 0;
    for card in cards.split("\n## Card ").skip(1) {
        let (title, rest) = card.split_once(" (").expect("a title ends with its minutes");
        let minutes = rest.split(' ').next().unwrap_or_default();
        let title = title.to_lowercase();
        let row = format!("| {minutes} | [card {title}](wheel.md#card-");
        assert!(trainer.contains(&row), "docs/course/trainer.md has no row {row}");
        let command = card.lines().find_map(|line| line.strip_prefix("$ double-exposure "));
        let command = command.unwrap_or_else(|| panic!("card {title} has no command"));
        // A smaller day answers sooner.
        let command = command.replace("--scale 1000", "--scale 50000");
        let run = Command::new(env!("CARGO_BIN_EXE_double-exposure"))
            .args(command.split(' '))
            .current_dir(folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&run.stdout);
        assert!(run.status.success(), "{command}: {}", String::from_utf8_lossy(&run.stderr));
        let rows = said.split("The same day with one thing changed").nth(1).unwrap_or_default();
        assert!(rows.contains("the day itself"), "{command}: {said}");
        checked += 1;
    }
    assert_eq!(checked, 6);
}

#[test]
fn every_question_of_the_quiz_has_an_answer() {
    let quiz = text("docs/course/quiz.md");
    let (questions, answers) = quiz.split_once("## Answers").expect("the quiz has answers");
    let numbered = |text: &str| -> Vec<String> {
        let starts = text.lines().filter_map(|line| line.split_once(". "));
        let numbers = starts.map(|(number, _)| number.to_owned());
        numbers.filter(|number| number.parse::<u32>().is_ok()).collect()
    };
    assert_eq!(numbered(questions), numbered(answers));
    assert_eq!(numbered(questions).len(), 10);
}
