//! Tests the `serve` command in a process of its own: its address, its key, its exit codes and its
//! errors.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::channel;
use std::thread;

use crate::client::Client;
use crate::test_server::{ASTRONAUT, TEST_TIMEOUT, TestServer};

pub(crate) const KEY_VARIABLE: &str = "DOUBLE_EXPOSURE_OPERATOR_KEY";

/// Builds the command without the key's variable.
pub(crate) fn serve(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_double-exposure"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data).env_remove(KEY_VARIABLE);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs the command, and kills it when dropped.
pub(crate) struct ServeProcess {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl ServeProcess {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let (send, received) = channel();
        thread::spawn(move || {
            let mut line = String::new();
            let _ = BufReader::new(stdout).read_line(&mut line);
            let _ = send.send(line);
        });
        let line = received.recv_timeout(TEST_TIMEOUT).expect("the address is printed in time");
        let address = line.trim().strip_prefix("listening on http://");
        let address = address.unwrap_or_else(|| panic!("{line:?}")).parse().unwrap();
        Self { child, address }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends SIGTERM, and returns the exit code and the text of standard error.
    fn terminate(mut self) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let mut stderr = self.child.stderr.take().unwrap();
        let (send, received) = channel();
        thread::spawn(move || {
            let mut text = String::new();
            let _ = stderr.read_to_string(&mut text);
            let _ = send.send(text);
        });
        let text = received.recv_timeout(TEST_TIMEOUT * 2).expect("the process ends in time");
        (self.child.wait().unwrap().code(), text)
    }
}

impl Drop for ServeProcess {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command to its end, and returns the exit code and the text of standard error.
fn run(command: &mut Command) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = command.output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

#[test]
#[cfg(unix)]
fn the_key_is_created_at_the_first_start_printed_once_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("albums.db");
    let (code, stderr) = ServeProcess::start(&mut serve(&data)).terminate();
    assert_eq!(code, Some(0), "{stderr}");
    let key = stderr.split("operator key: ").nth(1).unwrap()[..64].to_owned();

    let again = ServeProcess::start(&mut serve(&data));
    let (ann, _) = Client::new(again.address).with_token(&key).create_person("Ann");
    let token = ann.token().to_owned();
    let photo = ann.upload(*ASTRONAUT);
    let (code, stderr) = again.terminate();
    assert_eq!(code, Some(0), "{stderr}");
    assert!(!stderr.contains("operator key"), "{stderr}");
    let file = std::fs::read(&data).unwrap();
    for secret in [&key, &token] {
        assert!(
            !file.windows(64).any(|bytes| bytes == secret.as_bytes()),
            "the file holds only hashes"
        );
    }

    let third = ServeProcess::start(serve(&data).env(KEY_VARIABLE, "another key"));
    let anonymous = Client::new(third.address);
    assert_eq!(anonymous.with_token(&key).post("/people", "{\"name\":\"Ben\"}").status, 401);
    assert_eq!(
        anonymous.with_token("another key").post("/people", "{\"name\":\"Ben\"}").status,
        201
    );
    assert!(
        anonymous.with_token(&token).get(&photo).body == *ASTRONAUT,
        "the photo is still there"
    );
    assert_eq!(third.terminate().0, Some(0));
}

#[test]
#[cfg(unix)]
fn a_terminal_that_closes_does_not_end_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let running = ServeProcess::start(&mut serve(&folder.path().join("albums.db")));
    let id = running.id().to_string();
    // The signal is delivered before the command ends.
    assert!(Command::new("kill").args(["-HUP", &id]).status().unwrap().success());
    assert_eq!(Client::new(running.address).get("/healthz").status, 200);
    // A process that a signal ended has no exit code.
    assert_eq!(running.terminate().0, Some(0));
}

#[test]
fn bad_arguments_and_files_are_exit_2_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("albums.db");
    let server = TestServer::start();
    let taken = server.address.to_string();
    let (code, stderr) = run(serve(&data).env(KEY_VARIABLE, "k").args(["--listen", &taken]));
    assert_eq!(code, Some(2), "a flag given twice: {stderr}");
    let mut other = Command::new(env!("CARGO_BIN_EXE_double-exposure"));
    other.args(["serve", "--listen", &taken, "--data"]).arg(&data).env(KEY_VARIABLE, "k");
    let (code, stderr) = run(&mut other);
    assert_eq!(code, Some(2));
    assert!(stderr.contains(&taken), "{stderr}");

    let (code, stderr) = run(serve(&data).env(KEY_VARIABLE, ""));
    assert!(code == Some(2) && stderr.contains(KEY_VARIABLE), "{stderr}");
    let text = folder.path().join("text");
    std::fs::write(&text, "no database").unwrap();
    let (code, stderr) = run(&mut serve(&text));
    assert!(code == Some(2) && stderr.contains("no database"), "{stderr}");
    let (code, stderr) = run(&mut serve(&folder.path().join("no/such/folder")));
    assert!(code == Some(2) && stderr.contains("folder"), "{stderr}");
    for bad in [
        ["--response-timeout", "10"],
        ["--response-timeout", "0s"],
        ["--max-memory", "1"],
        ["--max-memory", "1GB"],
        ["--max-uploads", "64MiB"],
        ["--max-megapixels", "0"],
        ["--max-megapixels", "257"],
        ["--workers", "0"],
        ["--slots", "0"],
        ["--pipeline", "none"],
        ["--now", "yesterday"],
        ["--max-queue", "none"],
    ] {
        let (code, stderr) = run(serve(&data).args(bad));
        assert_eq!(code, Some(2), "{bad:?}: {stderr}");
        assert!(stderr.contains(bad[0]), "{stderr}");
    }
}

