//! The judge of recorded answers takes no more memory for many records than for few. Each run is a
//! process of its own, whose resident memory is measured at its peak.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use double_exposure::audit::prepared::{JudgeOptions, PrepareOptions, judge, prepare};
use double_exposure::audit::spec::{PhotoFormat, PhotosSpec};

use crate::conversions::peak_bytes;

/// Environment variable with the folder that a child process judges.
const FOLDER_VARIABLE: &str = "DOUBLE_EXPOSURE_JUDGED_FOLDER";

/// Memory by which a run with eight times the records may be larger: twice the pages that SQLite
/// keeps in memory, which few records do not fill, and what the allocator keeps. The records of the
/// larger run take three times as much.
const MAX_GROWTH_BYTES: u64 = 12 << 20;

fn judge_in_child() -> bool {
    let Some(folder) = env::var_os(FOLDER_VARIABLE) else { return false };
    let folder = Path::new(&folder);
    let options = JudgeOptions {
        sources: vec![folder.join("records.jsonl")],
        pattern: None,
        sent: None,
        max_bytes: 1 << 20,
        max_findings: 20,
        min_conversions: 1,
        require: Vec::new(),
    };
    let (_, results) = judge(folder, &options, &mut |_| true).unwrap();
    let counts = results.records.unwrap();
    println!("peak {} bytes of {} records", peak_bytes(), counts.records);
    true
}

/// Returns the peak of a process that judges this number of records, of which every hundredth has
/// the same image.
fn peak(folder: &Path, photo: &str, records: u64) -> u64 {
    let mut lines = String::new();
    for index in 0..records {
        let (sent, machine) = (1.7e9 + index as f64 / 100.0, index % 7);
        let done = sent + 0.5;
        let answer = match index % 100 {
            0 => "\"status\":200,\"file\":\"image.jpg\"",
            _ => "\"status\":503,\"headers\":{\"retry-after\":\"1\",\"server\":\"a service\"}",
        };
        let times = format!("\"machine\":\"{machine}\",\"sent\":{sent},\"done\":{done}");
        let _ = writeln!(lines, "{{\"photo\":{photo:?},{times},{answer}}}");
    }
    fs::write(folder.join("records.jsonl"), lines).unwrap();
    let child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "records::eight_times_the_records_take_no_more_memory", "--nocapture"])
        .env(FOLDER_VARIABLE, folder)
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&child.stdout);
    let peak = output.split_once("peak ").and_then(|(_, rest)| rest.split_once(" bytes of "));
    let (bytes, rest) = peak.unwrap_or_else(|| panic!("{output}"));
    assert!(rest.starts_with(&format!("{records} records")), "{output}");
    println!("{records} records: {bytes} bytes");
    bytes.parse().unwrap()
}

#[test]
fn eight_times_the_records_take_no_more_memory() {
    if judge_in_child() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let options = PrepareOptions {
        name: "a service".into(),
        photos: PhotosSpec {
            people: 2,
            per_person: 1,
            members: 0,
            width: 160,
            height: 160,
            format: PhotoFormat::Jpeg,
            truncated: false,
            replaced: false,
        },
        sizes: "160".parse().unwrap(),
        fit: None,
        seed: 7,
    };
    let manifest = prepare(folder.path(), &options).unwrap();
    let photo = &manifest.photos[0];
    fs::copy(folder.path().join(&photo.versions[0].file), folder.path().join("image.jpg")).unwrap();
    let [few, many] = [5_000, 40_000].map(|records| peak(folder.path(), &photo.name, records));
    assert!(many < few + MAX_GROWTH_BYTES, "{few} and {many} bytes");
}
