//! What a checker asks of a pipeline, shipped or mutant, and the models that it is tried in.
//!
//! Everybody who looks at a mutant looks at the same situations, so that what one finds and another
//! does not is the checkers' difference and not the models'.

use super::under::crowd::{Crowd, Switch};
use super::under::kept::all_given_back;
use super::under::pipeline::{Bounds, Pipeline};
use super::under::record::{Recorder, Run};

/// A pipeline that can be made and looked into.
pub(crate) trait Subject:
    Pipeline<Codec = Recorder> + Send + Sync + Sized + 'static
{
    fn make(codec: Recorder, bounds: Bounds) -> Self;

    /// The frames that it keeps, and their bytes; none that keeps nothing.
    fn kept(&self) -> Option<(usize, usize)>;

    /// Objects to frames lost, and to frames kept past the bounds.
    fn inspect(&self, bounds: Bounds, run: &Run) -> Result<(), String> {
        self.kept().map_or(Ok(()), |kept| all_given_back(kept, bounds, run))
    }
}

/// Makes a subject of a file's pipeline.
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
            fn make(codec: Recorder, Bounds { frames, frame_bytes }: Bounds) -> Self {
                Self::new(codec, pipeline::$name::Bounds { frames, frame_bytes })
            }

            fn kept(&self) -> Option<(usize, usize)> {
                Some(self.pool().kept())
            }
        }
    };
}

/// Clients with their photos, and what a pool may keep meanwhile.
pub(crate) fn models() -> [(Crowd, Bounds); 5] {
    let model = |clients: &[&'static [u8]], bands, frames, frame_bytes| {
        let clients = clients.to_vec();
        let crowd = Crowd { clients, bands, door: None, switch: Switch::Steps };
        (crowd, Bounds { frames, frame_bytes })
    };
    [
        model(&[b"A", b"B"], 2, 2, 64),
        model(&[b"A", b"B"], 1, 1, 64),
        model(&[b"A", b"B"], 1, 2, 1),
        model(&[b"Ax", b"B"], 1, 2, 64),
        model(&[b"A", b"BC"], 1, 2, 64),
    ]
}
