//! Tests the exit codes of the program, and that it never prints a key. Each test runs the program
//! in a process of its own.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::channel;
use std::thread;

use double_exposure::audit::AuditVerdict;
use serde_json::Value;

use crate::mock_service::{SOCKET_TIMEOUT, honest, jpeg, send, send_jpeg, serve, thumbnail};

const SECRET: &str = "a-key-that-must-stay-secret";

fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_double-exposure"));
    program.stdin(Stdio::null()).env("DOUBLE_EXPOSURE_OPERATOR_KEY", SECRET);
    program
}

/// Runs `audit` with these arguments, with the report in a temporary folder.
fn audit(arguments: &[&str]) -> (Output, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("report");
    let short =
        ["--duration", "500ms", "--warm-up", "1ms", "--steps", "4", "--min-conversions", "1"];
    let mut program = program();
    program.arg("audit").args(arguments).args(short).arg("--out").arg(out);
    (program.output().unwrap(), folder)
}

#[test]
fn each_verdict_has_its_exit_code() {
    let clean = serve(honest);
    let refuses = serve(|_, stream| send(stream, "500 No", "", b""));
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (address, code, verdict) in [
        (clean, 0, AuditVerdict::Clean),
        (refuses, 3, AuditVerdict::Inconclusive),
        (closed, 4, AuditVerdict::Unreachable),
    ] {
        let url = format!("http://{address}/t?size={{size}}");
        let (output, _folder) = audit(&["--post", &url, "--fit", "cover", "--json"]);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let document: Value = serde_json::from_slice(&output.stdout).expect("one document");
        assert_eq!(document["verdict"], serde_json::to_value(verdict).unwrap());
    }
}

