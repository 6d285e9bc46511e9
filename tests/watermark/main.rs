//! The watermark detector names the right photo for every row, and never a photo that is not in the
//! thumbnail. Watermarked photos pass through simulated services, intact or tampered with, and the
//! detector reads every row of the result.

mod accuracy;
mod codebook;
mod evaluation;
mod properties;
mod reads;
mod sides;

use double_exposure::audit::watermark::{
    Codebook, Detection, Detector, ExpectedImage, MarkId, Raster, YCbCrImage, embed,
};

fn codebook(count: usize, seed: u64) -> Codebook {
    Codebook::new(count, seed).expect("a codebook holds MAX_IDS")
}

/// Returns a photo of this width and height with an id's watermark and no background.
fn photo(id: MarkId, (width, height): (u32, u32)) -> Raster {
    embed(id, width, height, None).expect("the shape has room for a watermark")
}

/// Detects the photos in a thumbnail of a photo of this width and height. The detector does not
/// know the fit.
fn detect(
    codebook: &Codebook,
    expected: MarkId,
    (width, height): (u32, u32),
    thumbnail: &YCbCrImage,
) -> Detection {
    let image = ExpectedImage { width, height, fit: None };
    Detector::new(codebook, image).detect(expected, thumbnail)
}
