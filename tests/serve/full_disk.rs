//! The command on a disk that is really full: a small file system of its own, mounted where the
//! system lets whoever runs the tests do that. Elsewhere there is nothing to see, and it says so;
//! a file at its limit, which is full everywhere, stands beside the other refusals.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rusqlite::Connection;

use crate::client::{Client, refused};
use crate::process::{KEY, Running};
use crate::service::{ASTRONAUT, photo_of, uuid};

/// What runs its arguments on an empty disk of 2 MiB at the path before them, seen by nobody else.
const ON_A_SMALL_DISK: &str = "mount -t tmpfs -o size=2m none \"$1\" && shift && exec \"$@\"";

fn on_a_small_disk(at: &Path) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", ON_A_SMALL_DISK, "sh"]);
    command.arg(at).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_503_and_nothing_is_stored_and_nothing_lost() {
    let folder = tempfile::tempdir().unwrap();
    if !on_a_small_disk(folder.path()).arg("true").status().is_ok_and(|ended| ended.success()) {
        eprintln!("no disk can be mounted here: nothing was tested");
        return;
    }
    let data = folder.path().join("albums.db");
    let mut command = on_a_small_disk(folder.path());
    command.arg(env!("CARGO_BIN_EXE_double-exposure"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&data).env(KEY, "key");
    let running = Running::start(&mut command);
    let nobody = Client::new(running.address);
    let token = nobody.with("key").post("/people", "{\"name\":\"Ann\"}").text("token");
    let ann = nobody.with(&token);
    let first = photo_of(&ann, *ASTRONAUT);
    let album = first.split("/photos").next().unwrap();
    let mut stored = vec![first.clone()];
    let refusal = loop {
        let path = format!("{album}/photos/{}", uuid());
        let answer = ann.put(&path, *ASTRONAUT);
        if answer.status != 201 {
            assert_eq!(ann.get(&path).status, 404, "nothing is stored");
            break answer;
        }
        stored.push(path);
        assert!(stored.len() < 200, "2 MiB hold no 200 photos");
    };
    assert_eq!(refusal.problem(), refused(503, "storage"));
    assert!(!refusal.header("retry-after").is_empty());
    for path in &stored {
        assert!(ann.get(path).body == *ASTRONAUT, "what was acknowledged is there");
    }
    let opened = ann.get(album).json();
    assert_eq!(opened["photos"].as_array().unwrap().len(), stored.len());
    // Who is shown a thumbnail must stand in the ledger: without room for that, nobody is.
    let thumbnail = ann.get(&format!("{first}/thumbnail"));
    assert!([200, 503].contains(&thumbnail.status), "{}", thumbnail.status);

    let seen = PathBuf::from(format!("/proc/{}/root", running.id()))
        .join(data.strip_prefix("/").expect("it begins at the root"));
    let copied = tempfile::tempdir().unwrap();
    for end in ["", "-wal"] {
        let (from, to) = (format!("{}{end}", seen.display()), format!("albums.db{end}"));
        std::fs::copy(from, copied.path().join(to)).expect("the owner sees his process's files");
    }
    let sound: String = Connection::open(copied.path().join("albums.db"))
        .unwrap()
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(sound, "ok");
}
