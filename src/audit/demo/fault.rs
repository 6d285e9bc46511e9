//! The faults that can be planted, one at a time, and the ways of being slow that are none.

/// What is wrong with the service, if anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// A request is given the next person's thumbnail.
    WholeSwap,
    /// The last quarter of a thumbnail is the next person's.
    TailOfNext,
    /// One band of a thumbnail is the next person's.
    OneBand,
    /// The next person's thumbnail shines through, 6 % of it.
    Blend,
    /// The colours are the next person's, the light is not.
    Chroma,
    /// Thumbnails are kept under the photo's number, and everybody's photos are numbered from 1.
    CacheKey,
    /// The decoder's buffer is used again, and a photo cut short leaves the rest as it was.
    DirtyBuffer,
    /// Two requests at once are given each other's answers.
    Crossed,
    /// Nothing is wrong.
    Clean,
    /// Nothing is wrong, and every answer takes its time.
    Slow,
    /// Nothing is wrong, and one request of three is refused.
    Shedding,
}

impl Fault {
    /// All of them, faults first.
    pub const ALL: [Self; 11] = [
        Self::WholeSwap,
        Self::TailOfNext,
        Self::OneBand,
        Self::Blend,
        Self::Chroma,
        Self::CacheKey,
        Self::DirtyBuffer,
        Self::Crossed,
        Self::Clean,
        Self::Slow,
        Self::Shedding,
    ];

    /// Whether somebody is mixed.
    pub fn mixes(self) -> bool {
        !matches!(self, Self::Clean | Self::Slow | Self::Shedding)
    }

    /// One word, for the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::WholeSwap => "whole-swap",
            Self::TailOfNext => "tail-of-next",
            Self::OneBand => "one-band",
            Self::Blend => "blend",
            Self::Chroma => "chroma",
            Self::CacheKey => "cache-key",
            Self::DirtyBuffer => "dirty-buffer",
            Self::Crossed => "crossed",
            Self::Clean => "clean",
            Self::Slow => "slow",
            Self::Shedding => "shedding",
        }
    }

    /// A few words.
    pub fn words(self) -> &'static str {
        match self {
            Self::WholeSwap => "whole swap",
            Self::TailOfNext => "tail of the next photo",
            Self::OneBand => "one band",
            Self::Blend => "blend of 6 %",
            Self::Chroma => "chroma planes of another",
            Self::CacheKey => "cache key without owner",
            Self::DirtyBuffer => "dirty buffer, photo cut short",
            Self::Crossed => "answers crossed",
            Self::Clean => "clean",
            Self::Slow => "clean but slow",
            Self::Shedding => "clean but shedding",
        }
    }
}
