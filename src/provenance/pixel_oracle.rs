//! Finds the photos that each row of a finished thumbnail could show, by its pixels.
//!
//! The truth is the undisturbed thumbnail of each photo, made in the geometry of the job, by the
//! same bands. Bands end on JPEG's block rows, so a band's luma is encoded independently of its
//! neighbours, and a row of a mixed thumbnail equals the row of its source bit for bit. The oracle
//! compares luma as the decoder has it. Luma computed from RGB would not be exact, since chroma is
//! interpolated across the seam of two bands.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};

use bytes::Bytes;

use crate::codec::{self, ImageCodec, ImageError, ImageFrame, Luma, ThumbnailRequest};
use crate::pipeline::Codec;

/// Holds the rows of every photo's thumbnail, in every geometry that a job of these photos can
/// have.
pub struct PixelOracle {
    /// Index of each row, by the thumbnail's width and height in pixels.
    geometries: HashMap<(u32, u32), Vec<RowIndex>>,
}

/// Maps the hash of a row's luma to the photos whose thumbnail has this row. A collision of the
/// 64-bit hash can only make a row ambiguous. It cannot show a row as clean or accuse a photo.
type RowIndex = HashMap<u64, Vec<usize>>;

/// Describes why the oracle could not be made, or could not read a thumbnail.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum OracleError {
    /// A photo was refused.
    #[error("photo {photo} cannot be a truth: {refusal}")]
    Photo {
        /// Index of the photo in the list.
        photo: usize,
        /// The reason for the refusal.
        refusal: ImageError,
    },
    /// A finished thumbnail does not decode.
    #[error("a finished thumbnail cannot be read back: {0}")]
    Unreadable(ImageError),
    /// No photo's thumbnail has these dimensions.
    #[error("a finished thumbnail has {width} × {height} px, as no photo of this run has")]
    Geometry {
        /// Width of the thumbnail in pixels.
        width: u32,
        /// Height of the thumbnail in pixels.
        height: u32,
    },
}

impl PixelOracle {
    /// Makes the undisturbed thumbnails of `requests`, one request per photo. Each photo is decoded
    /// once, and made into a thumbnail of each geometry that these requests have.
    ///
    /// # Errors
    /// Returns [`OracleError::Photo`] with the first photo that is refused.
    pub fn new(codec: &ImageCodec, requests: &[ThumbnailRequest]) -> Result<Self, OracleError> {
        let mut geometries: HashMap<(u32, u32), Vec<RowIndex>> = HashMap::new();
        for (photo, request) in requests.iter().enumerate() {
            let header = codec::probe(&request.photo)
                .map_err(|refusal| OracleError::Photo { photo, refusal })?;
            let (width, height) =
                codec::thumbnail_dimensions(header.width, header.height, request.spec);
            geometries
                .entry((width, height))
                .or_insert_with(|| vec![RowIndex::new(); height as usize]);
        }
        for (photo, request) in requests.iter().enumerate() {
            let refused = |refusal| OracleError::Photo { photo, refusal };
            let mut frame = ImageFrame::default();
            codec.fill(codec.decode(request).map_err(refused)?, &mut frame);
            for (&geometry, index) in &mut geometries {
                let thumbnail = codec.render(&frame, codec.blank(geometry, request.spec.fit));
                let jpeg = codec.encode(thumbnail).map_err(refused)?;
                let luma = codec::luma(&jpeg).map_err(refused)?;
                for (index, row) in index.iter_mut().zip(rows(&luma)) {
                    index.entry(hash(row)).or_default().push(photo);
                }
            }
        }
        Ok(Self { geometries })
    }

    /// Returns, for each row of a finished thumbnail from top to bottom, all photos whose thumbnail
    /// has the same row there.
    ///
    /// # Errors
    /// Returns [`OracleError::Unreadable`] if the thumbnail does not decode, and
    /// [`OracleError::Geometry`] if no photo has its dimensions. Both are faults of the program.
    pub fn read(&self, thumbnail: &[u8]) -> Result<Vec<&[usize]>, OracleError> {
        let luma = codec::luma(thumbnail).map_err(OracleError::Unreadable)?;
        let (width, height) = (luma.width, luma.height);
        let index =
            self.geometries.get(&(width, height)).ok_or(OracleError::Geometry { width, height })?;
        let photos = rows(&luma)
            .zip(index)
            .map(|(row, index)| index.get(&hash(row)).map_or(&[][..], Vec::as_slice));
        Ok(photos.collect())
    }
}

fn rows(luma: &Luma) -> impl Iterator<Item = &[u8]> {
    luma.pixels.chunks_exact(luma.width as usize)
}

fn hash(row: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(row);
    hasher.finish()
}

/// Converts a photo to its thumbnail with a frame of its own, so that no other request disturbs it.
///
/// # Errors
/// Returns an [`ImageError`] if the photo is refused or the thumbnail cannot be encoded.
pub fn convert_undisturbed(
    codec: &ImageCodec,
    request: &ThumbnailRequest,
) -> Result<Bytes, ImageError> {
    codec.encode(codec.thumbnail(request)?)
}
