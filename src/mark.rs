//! An identity painted into a photo's pixels, and read back from every row of its thumbnail.
//!
//! Whose rows a service gave away is a question that its own pictures must answer when nobody can
//! look inside: here each picture answers for itself, row for row, and where it cannot, it says so.

mod blend;
mod hard;
mod issue;
mod layout;
mod lens;
mod order;
mod paint;
mod planes;
mod reader;
mod reading;
mod runs;
mod scan;
mod soft;
mod split;
pub mod table;
pub mod wear;
mod window;

pub use self::issue::{Id, Issued, MOST_ISSUED, MarkError};
pub use self::paint::{LEAST_SIDE, MOST_PIXELS, Picture, paint};
pub use self::planes::{OwnedPlanes, Planes};
pub use self::reader::{Expect, Fit, Reader};
pub use self::reading::{Finding, FindingKind, PlaneSet, Read, Reading, Row, Verdict};
