//! Tests that records of another load tool get the verdict of an audit, and that nothing counts as
//! clean that was not recorded. The tests play the load tool: they render thumbnails of the
//! prepared photos, and write images and records.

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use double_exposure::audit::prepared::{
    AnswerRecord, JudgeOptions, MAX_LINE_BYTES, MAX_RECORD_FILES, Manifest, PrepareOptions,
    PreparedError, RecordCounts, judge, prepare,
};
use double_exposure::audit::report::{AuditDocument, table};
use double_exposure::audit::spec::{PhotoFormat, PhotosSpec};
use double_exposure::audit::{
    AuditPlan, AuditResults, AuditVerdict, FindingKind, ProbeResult, upper_bound,
};
use double_exposure::codec::Fit;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::mock_service::{jpeg, thumbnail};

/// Size of the thumbnails in pixels.
const SIZE: u32 = 160;

/// Holds a folder with prepared photos, and plays a load tool on them.
pub(crate) struct Prepared {
    pub(crate) folder: TempDir,
    pub(crate) manifest: Manifest,
}

fn options() -> PrepareOptions {
    PrepareOptions {
        name: "a service".into(),
        photos: PhotosSpec {
            people: 4,
            per_person: 1,
            members: 1,
            width: 320,
            height: 240,
            format: PhotoFormat::Jpeg,
            truncated: false,
            replaced: false,
        },
        sizes: SIZE.to_string().parse().unwrap(),
        fit: Some(Fit::Cover),
        seed: 7,
    }
}

impl Prepared {
    pub(crate) fn new() -> Self {
        Self::with(&options())
    }

    fn with(options: &PrepareOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let manifest = prepare(folder.path(), options).unwrap();
        fs::create_dir(folder.path().join("answers")).unwrap();
        Self { folder, manifest }
    }

    pub(crate) fn answers(&self) -> PathBuf {
        self.folder.path().join("answers")
    }

    /// Renders the thumbnail of a version of a photo. All indexes are from 0.
    fn image(&self, photo: usize, version: usize) -> Vec<u8> {
        let file = &self.manifest.photos[photo].versions[version].file;
        let file: Bytes = fs::read(self.folder.path().join(file)).unwrap().into();
        jpeg(&thumbnail(&file, SIZE).unwrap())
    }

    /// Writes the image of a photo under a name in the folder of answers.
    pub(crate) fn keep(&self, name: &str, photo: usize) {
        fs::write(self.answers().join(name), self.image(photo, 0)).unwrap();
    }

    /// Keeps the image of each photo, and returns a record of it.
    pub(crate) fn clean(&self) -> Vec<Value> {
        let photos = self.manifest.photos.iter().enumerate();
        let record = |(index, photo): (usize, &_)| {
            let file = format!("{index}.jpg");
            self.keep(&file, index);
            record(photo, &file, index as f64)
        };
        photos.map(record).collect()
    }

    /// Writes records into a file in the folder of answers.
    pub(crate) fn write(&self, name: &str, records: &[Value]) {
        let lines: String = records.iter().map(|record| format!("{record}\n")).collect();
        fs::write(self.answers().join(name), lines).unwrap();
    }

    fn options(&self) -> JudgeOptions {
        JudgeOptions {
            sources: vec![self.answers()],
            pattern: None,
            sent: None,
            max_bytes: 1 << 20,
            max_findings: 20,
            min_conversions: 1,
            require: Vec::new(),
        }
    }

    fn judge(&self) -> (AuditPlan, AuditResults) {
        judge(self.folder.path(), &self.options(), &mut |_| true).unwrap()
    }

    /// Judges these records alone.
    fn judge_records(&self, records: &[Value]) -> AuditResults {
        self.write("records.jsonl", records);
        self.judge().1
    }
}

/// Records an answer that took one second, and began at the time `at` in seconds.
fn record(photo: &double_exposure::audit::prepared::ManifestPhoto, file: &str, at: f64) -> Value {
    let sent = 1.7e9 + at;
    json!({ "photo": photo.name, "sent": sent, "done": sent + 1.0, "status": 200, "file": file })
}

