//! Tests the GitHub action: its shell steps run as a runner runs them, with the inputs as
//! environment variables and with files for outputs and for the summary.
//!
//! A stub in place of `cargo` installs the program of these tests, so that no test builds it again.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::mock_service::{honest, jpeg, send_jpeg, serve, thumbnail};

/// Returns the text of the action. It is read when a test runs, so that a test sees every change.
fn action_file() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/action.yml");
    fs::read_to_string(path).expect("the action is in the repository")
}

/// Flags of `audit` that the action sets itself, or that make no sense in it.
const NO_INPUTS: [&str; 5] = ["junit", "markdown", "json", "quiet", "help"];

/// Holds the parts of an action that a runner reads.
struct Action {
    /// Default of each input.
    inputs: BTreeMap<String, String>,
    steps: Vec<ShellStep>,
}

/// Holds a step that runs in a shell, with the expressions in its environment.
#[derive(Default)]
struct ShellStep {
    shell: String,
    run: String,
    env: Vec<(String, String)>,
}

/// Reads the inputs and the shell steps. The indentation of the file gives the parts their meaning.
fn read(text: &str) -> Action {
    let mut action = Action { inputs: BTreeMap::new(), steps: Vec::new() };
    let (mut section, mut input, mut block) = (String::new(), String::new(), "");
    let mut step = ShellStep::default();
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        let (key, value) = line.trim().split_once(':').unwrap_or((line.trim(), ""));
        let value = value.trim().trim_matches('"').to_owned();
        match (indent, section.as_str()) {
            (0, _) => section = key.into(),
            (2, "inputs") => input = key.into(),
            (4, "inputs") if key == "default" => {
                action.inputs.insert(input.clone(), value);
            }
            (4, "runs") => action.steps.push(std::mem::take(&mut step)),
            (6, "runs") => match (key, value.as_str()) {
                ("run", "|") => block = "run",
                ("run", _) => step.run = line.trim().trim_start_matches("run: ").into(),
                ("shell", _) => step.shell = value,
                ("env", _) => block = "env",
                _ => block = "",
            },
            (8.., "runs") if block == "run" => step.run += &format!("{}\n", &line[8..]),
            (8, "runs") if block == "env" => step.env.push((key.into(), value)),
            _ => {}
        }
    }
    action.steps.push(step);
    action.steps.retain(|step| !step.run.is_empty());
    action
}

/// Holds a run of the action's shell steps in a folder of its own.
struct Run {
    /// Output of the last step that ran.
    output: Output,
    /// Arguments that `cargo` was given.
    cargo: String,
    /// Outputs of the action.
    outputs: String,
    summary: String,
    workspace: tempfile::TempDir,
}

/// Runs the shell steps as a runner does: in the workspace, with `bash -e -o pipefail`, up to the
/// first step that fails.
fn run(inputs: &[(&str, &str)]) -> Run {
    let action = read(&action_file());
    let workspace = tempfile::tempdir().unwrap();
    let runner = tempfile::tempdir().unwrap();
    let file = |name: &str| runner.path().join(name);
    write_stub(&file("stubs"));
    let path = format!("{}:{}", file("stubs").display(), std::env::var("PATH").unwrap());
    let mut output = None;
    for step in action.steps {
        assert_eq!(step.shell, "bash");
        fs::write(file("step.sh"), &step.run).unwrap();
        let mut shell = Command::new("bash");
        shell.args(["--noprofile", "--norc", "-e", "-o", "pipefail"]).arg(file("step.sh"));
        shell.current_dir(workspace.path()).stdin(Stdio::null()).env_clear().env("PATH", &path);
        shell.env("PROGRAM", env!("CARGO_BIN_EXE_double-exposure"));
        shell.env("RUNNER_TEMP", runner.path()).env("GITHUB_ACTION_PATH", "the action's folder");
        shell.env("GITHUB_OUTPUT", file("outputs")).env("GITHUB_STEP_SUMMARY", file("summary"));
        for (name, expression) in &step.env {
            let input = expression.trim_start_matches("${{ inputs.").trim_end_matches(" }}");
            let given = inputs.iter().find(|(name, _)| *name == input).map(|(_, value)| *value);
            let default = action.inputs.get(input);
            let default = default.unwrap_or_else(|| panic!("{expression} names no input"));
            shell.env(name, given.unwrap_or(default));
        }
        let ended = output.insert(shell.output().expect("bash starts"));
        if !ended.status.success() {
            break;
        }
    }
    let text = |name: &str| fs::read_to_string(file(name)).unwrap_or_default();
    Run {
        output: output.expect("the action has a shell step"),
        cargo: text("cargo-arguments"),
        outputs: text("outputs"),
        summary: text("summary"),
        workspace,
    }
}

