//! Runs requests without a word: one to its end, or several in turn.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::service::{Pause, last_pause};

/// Runs a request to its end on this thread. No other request runs in between.
pub fn block_on<T>(request: impl Future<Output = T>) -> T {
    run_on_thread(request, || (), || ())
}

/// Runs a request to its end on this thread. Calls `at_step` where another request may run, and
/// `at_wait` again and again while the request waits for another.
///
/// With a model checker, both are operations of the checker, which may continue another of its
/// threads there.
pub fn run_on_thread<T>(
    request: impl Future<Output = T>,
    at_step: impl Fn(),
    at_wait: impl Fn(),
) -> T {
    let mut request = pin!(request);
    loop {
        let polled = request.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        match (polled, last_pause()) {
            (Poll::Ready(answer), _) => return answer,
            (Poll::Pending, Pause::Ready(_)) => at_step(),
            (Poll::Pending, Pause::Waiting(_)) => at_wait(),
        }
    }
}

/// Runs requests in turn, one step each, and returns their answers in the order of the requests.
pub fn in_turn<T>(requests: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut requests: Vec<_> = requests.into_iter().map(Box::pin).collect();
    let mut answers: Vec<Option<T>> = requests.iter().map(|_| None).collect();
    while answers.iter().any(Option::is_none) {
        for (request, answer) in requests.iter_mut().zip(&mut answers) {
            if answer.is_none()
                && let Poll::Ready(ready) =
                    request.as_mut().poll(&mut Context::from_waker(Waker::noop()))
            {
                *answer = Some(ready);
            }
        }
    }
    answers.into_iter().flatten().collect()
}
