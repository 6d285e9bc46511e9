//! Tests the command on a disk that is really full: a small file system, mounted for the test.
//! Where the system does not allow the mount, the test reports that it tested nothing. A file at
//! its own limit is tested everywhere, in `problems.rs`.

use std::path::Path;
use std::process::{Command, Stdio};

use rusqlite::Connection;

use crate::client::{Client, album_of, new_photo_in, problem};
use crate::command::{KEY_VARIABLE, ServeProcess};
use crate::test_server::ASTRONAUT;

/// Shell script that mounts a disk of 10 MiB at its first argument, visible to itself only, fills
/// 6 MiB of it with another file, and runs its other arguments.
const ON_A_SMALL_DISK: &str = "mount -t tmpfs -o size=10m none \"$1\" \
    && head -c 6291456 /dev/zero > \"$1/ballast\" && shift && exec \"$@\"";

fn on_a_small_disk(mount_point: &Path) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", ON_A_SMALL_DISK, "sh"]);
    command.arg(mount_point).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_503_and_nothing_is_stored_or_lost() {
    let folder = tempfile::tempdir().unwrap();
    if !on_a_small_disk(folder.path()).arg("true").status().is_ok_and(|ended| ended.success()) {
        eprintln!("no disk can be mounted here: nothing was tested");
        return;
    }
    let data = folder.path().join("albums.db");
    let mut command = on_a_small_disk(folder.path());
    command.arg(env!("CARGO_BIN_EXE_double-exposure"));
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(&data)
        .env(KEY_VARIABLE, "key");
    let running = ServeProcess::start(&mut command);
    let (ann, _) = Client::new(running.address).with_token("key").create_person("Ann");
    let large = include_bytes!("../../src/sample_photos/astronaut.jpg");
    let first = ann.upload(large);
    let album = album_of(&first);
    let mut stored = Vec::new();
    let refusal = loop {
        let path = new_photo_in(album);
        let response = ann.put(&path, *ASTRONAUT);
        if response.status != 201 {
            assert_eq!(ann.get(&path).status, 404, "nothing is stored");
            break response;
        }
        stored.push(path);
        assert!(stored.len() < 400, "4 MiB hold no 400 photos");
    };
    assert_eq!(refusal.problem(), problem(503, "storage-unavailable"));
    assert!(!refusal.header("retry-after").is_empty());
    for path in &stored {
        assert!(ann.get(path).body == *ASTRONAUT, "an acknowledged photo is there");
    }
    let opened = ann.get(album).json();
    assert_eq!(opened["photos"].as_array().unwrap().len(), stored.len() + 1);
    // Without room for a row of the ledger, no thumbnail may be shown.
    let thumbnails = (16..400).map(|size| ann.get(&format!("{first}/thumbnail?size={size}")));
    let refusal = thumbnails.into_iter().find(|response| response.status != 200);
    assert_eq!(
        refusal.expect("they fill what is left").problem(),
        problem(503, "storage-unavailable")
    );
    // A deletion writes to the log before it frees space.
    assert_eq!(ann.delete(&first).problem(), problem(503, "storage-unavailable"));
    assert!(ann.get(&first).body == large, "the photo that could not be deleted is whole");

    let disk = Path::new("/proc").join(running.id().to_string()).join("root");
    let disk = disk.join(folder.path().strip_prefix("/").expect("it begins at the root"));
    assert_eq!(integrity(&disk), "ok");
    std::fs::remove_file(disk.join("ballast")).expect("the owner can open the process's files");
    assert_eq!(ann.get(&format!("{first}/thumbnail")).status, 200, "with room, the server goes on");
    assert_eq!(ann.delete(&first).status, 204);
    assert_eq!(ann.put(&first, large).status, 201);
}

/// Returns the result of SQLite's integrity check on a copy of the file and its log.
fn integrity(disk: &Path) -> String {
    let copied = tempfile::tempdir().unwrap();
    for file in ["albums.db", "albums.db-wal"] {
        std::fs::copy(disk.join(file), copied.path().join(file)).unwrap();
    }
    let connection = Connection::open(copied.path().join("albums.db")).unwrap();
    connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap()
}
