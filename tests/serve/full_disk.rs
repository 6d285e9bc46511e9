//! The command on a disk that is really full: a small file system of its own, mounted where the
//! system lets whoever runs the tests do that. Elsewhere there is nothing to see, and it says so;
//! a file at its limit, which is full everywhere, stands beside the other refusals.

use std::path::Path;
use std::process::{Command, Stdio};

use rusqlite::Connection;

use crate::client::{Client, refused};
use crate::process::{KEY, Running};
use crate::service::{ASTRONAUT, photo_of, uuid};

/// What runs its arguments on a disk of 10 MiB at the path before them, seen by nobody else; 6 MiB
/// of it are taken by a file of somebody else's.
const ON_A_SMALL_DISK: &str = "mount -t tmpfs -o size=10m none \"$1\" \
    && head -c 6291456 /dev/zero > \"$1/ballast\" && shift && exec \"$@\"";

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
    let large = include_bytes!("../../src/sample_photos/astronaut.jpg");
    let first = photo_of(&ann, large);
    let album = first.split("/photos").next().unwrap();
    let mut stored = Vec::new();
    let refusal = loop {
        let path = format!("{album}/photos/{}", uuid());
        let answer = ann.put(&path, *ASTRONAUT);
        if answer.status != 201 {
            assert_eq!(ann.get(&path).status, 404, "nothing is stored");
            break answer;
        }
        stored.push(path);
        assert!(stored.len() < 400, "4 MiB hold no 400 photos");
    };
    assert_eq!(refusal.problem(), refused(503, "storage"));
    assert!(!refusal.header("retry-after").is_empty());
    for path in &stored {
        assert!(ann.get(path).body == *ASTRONAUT, "what was acknowledged is there");
    }
    let opened = ann.get(album).json();
    assert_eq!(opened["photos"].as_array().unwrap().len(), stored.len() + 1);
    // Who is shown a thumbnail must stand in the ledger: without room, nobody is shown one.
    let thumbnails = (16..400).map(|size| ann.get(&format!("{first}/thumbnail?size={size}")));
    let refusal = thumbnails.into_iter().find(|answer| answer.status != 200);
    assert_eq!(refusal.expect("they fill what is left").problem(), refused(503, "storage"));
    // Deleting writes as much as it takes away, before it may.
    assert_eq!(ann.delete(&first).problem(), refused(503, "storage"));
    assert!(ann.get(&first).body == large, "what could not be deleted is whole");

    let disk = Path::new("/proc").join(running.id().to_string()).join("root");
    let disk = disk.join(folder.path().strip_prefix("/").expect("it begins at the root"));
    assert_eq!(sound(&disk), "ok");
    std::fs::remove_file(disk.join("ballast")).expect("the owner sees his process's files");
    assert_eq!(ann.get(&format!("{first}/thumbnail")).status, 200, "with room, all goes on");
    assert_eq!(ann.delete(&first).status, 204);
    assert_eq!(ann.put(&first, large).status, 201);
}

/// What SQLite says of a copy of the file and its log.
fn sound(disk: &Path) -> String {
    let copied = tempfile::tempdir().unwrap();
    for file in ["albums.db", "albums.db-wal"] {
        std::fs::copy(disk.join(file), copied.path().join(file)).unwrap();
    }
    let connection = Connection::open(copied.path().join("albums.db")).unwrap();
    connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap()
}
