//! Runs the requests of a service in the order of a word, or in every order.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use crate::service::{Answer, Pause, Service, User, last_pause};
use crate::table;

/// Upper bound of the words of one exploration.
const MAX_WORDS: usize = 100_000;

/// Upper bound of the time of a turn, which takes microseconds unless it blocks the thread.
const TURN_TIMEOUT: Duration = Duration::from_secs(10);

/// Describes how a turn ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The request ran up to a step.
    Paused(Pause),
    /// The request ended with an answer.
    Answered(Answer),
    /// The request was dropped.
    Dropped,
}

/// Runs the requests of some users, one turn at a time.
pub struct Run<S> {
    service: Rc<S>,
    requests: Vec<Request>,
    /// Turns so far, each with its letter.
    turns: Vec<(char, Turn)>,
}

struct Request {
    viewer: User,
    future: Pin<Box<dyn Future<Output = Answer>>>,
    has_begun: bool,
    has_ended: bool,
    /// True if the request waits for another one, and no other has moved since.
    waits: bool,
}

impl<S: Service + 'static> Run<S> {
    /// Creates a service, and a request for each letter, none of which has begun. The requests of a
    /// user who comes twice run one after the other.
    pub fn new(users: &str) -> Self {
        let mut run = Self { service: Rc::default(), requests: Vec::new(), turns: Vec::new() };
        users.chars().for_each(|viewer| run.add_request(viewer));
        run
    }

    fn add_request(&mut self, viewer: User) {
        let service = Rc::clone(&self.service);
        let future = Box::pin(async move { service.answer(viewer).await });
        self.requests.push(Request {
            viewer,
            future,
            has_begun: false,
            has_ended: false,
            waits: false,
        });
    }

    /// Returns each user's request that has not ended, and of several the first.
    fn open(&self) -> impl Iterator<Item = &Request> {
        let open = |request: &&Request| !request.has_ended;
        self.requests.iter().enumerate().filter_map(move |(index, request)| {
            let mut before = self.requests[..index].iter().filter(open);
            let is_first = before.all(|other| other.viewer != request.viewer);
            (is_first && !request.has_ended).then_some(request)
        })
    }

    /// Returns the turns so far, each with its letter.
    pub fn turns(&self) -> &[(char, Turn)] {
        &self.turns
    }

    /// Returns the viewer and the answer of each request that has ended, in the order of the word.
    fn answers(&self) -> impl Iterator<Item = (User, &Answer)> {
        self.turns.iter().filter_map(|(letter, turn)| match turn {
            Turn::Answered(answer) => Some((*letter, answer)),
            Turn::Paused(_) | Turn::Dropped => None,
        })
    }

    /// Returns the turns so far as a word.
    pub(crate) fn word(&self) -> String {
        self.turns.iter().map(|(letter, _)| letter).collect()
    }

    /// Returns the viewer and the answer of the first request that showed another user's data.
    fn mixed(&self) -> Option<(User, Answer)> {
        let mut answers = self.answers();
        answers.find(|(viewer, answer)| answer.is_mixed(*viewer)).map(|(v, a)| (v, a.clone()))
    }

    /// Returns the letters that can come next, and if `may_drop` is set also small letters, each of
    /// which drops a request.
    pub fn next_letters(&self, may_drop: bool) -> Vec<char> {
        let ready = self.open().filter(|request| !request.waits).map(|request| request.viewer);
        let begun = self.open().filter(|request| may_drop && request.has_begun);
        ready.chain(begun.map(|request| request.viewer.to_ascii_lowercase())).collect()
    }

    /// Takes the turn that a letter names.
    ///
    /// # Panics
    /// Panics if the letter names no request, or a request that has ended.
    pub fn take_turn(&mut self, letter: char) {
        let viewer = letter.to_ascii_uppercase();
        let mut open = self.requests.iter_mut().filter(|request| !request.has_ended);
        let Some(request) = open.find(|request| request.viewer == viewer) else {
            panic!("{letter} has no turn after {:?}: its request has ended", self.word());
        };
        request.has_begun = true;
        let turn = if letter != viewer {
            request.future = Box::pin(std::future::pending());
            Turn::Dropped
        } else {
            match request.future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(answer) => Turn::Answered(answer),
                Poll::Pending => Turn::Paused(last_pause()),
            }
        };
        request.has_ended = !matches!(turn, Turn::Paused(_));
        if let Turn::Paused(Pause::Waiting(_)) = turn {
            request.waits = true;
        } else {
            self.requests.iter_mut().for_each(|request| request.waits = false);
        }
        self.turns.push((letter, turn));
    }
}

/// Returns the users of a word, each once, in alphabetical order.
pub(crate) fn users_of(word: &str) -> Vec<User> {
    let mut users: Vec<User> = word.to_ascii_uppercase().chars().collect();
    users.sort_unstable();
    users.dedup();
    users
}

/// Runs a service's requests in the order of a word, such as `ABA`. A letter whose request has
/// ended begins another request of the same user.
///
/// # Panics
/// Panics if a small letter drops a request that has not begun.
pub fn replay<S: Service + 'static>(word: &str) -> Run<S> {
    let mut run = Run::new("");
    for letter in word.chars() {
        if letter.is_ascii_uppercase() && run.open().all(|request| request.viewer != letter) {
            run.add_request(letter);
        }
        run.take_turn(letter);
    }
    run
}