fn set(record: &Value, field: &str, value: impl Into<Value>) -> Value {
    let mut record = record.clone();
    record[field] = value.into();
    record
}

#[test]
fn clean_records_are_clean_with_the_bound_of_an_audit() {
    let prepared = Prepared::new();
    let results = prepared.judge_records(&prepared.clean());
    assert_eq!(results.verdict, AuditVerdict::Clean, "{:?}", results.reasons);
    assert_eq!((results.stats.read, results.stats.mixed), (4, 0));
    assert_eq!(results.bound, Some(upper_bound(4)));
    assert!(results.stats.kinds.is_empty(), "{:?}", results.stats.kinds);
    let counts = results.records.unwrap();
    assert_eq!((counts.records, counts.not_seen(), counts.photos_not_seen), (4, 0, 0));
}

#[test]
fn a_swapped_file_is_found_and_both_people_are_named() {
    let prepared = Prepared::new();
    let records = prepared.clean();
    // The second person's answer shows the fourth person's photo.
    prepared.keep("1.jpg", 3);
    prepared.write("records.jsonl", &records);
    let (plan, results) = prepared.judge();
    assert_eq!((results.verdict, results.stats.mixed), (AuditVerdict::Mixed, 1));
    let document = serde_json::to_value(AuditDocument::new(&plan, &results)).unwrap();
    let finding = &document["findings"][0];
    assert_eq!((&finding["kind"], &finding["mixing"]), (&json!("whole"), &json!(true)));
    assert_eq!(
        (&finding["requested_owner"], &finding["found_owner"]),
        (&json!(2), &json!(4)),
        "{finding}"
    );
    assert!(results.expected_image(&results.stats.findings[0]).is_some());
}

/// Judges copies of the same records, in any order and in any number of files of one machine.
#[test]
fn the_order_of_records_and_their_files_do_not_matter() {
    let prepared = Prepared::new();
    let mut records = prepared.clean();
    prepared.keep("swapped.jpg", 2);
    // One row of another person's photo is mixing only if a second answer confirms it.
    for (name, shown, rows) in
        [("row-1.jpg", 1, 90..91), ("row-2.jpg", 1, 40..41), ("torn.jpg", 3, 0..9)]
    {
        let file = |photo: usize| -> Bytes {
            let file = &prepared.manifest.photos[photo].versions[0].file;
            fs::read(prepared.folder.path().join(file)).unwrap().into()
        };
        let mut image = thumbnail(&file(0), SIZE).unwrap();
        image.splice(&thumbnail(&file(shown), SIZE).unwrap(), rows);
        fs::write(prepared.answers().join(name), jpeg(&image)).unwrap();
    }
    let first = records[0].clone();
    for (index, file) in
        ["swapped.jpg", "row-1.jpg", "row-2.jpg", "torn.jpg", "row-1.jpg", "gone.jpg"]
            .iter()
            .enumerate()
    {
        let other = set(&set(&first, "file", *file), "step", index as u32 % 2 + 1);
        records.push(set(&other, "sent", 1.7e9 + index as f64 / 2.0));
    }
    records.push(set(&first, "status", 503));
    records.push(first);
    let machines = ["a", "b", "c"];
    let records: Vec<Value> = records
        .iter()
        .enumerate()
        .map(|(index, record)| set(record, "machine", machines[index % 3]))
        .collect();
    let judged = |records: &[Value], split: usize| {
        let (first, second) = records.split_at(split);
        prepared.write("first.jsonl", first);
        prepared.write("second.jsonl", second);
        let (plan, results) = prepared.judge();
        (serde_json::to_value(AuditDocument::new(&plan, &results)).unwrap(), results)
    };
    let (expected, results) = judged(&records, 0);
    assert!(results.stats.mixed >= 2 && results.stats.failures.shed == 1, "{expected:#}");
    let config = Config {
        cases: 12,
        rng_seed: RngSeed::Fixed(20_241_128),
        failure_persistence: None,
        ..Config::default()
    };
    let orders = (Just(records).prop_shuffle(), 0..12_usize);
    let order_of = |(records, split): (Vec<Value>, usize)| {
        prop_assert_eq!(&judged(&records, split).0, &expected);
        Ok(())
    };
    TestRunner::new(config).run(&orders, order_of).unwrap();
}

