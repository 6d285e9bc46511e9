//! Implements `course`: runs the parts of the course that need the program.

use std::error::Error;
use std::io::{self, BufRead, BufReader, IsTerminal, Read};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;

use super::interrupt::Interrupt;
use super::output::{File, eprint, print, print_json};
use super::{Exit, OutputArgs, parse};
use crate::audit::demo::{Mechanism, Mystery};

/// Upper bound of the bytes that are read as answers.
const MAX_ANSWER_BYTES: u64 = 1 << 16;

/// Interval at which the command looks for Ctrl-C.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Runs the parts of the course that need the program; docs/course/README.md is the course.
#[derive(Args)]
pub(super) struct Course {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Mystery(MysteryArgs),
}

/// Starts a service with one of five mechanisms of the course inside, to find by an audit.
///
/// The service listens on loopback, and its target file is for `audit`. A line on standard input
/// is an answer: the name of a mechanism. The service stops at a right answer, after --duration, or
/// with Ctrl-C.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
struct MysteryArgs {
    /// Seed, which chooses the mechanism.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Mechanism that you found. The command says if that is right, and starts no service.
    #[arg(long, value_name = "NAME", value_enum)]
    answer: Option<Mechanism>,
    /// Start the service with the mechanism repaired, to see a clean audit.
    #[arg(long, conflicts_with = "answer")]
    repaired: bool,
    /// Port of the service. Port 0 takes a free port.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,
    /// Time after which the service stops, such as 10s or 30m.
    #[arg(long, value_name = "SPAN", default_value = "30m", value_parser = parse::duration)]
    duration: Duration,
    /// File that describes the service to `audit`. An existing file is replaced.
    #[arg(long, value_name = "FILE", default_value = "mystery.toml")]
    target: PathBuf,
    #[command(flatten)]
    output: OutputArgs,
}

const EXAMPLES: &str = "\
Examples:
  double-exposure course mystery --seed 7
  double-exposure audit --target mystery.toml --steps 1 --duration 5s       in a second terminal
  double-exposure audit --target mystery.toml --steps 2,4 --duration 10s
  double-exposure course mystery --seed 7 --answer cache_key

Exit codes:
  0  the answer is right, or the service stopped
  1  the answer is wrong
  2  wrong usage, or a port or a file that cannot be used";

/// Describes the running service in the document of `--json`.
#[derive(Serialize)]
struct Listening<'a> {
    schema: &'static str,
    seed: u64,
    listening: String,
    target: &'a str,
    seconds: u64,
}

/// Describes an answer in the document of `--json`.
#[derive(Serialize)]
struct Answered {
    schema: &'static str,
    seed: u64,
    answer: Mechanism,
    right: bool,
}

impl Course {
    pub(super) fn run(self) -> Result<Exit, Box<dyn Error>> {
        let Command::Mystery(mystery) = self.command;
        match mystery.answer {
            Some(answer) => Ok(mystery.judge(answer)),
            None => mystery.serve(),
        }
    }
}

impl MysteryArgs {
    /// Says if an answer is right.
    fn judge(&self, answer: Mechanism) -> Exit {
        let right = answer == Mechanism::of_seed(self.seed);
        if self.output.json {
            let schema = "double-exposure/mystery-answer/1";
            print_json(&Answered { schema, seed: self.seed, answer, right });
        } else {
            print(&verdict(answer, right));
        }
        if right { Exit::Held } else { Exit::Mixed }
    }

    fn serve(&self) -> Result<Exit, Box<dyn Error>> {
        let interrupt = Interrupt::listen();
        let file = File::create(&self.target)?;
        let mechanism = Mechanism::of_seed(self.seed);
        let mystery = Mystery::start(mechanism, self.repaired, self.port, self.seed);
        let mystery = mystery.map_err(|error| {
            format!("cannot listen on port {} ({error}): choose another with --port", self.port)
        })?;
        file.write(mystery.target().as_bytes())?;
        let target = self.target.display().to_string();
        if self.output.json {
            print_json(&Listening {
                schema: "double-exposure/mystery/1",
                seed: self.seed,
                listening: format!("http://{}", mystery.address()),
                target: &target,
                seconds: self.duration.as_secs(),
            });
        } else {
            print(&format!("service:  http://{}\ntarget:   {target}\n", mystery.address()));
        }
        let names: Vec<_> = Mechanism::value_variants().iter().map(|found| found.name()).collect();
        // The bound counts concurrent steps only; these four ask for enough thumbnails.
        let load = if self.repaired { "2,4,8,16 --duration 20s" } else { "1 --duration 5s" };
        self.output.note(&format!(
            "find it:  double-exposure audit --target {target} --steps {load}\n\
             name it:  type one of {}\n\
             stop it:  Ctrl-C\n",
            names.join(", ")
        ));
        self.wait(mechanism, &interrupt);
        Ok(Exit::Held)
    }

    /// Waits for a right answer, for Ctrl-C, or until the time is over.
    fn wait(&self, mechanism: Mechanism, interrupt: &Interrupt) {
        let end = Instant::now() + self.duration;
        let mut lines = Some(answers());
        let asks = !self.output.quiet && !self.output.json && io::stdin().is_terminal();
        let prompt = || {
            if asks {
                eprint("> ")
            }
        };
        prompt();
        while !interrupt.heard() && Instant::now() < end {
            let line = match &lines {
                Some(lines) => lines.recv_timeout(POLL_INTERVAL),
                None => {
                    thread::sleep(POLL_INTERVAL);
                    Err(RecvTimeoutError::Timeout)
                }
            };
            match line {
                Ok(line) => {
                    let say =
                        |text: &str| if self.output.json { eprint(text) } else { print(text) };
                    match Mechanism::from_str(line.trim(), true) {
                        Ok(answer) => say(&verdict(answer, answer == mechanism)),
                        Err(_) if line.trim().is_empty() => {}
                        Err(_) => eprint(&format!("{:?} is no mechanism\n", line.trim())),
                    }
                    if Mechanism::from_str(line.trim(), true) == Ok(mechanism) {
                        return;
                    }
                    prompt();
                }
                Err(RecvTimeoutError::Timeout) => {}
                // Without further answers the service goes on.
                Err(RecvTimeoutError::Disconnected) => lines = None,
            }
        }
        self.output.note("the service has stopped\n");
    }
}

/// Returns the lines of standard input.
fn answers() -> Receiver<String> {
    let (sender, lines) = sync_channel(1);
    // The thread ends with the process: a read of a terminal cannot be ended.
    thread::spawn(move || {
        let stdin = BufReader::new(io::stdin().take(MAX_ANSWER_BYTES));
        for line in stdin.lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

/// Says if an answer is right, and then which test would have caught the mechanism.
fn verdict(answer: Mechanism, right: bool) -> String {
    let name = answer.name();
    if !right {
        return format!(
            "no, not {name}. Does it mix with one request in flight? Whole photos or rows? Are \
             requests refused, and whose?\n"
        );
    }
    let word = answer.losing_word();
    let test = if answer.mixes_in_order() {
        "A test with requests one after the other, if it knows whose each row is. No race is needed"
    } else {
        "A search of orders (words, loom, shuttle), if it knows whose each row is. A test with one \
         request at a time is clean"
    };
    format!(
        "right: {name}, by the word {word}.\n{test}: cargo test --bin {name}, in course/. With \
         --repaired an audit is clean.\n"
    )
}
