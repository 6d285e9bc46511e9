//! Names the faults that can be planted, one at a time, and the behaviour that is no fault.

use serde::Serialize;

/// Names the planted fault of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// A request gets the next person's thumbnail.
    WholeSwap,
    /// The last quarter of a thumbnail shows the next person's photo.
    TailOfNext,
    /// One band, some rows of a thumbnail, shows the next person's photo.
    OneBand,
    /// The next person's thumbnail is blended in with a share of 6 %.
    Blend,
    /// The chroma planes are the next person's, and luma is not.
    Chroma,
    /// Thumbnails are cached by the photo's number alone, and each person's photos are numbered
    /// from 1.
    CacheKey,
    /// The decoder's buffer is reused, and a truncated photo leaves the rest of it unchanged.
    DirtyBuffer,
    /// Two concurrent requests get each other's responses.
    Crossed,
    /// The service has no fault.
    Clean,
    /// The service has no fault, and delays every response.
    Slow,
    /// The service has no fault, and sheds every third request.
    Shedding,
}

/// Name on the command line and description of each fault. The faults that mix come first.
const FAULTS: [(Fault, &str, &str); 11] = [
    (Fault::WholeSwap, "whole-swap", "whole swap"),
    (Fault::TailOfNext, "tail-of-next", "tail of the next photo"),
    (Fault::OneBand, "one-band", "one band"),
    (Fault::Blend, "blend", "blend of 6 %"),
    (Fault::Chroma, "chroma", "chroma planes of another"),
    (Fault::CacheKey, "cache-key", "cache key without owner"),
    (Fault::DirtyBuffer, "dirty-buffer", "dirty buffer, truncated photo"),
    (Fault::Crossed, "crossed", "responses crossed"),
    (Fault::Clean, "clean", "clean"),
    (Fault::Slow, "slow", "clean but slow"),
    (Fault::Shedding, "shedding", "clean but shedding"),
];

impl Fault {
    /// Lists all faults. The faults that mix come first.
    pub fn all() -> impl Iterator<Item = Self> {
        FAULTS.iter().map(|(fault, ..)| *fault)
    }

    /// Returns true if the fault shows people other people's photos.
    pub fn mixes(self) -> bool {
        !matches!(self, Self::Clean | Self::Slow | Self::Shedding)
    }

    /// Returns the name on the command line.
    pub fn name(self) -> &'static str {
        FAULTS[self as usize].1
    }

    /// Describes the fault in a few words.
    pub fn description(self) -> &'static str {
        FAULTS[self as usize].2
    }
}

#[test]
fn each_fault_stands_at_its_own_index() {
    assert!(Fault::all().enumerate().all(|(index, fault)| fault as usize == index));
}