#[test]
fn a_repeated_record_counts_once_and_the_same_line_with_another_image_twice() {
    let prepared = Prepared::new();
    let records = prepared.clean();
    prepared.write("records.jsonl", &records);
    // A copy of the whole folder, and a machine with the same lines and other images.
    for (folder, shift) in [("copy", 0), ("other", 1)] {
        let folder = prepared.answers().join(folder);
        fs::create_dir(&folder).unwrap();
        fs::copy(prepared.answers().join("records.jsonl"), folder.join("records.jsonl")).unwrap();
        for index in 0..4 {
            let image = prepared.image((index + shift) % 4, 0);
            fs::write(folder.join(format!("{index}.jpg")), image).unwrap();
        }
    }
    let (_, results) = prepared.judge();
    let counts = results.records.as_ref().unwrap();
    assert_eq!((counts.records, counts.duplicates), (8, 4));
    assert_eq!((results.stats.answers, results.stats.mixed), (8, 4), "{:?}", results.stats.kinds);
}

#[test]
fn what_was_not_recorded_is_counted_as_not_seen() {
    let prepared = Prepared::new();
    let records = prepared.clean();
    let first = &records[0];
    let lines = [
        first.to_string(),
        "no record".into(),
        set(first, "photo", "another-run-p01-1").to_string(),
        set(first, "file", "gone.jpg").to_string(),
        set(first, "file", "../manifest.json").to_string(),
        set(first, "file", "/etc/hostname").to_string(),
        set(first, "sent", 1.7e12).to_string(),
        set(first, "size", 0).to_string(),
        set(first, "viewer", 5).to_string(),
        set(first, "step", "two").to_string(),
        set(first, "error", "x".repeat(MAX_LINE_BYTES)).to_string(),
        format!("\u{feff}{}\r", records[1]),
        String::new(),
        records[2].to_string(),
    ];
    let torn = &records[3].to_string()[..40];
    fs::write(prepared.answers().join("records.jsonl"), lines.join("\n") + "\n" + torn).unwrap();
    let (plan, results) = prepared.judge();
    let counts = results.records.as_ref().unwrap();
    assert_eq!((counts.torn, counts.malformed), (1, 8), "{counts:?}");
    assert_eq!((counts.unknown_photos, counts.missing_files), (1, 1));
    assert_eq!((counts.not_seen(), counts.photos_not_seen), (11, 1));
    assert_eq!(results.stats.read, 3);
    assert_eq!(results.verdict, AuditVerdict::Inconclusive);
    let text = table(&plan, &results);
    for reason in ["11 of 14 requests have no usable record", "records.jsonl:2: expected"] {
        assert!(text.replace('\n', " ").contains(reason), "{text}");
    }
}

#[test]
fn requests_that_the_tool_sent_and_did_not_record_make_no_clean_verdict() {
    let prepared = Prepared::new();
    prepared.write("records.jsonl", &prepared.clean());
    for (sent, not_recorded, verdict) in [
        (8, 4, AuditVerdict::Clean),
        (9, 5, AuditVerdict::Inconclusive),
        (1, 0, AuditVerdict::Clean),
    ] {
        let options = JudgeOptions { sent: Some(sent), ..prepared.options() };
        let (_, results) = judge(prepared.folder.path(), &options, &mut |_| true).unwrap();
        assert_eq!(results.records.unwrap().not_recorded, not_recorded);
        assert_eq!(results.verdict, verdict, "{:?}", results.reasons);
    }
}

