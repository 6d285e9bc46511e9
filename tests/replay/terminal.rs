//! Checks the game as a player at a terminal sees it: the program runs on a pseudo-terminal, and
//! the test reads the screen and types.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// Time after which a silent program fails the test.
const SCREEN_TIMEOUT: Duration = Duration::from_secs(30);

/// Runs the program on a terminal of its own, and kills it when dropped.
struct Terminal {
    child: Child,
    keyboard: File,
    output: Receiver<Vec<u8>>,
    /// All that the program has printed.
    screen: String,
}

impl Terminal {
    fn run(columns: u16, arguments: &[&str]) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
        let keyboard = openpt(flags).expect("the system has pseudo-terminals");
        grantpt(&keyboard).and_then(|()| unlockpt(&keyboard)).expect("its other end can be opened");
        let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&keyboard, size).expect("a terminal has a size");
        let program_end =
            || Stdio::from(ioctl_tiocgptpeer(&keyboard, flags).expect("the terminal's other end"));
        let child = Command::new(env!("CARGO_BIN_EXE_double-exposure"))
            .args(arguments)
            .env_remove("COLUMNS")
            .env_remove("NO_COLOR")
            .env("TERM", "xterm")
            .stdin(program_end())
            .stdout(program_end())
            .stderr(program_end())
            .spawn()
            .expect("the program runs");
        let keyboard = File::from(keyboard);
        let mut screen = keyboard.try_clone().expect("a second handle");
        let (sender, output) = channel();
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            // Reading fails after the program has closed its end.
            while let Ok(length @ 1..) = screen.read(&mut bytes) {
                if sender.send(bytes[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { child, keyboard, output, screen: String::new() }
    }

    /// Waits until the program has printed `text` after all that earlier calls returned. Returns
    /// what it printed up to there.
    fn wait_for(&mut self, text: &str) -> String {
        loop {
            if let Some(at) = self.screen.find(text) {
                let rest = self.screen.split_off(at + text.len());
                return std::mem::replace(&mut self.screen, rest);
            }
            let printed = self.output.recv_timeout(SCREEN_TIMEOUT);
            let printed = printed.unwrap_or_else(|_| panic!("no {text:?} in {:?}", self.screen));
            self.screen += &String::from_utf8_lossy(&printed);
        }
    }

    fn enter(&mut self, line: &str) {
        self.keyboard.write_all(format!("{line}\n").as_bytes()).expect("the terminal is open");
    }

    fn exit_code(mut self) -> Option<i32> {
        self.child.wait().expect("the program ends").code()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Fails if the program has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_prompt_is_on_the_screen_before_the_player_types() {
    let mut game = Terminal::run(80, &["replay", "--play"]);
    let rules = game.wait_for("shared > ");
    assert!(rules.contains("You are the scheduler."), "{rules}");
    game.enter("AAB");
    let board = game.wait_for("shared > ");
    assert!(board.contains("A is lapped"), "{board}");
    game.enter("AA");
    let owned = game.wait_for("owned > ");
    assert!(owned.contains("No schedule"), "{owned}");
    game.enter("quit");
    game.wait_for("shared: torn after 5 steps: AABAA");
    assert_eq!(game.exit_code(), Some(0));
}

#[test]
fn ctrl_c_at_the_prompt_ends_the_game_with_its_summary() {
    let mut game = Terminal::run(80, &["replay", "--play"]);
    game.wait_for("shared > ");
    game.enter("A");
    game.wait_for("shared > ");
    let pid = Pid::from_child(&game.child);
    kill_process(pid, Signal::INT).expect("the program runs");
    game.wait_for("shared: not mixed after 1 step: A");
    assert_eq!(game.exit_code(), Some(130));
}

#[test]
fn a_terminal_gets_colour_and_lines_of_its_own_width() {
    let mut game = Terminal::run(44, &["replay", "--play"]);
    let rules = game.wait_for("shared > ");
    let widest = rules.lines().map(|line| line.trim_end().chars().count()).max();
    assert!((40..=44).contains(&widest.unwrap_or(0)), "{widest:?}: {rules}");
    game.enter("ABA");
    let board = game.wait_for("from B's photo!");
    let board = board + &game.wait_for("shared > ");
    assert!(board.contains("\x1b[1;31m"), "foreign rows are red: {board:?}");
}
