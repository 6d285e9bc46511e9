//! Replays a word (a schedule written as letters) on a pipeline, on one thread.
//!
//! The replay calls the pipeline's own steps in the word's order and no other steps. So a replay is
//! exact: the same word and photos give the same bytes.

use std::num::NonZeroU32;

use super::word::{Act, Schedule};
use crate::pipeline::{Error, Output, Pipeline, Request};

/// Holds the thumbnail of a request or its error, or nothing for a request that did not finish.
pub type Replayed<P> = Option<Result<Output<P>, Error<P>>>;

/// Holds the state of a request during a replay.
enum RequestState<P: Pipeline> {
    /// The result before the begin, after the finish or after an error.
    Idle(Replayed<P>),
    /// The job between begin and finish, and true if bands remain.
    InProgress(P::Job, bool),
}

/// Replays a word and returns the result of each request, in order of first letters, and `None` for
/// a request that did not finish. `requests` returns the request of a number.
///
/// On a new pipeline, the slot (buffer of the ring) of a request is the request's number modulo the
/// ring. If a photo cannot be decoded, the result is that error, finished or not, and the request's
/// later letters are ignored. Letters after a finish are ignored too, and so are bands after a
/// thumbnail's last. If a thumbnail has more bands than its word, the remaining bands stay blank. A
/// job that the word leaves unfinished is dropped at the end.
pub fn replay<'r, P: Pipeline>(
    word: &Schedule,
    bands: NonZeroU32,
    pipeline: &P,
    requests: impl Fn(usize) -> &'r Request<P>,
) -> Vec<Replayed<P>>
where
    Request<P>: 'r,
{
    use RequestState::{Idle, InProgress};
    let mut states: Vec<RequestState<P>> = (0..word.requests()).map(|_| Idle(None)).collect();
    for step in word.steps() {
        let state = &mut states[step.request];
        match step.act(bands) {
            Some(Act::Begin) => {
                *state = match pipeline.begin(requests(step.request)) {
                    Ok(job) => InProgress(job, true),
                    Err(error) => Idle(Some(Err(error))),
                }
            }
            Some(Act::Band(_)) => {
                if let InProgress(job, more @ true) = state {
                    *more = pipeline.band(job);
                }
            }
            Some(Act::Finish) => {
                *state = match std::mem::replace(state, Idle(None)) {
                    InProgress(job, _) => Idle(Some(pipeline.finish(job))),
                    failed => failed,
                }
            }
            None => {}
        }
    }
    let result = |state| match state {
        Idle(replayed) => replayed,
        InProgress(..) => None,
    };
    states.into_iter().map(result).collect()
}
