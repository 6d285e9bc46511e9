//! Embeds an id into a photo's pixels as a watermark, and detects the id in every row of a
//! thumbnail.
//!
//! An auditor cannot look inside a service, so each thumbnail itself has to tell which photo each
//! of its rows comes from. Where a row cannot tell, the detector reports *unknown*.
//!
//! The terms are those of coding theory. A [`Codebook`] holds codewords with a minimum Hamming
//! distance; [`embed`] writes a codeword into every row of a photo; a [`Detector`] decodes each row
//! by hard decision (cell by cell), and the mean of many rows by soft decision (correlation with
//! every codeword).

mod alignment;
mod blend;
mod cell_filter;
mod codebook;
mod detect;
mod detection;
mod embed;
mod hard_decision;
mod layout;
mod raster;
mod row_order;
mod row_runs;
mod sampling;
mod side_by_side;
mod soft_decision;
mod ycbcr_image;

pub use self::codebook::{Codebook, MAX_IDS, MarkId, WatermarkError};
pub use self::detect::{Detector, ExpectedImage};
pub use self::detection::{
    Detection, DetectionVerdict, PlaneSet, RowFinding, RowFindingKind, RowOwner, RowResult,
};
pub use self::embed::{embed, embed_in_colour, person_colour};
pub use self::layout::{MAX_PIXELS, MIN_SIDE_PX};
pub use self::raster::Raster;
pub use self::ycbcr_image::YCbCrImage;
