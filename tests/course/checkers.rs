//! Runs a service of the course under each checker that a test can run.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use course::{Answer, Outcome, Service, User, block_on, every_word, run_on_thread};
use proptest::collection::vec;
use proptest::prop_assert;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use shuttle::scheduler::RandomScheduler;

use crate::exploration::Exploration;
use crate::loom_explore::{Limits, explore as explore_loom};
use crate::shuttle_explore::explore as explore_shuttle;

/// Number of shuttle's random executions, and of proptest's cases.
const EXECUTIONS: u32 = 500;

/// Holds what each checker says of a service.
pub(crate) struct Verdicts {
    /// Every word of the requests of A and B, or else of A, B and C.
    pub(crate) words: Outcome,
    /// The same, with a client that hangs up.
    pub(crate) hang_up: Outcome,
    /// True if requests one after the other show a user another's data.
    in_order: bool,
    loom: Exploration<String>,
    shuttle: Exploration<String>,
    /// True if the losing word shows a user another's data on real threads. `None` if a client
    /// hangs up in it: a thread cannot be dropped.
    pub(crate) on_threads: Option<bool>,
}

impl Verdicts {
    /// Returns the word that loses, with a hang-up only if none loses without.
    pub(crate) fn losing_word(&self) -> String {
        match (&self.words, &self.hang_up) {
            (Outcome::Found { word, .. }, _) | (_, Outcome::Found { word, .. }) => word.clone(),
            _ => panic!("no word loses"),
        }
    }

    /// Returns the row of the tool card. The compiler has accepted the service: it runs.
    pub(crate) fn row(&self, name: &str) -> String {
        let short = |outcome: &Outcome| match outcome {
            Outcome::Found { at, .. } => format!("FOUND @{at}"),
            other => other.to_string(),
        };
        let yes = |mixes| if mixes { "**mixed**" } else { "clean" };
        format!(
            "| `{name}` | accepts | {} | {} | {} | {} | {} | {} |",
            yes(self.in_order),
            short(&self.words),
            short(&self.hang_up),
            self.loom,
            self.shuttle,
            self.on_threads.map_or("–", yes),
        )
    }
}

/// Runs every checker on the service of an exercise.
pub(crate) fn verdicts<S: Service + Send + Sync + 'static>() -> Verdicts {
    let (words, hang_up) = (explore::<S>(0), explore::<S>(1));
    let mut verdicts = Verdicts {
        words,
        hang_up,
        in_order: mixes_in_order::<S>(),
        loom: Exploration::Diverged,
        shuttle: Exploration::Diverged,
        on_threads: None,
    };
    let word = verdicts.losing_word();
    verdicts.loom = under_loom::<S>(users(&word));
    verdicts.shuttle = under_shuttle::<S>(users(&word));
    verdicts.on_threads = word
        .chars()
        .all(|letter| letter.is_ascii_uppercase())
        .then(|| mixes_on_threads::<S>(&word));
    verdicts
}

/// Returns the checkers that object to the solution of an exercise with this losing word.
pub(crate) fn solution_holds<S: Service + Send + Sync + 'static>(word: &str) -> Vec<String> {
    let mut objections = Vec::new();
    for users in ["AB", "ABC"] {
        for dropped in [0, 1] {
            let outcome = every_word::<S>(users).dropping(dropped).explore();
            if !matches!(outcome, Outcome::Exhausted { .. }) {
                objections.push(format!("{users}, {dropped} hang up: {outcome}"));
            }
        }
    }
    if mixes_in_order::<S>() {
        objections.push("requests one after the other".into());
    }
    let loom = under_loom::<S>(users(word));
    if !matches!(loom, Exploration::Exhausted { .. }) {
        objections.push(format!("loom: {loom}"));
    }
    let shuttle = under_shuttle::<S>(users(word));
    if !matches!(shuttle, Exploration::Capped { .. }) {
        objections.push(format!("shuttle: {shuttle}"));
    }
    objections
}

/// Returns the users of a word, each once.
fn users(word: &str) -> Vec<User> {
    let mut users: Vec<User> = word.to_ascii_uppercase().chars().collect();
    users.sort_unstable();
    users.dedup();
    users
}

