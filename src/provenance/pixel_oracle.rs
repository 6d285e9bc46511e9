//! The oracle outside: which photos could a row of a finished thumbnail have come from?
//!
//! Each photo's thumbnail is made alone, in the geometry of the job that asked, by the same bands
//! on an undisturbed frame: that is the truth. Bands end on JPEG's block rows, so a band's luma is
//! coded without a look at its neighbours, and a row of a mixed thumbnail equals its source's row
//! bit for bit. Luma is read as the decoder has it: computed from RGB it would not be exact, since
//! chroma is interpolated across the seam.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};

use bytes::Bytes;

use crate::codec::{self, ImageCodec, ImageError, ImageFrame, Luma, Thumbnail, ThumbnailRequest};
use crate::pipeline::Codec;

/// The rows of every photo's thumbnail, in every geometry that a job of these photos can have.
pub struct PixelOracle {
    /// By the thumbnail's width and height, in px: for each row, the photos that look like that.
    geometries: HashMap<(u32, u32), Vec<RowIndex>>,
}

/// The photos whose thumbnail has this row, by the hash of its luma. A collision of the 64-bit
/// hash can only make a row ambiguous, never clear or accuse anybody.
type RowIndex = HashMap<u64, Vec<usize>>;

/// For each row of a thumbnail, top to bottom, the photos it could have come from.
pub struct Rows<'o>(pub Vec<&'o [usize]>);

/// Why the oracle could not be made, or could not read a thumbnail.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum OracleError {
    /// A photo, by its place in the list, was refused.
    #[error("photo {photo} cannot be a truth: {refusal}")]
    Photo {
        /// Its place in the list.
        photo: usize,
        /// Why.
        refusal: ImageError,
    },
    /// A finished thumbnail does not decode.
    #[error("a finished thumbnail cannot be read back: {0}")]
    Unreadable(ImageError),
    /// No photo's thumbnail has these dimensions.
    #[error("a finished thumbnail has {width} × {height} px, as no photo of this run has")]
    Geometry {
        /// Found width, in px.
        width: u32,
        /// Found height, in px.
        height: u32,
    },
}

impl PixelOracle {
    /// Makes the truths for `requests`, one per photo. Each photo is decoded once and made into a
    /// thumbnail in each of the geometries that these requests have.
    ///
    /// # Errors
    /// [`OracleError::Photo`] names the first photo that is refused.
    pub fn new(codec: &ImageCodec, requests: &[ThumbnailRequest]) -> Result<Self, OracleError> {
        let mut geometries: HashMap<(u32, u32), Vec<RowIndex>> = HashMap::new();
        for (photo, request) in requests.iter().enumerate() {
            let refused = |refusal| OracleError::Photo { photo, refusal };
            let header = codec::inspect(&request.photo).map_err(refused)?;
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
                let truth = made_from(codec, &frame, codec.blank(geometry, request.spec.fit));
                let luma = codec::luma(&truth.map_err(refused)?).map_err(refused)?;
                for (index, row) in index.iter_mut().zip(rows(&luma)) {
                    index.entry(hash(row)).or_default().push(photo);
                }
            }
        }
        Ok(Self { geometries })
    }

    /// Reads a finished thumbnail: for each row, every photo that has the same row there.
    ///
    /// # Errors
    /// [`OracleError::Unreadable`] and [`OracleError::Geometry`]: either is a fault of the program.
    pub fn read(&self, thumbnail: &[u8]) -> Result<Rows<'_>, OracleError> {
        let luma = codec::luma(thumbnail).map_err(OracleError::Unreadable)?;
        let (width, height) = (luma.width, luma.height);
        let index =
            self.geometries.get(&(width, height)).ok_or(OracleError::Geometry { width, height })?;
        let photos = rows(&luma).zip(index).map(|(row, index)| photos_with(index, row));
        Ok(Rows(photos.collect()))
    }
}

fn rows(luma: &Luma) -> impl Iterator<Item = &[u8]> {
    luma.pixels.chunks_exact(luma.width as usize)
}

fn photos_with<'o>(index: &'o RowIndex, row: &[u8]) -> &'o [usize] {
    index.get(&hash(row)).map_or(&[], Vec::as_slice)
}

fn hash(row: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(row);
    hasher.finish()
}

/// The thumbnail of a request as nobody else disturbs it.
///
/// # Errors
/// The codec's.
pub fn convert_undisturbed(
    codec: &ImageCodec,
    request: &ThumbnailRequest,
) -> Result<Bytes, ImageError> {
    let mut frame = ImageFrame::default();
    let thumbnail = codec.fill(codec.decode(request)?, &mut frame);
    made_from(codec, &frame, thumbnail)
}

/// The thumbnail with every band made from one frame.
fn made_from(
    codec: &ImageCodec,
    frame: &ImageFrame,
    mut thumbnail: Thumbnail,
) -> Result<Bytes, ImageError> {
    while codec.band(frame, &mut thumbnail) {}
    codec.encode(thumbnail)
}
