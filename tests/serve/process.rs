//! The command itself: it says where it listens, keeps its key to itself, and ends as it should.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::channel;
use std::thread;

use crate::client::Client;
use crate::service::{ASTRONAUT, PATIENCE, Service, photo_of};

pub(crate) const KEY: &str = "DOUBLE_EXPOSURE_OPERATOR_KEY";

pub(crate) fn serve(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_double-exposure"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data).env_remove(KEY);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A running process; killed when dropped.
pub(crate) struct Running {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let (says, said) = channel();
        thread::spawn(move || {
            let mut line = String::new();
            let _ = BufReader::new(stdout).read_line(&mut line);
            let _ = says.send(line);
        });
        let line = said.recv_timeout(PATIENCE).expect("it says where it listens in time");
        let address = line.trim().strip_prefix("listening on http://");
        let address = address.unwrap_or_else(|| panic!("{line:?}")).parse().unwrap();
        Self { child, address }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends SIGTERM, and gives the exit code and what it said on standard error.
    fn terminate(mut self) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let mut stderr = self.child.stderr.take().unwrap();
        let (ends, ended) = channel();
        thread::spawn(move || {
            let mut text = String::new();
            let _ = stderr.read_to_string(&mut text);
            let _ = ends.send(text);
        });
        let text = ended.recv_timeout(PATIENCE * 2).expect("it ends in time");
        (self.child.wait().unwrap().code(), text)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn fails(command: &mut Command) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = command.output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

#[test]
#[cfg(unix)]
fn the_key_is_made_at_the_first_start_printed_once_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("albums.db");
    let (code, said) = Running::start(&mut serve(&data)).terminate();
    assert_eq!(code, Some(0), "{said}");
    let key = said.split("operator key: ").nth(1).unwrap()[..64].to_owned();

    let again = Running::start(&mut serve(&data));
    let operator = Client::new(again.address).with(&key);
    let token = operator.post("/people", "{\"name\":\"Ann\"}").text("token");
    let ann = Client::new(again.address).with(&token);
    let photo = photo_of(&ann, *ASTRONAUT);
    let (code, said) = again.terminate();
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("operator key"), "{said}");
    let file = std::fs::read(&data).unwrap();
    for secret in [&key, &token] {
        assert!(!file.windows(64).any(|bytes| bytes == secret.as_bytes()), "only hashes are kept");
    }

    let third = Running::start(serve(&data).env(KEY, "another key"));
    let nobody = Client::new(third.address);
    assert_eq!(nobody.with(&key).post("/people", "{\"name\":\"Ben\"}").status, 401);
    assert_eq!(nobody.with("another key").post("/people", "{\"name\":\"Ben\"}").status, 201);
    assert!(nobody.with(&token).get(&photo).body == *ASTRONAUT, "all is where it was");
    assert_eq!(third.terminate().0, Some(0));
}

#[test]
fn what_cannot_be_started_with_is_exit_2_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("albums.db");
    let service = Service::start();
    let taken = service.address.to_string();
    let (code, said) = fails(serve(&data).env(KEY, "k").args(["--listen", &taken]));
    assert_eq!(code, Some(2), "a flag given twice: {said}");
    let mut other = Command::new(env!("CARGO_BIN_EXE_double-exposure"));
    other.args(["serve", "--listen", &taken, "--data"]).arg(&data).env(KEY, "k");
    let (code, said) = fails(&mut other);
    assert_eq!(code, Some(2));
    assert!(said.contains(&taken), "{said}");

    let (code, said) = fails(serve(&data).env(KEY, ""));
    assert!(code == Some(2) && said.contains(KEY), "{said}");
    let text = folder.path().join("text");
    std::fs::write(&text, "no database").unwrap();
    let (code, said) = fails(&mut serve(&text));
    assert!(code == Some(2) && said.contains("no database"), "{said}");
    let (code, said) = fails(&mut serve(&service.folder().join("no/such/folder")));
    assert!(code == Some(2) && said.contains("folder"), "{said}");
    for bad in [
        ["--deadline", "10"],
        ["--deadline", "0s"],
        ["--memory", "1"],
        ["--memory", "1GB"],
        ["--workers", "0"],
        ["--slots", "0"],
        ["--pipeline", "none"],
        ["--now", "yesterday"],
        ["--queue", "none"],
    ] {
        let (code, said) = fails(serve(&data).args(bad));
        assert_eq!(code, Some(2), "{bad:?}: {said}");
        assert!(said.contains(bad[0]), "{said}");
    }
}

#[test]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn the_allocator_has_few_arenas_unless_somebody_says_how_many() {
    let folder = tempfile::tempdir().unwrap();
    let arenas = |running: &Running| {
        let environment = std::fs::read(format!("/proc/{}/environ", running.id())).unwrap();
        let variables = environment.split(|byte| *byte == 0);
        let mut values =
            variables.filter_map(|variable| variable.strip_prefix(b"MALLOC_ARENA_MAX="));
        values.next().map(|value| String::from_utf8(value.to_vec()).unwrap())
    };
    let data = folder.path().join("albums.db");
    let running = Running::start(serve(&data).env_remove("MALLOC_ARENA_MAX"));
    let processors = thread::available_parallelism().unwrap().get();
    assert_eq!(arenas(&running), Some((2 * processors).to_string()));
    drop(running);
    let running = Running::start(serve(&data).env("MALLOC_ARENA_MAX", "7"));
    assert_eq!(arenas(&running).as_deref(), Some("7"));
}
