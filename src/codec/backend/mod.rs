//! Selects the JPEG backend of the build: Rust by way of RGB, or libjpeg-turbo by way of planes.
//!
//! Both backends take every frame that their build can make, and make the same rows from it
//! whatever lay in the thumbnail before. The oracle that compares rows depends on that.
//!
//! Each backend exports these items:
//! - `decode_jpeg` decodes a JPEG, `decode_jpeg_interleaved` decodes a JPEG whose colours are to be
//!   converted, and `DecodedPixels` holds the pixels of a photo of any format
//!   until they are appended to a frame;
//! - `PixelFormat` describes how a frame stores a photo;
//! - `Canvas` holds the rows of a thumbnail, resizes bands into them, and encodes the result;
//! - `MAKER_SUFFIX` and `LARGE_IMAGE_BANDS` are properties of the build.

#[cfg(any(test, feature = "turbojpeg"))]
pub(super) mod catmull_rom;
#[cfg(feature = "turbojpeg")]
mod libjpeg_turbo;
#[cfg(not(feature = "turbojpeg"))]
mod pure_rust;
#[cfg(any(test, not(feature = "turbojpeg")))]
mod rgb_canvas;

#[cfg(feature = "turbojpeg")]
pub(super) use self::libjpeg_turbo::{
    Canvas, DecodedPixels, LARGE_IMAGE_BANDS, MAKER_SUFFIX, PixelFormat, decode_jpeg,
    decode_jpeg_interleaved,
};
#[cfg(not(feature = "turbojpeg"))]
pub(super) use self::pure_rust::{
    Canvas, DecodedPixels, LARGE_IMAGE_BANDS, MAKER_SUFFIX, PixelFormat, decode_jpeg,
    decode_jpeg_interleaved,
};
