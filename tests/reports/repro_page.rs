//! Checks that the page of a reproduction holds all it shows, names every owner in it, and states
//! when it has nothing to show. Each page is made from results made by hand, and read as text.

use std::num::NonZeroUsize;
use std::path::Path;

use bytes::Bytes;
use double_exposure::output::{OutputDir, OutputError};
use double_exposure::pipelines::PipelineKind;
use double_exposure::repro::report::page::{MAX_PICTURE_BYTES, minimal};
use double_exposure::repro::report::{DOCUMENT, ReproDocument};
use double_exposure::repro::{Expectation, ReproVerdict};
use double_exposure::schedule::predict;

use serde_json::Value;

use crate::sample::{COMMAND, JAPANESE, MARKUP, Sample};

/// Returns the values of an attribute on any element.
fn values<'p>(page: &'p str, attribute: &str) -> Vec<&'p str> {
    let start = format!(" {attribute}=\"");
    let pieces = page.split(&start).skip(1);
    pieces.map(|piece| piece.split('"').next().unwrap()).collect()
}

/// Returns the text that a reader sees: without tags, and with entities resolved.
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
fn exhibits_name_the_owner_of_each_of_their_rows() {
    let sample = Sample::reproduced();
    let page = sample.page();
    let figures: Vec<String> = page.split("<figure class=\"pair\">").skip(1).map(text).collect();
    assert_eq!(figures.len(), sample.results.exhibits.len());
    for (figure, exhibit) in figures.iter().zip(&sample.results.exhibits) {
        let owners = exhibit.bands.iter().filter_map(|(_, owner)| *owner).chain([exhibit.photo]);
        for owner in owners {
            assert!(figure.contains(&sample.photo_set.owners[owner]), "{owner} in {figure}");
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
fn the_table_of_the_page_holds_every_count_of_the_document() {
    let sample = Sample::reproduced();
    let document = ReproDocument::new(&sample.plan, &sample.photo_set, &sample.results);
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
            let value = match value {
                Value::String(text) => text.clone(),
                Value::Array(range) => format!("{} to {}", range[0], range[1]),
                number => number.to_string(),
            };
            assert_eq!(row[column].replace(',', ""), value, "{key}");
        }
    }
    assert_eq!(rows.next(), None);
    let text = text(&page);
    assert!(
        text.contains("3 photos of 3 owners; 256 px, cover; 8 slots, 4 bands; 2 cores; seed 7")
    );
}

fn cells(row: &str) -> Vec<String> {
    row.split("</t").filter_map(|cell| cell.rsplit_once('>')).map(|(_, cell)| text(cell)).collect()
}

#[test]
fn the_headline_is_the_verdict_in_a_sentence() {
    let mut sample = Sample::reproduced();
    let first = |sample: &Sample| {
        let page = sample.page();
        text(page.split("<h1>").nth(1).unwrap().split("</h1>").next().unwrap())
    };
    assert_eq!(
        first(&sample),
        "With shared buffers, 81 of 600 thumbnails showed another owner’s photo; with a buffer \
         for each request, none of 8,400 did."
    );
    sample.results.verdict = ReproVerdict::Inconclusive;
    assert_eq!(
        first(&sample),
        "Too few thumbnails for a verdict. With shared buffers, 81 of 600 thumbnails showed \
         another owner’s photo."
    );
    sample.results.runs[20].stats.torn = 3;
    sample.results.verdict = ReproVerdict::Mixed;
    assert_eq!(first(&sample), "3 of 600 thumbnails showed another owner’s photo where none may.");
    sample.results.runs[0].stats.oracle_faults = 5;
    assert!(first(&sample).starts_with("Trust no count"));

    let mut clean = Sample::of(&[PipelineKind::Owned], 2);
    clean.plan.expect = Expectation::Clean;
    clean.results.verdict = ReproVerdict::Clean;
    assert!(first(&clean).starts_with("None of 1,200 thumbnails showed another owner’s photo"));
    clean.results.verdict = ReproVerdict::Inconclusive;
    assert!(first(&clean).starts_with("Too few thumbnails"));
}

#[test]
fn a_page_without_lines_pictures_or_runs_states_that() {
    let charts = |page: &str| page.matches("role=\"img\" aria-label=\"Share").count();
    assert_eq!(charts(&Sample::reproduced().page()), 1);
    assert_eq!(charts(&Sample::of(&[PipelineKind::Owned], 2).page()), 1);

    let one_load = Sample::of(&[PipelineKind::Shared, PipelineKind::Owned], 1).page();
    assert_eq!(charts(&one_load), 0);
    assert!(one_load.contains("There is no line to draw"));
    assert!(one_load.contains("so there are no pictures"));
    assert!(one_load.contains("This page holds no photos of people."));
    assert!(Sample::reproduced().page().contains("This page holds people’s photos and names"));

    let mut stopped = Sample::of(&[PipelineKind::Shared], 7);
    stopped.results.interrupted = true;
    stopped.results.verdict = ReproVerdict::Inconclusive;
    stopped.results.runs.truncate(2);
    stopped.results.runs[1].stats.thumbnails = 20;
    let page = text(&stopped.page());
    assert!(page.contains("Interrupted: 2 of 7 runs were begun, 1 of them did not end."));
    let mut short = Sample::reproduced();
    short.results.runs.truncate(16);
    let page = text(&short.page());
    assert!(page.contains("(pooled) was run up to 2 in flight only."));
    assert!(!page.contains("(owned)") && !text(&Sample::reproduced().page()).contains("(pooled)"));
    stopped.results.runs.clear();
    assert!(stopped.page().contains("No run was made."));
}

#[test]
fn charts_keep_every_point_inside_the_view_box() {
    for (slots, loads) in [(1, 2), (8, 7), (1024, 2), (3, 9)] {
        let mut sample = Sample::of(&[PipelineKind::Shared, PipelineKind::Owned], loads);
        sample.plan.slots = NonZeroUsize::new(slots).unwrap();
        for run in &mut sample.results.runs {
            run.per_second = 0.0;
            run.per_second_range = [0.0; 2];
        }
        let page = sample.page();
        assert!(page.contains("role=\"img\" aria-label=\"Share"));
        for (attribute, max) in [("cx", 620.0), ("cy", 400.0)] {
            let numbers = values(&page, attribute);
            assert_eq!(numbers.len(), 2 * loads as usize, "a disc for each run of shared");
            for number in numbers {
                let number: f64 = number.parse().unwrap();
                assert!((0.0..=max).contains(&number), "{attribute} {number}");
            }
        }
        assert!(!page.contains("NaN") && !page.contains("inf\""));
    }
}

/// Returns the left end and the baseline of the label `published` of a chart.
fn published(chart: &str) -> Option<(f64, f64)> {
    let (before, _) = chart.split_once(">published</text>")?;
    let text = before.rsplit("<text").next()?;
    let number = |name| values(text, name)[0].parse().ok();
    Some((number("x")?, number("y")?))
}

#[test]
fn the_label_of_the_published_share_does_not_lie_on_a_line() {
    // Shares of mixed thumbnails, by load, of curves that cross the published share everywhere.
    let curves: [&[u64]; 5] = [
        &[0, 0, 0, 2, 30, 90, 200],
        &[2; 7],
        &[300, 9, 0, 0, 0, 0, 0],
        &[0, 2, 0, 2, 0, 2, 0],
        &[0, 0, 0, 0, 0, 0, 4],
    ];
    for curve in curves {
        let mut sample = Sample::of(&[PipelineKind::Shared, PipelineKind::Owned], 7);
        for (run, &torn) in sample.results.runs.iter_mut().zip(curve) {
            (run.stats.torn, run.stats.swapped) = (torn, 0);
        }
        let page = sample.page();
        let chart = page.split("role=\"img\" aria-label=\"Share").nth(1).unwrap();
        let chart = chart.split("</svg>").next().unwrap();
        let (left, baseline) = published(chart).unwrap_or_else(|| panic!("no label: {curve:?}"));
        for line in values(chart, "points").iter().filter(|points| points.split(' ').count() > 4) {
            let points: Vec<(f64, f64)> = line
                .split_whitespace()
                .map(|point| point.split_once(',').unwrap())
                .map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap()))
                .collect();
            // Nine letters of 11 units and a height of 18 are the least that the label covers.
            for step in 0..=100 {
                let x = left + 99.0 * f64::from(step) / 100.0;
                let Some(pair) =
                    points.windows(2).find(|pair| (pair[0].0..=pair[1].0).contains(&x))
                else {
                    continue;
                };
                let share = (x - pair[0].0) / (pair[1].0 - pair[0].0);
                let y = pair[0].1 + share * (pair[1].1 - pair[0].1);
                assert!(!(baseline - 18.0..=baseline).contains(&y), "{curve:?}: {x}, {y}");
            }
        }
    }
}

