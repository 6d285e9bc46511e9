//! Tests that the pixel oracle reads whole rows: photos that agree in one half of every row are
//! told apart by the other half.

use bytes::Bytes;
use double_exposure::codec::{Fit, ImageCodec, Size, ThumbnailRequest, ThumbnailSpec};
use double_exposure::provenance::{PixelOracle, convert_undisturbed};
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};

use crate::BANDS;

const SIDE_PX: u32 = 64;

/// Requests a thumbnail of a grey photo whose left and right half have these levels.
fn request(left: u8, right: u8) -> ThumbnailRequest {
    let half = (SIDE_PX / 2) as usize;
    let row = [vec![left; half], vec![right; half]].concat();
    let mut png = Vec::new();
    PngEncoder::new(&mut png)
        .write_image(&row.repeat(SIDE_PX as usize), SIDE_PX, SIDE_PX, ExtendedColorType::L8)
        .unwrap();
    let size = Size::try_from(SIDE_PX).unwrap();
    ThumbnailRequest { photo: Bytes::from(png), spec: ThumbnailSpec { size, fit: Fit::Cover } }
}

#[test]
fn photos_that_share_one_half_of_every_row_are_told_apart_by_the_other() {
    let codec = ImageCodec::new(BANDS);
    let requests = [request(60, 60), request(60, 190), request(190, 60)];
    let oracle = PixelOracle::new(&codec, &requests).unwrap();
    for (photo, request) in requests.iter().enumerate() {
        let thumbnail = convert_undisturbed(&codec, request).unwrap();
        let rows = oracle.read(&thumbnail).unwrap();
        assert_eq!(rows.len(), SIDE_PX as usize);
        assert!(rows.iter().all(|photos| *photos == [photo]), "photo {photo}: {rows:?}");
    }
}
