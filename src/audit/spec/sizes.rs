//! Parses the sizes of thumbnails. A service that caches thumbnails converts each size once, so an
//! audit requests many sizes.

use std::fmt;
use std::str::FromStr;

/// Upper bound of the number of sizes.
const MAX_SIZES: usize = 4096;

/// Upper bound of a size, in pixels.
const MAX_PX: u32 = 2048;

/// Holds at least one size in pixels, in the order of requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sizes(Vec<u32>);

/// Describes a text that is no list of sizes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} names no sizes: write 256, or 128,256, or 96-320, of 1 to {MAX_PX} px")]
pub struct SizesError {
    /// Text that was given.
    pub found: String,
}

impl Sizes {
    /// Returns all sizes.
    pub fn get(&self) -> &[u32] {
        &self.0
    }

    /// Returns the smallest size.
    pub fn min(&self) -> u32 {
        self.0.iter().copied().min().unwrap_or(1)
    }

    /// Returns the largest size.
    pub fn max(&self) -> u32 {
        self.0.iter().copied().max().unwrap_or(1)
    }
}

impl Sizes {
    /// Writes the sizes as [`Sizes::from_str`] reads them.
    pub fn ranges(&self) -> String {
        let runs = self.0.chunk_by(|size, next| size + 1 == *next);
        let texts = runs.map(|run| match run {
            [size] => size.to_string(),
            _ => format!("{}-{}", run[0], run[run.len() - 1]),
        });
        texts.collect::<Vec<_>>().join(",")
    }
}

impl Default for Sizes {
    fn default() -> Self {
        Self(vec![256])
    }
}

impl FromStr for Sizes {
    type Err = SizesError;

    fn from_str(text: &str) -> Result<Self, SizesError> {
        let invalid = || SizesError { found: text.to_owned() };
        let number = |text: &str| {
            let number = text.trim().parse::<u32>().ok();
            number.filter(|number| (1..=MAX_PX).contains(number)).ok_or_else(invalid)
        };
        let mut sizes = Vec::new();
        for part in text.split(',') {
            match part.split_once('-') {
                Some((from, to)) => sizes.extend(number(from)?..=number(to)?),
                None => sizes.push(number(part)?),
            }
        }
        if sizes.is_empty() || sizes.len() > MAX_SIZES { Err(invalid()) } else { Ok(Self(sizes)) }
    }
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0[..] {
            [size] => write!(f, "{size} px"),
            _ => write!(f, "{} to {} px", self.min(), self.max()),
        }
    }
}

#[test]
fn sizes_are_numbers_and_ranges() {
    let sizes = |text: &str| text.parse::<Sizes>().map(|sizes| sizes.0);
    assert_eq!(sizes("256"), Ok(vec![256]));
    assert_eq!(sizes("64, 100-102"), Ok(vec![64, 100, 101, 102]));
    let written = |text: &str| text.parse::<Sizes>().map(|sizes| sizes.ranges());
    assert_eq!(written("64,100-102,9,10"), Ok("64,100-102,9-10".to_owned()));
    for bad in ["", "0", "9-3", "2049", "1-99999", "a", "1,,2", "-"] {
        assert_eq!(sizes(bad), Err(SizesError { found: bad.into() }), "{bad}");
    }
}
