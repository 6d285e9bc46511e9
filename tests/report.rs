//! The page holds everything it shows, names everybody it shows, and says it when there is nothing
//! to show. Each page is made from findings made by hand, and read as text.

mod page;

use std::num::NonZeroUsize;

use bytes::Bytes;
use double_exposure::output::OutputError;
use double_exposure::pipelines::PipelineKind;
use double_exposure::repro::report::page::{MAX_PICTURE_BYTES, minimal};
use double_exposure::repro::report::{ReproDir, ReproDocument};
use double_exposure::repro::{Expectation, ReproVerdict};
use double_exposure::schedule::predict;
use page::{COMMAND, JAPANESE, MARKUP, Sample};

/// The values of an attribute, wherever it stands.
fn values<'p>(page: &'p str, attribute: &str) -> Vec<&'p str> {
    let start = format!(" {attribute}=\"");
    let pieces = page.split(&start).skip(1);
    pieces.map(|piece| piece.split('"').next().unwrap()).collect()
}

/// What is read, without tags and with entities put back.
fn text(html: &str) -> String {
    let parts = html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    let text: String = parts.collect();
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    text.replace("&amp;", "&").replace('\u{ad}', "")
}

#[test]
fn a_page_refers_to_nothing_outside_itself() {
    let page = Sample::reproduced().page();
    let pictures = values(&page, "src");
    assert_eq!(pictures.len(), 6, "three exhibits, each beside what it should be");
    assert!(pictures.iter().all(|src| src.starts_with("data:image/jpeg;base64,")));
    let links = values(&page, "href");
    assert!(!links.is_empty());
    assert!(links.iter().all(|href| href.starts_with('#') || href.starts_with("data:")));
    for loads in ["<script", "url(", "@import", "srcset=", "<iframe", "<object", "onload="] {
        assert!(!page.contains(loads), "{loads}");
    }
    let policy = values(&page, "content");
    let policy = policy.iter().find(|policy| policy.contains("default-src")).unwrap();
    assert!(policy.starts_with("default-src 'none'; img-src data:; style-src 'unsafe-inline';"));
}

#[test]
fn every_exhibit_names_the_owner_of_each_of_its_rows() {
    let sample = Sample::reproduced();
    let page = sample.page();
    let figures: Vec<String> = page.split("<figure class=\"pair\">").skip(1).map(text).collect();
    assert_eq!(figures.len(), sample.findings.exhibits.len());
    for (figure, exhibit) in figures.iter().zip(&sample.findings.exhibits) {
        let owners = exhibit.bands.iter().filter_map(|(_, owner)| *owner).chain([exhibit.asked]);
        for owner in owners {
            assert!(figure.contains(&sample.subjects.owners[owner]), "{owner} in {figure}");
        }
    }
    assert!(figures[0].contains("torn") && figures[2].contains("swapped"));
}

#[test]
fn names_from_files_are_text_and_never_markup() {
    let page = Sample::reproduced().page();
    assert!(!page.contains(MARKUP) && !page.contains("<script"));
    assert!(page.contains("&lt;script&gt;"));
    assert!(page.contains(JAPANESE));
    assert!(text(&page).contains(COMMAND));
}

#[test]
fn every_count_of_the_document_stands_in_the_page() {
    let sample = Sample::reproduced();
    let document = ReproDocument::new(&sample.plan, &sample.subjects, &sample.findings);
    let document = serde_json::to_value(document).unwrap();
    let page = sample.page();
    let table = page.split("<table class=\"counts\">").nth(1).unwrap();
    let table = table.split("</table>").next().unwrap();
    let mut rows = table.split("<tr").skip(1).map(cells);
    let heads: Vec<String> = rows.next().unwrap();
    let heads: Vec<String> = heads.iter().map(|head| head.replace(' ', "_")).collect();
    let runs = document["runs"].as_array().unwrap();
    for run in runs {
        let row = rows.next().expect("a row for each run");
        for (key, value) in run.as_object().unwrap() {
            if ["slots", "bands"].contains(&key.as_str()) {
                continue;
            }
            let column = heads.iter().position(|head| head == key).expect(key);
            let value = value.as_str().map_or(value.to_string(), str::to_owned);
            assert_eq!(row[column], value, "{key}");
        }
    }
    assert_eq!(rows.next(), None);
    let said = text(&page);
    assert!(
        said.contains("3 photos of 3 owners; 256 px, cover; 8 slots, 4 bands; 2 cores; seed 7")
    );
}

fn cells(row: &str) -> Vec<String> {
    row.split("</t").filter_map(|cell| cell.rsplit_once('>')).map(|(_, cell)| text(cell)).collect()
}

#[test]
fn the_first_sentence_is_the_verdict_in_plain_words() {
    let mut sample = Sample::reproduced();
    let first = |sample: &Sample| {
        let page = sample.page();
        text(page.split("<h1>").nth(1).unwrap().split("</h1>").next().unwrap())
    };
    assert_eq!(
        first(&sample),
        "In shared buffers, 81 of 600 thumbnails showed somebody else’s photo; in buffers of \
         their own, none of 8400 did."
    );
    sample.findings.verdict = ReproVerdict::Inconclusive;
    assert_eq!(
        first(&sample),
        "Too little was seen for a verdict. In shared buffers, 81 of 600 thumbnails showed \
         somebody else’s photo."
    );
    sample.findings.runs[20].tally.torn = 3;
    sample.findings.verdict = ReproVerdict::Mixed;
    assert_eq!(
        first(&sample),
        "Where nobody may be mixed, 3 of 600 thumbnails showed somebody else’s photo."
    );
    sample.findings.runs[0].tally.oracle_faults = 5;
    assert!(first(&sample).starts_with("Believe no count on this page"));

    let mut clean = Sample::of(&[PipelineKind::Owned], 2);
    clean.plan.expect = Expectation::Clean;
    clean.findings.verdict = ReproVerdict::Clean;
    assert!(first(&clean).starts_with("None of 1200 thumbnails showed somebody else’s photo"));
    clean.findings.verdict = ReproVerdict::Inconclusive;
    assert!(first(&clean).starts_with("Too little was seen"));
}