#[test]
fn requests_in_flight_are_added_over_machines_whose_clocks_differ() {
    let prepared = Prepared::new();
    let records = prepared.clean();
    // Two machines run three requests at once in step 1, and one request in step 9, at whose start
    // a request of step 1 still runs. The second machine's clock is a day ahead.
    let mut all = Vec::new();
    for (machine, clock) in [("a", 0.0), ("b", 86_400.0)] {
        for (index, at, took, step) in
            [(0, 0.0, 1.0, 1), (1, 0.5, 1.0, 1), (3, 0.6, 7.0, 1), (2, 7.0, 1.0, 9)]
        {
            let sent = 1.7e9 + clock + at;
            let timed = set(&set(&records[index], "sent", sent), "done", sent + took);
            all.push(set(&set(&timed, "machine", machine), "step", step));
        }
    }
    let (plan, results) = {
        prepared.write("records.jsonl", &all);
        prepared.judge()
    };
    let in_flight: Vec<usize> = results.stats.steps.iter().map(|step| step.max_in_flight).collect();
    assert_eq!(in_flight, [6, 4]);
    assert_eq!(results.records.as_ref().unwrap().machines, 2);
    let latency_ms = results.stats.steps[0].latency_ms(0.5);
    assert!((990.0..1010.0).contains(&latency_ms), "{latency_ms}");
    let document = serde_json::to_value(AuditDocument::new(&plan, &results)).unwrap();
    assert_eq!(document["steps"][1]["recorded_step"], 9);
    assert_eq!(document["steps"][1]["max_in_flight"], 4);
}

#[test]
fn without_times_that_can_be_used_the_number_in_flight_is_unknown() {
    let prepared = Prepared::new();
    let records = prepared.clean();
    let mut timeless = records[0].clone();
    timeless.as_object_mut().unwrap().retain(|field, _| field != "sent" && field != "done");
    // These times run backwards, last two hours, and miss the end.
    let backwards = set(&records[1], "done", 1.7e9 - 5.0);
    let long = set(&records[2], "done", "2023-11-15T02:13:20Z");
    let mut half = records[3].clone();
    half.as_object_mut().unwrap().remove("done");
    prepared.write("records.jsonl", &[timeless, backwards, long, half]);
    let (plan, results) = prepared.judge();
    assert_eq!((results.verdict, results.stats.read), (AuditVerdict::Clean, 4));
    let counts = results.records.as_ref().unwrap();
    assert_eq!((counts.without_times, counts.wrong_times), (1, 3));
    let document = serde_json::to_value(AuditDocument::new(&plan, &results)).unwrap();
    assert_eq!(document["steps"][0]["max_in_flight"], Value::Null);
    assert!(table(&plan, &results).contains("are unknown"));
}

#[test]
fn a_stranger_who_is_refused_passes_and_one_who_gets_an_image_is_told() {
    let prepared = Prepared::new();
    let mut records = prepared.clean();
    // The second person is a member of the first person's album, and the third is a stranger.
    records[0] = set(&records[0], "viewer", 2);
    let refused = set(&set(&records[1], "status", 403), "viewer", 1);
    records.push(refused.clone());
    let results = prepared.judge_records(&records);
    assert_eq!((results.verdict, results.stranger), (AuditVerdict::Clean, ProbeResult::Passed));
    assert_eq!(results.stats.failures.all(), 0);
    assert_eq!(results.records.unwrap().strangers_refused, 1);

    let name = prepared.manifest.people[2].name.as_str();
    records[0] = set(&records[0], "viewer", name);
    let results = prepared.judge_records(&records);
    assert_eq!(results.stranger, ProbeResult::Violated);
    assert_eq!(results.stats.kinds.get(&FindingKind::Stranger), Some(&1));
    assert_eq!(results.verdict, AuditVerdict::Clean);
}

#[test]
fn an_earlier_version_is_stale_only_after_it_was_replaced() {
    let mut options = options();
    options.photos.replaced = true;
    let prepared = Prepared::with(&options);
    let photo = &prepared.manifest.photos[0];
    assert_eq!(photo.versions.len(), 2);
    fs::write(prepared.answers().join("old.jpg"), prepared.image(0, 0)).unwrap();
    fs::write(prepared.answers().join("new.jpg"), prepared.image(0, 1)).unwrap();
    let old = record(photo, "old.jpg", 0.0);
    let before = set(&old, "version", 1);
    let results = prepared.judge_records(&[before, record(photo, "new.jpg", 1.0)]);
    assert!(results.stats.kinds.is_empty(), "{:?}", results.stats.kinds);
    let results = prepared.judge_records(&[old]);
    assert_eq!(results.stats.kinds.get(&FindingKind::Stale), Some(&1));
}

