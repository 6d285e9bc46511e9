//! An identity painted into a photo's pixels, and read back from every row of its thumbnail.
//!
//! Whose rows a service gave away is a question that its own pictures must answer when nobody can
//! look inside: here each picture answers for itself, row for row, and where it cannot, it says so.

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
pub mod table;
pub mod wear;
mod ycbcr_image;

pub use self::codebook::{Codebook, CodebookError, MAX_IDS, MarkId};
pub use self::detect::{Detector, ExpectedImage};
pub use self::detection::{
    Detection, DetectionVerdict, PlaneSet, RowFinding, RowFindingKind, RowOwner, RowResult,
};
pub use self::embed::{MAX_PIXELS, MIN_SIDE_PX, embed};
pub use self::raster::Raster;
pub use self::ycbcr_image::{YCbCrImage, YCbCrView};