#[test]
fn where_there_is_nothing_to_draw_or_to_show_the_page_says_so() {
    let charts = |page: &str| page.matches("role=\"img\" aria-label=\"Share").count();
    assert_eq!(charts(&Sample::reproduced().page()), 1);
    assert_eq!(charts(&Sample::of(&[PipelineKind::Owned], 2).page()), 1);

    let one_load = Sample::of(&[PipelineKind::Shared, PipelineKind::Owned], 1).page();
    assert_eq!(charts(&one_load), 0);
    assert!(one_load.contains("there is no line to draw"));
    assert!(one_load.contains("there is nothing to show"));
    assert!(one_load.contains("This page holds nobody’s photo."));
    assert!(Sample::reproduced().page().contains("This page holds people’s photos and names"));

    let mut stopped = Sample::of(&[PipelineKind::Shared], 7);
    stopped.findings.interrupted = true;
    stopped.findings.verdict = ReproVerdict::Inconclusive;
    stopped.findings.runs.truncate(2);
    stopped.findings.runs[1].tally.thumbnails = 20;
    let page = text(&stopped.page());
    assert!(page.contains("Interrupted: 2 of 7 runs were begun, 1 of them did not end."));
    let mut short = Sample::reproduced();
    short.findings.runs.truncate(16);
    let page = text(&short.page());
    assert!(page.contains("(pooled) was run up to 2 in flight only."));
    assert!(!page.contains("(owned)") && !text(&Sample::reproduced().page()).contains("(pooled)"));
    stopped.findings.runs.clear();
    assert!(stopped.page().contains("No run was made."));
}

#[test]
fn no_number_of_a_drawing_is_out_of_the_numbers() {
    for (slots, loads) in [(1, 2), (8, 7), (1024, 2), (3, 9)] {
        let mut sample = Sample::of(&[PipelineKind::Shared, PipelineKind::Owned], loads);
        sample.plan.slots = NonZeroUsize::new(slots).unwrap();
        for run in &mut sample.findings.runs {
            run.per_second = 0.0;
        }
        let page = sample.page();
        assert!(page.contains("role=\"img\" aria-label=\"Share"));
        for (attribute, most) in [("cx", 620.0), ("cy", 400.0)] {
            let numbers = values(&page, attribute);
            assert_eq!(numbers.len(), 2 * loads as usize, "a disc for each run of shared");
            for number in numbers {
                let number: f64 = number.parse().unwrap();
                assert!((0.0..=most).contains(&number), "{attribute} {number}");
            }
        }
        assert!(!page.contains("NaN") && !page.contains("inf\""));
    }
}

#[test]
fn pictures_past_the_bound_are_left_out_and_counted() {
    let mut sample = Sample::reproduced();
    for (exhibit, truth) in sample.findings.exhibits.iter_mut().zip(&mut sample.truths) {
        exhibit.made = Bytes::from(vec![0; 3 << 20]);
        *truth = exhibit.made.clone();
    }
    let page = sample.page();
    assert_eq!(values(&page, "src").len(), 4, "12 MiB are two of these pairs");
    assert!(text(&page).contains(" 1 more are left out"));
    assert!(page.len() < MAX_PICTURE_BYTES / 3 * 4 + 200_000, "{}", page.len());
}

#[test]
fn the_diagram_s_word_tears_a_and_leaves_the_one_that_tore_it_clean() {
    let bands = 2.try_into().unwrap();
    for slots in 1..=25 {
        let slots = NonZeroUsize::new(slots).unwrap();
        let (word, drawn) = minimal(slots);
        assert_eq!((drawn, word.requests()), (slots, slots.get() + 1));
        let shown = predict(&word, bands, slots);
        assert_eq!(shown[0], Some(vec![0, slots.get()]), "{word}");
        assert_eq!(shown[slots.get()], Some(vec![slots.get(); 2]), "{word}");
    }
    let (word, drawn) = minimal(NonZeroUsize::new(26).unwrap());
    assert_eq!((word.to_string().as_str(), drawn.get()), ("AABABABB", 1));
    let page = Sample::reproduced().page();
    assert!(text(&page).contains("The word AABCDEFGHIAIAII"));
}

#[test]
fn a_folder_that_holds_something_else_is_refused_and_left_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("diary.txt"), "mine").unwrap();
    let refused = ReproDir::open(dir.path()).err().expect("it is no report");
    assert!(matches!(&refused, OutputError::Foreign(path) if path == dir.path()), "{refused}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);

    ReproDir::open(&dir.path().join("new")).expect("a folder that is missing is made");
    std::fs::write(dir.path().join("report.json"), "{}").unwrap();
    ReproDir::open(dir.path()).expect("an earlier report is there to be replaced");
}
