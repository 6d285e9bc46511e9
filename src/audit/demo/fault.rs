//! Names the faults that can be planted, one at a time, and the behaviour that is no fault.

use clap::ValueEnum;
use serde::Serialize;

/// Names the planted fault of a service. The command line has values for the faults that mix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ValueEnum)]
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
    #[value(skip)]
    Clean,
    /// The service has no fault, and delays every response.
    #[value(skip)]
    Slow,
    /// The service has no fault, and sheds every third request.
    #[value(skip)]
    Shedding,
}

impl Fault {
    /// Lists all faults. The faults that mix come first.
    pub fn all() -> impl Iterator<Item = Self> {
        let others = [Self::Clean, Self::Slow, Self::Shedding];
        Self::value_variants().iter().copied().chain(others)
    }

    /// Returns true if the fault shows people other people's photos.
    pub fn mixes(self) -> bool {
        !matches!(self, Self::Clean | Self::Slow | Self::Shedding)
    }

    /// Describes the fault in a few words.
    pub fn description(self) -> &'static str {
        match self {
            Self::WholeSwap => "whole swap",
            Self::TailOfNext => "tail of the next photo",
            Self::OneBand => "one band",
            Self::Blend => "blend of 6 %",
            Self::Chroma => "chroma planes of another",
            Self::CacheKey => "cache key without owner",
            Self::DirtyBuffer => "dirty buffer, truncated photo",
            Self::Crossed => "responses crossed",
            Self::Clean => "clean",
            Self::Slow => "clean but slow",
            Self::Shedding => "clean but shedding",
        }
    }
}
