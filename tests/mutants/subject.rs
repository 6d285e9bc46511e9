//! Defines what a checker needs of a pipeline, shipped or mutant, and the models of all checkers.
//!
//! All checkers run the same models, so that different verdicts come from the checkers and not from
//! the models.

use super::under::model::clients::{Clients, Switch};
use super::under::model::pool_invariant::check_pool;
use super::under::model::recorder::{Recorder, Run};
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

/// Returns the models: clients with their photos, and the bounds of the pool.
pub(crate) fn models() -> [(Clients, Bounds); 5] {
    let model = |photos: &[&'static [u8]], bands, max_frames, max_frame_bytes| {
        let photos = photos.to_vec();
        let clients = Clients { photos, bands, permits: None, switch: Switch::Steps };
        (clients, Bounds { max_frames, max_frame_bytes })
    };
    [
        model(&[b"A", b"B"], 2, 2, 64),
        model(&[b"A", b"B"], 1, 1, 64),
        model(&[b"A", b"B"], 1, 2, 1),
        model(&[b"Ax", b"B"], 1, 2, 64),
        model(&[b"A", b"BC"], 1, 2, 64),
    ]
}

/// Runs a model on a subject, and describes its fault if it has one.
pub(crate) fn serve<S: Subject>(clients: &Clients, bounds: Bounds) -> Result<(), String> {
    let make = |codec| S::make(codec, bounds);
    let served = clients.serve(make, |subject, run| subject.inspect(bounds, run));
    served.map(drop).map_err(|fault| fault.in_execution_order())
}