/// Explores every word of some users' requests.
pub struct Words<S> {
    users: &'static str,
    max_dropped: usize,
    service: PhantomData<fn() -> S>,
}

/// Describes how an exploration ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A word showed a user another user's data.
    Found {
        /// Number of this word, counted from 1.
        at: usize,
        /// The word, up to the mixed answer.
        word: String,
        /// The user who was shown the data.
        viewer: User,
        /// The mixed answer.
        answer: Answer,
    },
    /// No word of all did.
    Exhausted {
        /// Number of words.
        words: usize,
    },
    /// After this word no request can go on.
    Deadlock {
        /// The word.
        word: String,
    },
    /// The exploration ended at its bound, and proves nothing.
    Capped {
        /// Number of words.
        words: usize,
    },
}

/// Explores every word of these users' requests, one request for each letter of `users`. In `AABB`
/// each user comes twice. No request is dropped.
pub fn every_word<S: Service + 'static>(users: &'static str) -> Words<S> {
    Words { users, max_dropped: 0, service: PhantomData }
}

impl<S: Service + 'static> Words<S> {
    /// Explores also the words in which at most `max` requests are dropped.
    pub fn dropping(self, max: usize) -> Self {
        Self { max_dropped: max, ..self }
    }

    /// Explores in alphabetical order, capital letters first, up to the first mixed answer.
    pub fn explore(&self) -> Outcome {
        self.explore_with(&mut |_| {})
    }

    /// Explores like [`Self::explore`], and reports the word before each turn.
    fn explore_with(&self, at_turn: &mut dyn FnMut(String)) -> Outcome {
        // The letter to take at each turn, as its position among the possible ones and their count.
        let mut choices: Vec<(usize, usize)> = Vec::new();
        for words in 1..=MAX_WORDS {
            let mut run = Run::<S>::new(self.users);
            for turn in 0.. {
                let dropped = run.turns.iter().filter(|(_, turn)| *turn == Turn::Dropped).count();
                let letters = run.next_letters(dropped < self.max_dropped);
                if letters.is_empty() {
                    if run.requests.iter().any(|request| !request.has_ended) {
                        return Outcome::Deadlock { word: run.word() };
                    }
                    break;
                }
                if turn == choices.len() {
                    choices.push((0, letters.len()));
                }
                let letter = letters[choices[turn].0];
                at_turn(run.word() + &letter.to_string());
                run.take_turn(letter);
                if let Some((viewer, answer)) = run.mixed() {
                    return Outcome::Found { at: words, word: run.word(), viewer, answer };
                }
            }
            while let Some((choice, count)) = choices.pop() {
                if choice + 1 < count {
                    choices.push((choice + 1, count));
                    break;
                }
            }
            if choices.is_empty() {
                return Outcome::Exhausted { words };
            }
        }
        Outcome::Capped { words: MAX_WORDS }
    }

    /// Checks that no word shows a user another user's data.
    ///
    /// # Panics
    /// Panics with the word and its table if a word does, if the exploration does not end, or if a
    /// request blocks the thread.
    pub fn never_mixes(&self) {
        let outcome = self.explore_watched();
        if let Outcome::Found { word, .. } | Outcome::Deadlock { word } = &outcome {
            let link = play_link::<S>(self.users, word);
            panic!("{outcome}\n{link}\n{}", table::of(&replay::<S>(word)));
        }
        assert!(matches!(outcome, Outcome::Exhausted { .. }), "{outcome}");
    }

    /// Explores on another thread, so that a request that blocks the thread is reported.
    fn explore_watched(&self) -> Outcome {
        let words = Self { service: PhantomData, ..*self };
        let (sender, progress) = channel();
        let explorer = thread::spawn(move || {
            words.explore_with(&mut |word| sender.send(word).expect("the other side waits"))
        });
        let mut last = String::new();
        loop {
            match progress.recv_timeout(TURN_TIMEOUT) {
                Ok(word) => last = word,
                Err(RecvTimeoutError::Timeout) => panic!(
                    "BLOCKED, word {last}: the last turn does not end. Is a lock held over a step?"
                ),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        explorer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

/// Returns a line with the link to a word. On the page each user has one request.
fn play_link<S>(users: &str, word: &str) -> String {
    if users_of(users).len() < users.len() {
        return String::new();
    }
    // The program is called as the exercise, and its solution has a suffix.
    let program = std::any::type_name::<S>().split("::").next().unwrap_or_default();
    let level = program.trim_end_matches("_sol");
    format!("Play it: docs/course/play.html#{level}:{word}\n")
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Found { at, word, viewer, answer } => {
                let owners: String = answer.owners().iter().collect();
                write!(f, "FOUND @{at}, word {word}: {viewer} was shown {owners}")
            }
            Self::Exhausted { words } => write!(f, "EXHAUSTED {words}"),
            Self::Deadlock { word } => write!(f, "DEADLOCK, word {word}: no request can go on"),
            Self::Capped { words } => write!(f, "CAPPED {words}: this proves nothing"),
        }
    }
}