#[test]
fn the_throughput_is_shown_with_its_noise_and_a_difference_only_beyond_it() {
    let mut sample = Sample::reproduced();
    let page = sample.page();
    assert_eq!(page.matches("<line class=\"range\"").count(), 21, "a range for each run");
    let same = "At every load the ranges of the pipelines overlap: these runs show no difference";
    assert!(text(&page).contains(same));
    // `owned` is run 7 to 13. At 4 in flight the slowest fifth of `shared` has 117.4 per second.
    sample.results.runs[9].per_second_range = [20.0, 118.0];
    assert!(text(&sample.page()).contains(same));
    sample.results.runs[9].per_second_range = [20.0, 117.0];
    let one = text(&sample.page());
    assert!(one.contains("At 4 in flight the ranges of the pipelines do not overlap"), "{one}");
    sample.results.runs[13].per_second_range = [20.0, 50.0];
    assert!(text(&sample.page()).contains("At 4 and 64 in flight the ranges"));
    let single = text(&Sample::of(&[PipelineKind::Owned], 2).page());
    assert!(!single.contains("overlap"), "there is nothing to compare");
}

#[test]
fn the_explaining_diagram_comes_before_the_pictures_and_the_charts() {
    let page = Sample::reproduced().page();
    let at = |text: &str| page.find(text).expect(text);
    assert!(at("class=\"diagram\"") < at("class=\"chart\""));
    assert!(at("class=\"chart\"") < at("<figure class=\"pair\">"));
}

#[test]
fn pictures_above_the_bound_are_left_out_and_counted() {
    let mut sample = Sample::reproduced();
    for (exhibit, truth) in sample.results.exhibits.iter_mut().zip(&mut sample.truths) {
        exhibit.thumbnail = Bytes::from(vec![0; 3 << 20]);
        *truth = exhibit.thumbnail.clone();
    }
    let page = sample.page();
    assert_eq!(values(&page, "src").len(), 4, "12 MiB are two of these pairs");
    assert!(text(&page).contains(" 1 more are left out"));
    assert!(page.len() < MAX_PICTURE_BYTES / 3 * 4 + 200_000, "{}", page.len());
}

#[test]
fn the_word_of_the_diagram_tears_a_and_leaves_the_last_request_clean() {
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
    let open = |path: &Path| OutputDir::open(path, DOCUMENT);
    let error = open(dir.path()).err().expect("it is no report");
    assert!(matches!(&error, OutputError::Foreign { path, .. } if path == dir.path()), "{error}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);

    open(&dir.path().join("new")).expect("a folder that is missing is made");
    std::fs::write(dir.path().join("report.json"), "{}").unwrap();
    open(dir.path()).expect("an earlier report is there to be replaced");
}
