//! Finds out which photo each row of a thumbnail shows, by two oracles that must agree.
//!
//! From inside, a codec that wraps the real one tags each frame with the request that was decoded
//! into it ([`TaggingCodec`]). From outside, the pixels of a finished thumbnail are compared with
//! the undisturbed thumbnail of every photo ([`PixelOracle`]). Neither oracle changes a pipeline,
//! so the oracles observe the shipped code.

mod pixel_oracle;
mod stats;
mod tagging_codec;

pub use pixel_oracle::{OracleError, PixelOracle, convert_undisturbed};
pub use stats::{Classified, MixStats};
pub use tagging_codec::{Numbered, Tag, Tagged, TaggingCodec, Traced, TracedThumbnail};