#[test]
fn the_fit_of_a_record_decides_which_dimensions_its_image_may_have() {
    let prepared = Prepared::new();
    let record = set(&prepared.clean()[0], "size", SIZE - 20);
    let results = prepared.judge_records(std::slice::from_ref(&record));
    assert_eq!(results.stats.kinds.get(&FindingKind::Size), Some(&1));
    let results = prepared.judge_records(&[set(&record, "fit", "any")]);
    assert!(results.stats.kinds.is_empty(), "{:?}", results.stats.kinds);
}

#[test]
fn headers_are_judged_where_they_were_recorded() {
    let prepared = Prepared::new();
    let record = &prepared.clean()[0];
    let headers = json!({ "Content-Type": "image/png", "Cache-Control": "public", "ETag": "1" });
    let results = prepared.judge_records(&[set(record, "headers", headers)]);
    let kinds: Vec<FindingKind> = results.stats.kinds.keys().copied().collect();
    assert_eq!(kinds, [FindingKind::Type, FindingKind::Public]);
}

#[test]
fn thumbnails_that_are_too_small_to_read_make_no_clean_verdict() {
    let prepared = Prepared::new();
    let records: Vec<Value> =
        prepared.clean().iter().map(|record| set(record, "size", 16)).collect();
    let results = prepared.judge_records(&records);
    assert_eq!(results.verdict, AuditVerdict::Inconclusive, "{:?}", results.reasons);
    let error = prepare(
        &prepared.answers().join("new"),
        &PrepareOptions { sizes: "16".parse().unwrap(), ..options() },
    );
    assert!(error.unwrap_err().to_string().contains("16 px"));
}

#[test]
fn images_alone_are_judged_by_the_pattern_of_their_paths() {
    let prepared = Prepared::new();
    for (index, photo) in prepared.manifest.photos.iter().enumerate() {
        for round in 0..2 {
            prepared.keep(&format!("{}_{SIZE}_{round}.jpg", photo.name), index);
        }
    }
    fs::write(prepared.answers().join("notes.txt"), "no image").unwrap();
    let pattern = Some("{photo}_{size}_*.jpg".to_owned());
    let options = JudgeOptions { pattern, ..prepared.options() };
    let (_, results) = judge(prepared.folder.path(), &options, &mut |_| true).unwrap();
    assert_eq!((results.verdict, results.stats.read), (AuditVerdict::Clean, 8));
    assert_eq!(results.records.unwrap().unmatched_files, 1);

    let swapped = format!("{}_{SIZE}_0.jpg", prepared.manifest.photos[2].name);
    prepared.keep(&swapped, 1);
    let (_, results) = judge(prepared.folder.path(), &options, &mut |_| true).unwrap();
    assert_eq!((results.verdict, results.stats.mixed), (AuditVerdict::Mixed, 1));
}

#[test]
fn an_interrupted_judgement_reports_what_it_has_read() {
    let prepared = Prepared::new();
    prepared.write("records.jsonl", &prepared.clean());
    let mut stop = |progress: double_exposure::audit::prepared::JudgeProgress| progress.judged < 2;
    let (_, results) = judge(prepared.folder.path(), &prepared.options(), &mut stop).unwrap();
    assert!(results.interrupted);
    assert_eq!(results.stats.answers, 2);
}

#[test]
fn no_id_or_name_is_issued_twice_and_no_folder_is_used_twice() {
    let mut options = options();
    (options.photos.truncated, options.photos.replaced) = (true, true);
    let [first, second] = [7, 8].map(|seed| {
        let prepared = Prepared::with(&PrepareOptions { seed, ..options.clone() });
        let error = prepare(prepared.folder.path(), &options).unwrap_err();
        assert!(matches!(error, PreparedError::NotEmpty { .. }), "{error}");
        prepared
    });
    assert_ne!(first.manifest.run, second.manifest.run);
    let manifest = &first.manifest;
    let versions = manifest.photos.iter().flat_map(|photo| &photo.versions);
    let mut ids: Vec<&str> = versions.clone().map(|version| version.id.as_str()).collect();
    let count = ids.len();
    assert_eq!(count, 4 * 2 + 4, "two versions of four photos, and four truncated ones");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
    let names = manifest.photos.iter().map(|photo| &photo.name);
    let names = names.chain(manifest.people.iter().map(|person| &person.name));
    for name in names.chain(versions.clone().map(|version| &version.file)) {
        assert!(name.contains(&manifest.run), "{name}");
    }
    for version in versions {
        let file = fs::metadata(first.folder.path().join(&version.file)).unwrap();
        assert_eq!(file.len(), version.bytes as u64);
    }
}

