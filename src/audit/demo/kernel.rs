//! Answers the requests of the service by a service of the course, whose steps interleave.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use course::{Answer, User};
use fastrand::Rng;
use tokio::sync::oneshot;

/// Duration of a step. Requests that come within this time overlap.
const STEP_DURATION: Duration = Duration::from_millis(20);

/// Upper bound of the requests that wait for the kernel, and of the requests that it has begun.
const MAX_REQUESTS: usize = 256;

/// Code point before that of user A, who is person 1.
const FIRST_USER: u32 = 'A' as u32 - 1;

/// Runs one service of the course on a thread of its own, for the requests of all people.
///
/// All requests share the thread, as tasks of an asynchronous runtime do. The thread ends with the
/// kernel.
pub(super) struct Kernel {
    requests: SyncSender<Request>,
}

/// Holds a request: its viewer, and the channel for its answer.
struct Request {
    viewer: User,
    answer: oneshot::Sender<Answer>,
}

/// Holds a request that has begun.
struct Begun {
    future: Pin<Box<dyn Future<Output = Answer>>>,
    /// Channel for the answer, until the request has ended.
    answer: Option<oneshot::Sender<Answer>>,
}

impl Kernel {
    /// Starts a service of the course. The seed fixes the order in which requests take their steps.
    pub(super) fn start<S: course::Service + 'static>(seed: u64) -> io::Result<Self> {
        let (requests, received) = sync_channel(MAX_REQUESTS);
        thread::Builder::new().name("kernel".into()).spawn(move || run::<S>(&received, seed))?;
        Ok(Self { requests })
    }

    /// Answers a person's request: returns the number of the owner of each row. The list is empty
    /// if the request is refused, or if too many requests wait.
    pub(super) async fn owners(&self, person: u32) -> Vec<u32> {
        let Some(viewer) = char::from_u32(FIRST_USER + person) else { return Vec::new() };
        let (answer, answered) = oneshot::channel();
        if self.requests.try_send(Request { viewer, answer }).is_err() {
            return Vec::new();
        }
        let answer = answered.await.unwrap_or_default();
        answer.owners().iter().map(|&owner| u32::from(owner) - FIRST_USER).collect()
    }
}

/// Runs requests until no more can come. Each request that has begun takes a step in each round.
fn run<S: course::Service + 'static>(requests: &Receiver<Request>, seed: u64) {
    let service = Rc::new(S::default());
    let mut order = Rng::with_seed(seed);
    let mut begun: Vec<Begun> = Vec::new();
    loop {
        let first = if begun.is_empty() { requests.recv().ok() } else { None };
        if begun.is_empty() && first.is_none() {
            return;
        }
        let room = MAX_REQUESTS - begun.len();
        begun.extend(first.into_iter().chain(requests.try_iter()).take(room).map(|request| {
            let service = Rc::clone(&service);
            let future = Box::pin(async move { service.answer(request.viewer).await });
            Begun { future, answer: Some(request.answer) }
        }));
        order.shuffle(&mut begun);
        begun.retain_mut(|request| !request.step());
        thread::sleep(STEP_DURATION);
    }
}

impl Begun {
    /// Takes a step. Returns true if the request has ended.
    fn step(&mut self) -> bool {
        let polled = self.future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        if let Poll::Ready(shown) = polled
            && let Some(answer) = self.answer.take()
        {
            // A client that has hung up needs no answer.
            let _ = answer.send(shown);
        }
        self.answer.is_none()
    }
}