#[test]
fn unusable_input_gives_exit_code_2_and_a_reason() {
    for (arguments, reason) in [
        (&["--target", "/no/such/file.toml"][..], "/no/such/file.toml"),
        (&["--pull", "ftp://127.0.0.1/{source}"], "is no URL of a service"),
        (&["--post", "http://127.0.0.1:1/", "--pull", "http://a/{source}"], "cannot be used with"),
        (&["--post", "http://127.0.0.1:1/", "--sizes", "0"], "names no sizes"),
        (&["--post", "http://127.0.0.1:1/", "--rate", "0"], "0.1 to 100000"),
        (&[], "--target"),
    ] {
        let (output, _folder) = audit(arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        assert!(error.contains(reason), "{arguments:?}: {error}");
    }
}

#[test]
fn prepared_photos_are_judged_with_the_exit_codes_and_reports_of_an_audit() {
    let folder = tempfile::tempdir().unwrap();
    let photos = folder.path().join("photos");
    let run = |arguments: &[&str], input: &str| {
        let mut program = program();
        program.arg("audit").args(arguments).current_dir(&folder).stdin(Stdio::piped());
        let mut child =
            program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        // A run that refuses its arguments does not read its input.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    };
    let prepare = ["prepare", "photos", "--people", "2", "--per-person", "1", "--json"];
    let output = run(&prepare, "");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let manifest: Value = serde_json::from_slice(&output.stdout).expect("one document");
    assert_eq!(run(&prepare, "").status.code(), Some(2));

    let record = |photo: usize, file: usize| {
        let file = &manifest["photos"][file]["versions"][0]["file"];
        format!("{{\"photo\":{},\"file\":{file}}}\n", manifest["photos"][photo]["name"])
    };
    let judge = ["judge", "photos", "photos/records.jsonl", "--json", "--out", "report"];
    let reports = ["--junit", "junit.xml", "--markdown", "summary.md"];
    let [few, one] = [&["--min-conversions", "3"], &["--min-conversions", "1"]];
    for (records, more, code, verdict) in [
        (record(0, 0) + &record(1, 1), one, 0, "clean"),
        (record(0, 0) + &record(1, 0), one, 1, "mixed"),
        (record(0, 0) + &record(1, 1), few, 3, "inconclusive"),
        (String::new(), one, 3, "inconclusive"),
    ] {
        std::fs::write(photos.join("records.jsonl"), &records).unwrap();
        let output = run(&[&judge[..], &reports[..], &more[..]].concat(), "");
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let document: Value = serde_json::from_slice(&output.stdout).expect("one document");
        assert_eq!(document["verdict"], verdict);
        assert_eq!(document["records"]["records"], records.lines().count());
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert!(read("junit.xml").contains(verdict) && read("summary.md").contains(verdict));
        assert!(read("report/index.html").contains("double-exposure audit judge"));
    }

    // A record on standard input names files in the working directory.
    let piped = record(0, 0).replace("\"photos/", "\"photos/photos/");
    let output = run(&["judge", "photos", "-", "--json", "--min-conversions", "1"], &piped);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    for (arguments, reason) in [
        (&["judge", "photos"][..], "--pattern"),
        (&["judge", "."], "manifest.json"),
        (&["judge", "photos", "photos", "--pattern", "{size}"], "{photo}"),
        (&["prepare", "new", "--members", "11"], "members: 11 is not from 0 to 10"),
    ] {
        let output = run(arguments, "");
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        assert!(error.contains(reason), "{arguments:?}: {error}");
    }
}

#[test]
fn a_kind_of_fail_on_gives_exit_code_1_and_the_verdict_stays_about_mixing() {
    let other_size = serve(|received, stream| match thumbnail(&received.body, 128) {
        Some(image) => send_jpeg(stream, &jpeg(&image)),
        None => honest(received, stream),
    });
    let url = format!("http://{other_size}/t?size={{size}}");
    let common = ["--post", &url, "--fit", "cover", "--sizes", "160", "--json"];
    for (more, code, failed_on) in [
        (&[][..], 0, vec![]),
        (&["--fail-on", "stale,stranger"], 0, vec![]),
        (&["--fail-on", "stale,size"], 1, vec!["size"]),
    ] {
        let (output, _folder) = audit(&[&common[..], more].concat());
        assert_eq!(output.status.code(), Some(code), "{more:?}: {output:?}");
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(document["verdict"], "clean");
        assert_eq!(document["failed_on"], serde_json::json!(failed_on));
        assert!(!document["headline"].as_str().unwrap().contains("clean"));
    }
    let (output, _folder) = audit(&[&common[..], &["--fail-on", "rows"]].concat());
    assert_eq!(output.status.code(), Some(2), "mixing always fails, and has no flag");
}

#[test]
fn each_audit_has_a_seed_of_its_own_and_prints_it() {
    let service = serve(honest);
    let url = format!("http://{service}/t?size={{size}}");
    let seeds = [(); 2].map(|()| {
        let (output, report) = audit(&["--post", &url, "--fit", "cover", "--sizes", "160"]);
        let printed = String::from_utf8(output.stderr).unwrap();
        let document = std::fs::read(report.path().join("report/audit.json")).unwrap();
        let document: Value = serde_json::from_slice(&document).unwrap();
        let seed = document["seed"].as_u64().unwrap();
        assert!(
            printed.contains(&format!(
                "--sizes 160 --fit cover --steps 4 --duration 500ms --warm-up 1ms --hang-up 5 \
                 --seed {seed} "
            )),
            "{printed}"
        );
        seed
    });
    assert_ne!(seeds[0], seeds[1]);
}

/// Runs the album service in a process of its own, which is killed on drop.
struct Service(Child, String);

impl Service {
    fn start(pipeline: &str, folder: &std::path::Path) -> Self {
        let mut child = program()
            .args(["serve", "--listen", "127.0.0.1:0", "--workers", "32", "--pipeline", pipeline])
            .arg("--data")
            .arg(folder.join("albums.db"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        let (sender, receiver) = channel();
        thread::spawn(move || {
            let mut line = String::new();
            let _ = BufReader::new(stdout).read_line(&mut line);
            let _ = sender.send(line);
        });
        let line =
            receiver.recv_timeout(SOCKET_TIMEOUT).expect("the service prints its URL in time");
        let url = line.trim().strip_prefix("listening on ").expect("an address").to_owned();
        Self(child, url)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Audits the repaired pipeline only. Mixing on `shared` depends on the load, so CI tests it with a
/// longer audit.
#[test]
fn the_album_service_is_clean_with_its_shipped_target_and_the_key_is_never_printed() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start("owned", folder.path());
    let target = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/targets/serve.toml");
    let arguments = ["--target", target, "--base", &service.1, "--json", "--sizes", "128-200"];
    let (output, report) = audit(&arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["mixed"], 0);
    assert_eq!(document["stranger"], "passed");
    assert_eq!(document["truncated"]["probe"], "not_applicable");
    assert_eq!(document["kinds"], serde_json::json!({}));
    let mut written = [output.stdout, output.stderr].concat();
    for name in ["audit.json", "index.html"] {
        written.extend(std::fs::read(report.path().join("report").join(name)).unwrap());
    }
    assert!(!written.windows(SECRET.len()).any(|bytes| bytes == SECRET.as_bytes()));
}
