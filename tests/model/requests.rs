//! Describes the requests of a model: each way in which a request can end is chosen beforehand, so
//! that a checker tries every order of threads for each of them.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Describes a request by the letter of its owner, which is its photo, and by its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) owner: u8,
    pub(crate) end: End,
}

/// Names the way in which a request ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Thumbnail,
    /// The codec returns an error in this call, which is `Decode` or `Encode`.
    Error(Call),
    /// The codec panics in this call.
    Panic(Call),
    /// The client drops the job after this number of bands.
    GivenUp(usize),
}

/// Names a call of the codec. Bands are numbered from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Decode,
    Fill,
    Band(usize),
    Encode,
}

/// Holds what a client got for a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The thumbnail, as the owner of each band.
    Thumbnail(Vec<u8>),
    Error,
    Panic,
    GivenUp,
}

/// Marks a panic that a model ordered. Any other panic is a finding.
struct OrderedPanic;

impl Request {
    /// Creates a request that gets its thumbnail.
    pub(crate) fn whole(owner: u8) -> Self {
        Self { owner, end: End::Thumbnail }
    }

    /// Creates a request for each letter. The request of the letter `X` ends with `end`, the
    /// others get their thumbnails.
    pub(crate) fn all(owners: &str, end: End) -> Vec<Self> {
        let request = |owner| if owner == b'X' { Self { owner, end } } else { Self::whole(owner) };
        owners.bytes().map(request).collect()
    }
}

impl End {
    /// Lists every end other than a thumbnail, for thumbnails of `bands` bands.
    pub(crate) fn faults(bands: usize) -> Vec<Self> {
        let mut faults = vec![Self::Error(Call::Decode), Self::Error(Call::Encode)];
        faults.extend([Call::Decode, Call::Fill, Call::Encode].map(Self::Panic));
        faults.extend((0..bands).map(|band| Self::Panic(Call::Band(band))));
        faults.extend((0..=bands).map(Self::GivenUp));
        faults
    }

    /// Returns true if a model expects this outcome of the end.
    pub(crate) fn allows(self, outcome: &Outcome, bands: usize) -> bool {
        match (self, outcome) {
            (Self::Thumbnail, Outcome::Thumbnail(made)) => made.len() == bands,
            (Self::Error(_), Outcome::Error)
            | (Self::Panic(_), Outcome::Panic)
            | (Self::GivenUp(_), Outcome::GivenUp) => true,
            _ => false,
        }
    }

    /// Ends the request if `call` is where it ends.
    ///
    /// # Errors
    /// Returns an error if the request ends with an error in this call.
    pub(crate) fn reach(self, call: Call) -> Result<(), ()> {
        if self == Self::Panic(call) {
            // Without the panic hook, which would print each of many thousand panics.
            resume_unwind(Box::new(OrderedPanic));
        }
        if self == Self::Error(call) { Err(()) } else { Ok(()) }
    }

    /// Returns true if the request ends in `call`.
    pub(crate) fn is_in(self, call: Call) -> bool {
        self == Self::Panic(call) || self == Self::Error(call)
    }
}

/// Runs a step of a pipeline.
///
/// # Errors
/// Returns the outcome of the request if the step failed or panicked as the model ordered.
///
/// # Panics
/// Passes on any other panic.
pub(crate) fn attempt<T>(step: impl FnOnce() -> Result<T, u8>) -> Result<T, Outcome> {
    match catch_unwind(AssertUnwindSafe(step)) {
        Ok(result) => result.map_err(|_| Outcome::Error),
        Err(payload) if payload.is::<OrderedPanic>() => Err(Outcome::Panic),
        Err(payload) => resume_unwind(payload),
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Thumbnail => write!(f, "a thumbnail"),
            Self::Error(call) => write!(f, "an error in {call}"),
            Self::Panic(call) => write!(f, "a panic in {call}"),
            Self::GivenUp(bands) => write!(f, "given up after bands {bands}"),
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decode => write!(f, "decode"),
            Self::Fill => write!(f, "fill"),
            Self::Band(band) => write!(f, "band {}", band + 1),
            Self::Encode => write!(f, "encode"),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Thumbnail(bands) => write!(f, "a thumbnail of bands {}", bands.len()),
            Self::Error => write!(f, "an error"),
            Self::Panic => write!(f, "a panic"),
            Self::GivenUp => write!(f, "a dropped job"),
        }
    }
}