#[test]
fn a_manifest_that_was_changed_or_is_none_is_refused_with_the_reason() {
    let prepared = Prepared::new();
    prepared.write("records.jsonl", &prepared.clean());
    let path = prepared.folder.path().join("manifest.json");
    let manifest = fs::read_to_string(&path).unwrap();
    let id = &prepared.manifest.photos[0].versions[0].id;
    let other = &prepared.manifest.photos[1].versions[0].id;
    let refusal = |text: &str| {
        fs::write(&path, text).unwrap();
        judge(prepared.folder.path(), &prepared.options(), &mut |_| true).unwrap_err().to_string()
    };
    for (text, reason) in [
        (manifest.replace(id, other), "was changed"),
        (manifest.replace("\"cover\"", "\"cut\""), "cover, contain or any"),
        (manifest.replace("prepared/1", "prepared/0"), "schema"),
        (manifest.replace("\"people\"", "\"persons\""), "unknown field `persons`"),
        (manifest.replace("\"width\": 320", "\"width\": 32"), "from 64 to 4096"),
        (String::new(), "EOF"),
    ] {
        assert_ne!(text, manifest, "{reason}");
        let error = refusal(&text);
        assert!(error.contains(reason), "{reason}: {error}");
    }
}

#[test]
fn sources_without_records_are_refused_with_what_to_do() {
    let prepared = Prepared::new();
    for source in ["answers", "nowhere"] {
        let source = prepared.folder.path().join(source);
        let options = JudgeOptions { sources: vec![source], ..prepared.options() };
        let error = judge(prepared.folder.path(), &options, &mut |_| true).unwrap_err();
        assert!(error.to_string().contains("--pattern"), "{error}");
    }
    let records = prepared.clean();
    let steps = (1..=65).map(|step| set(&records[0], "step", step)).collect::<Vec<_>>();
    prepared.write("records.jsonl", &steps);
    let error = judge(prepared.folder.path(), &prepared.options(), &mut |_| true).unwrap_err();
    assert!(error.to_string().contains("65 steps"), "{error}");
    for number in 0..=MAX_RECORD_FILES {
        fs::write(prepared.answers().join(format!("{number}.jsonl")), "").unwrap();
    }
    let error = judge(prepared.folder.path(), &prepared.options(), &mut |_| true).unwrap_err();
    assert!(matches!(error, PreparedError::TooManyFiles), "{error}");
    let error = prepare(Path::new("/proc/none"), &options()).unwrap_err();
    assert!(error.to_string().contains("/proc/none"), "{error}");
}

/// Compares the manual with the keys of the documents, and with the fields of a record.
#[test]
fn the_manual_explains_every_key_of_the_manifest_and_of_the_counts_and_every_field_of_a_record() {
    let manual = include_str!("../../docs/load-tools.md");
    let prepared = Prepared::new();
    let manifest = serde_json::to_value(&prepared.manifest).unwrap();
    let counts = serde_json::to_value(RecordCounts::default()).unwrap();
    let parts = [
        &manifest,
        &manifest["people"][0],
        &manifest["photos"][0],
        &manifest["photos"][0]["versions"][0],
        &counts,
    ];
    let keys = parts.iter().flat_map(|part| part.as_object().unwrap().keys().cloned());
    // The parser names the fields that it reads.
    let record = format!("{:?}", AnswerRecord::default());
    let inside = record.trim_start_matches("AnswerRecord {").split(", other:").next().unwrap();
    let fields = inside.split(", ").map(|field| field.split(':').next().unwrap().trim().to_owned());
    let names: Vec<String> = keys.chain(fields).collect();
    assert!(names.len() > 40 && names.contains(&"viewer".to_owned()), "{names:?}");
    for name in names {
        assert!(manual.contains(&format!("`{name}`")), "{name} is not explained");
    }
}