#[test]
fn every_option_is_read_from_the_environment_and_the_command_line_wins() {
    let mut help = Command::new(env!("CARGO_BIN_EXE_double-exposure"));
    let help = help.args(["serve", "--help"]).env(KEY_VARIABLE, "a secret");
    let help = String::from_utf8(help.output().unwrap().stdout).unwrap();
    let (_, options) = help.split_once("Options:\n").unwrap();
    // The text of each option follows the line with its name.
    let mut names: Vec<&str> = Vec::new();
    for line in options.lines().map(str::trim_start) {
        let after_short = line.get(4..).filter(|_| line.as_bytes().get(2) == Some(&b','));
        if let Some(name) = after_short.unwrap_or(line).strip_prefix("--") {
            names.extend(name.split(' ').next());
        } else if line.starts_with("[env: ") {
            let name = names.pop().unwrap().replace('-', "_").to_uppercase();
            assert!(line.starts_with(&format!("[env: DOUBLE_EXPOSURE_{name}=")), "{line}");
        }
    }
    assert_eq!(names, ["help"], "these have no variable");
    assert!(!help.contains("a secret"), "{help}");

    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("albums.db");
    let mut command = Command::new(env!("CARGO_BIN_EXE_double-exposure"));
    command.arg("serve").env_remove(KEY_VARIABLE).env("DOUBLE_EXPOSURE_DATA", &data);
    command.env("DOUBLE_EXPOSURE_LISTEN", "localhost:0").env("DOUBLE_EXPOSURE_WORKERS", "none");
    command.args(["--workers", "2"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let running = ServeProcess::start(&mut command);
    assert!(running.address.ip().is_loopback());
    assert_eq!(Client::new(running.address).get("/readyz").status, 200);
    assert!(data.exists());
    drop(running);
    let (code, stderr) = run(command.args(["--max-queue", "1"]).env("RUST_LOG", "access=loud"));
    assert!(code == Some(2) && stderr.contains("RUST_LOG"), "{stderr}");
}

/// Makes requests of a person, and returns the person's id and the log of the server.
#[cfg(unix)]
fn log_of_requests(command: &mut Command) -> (String, String) {
    let running = ServeProcess::start(command.env(KEY_VARIABLE, "key"));
    let (ann, id) = Client::new(running.address).with_token("key").create_person("Ann Smith");
    let response = ann.get(&format!("/albums/{id}"));
    let request = response.header("x-request-id").to_owned();
    assert_eq!(response.text("request"), request, "a problem has the id of its request");
    ann.get("/healthz");
    let (code, stderr) = running.terminate();
    assert_eq!(code, Some(0), "{stderr}");
    assert!(!stderr.contains(&id) && !stderr.contains("Smith"), "no person: {stderr}");
    (request, stderr)
}

#[test]
#[cfg(unix)]
fn the_access_log_has_ids_routes_and_statuses_as_text_or_json() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("albums.db");
    let (request, text) = log_of_requests(&mut serve(&data));
    let line = text.lines().find(|line| line.contains(&request)).expect(&text);
    for part in ["access", "GET", "/albums/{album}", "404", "not-found"] {
        assert!(line.contains(part), "{part} in {line}");
    }
    assert!(!text.contains("/healthz"), "{text}");

    let (request, text) = log_of_requests(serve(&data).args(["--log-format", "json"]));
    let lines: Vec<serde_json::Value> = text
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).expect(line))
        .collect();
    let line = lines.iter().find(|line| line["id"] == request.as_str()).expect(&text);
    assert_eq!((&line["route"], &line["status"]), (&"/albums/{album}".into(), &404.into()));

    let (_, quiet) = log_of_requests(serve(&data).env("RUST_LOG", "warn"));
    assert!(!quiet.contains("access"), "{quiet}");
    let (_, all) = log_of_requests(serve(&data).env("RUST_LOG", "warn,access=debug"));
    assert!(all.contains("/healthz"), "{all}");
}

#[test]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn the_allocator_has_two_arenas_per_processor_unless_the_environment_sets_a_number() {
    let folder = tempfile::tempdir().unwrap();
    let arenas = |running: &ServeProcess| {
        let environment = std::fs::read(format!("/proc/{}/environ", running.id())).unwrap();
        let variables = environment.split(|byte| *byte == 0);
        let mut values =
            variables.filter_map(|variable| variable.strip_prefix(b"MALLOC_ARENA_MAX="));
        values.next().map(|value| String::from_utf8(value.to_vec()).unwrap())
    };
    let data = folder.path().join("albums.db");
    let running = ServeProcess::start(serve(&data).env_remove("MALLOC_ARENA_MAX"));
    let processors = thread::available_parallelism().unwrap().get();
    assert_eq!(arenas(&running), Some((2 * processors).to_string()));
    drop(running);
    let running = ServeProcess::start(serve(&data).env("MALLOC_ARENA_MAX", "7"));
    assert_eq!(arenas(&running).as_deref(), Some("7"));
}
