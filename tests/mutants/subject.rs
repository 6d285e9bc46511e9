//! Defines what a checker needs of a pipeline, shipped or mutant, and the models of all checkers.
//!
//! All checkers run the same models, so that different verdicts come from the checkers and not from
//! the models.

use super::under::model::clients::{Clients, Switch};
use super::under::model::pool_invariant::check_pool;
use super::under::model::recorder::{Recorder, Run};
use super::under::model::requests::{Call, End};
use super::under::pipeline::{Bounds, Pipeline};

/// Creates a pipeline and inspects its pool.
pub(crate) trait Subject:
    Pipeline<Codec = Recorder> + Send + Sync + Sized + 'static
{
    /// Creates the pipeline.
    fn make(codec: Recorder, bounds: Bounds) -> Self;

    /// Returns the number and bytes of kept frames, or `None` for a pipeline without a pool.
    fn kept(&self) -> Option<(usize, usize)>;

    /// Checks that no frame is lost or kept beyond the bounds.
    ///
    /// # Errors
    /// Returns a sentence with the numbers if the pool breaks its invariant.
    fn inspect(&self, bounds: Bounds, run: &Run) -> Result<(), String> {
        self.kept().map_or(Ok(()), |kept| check_pool(kept, bounds, run))
    }
}

/// Implements [`Subject`] for the pipeline of a file.
macro_rules! subject {
    (Owned $name:ident) => {
        impl Subject for pipeline::$name::Owned<Recorder> {
            fn make(codec: Recorder, _: Bounds) -> Self {
                Self::new(codec)
            }

            fn kept(&self) -> Option<(usize, usize)> {
                None
            }
        }
    };
    (Pooled $name:ident) => {
        impl Subject for pipeline::$name::Pooled<Recorder> {
            fn make(codec: Recorder, bounds: Bounds) -> Self {
                let Bounds { max_frames, max_frame_bytes } = bounds;
                Self::new(codec, pipeline::$name::Bounds { max_frames, max_frame_bytes })
            }

            fn kept(&self) -> Option<(usize, usize)> {
                Some(self.pool().kept())
            }
        }
    };
}

/// Returns the models: clients with their requests, and the bounds of the pool.
pub(crate) fn models() -> Vec<(Clients, Bounds)> {
    let model = |owners: &[&str], end, bands, switch, [max_frames, max_frame_bytes]: [usize; 2]| {
        (Clients::ending(owners, end, bands, switch), Bounds { max_frames, max_frame_bytes })
    };
    let error = End::Error(Call::Decode);
    let mut models = vec![
        model(&["A", "B"], End::Thumbnail, 2, Switch::Calls, [2, 64]),
        model(&["A", "B"], End::Thumbnail, 2, Switch::Steps, [2, 64]),
        model(&["A", "B"], End::Thumbnail, 1, Switch::Calls, [1, 64]),
        model(&["A", "B"], End::Thumbnail, 1, Switch::Calls, [2, 1]),
        model(&["AX", "B"], error, 1, Switch::Calls, [2, 64]),
        model(&["A", "BC"], End::Thumbnail, 1, Switch::Calls, [2, 64]),
    ];
    let faults = End::faults(1).into_iter().filter(|end| *end != error);
    models.extend(faults.map(|end| model(&["AX", "B"], end, 1, Switch::Bands, [2, 64])));
    models
}

/// Runs a model on a subject, and describes its fault if it has one.
pub(crate) fn serve<S: Subject>(clients: &Clients, bounds: Bounds) -> Result<(), String> {
    let make = |codec| S::make(codec, bounds);
    let served = clients.serve(make, |subject, run| subject.inspect(bounds, run));
    served.map(drop).map_err(|fault| fault.in_execution_order())
}
