//! Whose rows are these? Two answers, found in two ways, that must agree.
//!
//! From inside, a codec wrapped round the real one tags each frame with the request that was
//! decoded into it ([`Witness`]). From outside, the pixels of a finished thumbnail are compared
//! with every photo's thumbnail made alone ([`Oracle`]). Neither touches a pipeline, so what they
//! watch is what ships.

mod inside;
mod pixels;
mod tally;

pub use inside::{Asked, Tag, Tagged, Witness, Witnessed, Witnessing};
pub use pixels::{Oracle, OracleError, Rows, alone};
pub use tally::{Judged, Tally};