fn explore<S: Service + 'static>(dropped: usize) -> Outcome {
    match every_word::<S>("AB").dropping(dropped).explore() {
        Outcome::Exhausted { .. } => every_word::<S>("ABC").dropping(dropped).explore(),
        other => other,
    }
}

/// Sends random requests to one service, one after the other. The seed is fixed.
fn mixes_in_order<S: Service>() -> bool {
    let config = Config { cases: EXECUTIONS, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let result = TestRunner::new_with_rng(config, rng).run(
        &vec(select(&['A', 'B', 'C'][..]), 1..=6),
        |users| {
            let service = S::default();
            for user in users {
                prop_assert!(!block_on(service.answer(user)).is_mixed(user));
            }
            Ok(())
        },
    );
    match result {
        Ok(()) => false,
        Err(TestError::Fail(..)) => true,
        Err(TestError::Abort(reason)) => panic!("the test cannot run: {reason}"),
    }
}

fn mixed(user: User, answer: &Answer) -> Result<(), String> {
    if answer.is_mixed(user) { Err(format!("{user}: {:?}", answer.owners())) } else { Ok(()) }
}

/// Runs each user's request on a thread of loom, which may switch threads at each step.
fn under_loom<S: Service + Send + Sync + 'static>(users: Vec<User>) -> Exploration<String> {
    use loom::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    explore_loom(Limits::ALL, move || {
        let service = Arc::new((S::default(), AtomicUsize::new(0)));
        let spawn = |&user: &User| {
            let service = Arc::clone(&service);
            let request = move || {
                // loom switches threads at operations of its own: also before the first turn.
                service.1.fetch_add(1, SeqCst);
                let at_step = || _ = service.1.fetch_add(1, SeqCst);
                run_on_thread(service.0.answer(user), at_step, loom::thread::yield_now)
            };
            (user, loom::thread::spawn(request))
        };
        let threads: Vec<_> = users.iter().map(spawn).collect();
        let answers = threads.into_iter().map(|(user, thread)| (user, thread.join().unwrap()));
        let answers: Vec<_> = answers.collect();
        answers.iter().try_for_each(|(user, answer)| mixed(*user, answer))
    })
}

/// Runs each user's request on a thread of shuttle.
fn under_shuttle<S: Service + Send + Sync + 'static>(users: Vec<User>) -> Exploration<String> {
    let cap = EXECUTIONS as usize;
    explore_shuttle(RandomScheduler::new_from_seed(1, cap), cap, move || {
        let service = Arc::new(S::default());
        let spawn = |&user: &User| {
            let service = Arc::clone(&service);
            let switch = shuttle::thread::yield_now;
            let request = move || run_on_thread(service.answer(user), switch, switch);
            (user, shuttle::thread::spawn(request))
        };
        let threads: Vec<_> = users.iter().map(spawn).collect();
        let answers = threads.into_iter().map(|(user, thread)| (user, thread.join().unwrap()));
        let answers: Vec<_> = answers.collect();
        answers.iter().try_for_each(|(user, answer)| mixed(*user, answer))
    })
}

/// Runs a word on real threads, one for each request. A thread takes a turn only when told to.
fn mixes_on_threads<S: Service + Send + Sync + 'static>(word: &str) -> bool {
    let service = Arc::new(S::default());
    let spawn = |user: User| -> (User, Sender<()>, Receiver<Option<Answer>>) {
        let ((begin, turns), (ended, ends)) = (channel::<()>(), channel());
        let service = Arc::clone(&service);
        thread::spawn(move || {
            // After the word's last letter no turn comes, and unfinished requests wait no longer.
            let wait = || _ = turns.recv();
            wait();
            let next = || {
                _ = ended.send(None);
                wait();
            };
            let answer = run_on_thread(service.answer(user), next, next);
            _ = ended.send(Some(answer));
        });
        (user, begin, ends)
    };
    let threads: Vec<_> = users(word).into_iter().map(spawn).collect();
    let take_turn = |letter| {
        let thread = threads.iter().find(|(user, ..)| *user == letter);
        let (user, begin, ends) = thread.expect("each letter has a thread");
        begin.send(()).expect("the request has not ended");
        let answer = ends.recv().expect("the thread takes its turn");
        answer.is_some_and(|answer| answer.is_mixed(*user))
    };
    word.chars().any(take_turn)
}
