//! Whose rows are these? Two answers, found in two ways, that must agree.
//!
//! From inside, a codec wrapped round the real one tags each frame with the request that was
//! decoded into it ([`Witness`]). From outside, the pixels of a finished thumbnail are compared
//! with every photo's thumbnail made alone ([`Oracle`]). Neither touches a pipeline, so what they
//! watch is what ships.

mod pixel_oracle;
mod stats;
mod tagging_codec;

pub use pixel_oracle::{OracleError, PixelOracle, Rows, convert_undisturbed};
pub use stats::{Classified, MixStats};
pub use tagging_codec::{Numbered, Tag, Tagged, TaggingCodec, Traced, TracedThumbnail};
