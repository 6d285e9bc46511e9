//! Defines the rows of the event log, each of which is a line of JSON (JSON Lines).

use serde::Serialize;

use super::plan::as_seconds;
use super::versions::MakerVersion;

/// Records one event.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum LogRow {
    /// A thumbnail was made.
    Made(MadeRow),
    /// A thumbnail was shown.
    Shown(ShownRow),
}

/// Records that a thumbnail was made.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MadeRow {
    /// Virtual time, in microseconds since the start.
    #[serde(rename = "at_s", serialize_with = "as_seconds")]
    pub at_us: u64,
    /// The thumbnail's number.
    pub thumbnail: u32,
    /// The requested photo's number.
    pub photo: u32,
    /// The number of the person who posted the requested photo.
    pub owner: u32,
    /// The version of the maker.
    pub maker: MakerVersion,
    /// The index of the node that converted the photo.
    pub node: u32,
    /// The slot (an index into the ring of shared buffers); `None` if the maker has no ring.
    pub slot: Option<u32>,
    /// The position of the photo's decode among all decodes of the same maker on the same node,
    /// from 0.
    pub decode: u64,
    /// The photo that each band shows, top to bottom.
    pub bands: Vec<u32>,
}

/// Records that a thumbnail was shown.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ShownRow {
    /// Virtual time, in microseconds since the start.
    #[serde(rename = "at_s", serialize_with = "as_seconds")]
    pub at_us: u64,
    /// The thumbnail's number. A thumbnail from before the start has its photo's number.
    pub thumbnail: u32,
    /// The viewer's number.
    pub viewer: u32,
    /// The source of the shown thumbnail.
    pub served_from: ServedFrom,
}

/// Names the source of a shown thumbnail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ServedFrom {
    /// A conversion for this viewer.
    Fresh,
    /// The service's cache.
    Service,
    /// The cache of the viewer's device.
    Device,
}
