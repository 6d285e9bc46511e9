//! Runs the commands of `docs/operations.md` in their order, as an operator types them, and
//! compares the metrics on the page with those of the server.

use std::process::{Command, Stdio};

use crate::command::KEY_VARIABLE;
use crate::test_server::TestServer;

const PAGE: &str = include_str!("../../docs/operations.md");

/// Returns the text of every block of commands, without the prompts.
fn commands() -> String {
    let blocks = PAGE.split("```console\n").skip(1);
    let blocks = blocks.map(|rest| rest.split("```").next().unwrap());
    let lines = blocks.flat_map(str::lines);
    lines.map(|line| format!("{}\n", line.strip_prefix("$ ").unwrap_or(line))).collect()
}

/// Returns a port that was free a moment ago.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
#[cfg(unix)]
fn an_operators_day_by_the_commands_of_the_page_alone() {
    let curl = Command::new("curl").arg("--version").stdout(Stdio::null()).status();
    assert!(curl.is_ok_and(|it| it.success()), "the commands of the page need curl: install it");
    let folder = tempfile::tempdir().unwrap();
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_double-exposure")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let script = commands().replace(":3535", &format!(":{}", free_port()));
    assert!(script.lines().count() > 30, "the page has commands");
    // A server that a failing command leaves behind ends with the shell.
    let script = format!("set -eu\ntrap 'kill $! 2> /dev/null || true' EXIT\n{script}");
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).current_dir(folder.path()).env("PATH", path);
    for variable in [KEY_VARIABLE, "RUST_LOG", "no_proxy"] {
        shell.env_remove(variable);
    }
    let output = shell.output().unwrap();
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let log = std::fs::read_to_string(folder.path().join("server.log")).unwrap_or_default();
    assert!(output.status.success(), "{out}\n{err}\n{log}");
    assert!(out.contains("\"ready\":true") && out.contains("accepted"), "{out}");
}

#[test]
fn every_metric_on_the_page_is_one_of_the_server() {
    let server = TestServer::start();
    server.person_with_photos();
    let metrics = String::from_utf8(server.anonymous().get("/metrics").body).unwrap();
    let names = PAGE
        .split('`')
        .filter(|text| text.starts_with("double_exposure_") || text.starts_with("process_"));
    let names: Vec<_> = names.map(|text| text.split('{').next().unwrap()).collect();
    assert!(names.len() > 8, "{names:?}");
    for name in names {
        let family = name.strip_suffix("_total").unwrap_or(name);
        assert!(metrics.contains(&format!("# TYPE {family} ")), "{name} in {metrics}");
    }
}
