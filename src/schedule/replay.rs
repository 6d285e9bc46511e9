//! Plays a word on a pipeline, on one thread.
//!
//! The pipeline's own steps are called in the word's order and no others, so a replay is exact: the
//! same word and photos give the same bytes.

use std::num::NonZeroU32;

use super::word::{Act, Schedule};
use crate::pipeline::{Error, Output, Pipeline, Request};

/// What became of a request: nothing yet, or its thumbnail, or why there is none.
pub type Replayed<P> = Option<Result<Output<P>, Error<P>>>;

/// Where a request stands while the word is played.
enum Stand<P: Pipeline> {
    /// Before its first letter, or after its last.
    Away(Replayed<P>),
    /// Between its begin and its finish, and whether bands remain.
    AtWork(P::Job, bool),
}

/// Plays a word, and says what became of each request, in order of first letters; `None` for one
/// that did not finish. `requests` gives the request for each number.
///
/// The slots are the pipeline's: on a pipeline that is new, a request's slot is its number modulo
/// the ring. A request whose photo is refused has that error as its outcome, finished or not, and
/// its later letters are passed over. So are bands past a thumbnail's last and letters past a
/// finish; if a thumbnail has more bands than its word, the rest stay blank. A job that the word
/// leaves unfinished is dropped at the end.
pub fn replay<'r, P: Pipeline>(
    word: &Schedule,
    bands: NonZeroU32,
    pipeline: &P,
    requests: impl Fn(usize) -> &'r Request<P>,
) -> Vec<Replayed<P>>
where
    Request<P>: 'r,
{
    let mut stands: Vec<Stand<P>> = (0..word.requests()).map(|_| Stand::Away(None)).collect();
    for step in word.steps() {
        let stand = &mut stands[step.request];
        match step.act(bands) {
            Some(Act::Begin) => {
                *stand = match pipeline.begin(requests(step.request)) {
                    Ok(job) => Stand::AtWork(job, true),
                    Err(refusal) => Stand::Away(Some(Err(refusal))),
                }
            }
            Some(Act::Band(_)) => {
                if let Stand::AtWork(job, more @ true) = stand {
                    *more = pipeline.band(job);
                }
            }
            Some(Act::Finish) => {
                *stand = match std::mem::replace(stand, Stand::Away(None)) {
                    Stand::AtWork(job, _) => Stand::Away(Some(pipeline.finish(job))),
                    refused => refused,
                }
            }
            None => {}
        }
    }
    let outcome = |stand| match stand {
        Stand::Away(played) => played,
        Stand::AtWork(..) => None,
    };
    stands.into_iter().map(outcome).collect()
}
