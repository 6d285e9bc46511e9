//! `replay --play`: the trainee is the scheduler, and tries to tear a photo; first in the ring of
//! shared buffers, then where each request owns its own.

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
use super::board::Board;
use crate::output::terminal::{self, many, plain, wrap};
use crate::schedule::{MAX_LETTERS, Outcome, minimal};

/// How often Ctrl-C is looked for while nobody types.
const PATIENCE: Duration = Duration::from_millis(50);

/// The document of `replay --play --json`, printed at the end.
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    bands: u32,
    slots: usize,
    /// The fewest steps in which a photo can be torn on `shared`.
    fewest: usize,
    rounds: Vec<Round>,
}

/// One attempt.
#[derive(Serialize)]
struct Round {
    pipeline: &'static str,
    word: String,
    steps: usize,
    torn: bool,
}

/// Nobody can be torn in a game of this size.
#[derive(Debug, thiserror::Error)]
#[error("nobody can be torn with {0} and {1}: play with 2 bands or more, and 1 to 25 slots")]
struct NoGame(String, String);

/// Why the game is over.
enum End {
    /// Both rounds were played.
    Played,
    /// There is nothing more to read, or the trainee had enough.
    Left,
    Interrupted,
}

/// What the trainee did with a line.
enum Turn {
    On,
    /// The round is decided.
    Decided,
    Left,
}

/// Plays until both rounds are decided, the input ends, or somebody presses Ctrl-C.
///
/// # Errors
/// If nobody can be torn with so many bands and slots.
pub(super) fn play(
    bands: NonZeroU32,
    slots: NonZeroUsize,
    voice: OutputArgs,
) -> Result<Exit, Box<dyn Error>> {
    let shortest = minimal(Outcome::Torn, bands, slots)
        .filter(|shortest| shortest.requests() * (bands.get() as usize + 2) <= MAX_LETTERS)
        .ok_or_else(|| NoGame(many(bands, "band"), many(slots, "slot")))?;
    let mut game = Game {
        voice,
        fewest: shortest.steps().count(),
        shortest: shortest.to_string(),
        typed: io::stdin().is_terminal(),
        interrupt: Interrupt::listen(),
        lines: lines(),
        rounds: Vec::new(),
    };
    let requests = shortest.requests();
    let end = game.both(Board::shared(requests, bands, slots), Board::owned(requests, bands));
    game.tell("\n");
    if voice.json {
        let (bands, slots) = (bands.get(), slots.get());
        let (fewest, rounds) = (game.fewest, game.rounds);
        print_json(&Document { schema: "double-exposure/play/1", bands, slots, fewest, rounds });
    } else {
        game.tell(&game.summary());
    }
    Ok(match end {
        End::Interrupted => Exit::Interrupted,
        End::Played | End::Left => Exit::Held,
    })
}

/// The lines of standard input, read on a thread of its own, so that Ctrl-C need not wait for one.
fn lines() -> Receiver<String> {
    let (read, lines) = channel();
    thread::spawn(move || {
        let mut input = io::stdin().lock();
        let mut line = Vec::new();
        while input.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            if read.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                break;
            }
            line.clear();
        }
    });
    lines
}

struct Game {
    voice: OutputArgs,
    shortest: String,
    fewest: usize,
    /// Whether somebody types at a terminal.
    typed: bool,
    interrupt: Interrupt,
    lines: Receiver<String>,
    rounds: Vec<Round>,
}

impl Game {
    fn both(&mut self, mut shared: Board, mut owned: Board) -> End {
        self.tell(&shared.rules());
        loop {
            let end = self.round(&mut shared);
            if let Some(end) = end {
                return end;
            }
            if self.rounds.last().is_some_and(|round| round.torn) {
                break;
            }
            self.tell("Everybody is done, and nobody is torn. Once more from the start.\n\n");
            shared.clear();
        }
        self.tell(&self.praise());
        self.tell(&owned.rules());
        if let Some(end) = self.round(&mut owned) {
            return end;
        }
        self.tell(&owned.verdict());
        End::Played
    }

    /// One attempt. `None` when it is decided.
    fn round(&mut self, board: &mut Board) -> Option<End> {
        let end = loop {
            self.tell(&format!("{} > ", board.name()));
            match self.line() {
                Err(end) => break Some(end),
                Ok(line) => match self.turn(board, &line) {
                    Turn::On => {}
                    Turn::Decided => break None,
                    Turn::Left => break Some(End::Left),
                },
            }
        };
        if !board.word().is_empty() {
            self.rounds.push(Round {
                pipeline: board.name(),
                word: board.word().into(),
                steps: board.word().len(),
                torn: board.torn(),
            });
        }
        end
    }

    fn turn(&self, board: &mut Board, line: &str) -> Turn {
        let show = |board: &Board| self.tell(&board.show(terminal::width().max(40)));
        match line.trim().to_ascii_lowercase().as_str() {
            "" => {}
            "quit" | "exit" => return Turn::Left,
            "help" | "?" => self.tell(&board.rules()),
            "undo" => {
                board.undo();
                show(board);
            }
            letters => {
                for letter in letters.to_ascii_uppercase().chars().filter(|c| !c.is_whitespace()) {
                    if let Err(refused) = board.step(letter) {
                        self.tell(&format!("{refused}\n"));
                        break;
                    }
                    show(board);
                    if board.decided() {
                        return Turn::Decided;
                    }
                }
            }
        }
        Turn::On
    }

    /// The next line, or why there is none.
    fn line(&self) -> Result<String, End> {
        loop {
            if self.interrupt.heard() {
                return Err(End::Interrupted);
            }
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => {
                    if !self.typed {
                        // What was not typed is not on the screen.
                        self.tell(&format!("{}\n", plain(&line)));
                    }
                    return Ok(line);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(End::Left),
            }
        }
    }

    fn praise(&self) -> String {
        let steps = self.rounds.last().map_or(0, |round| round.steps);
        let told = if steps == self.fewest {
            format!("Torn in {steps} steps. Nobody can do it in fewer.")
        } else {
            format!("Torn in {steps} steps. {} are enough: {}.", self.fewest, self.shortest)
        };
        format!("{told}\n\n")
    }

    fn summary(&self) -> String {
        let mut text = String::new();
        for Round { pipeline, word, steps, torn } in &self.rounds {
            let outcome = if *torn { "torn" } else { "nobody torn" };
            let told = format!("{pipeline}: {outcome} after {}: {word}", many(steps, "step"));
            text += &(wrap(&told, terminal::width().max(40)).join("\n") + "\n");
        }
        if self.rounds.is_empty() {
            text += "No step was made.\n";
        }
        text
    }

    /// To the trainee: on standard error where a document is wanted on standard output.
    fn tell(&self, text: &str) {
        if self.voice.json { eprint(text) } else { print(text) }
    }
}
