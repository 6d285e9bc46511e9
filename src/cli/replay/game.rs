//! Runs `replay --play`: the player chooses the next step, and tries to mix a thumbnail (to get
//! rows of another photo into it), first in the ring of shared buffers, then with a buffer per
//! request.

use std::error::Error;
use std::io::{self, BufRead, IsTerminal};
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use serde::Serialize;

use super::super::interrupt::Interrupt;
use super::super::output::{eprint, print, print_json};
use super::super::{Exit, OutputArgs};
use crate::output::terminal::{self, many, plain, wrap};
use crate::replay::Board;
use crate::schedule::{MAX_LETTERS, Outcome, shortest_mixed};

/// Interval of the checks for Ctrl-C while the player does not type.
const INTERRUPT_INTERVAL: Duration = Duration::from_millis(50);

/// Holds the document of `replay --play --json`, which is printed at the end.
#[derive(Serialize)]
struct GameDocument {
    schema: &'static str,
    bands: u32,
    slots: usize,
    /// Smallest number of steps that mixes a thumbnail on `shared`.
    min_steps: usize,
    rounds: Vec<Round>,
}

/// Describes one attempt of the player.
#[derive(Serialize)]
struct Round {
    pipeline: &'static str,
    word: String,
    steps: usize,
    /// Outcome of the mixed thumbnail, or `null` if none is mixed.
    mixed: Option<&'static str>,
}

/// Reports that no thumbnail can be mixed in a game of this size.
#[derive(Debug, thiserror::Error)]
#[error("no thumbnail can be mixed with {0} and {1}: play with 1 to 25 slots, and fewer bands")]
struct UnwinnableError(String, String);

/// Plays until both rounds are decided, the input ends, or the player presses Ctrl-C.
///
/// # Errors
/// Returns an error if no thumbnail can be mixed with this number of bands (parts of a thumbnail)
/// and slots (buffers in the ring).
pub(super) fn play(
    bands: NonZeroU32,
    slots: NonZeroUsize,
    output: OutputArgs,
) -> Result<Exit, Box<dyn Error>> {
    let shortest = shortest_mixed(bands, slots)
        .filter(|shortest| shortest.requests() * (bands.get() as usize + 2) <= MAX_LETTERS)
        .ok_or_else(|| UnwinnableError(many(bands, "band"), many(slots, "slot")))?;
    let mut game = Game {
        output,
        min_steps: shortest.steps().count(),
        shortest: shortest.to_string(),
        is_terminal: io::stdin().is_terminal(),
        interrupt: Interrupt::listen(),
        lines: lines(),
        rounds: Vec::new(),
    };
    let requests = shortest.requests();
    let end =
        game.both(Board::new(requests, bands, Some(slots)), Board::new(requests, bands, None));
    game.show("\n");
    if output.json {
        let (bands, slots) = (bands.get(), slots.get());
        let Game { min_steps, rounds, .. } = game;
        let schema = "double-exposure/play/1";
        print_json(&GameDocument { schema, bands, slots, min_steps, rounds });
    } else {
        game.show(&game.summary());
    }
    Ok(end.err().unwrap_or(Exit::Held))
}

/// Reads lines of standard input on a thread of its own, so that Ctrl-C does not wait for a line.
fn lines() -> Receiver<String> {
    let (sender, lines) = channel();
    thread::spawn(move || {
        let mut input = io::stdin().lock();
        let mut line = Vec::new();
        while input.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                break;
            }
            line.clear();
        }
    });
    lines
}

struct Game {
    output: OutputArgs,
    shortest: String,
    min_steps: usize,
    /// True if standard input is a terminal.
    is_terminal: bool,
    interrupt: Interrupt,
    lines: Receiver<String>,
    rounds: Vec<Round>,
}

/// Plays on, or ends early with an [`Exit`]: the input ended, or the player quit or pressed Ctrl-C.
impl Game {
    fn both(&mut self, mut shared: Board, mut owned: Board) -> Result<(), Exit> {
        self.show(&shared.rules());
        self.round(&mut shared)?;
        while shared.mixed().is_none() {
            let failed = "All requests are finished, and no thumbnail is mixed. Start again from \
                          the first step.";
            self.show(&(wrap(failed, terminal::width()) + "\n\n"));
            shared.word.clear();
            self.round(&mut shared)?;
        }
        self.show(&(wrap(&self.praise(), terminal::width()) + "\n\n"));
        self.show(&owned.rules());
        self.round(&mut owned)?;
        self.show(&owned.verdict());
        Ok(())
    }

    /// Plays one attempt until it is decided.
    fn round(&mut self, board: &mut Board) -> Result<(), Exit> {
        let result = self.turns(board);
        if !board.word.is_empty() {
            self.rounds.push(Round {
                pipeline: board.name(),
                word: board.word.clone(),
                steps: board.word.len(),
                mixed: board.mixed().map(terminal::outcome),
            });
        }
        result
    }

    fn turns(&self, board: &mut Board) -> Result<(), Exit> {
        while !board.is_decided() {
            self.show(&format!("{} > ", board.name()));
            let line = self.line()?;
            match line.trim().to_ascii_lowercase().as_str() {
                "quit" | "exit" => return Err(Exit::Held),
                "help" | "?" => self.show(&board.rules()),
                "undo" => {
                    board.word.pop();
                    self.show(&board.show(terminal::width()));
                }
                letters => self.steps(board, &letters.to_ascii_uppercase()),
            }
        }
        Ok(())
    }

    /// Makes the steps of a line, up to the first invalid step or the end of the round.
    fn steps(&self, board: &mut Board, letters: &str) {
        for letter in letters.chars().filter(|c| !c.is_whitespace()) {
            if let Err(error) = board.step(letter) {
                return self.show(&format!("{error}\n"));
            }
            self.show(&board.show(terminal::width()));
            if board.is_decided() {
                return;
            }
        }
    }

    /// Returns the next line, or the reason why the game ends.
    fn line(&self) -> Result<String, Exit> {
        loop {
            if self.interrupt.heard() {
                return Err(Exit::Interrupted);
            }
            match self.lines.recv_timeout(INTERRUPT_INTERVAL) {
                Ok(line) => {
                    if !self.is_terminal {
                        // Input that was not typed at a terminal is not on the screen yet.
                        self.show(&format!("{}\n", plain(&line)));
                    }
                    return Ok(line);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(Exit::Held),
            }
        }
    }

    fn praise(&self) -> String {
        let (steps, mixed) =
            self.rounds.last().map_or((0, None), |round| (round.steps, round.mixed));
        let done = if mixed == Some(terminal::outcome(Outcome::Torn)) {
            "Mixed: a thumbnail is torn, it shows two photos."
        } else {
            "Mixed: a thumbnail is swapped, it shows another photo only."
        };
        let Self { min_steps, shortest, .. } = self;
        if steps == *min_steps {
            format!("{done} That took {steps} steps. No schedule does it in fewer.")
        } else {
            format!("{done} That took {steps} steps. {min_steps} are enough: {shortest}.")
        }
    }

    fn summary(&self) -> String {
        let mut text = String::new();
        for Round { pipeline, word, steps, mixed } in &self.rounds {
            let outcome = mixed.unwrap_or("not mixed");
            let line = format!("{pipeline}: {outcome} after {}: {word}", many(steps, "step"));
            text += &(wrap(&line, terminal::width()) + "\n");
        }
        if self.rounds.is_empty() {
            text += "No step was made.\n";
        }
        text
    }

    /// Shows a text to the player: on standard error if the JSON document goes to standard output.
    fn show(&self, text: &str) {
        if self.output.json { eprint(text) } else { print(text) }
    }
}
