//! Defines the flag that limits the photos that a command takes.

use clap::Args;

use super::parse;
use crate::codec::PhotoLimits;

/// Limits the photos that a command takes.
#[derive(Args, Clone, Copy)]
pub(super) struct LimitArgs {
    /// Largest photo, in megapixels: 1 to 256. A JPEG as cameras write it is decoded at a fraction
    /// of its size; other photos take up to 16 bytes of memory a pixel.
    #[arg(long, env = "DOUBLE_EXPOSURE_MAX_MEGAPIXELS", value_name = "N",
          default_value_t = PhotoLimits::DEFAULT_MEGAPIXELS,
          value_parser = parse::count::<u64, 1, { PhotoLimits::MAX_MEGAPIXELS }>)]
    pub(super) max_megapixels: u64,
}

impl LimitArgs {
    /// Returns the limits that follow from the flag.
    pub(super) fn limits(self) -> PhotoLimits {
        PhotoLimits::of_megapixels(self.max_megapixels)
    }
}
