//! Goal: the commands about the file answer, and their exit codes mean what they say. Method: the
//! built program on files that the library filled.

use std::process::{Command, Output};

use double_exposure::album::{AGE, Entry, MakingRef, PersonId, Photo, PhotoRef, ShownEntry, Store};
use serde_json::{Value, json};

use crate::scene::{DAY, MAKER, START, Scene, event, jpeg, making, owner, post};

fn run(scene: &Scene, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_double-exposure"))
        .args(arguments)
        .arg("--data")
        .arg(scene.path())
        .output()
        .expect("the program starts")
}

/// The exit code and the one document on standard output.
fn ask(scene: &Scene, arguments: &[&str]) -> (i32, Value) {
    let output = run(scene, &[arguments, &["--json"]].concat());
    let document = serde_json::from_slice(&output.stdout);
    (output.status.code().expect("it ends by itself"), document.expect("one JSON document"))
}

fn show(store: &Store, viewer: PersonId, photo: &Photo, bands: &[Option<&Photo>]) {
    let keep = Some(b"thumbnail"[..].into());
    let entries = [
        Entry::Made { event: event(viewer, photo), making: making(bands), keep },
        Entry::Shown(ShownEntry {
            viewer,
            asked: PhotoRef::from(photo),
            made: MakingRef::Previous,
        }),
    ];
    store.append([(START, &entries[..])].into_iter()).expect("the rows are written");
}

#[test]
fn compress_says_what_it_saved_and_names_what_failed() {
    let scene = Scene::new();
    let (good, bad) = {
        let store = scene.open();
        let (ann, album) = owner(&store);
        let good = post(&store, ann, album, &jpeg(2100, 500, 97, 1));
        (good, post(&store, ann, album, &b"no photo"[..].into()))
    };
    let day_before = START.after(AGE).before(DAY).to_string();
    let (exit, early) = ask(&scene, &["compress", "--now", &day_before]);
    assert_eq!((exit, &early["due"]), (0, &json!(0)));
    let now = START.after(AGE).to_string();
    let (exit, done) = ask(&scene, &["compress", "--now", &now]);
    assert_eq!(exit, 0);
    assert_eq!(
        (&done["due"], &done["compressed"], &done["failed"]),
        (&json!(2), &json!(1), &json!(1))
    );
    assert_eq!(done["failures"][0]["photo"], json!(bad.id));
    assert_eq!(done["bytes_before"], json!(good.bytes));
    let saved = done["bytes_saved"].as_u64().expect("a number");
    assert_eq!(saved, good.bytes - done["bytes_after"].as_u64().expect("a number"));
    let again = run(&scene, &["compress", "--now", &now]);
    assert!(String::from_utf8_lossy(&again.stdout).starts_with("0 photos due"), "{again:?}");
}

#[test]
fn the_ledgers_exit_code_tells_mixed_from_clean_from_nothing_seen() {
    let scene = Scene::new();
    let store = scene.open();
    let ((ann, hers), (ben, his)) = (owner(&store), owner(&store));
    let anns = post(&store, ann, hers, &b"ann's"[..].into());
    let bens = post(&store, ben, his, &b"ben's"[..].into());
    let window = ["--from", &START.to_string(), "--to", &START.after(DAY).to_string()];
    let impact = |more: &[&str]| ask(&scene, &[&["ledger", "impact"], &window[..], more].concat());
    let who = |photo: &Photo| ask(&scene, &["ledger", "who-saw", &photo.name.photo.to_string()]);
    assert_eq!(impact(&[]).0, 3, "nothing seen is nothing proved");
    assert_eq!(who(&anns).0, 3);

    show(&store, ann, &anns, &[Some(&anns)]);
    assert_eq!(impact(&[]).0, 0);
    assert_eq!(who(&anns).0, 0);

    show(&store, ann, &anns, &[Some(&anns), Some(&bens)]);
    let (exit, answer) = impact(&["--one-in", "1"]);
    assert_eq!(exit, 1);
    assert_eq!(answer["exposed_owners"], json!(1));
    assert_eq!(answer["confirmed"]["exposed_owners"], json!([ben]));
    assert_eq!(answer["confirmed"]["affected_viewers"], json!([ann]));
    assert_eq!(answer["estimated"]["rate"], json!(0.5));
    let answer_in_window = answer["confirmed"].clone();
    assert_eq!(impact(&["--maker", "another"]).0, 3);
    let (exit, answer) = who(&bens);
    assert_eq!(exit, 1);
    assert_eq!(answer["sightings"][0]["viewer"], json!(ann));
    assert_eq!(answer["sightings"][0]["stranger"], json!(true));
    assert_eq!(ask(&scene, &["ledger", "impact"]).1["confirmed"], answer_in_window, "all rows");
    let told = run(&scene, &[&["ledger", "impact"], &window[..]].concat());
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    let columns = ["confirmed", "estimated"].map(|column| told.find(column));
    assert!(columns[0].is_some() && columns[0] < columns[1], "{told}");
}

#[test]
fn purge_throws_a_makers_thumbnails_away_and_says_how_many() {
    let scene = Scene::new();
    let store = scene.open();
    let (ann, album) = owner(&store);
    let photo = post(&store, ann, album, &b"photo"[..].into());
    show(&store, ann, &photo, &[Some(&photo)]);
    let purge = |maker| ask(&scene, &["purge", "--maker", maker]);
    assert_eq!(purge("another").1["purged"], json!(0));
    let purged = json!({ "schema": "double-exposure/purge/1", "maker": MAKER, "purged": 1 });
    assert_eq!(purge(MAKER), (0, purged));
    assert_eq!(purge(MAKER).1["purged"], json!(0));
}

#[test]
fn prune_drops_only_what_is_older_than_asked() {
    let scene = Scene::new();
    let store = scene.open();
    let (ann, album) = owner(&store);
    let photo = post(&store, ann, album, &b"photo"[..].into());
    show(&store, ann, &photo, &[Some(&photo)]);
    let prune = |days: u32| {
        let now = START.after(DAY * 400).to_string();
        ask(&scene, &["ledger", "prune", "--now", &now, "--days", &days.to_string()])
    };
    assert_eq!(prune(401).1["dropped"], json!(0));
    assert_eq!(prune(399).1["dropped"], json!(2));
}

#[test]
fn a_missing_file_is_named_and_exit_2() {
    let scene = Scene::new();
    let nobody = PersonId::random().to_string();
    for arguments in
        [&["compress"][..], &["purge", "--maker", "m"], &["ledger", "who-saw", &nobody]]
    {
        let output = run(&scene, arguments);
        assert_eq!(output.status.code(), Some(2));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(told.contains("there is no such file"), "{told}");
        assert!(!scene.path().exists(), "it made a file");
    }
    assert_eq!(run(&scene, &["ledger", "who-saw", "nobody's"]).status.code(), Some(2));
}
