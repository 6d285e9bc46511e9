//! The sizes that thumbnails are asked for: a service that keeps what it made converts nothing
//! twice, so an audit asks for many.

use std::fmt;
use std::str::FromStr;

/// The most sizes.
const MOST_SIZES: usize = 4096;

/// The longest side of a thumbnail that is asked for, in pixels.
const MOST_PX: u32 = 2048;

/// Sizes of thumbnails in pixels, in the order in which they are asked for; one at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sizes(Vec<u32>);

/// A text that names no sizes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} names no sizes: write 256, or 128,256, or 96-320, of 1 to {MOST_PX} px")]
pub struct SizesError {
    /// The text.
    pub found: String,
}

impl Sizes {
    /// The sizes.
    pub fn get(&self) -> &[u32] {
        &self.0
    }

    /// The smallest.
    pub fn least(&self) -> u32 {
        self.0.iter().copied().min().unwrap_or(1)
    }

    /// The largest.
    pub fn most(&self) -> u32 {
        self.0.iter().copied().max().unwrap_or(1)
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
        let wrong = || SizesError { found: text.to_owned() };
        let number = |text: &str| {
            let number = text.trim().parse::<u32>().ok();
            number.filter(|number| (1..=MOST_PX).contains(number)).ok_or_else(wrong)
        };
        let mut sizes = Vec::new();
        for part in text.split(',') {
            match part.split_once('-') {
                Some((from, to)) => sizes.extend(number(from)?..=number(to)?),
                None => sizes.push(number(part)?),
            }
        }
        if sizes.is_empty() || sizes.len() > MOST_SIZES { Err(wrong()) } else { Ok(Self(sizes)) }
    }
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0[..] {
            [one] => write!(f, "{one} px"),
            _ => write!(f, "{} to {} px", self.least(), self.most()),
        }
    }
}

#[test]
fn sizes_are_numbers_and_spans_of_them() {
    let sizes = |text: &str| text.parse::<Sizes>().map(|sizes| sizes.0);
    assert_eq!(sizes("256"), Ok(vec![256]));
    assert_eq!(sizes("64, 100-102"), Ok(vec![64, 100, 101, 102]));
    for bad in ["", "0", "9-3", "2049", "1-99999", "a", "1,,2", "-"] {
        assert_eq!(sizes(bad), Err(SizesError { found: bad.into() }), "{bad}");
    }
}