/// Writes a `cargo` that links the tested program into the folder that its last argument names.
fn write_stub(folder: &Path) {
    fs::create_dir(folder).unwrap();
    let cargo = "#!/bin/sh\n\
        printf '%s\\n' \"$@\" >\"$RUNNER_TEMP/cargo-arguments\"\n\
        for root; do :; done\n\
        mkdir -p \"$root/bin\" && ln -s \"$PROGRAM\" \"$root/bin/double-exposure\"\n";
    fs::write(folder.join("cargo"), cargo).unwrap();
    fs::set_permissions(folder.join("cargo"), fs::Permissions::from_mode(0o755)).unwrap();
}

/// Inputs of a short audit.
const SHORT: [(&str, &str); 5] = [
    ("fit", "cover"),
    ("duration", "500ms"),
    ("warm-up", "1ms"),
    ("steps", "4"),
    ("min-conversions", "1"),
];

#[test]
fn the_action_returns_the_verdict_the_summary_and_the_report_of_an_audit() {
    let first: std::sync::Mutex<Option<Vec<u8>>> = std::sync::Mutex::default();
    let mixes = serve(move |received, stream| {
        let Some(image) = thumbnail(&received.body, received.size()) else {
            return honest(received, stream);
        };
        let file = first.lock().unwrap().get_or_insert_with(|| jpeg(&image)).clone();
        send_jpeg(stream, &file)
    });
    for (address, code, verdict) in [(serve(honest), 0, "clean"), (mixes, 1, "mixed")] {
        let url = format!("http://{address}/t?size={{size}}");
        let run = run(&[&SHORT[..], &[("post", &url)]].concat());
        assert_eq!(run.output.status.code(), Some(code), "{:?}", run.output);
        assert_eq!(run.outputs, format!("verdict={verdict}\n"));
        assert!(run.summary.contains("answers"), "{}", run.summary);
        assert!(run.cargo.starts_with("install\n--locked\n--quiet\n--path\nthe action's folder\n"));
        for file in ["audit.json", "audit.xml", "index.html"] {
            let path = run.workspace.path().join("double-exposure-audit").join(file);
            assert!(path.is_file(), "there is no {file}");
        }
    }
}

#[test]
fn an_audit_that_cannot_run_fails_the_action_without_a_verdict() {
    let run = run(&[("target", "no-such-file.toml")]);
    assert_eq!(run.output.status.code(), Some(2), "{:?}", run.output);
    assert_eq!(run.outputs, "");
}

#[test]
fn the_action_takes_inputs_as_they_are_and_runs_none_of_them() {
    let url = format!("http://{}/t?size={{size}}", serve(honest));
    let out = "a report; $(touch run) `touch run`";
    let run = run(&[&SHORT[..], &[("post", &url), ("out", out), ("until-found", "true")]].concat());
    assert_eq!(run.output.status.code(), Some(0), "{:?}", run.output);
    assert!(run.workspace.path().join(out).join("audit.xml").is_file());
    assert!(!run.workspace.path().join("run").exists(), "a part of an input was run");
}

/// Returns the long flags in a help text.
fn flags(help: &str) -> Vec<&str> {
    let lines =
        help.lines().filter_map(|line| line.trim_start().split("--").nth(1).zip(Some(line)));
    let options = lines.filter(|(_, line)| line.trim_start().starts_with('-'));
    options.filter_map(|(rest, _)| rest.split(' ').next()).collect()
}

#[test]
fn every_flag_of_the_audit_is_an_input_that_reaches_the_audit() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_double-exposure"));
    let help = program.args(["audit", "--help"]).output().unwrap().stdout;
    let help = String::from_utf8(help).unwrap();
    let flags: Vec<&str> = flags(&help).into_iter().filter(|f| !NO_INPUTS.contains(f)).collect();
    assert!(flags.contains(&"target") && flags.contains(&"until-found"), "{flags:?}");
    let action = read(&action_file());
    let audit = action.steps.last().expect("the action has a shell step");
    for flag in &flags {
        assert!(action.inputs.contains_key(*flag), "--{flag} is no input of the action");
        let variable = format!("audit_{}", flag.replace('-', "_"));
        let expression = format!("${{{{ inputs.{flag} }}}}");
        assert!(audit.env.contains(&(variable, expression)), "--{flag} is not passed on");
        let words = audit.run.split_whitespace().map(|word| word.trim_matches([';', '(', ')']));
        let named =
            |word: &str| word.trim_start_matches("words+=(").trim_start_matches("--") == *flag;
        assert!(words.into_iter().any(named), "--{flag} is not given to the audit");
    }
    for input in action.inputs.keys().filter(|input| *input != "artifact") {
        assert!(flags.contains(&input.as_str()), "the input {input} is no flag of the audit");
    }
}

#[test]
fn flags_are_read_from_a_help_text() {
    let help = "  Text --not-a-flag\n      --max-kib <KIB>\n  -q, --quiet\n      --out\n";
    assert_eq!(flags(help), ["max-kib", "quiet", "out"]);
}
