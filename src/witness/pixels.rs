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

use crate::codec::{self, ImageCodec, Refusal, Request};
use crate::pipeline::Codec;

/// The rows of every photo's thumbnail, in every geometry that a job of these photos can have.
pub struct Oracle {
    /// By the thumbnail's width and height, in px: for each row, the photos that look like that.
    geometries: HashMap<(usize, usize), Vec<RowIndex>>,
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
        refusal: Refusal,
    },
    /// A finished thumbnail does not decode.
    #[error("a finished thumbnail cannot be read back: {0}")]
    Unreadable(Refusal),
    /// No photo's thumbnail has these dimensions.
    #[error("a finished thumbnail has {width} × {height} px, as no photo of this run has")]
    Geometry {
        /// Found width, in px.
        width: usize,
        /// Found height, in px.
        height: usize,
    },
}

impl Oracle {
    /// Makes the truths for `requests`, one per photo: as many thumbnails as there are photos,
    /// times the number of different thumbnail dimensions among them.
    ///
    /// # Errors
    /// [`OracleError::Photo`] names the first photo that is refused.
    pub fn new(codec: &ImageCodec, requests: &[Request]) -> Result<Self, OracleError> {
        let mut geometries: HashMap<(usize, usize), Vec<RowIndex>> = HashMap::new();
        for (job, asked) in requests.iter().enumerate() {
            let refused = |refusal| OracleError::Photo { photo: job, refusal };
            let own = codec::luma(&undisturbed(codec, asked, asked).map_err(refused)?);
            let own = own.map_err(refused)?;
            if geometries.contains_key(&(own.width, own.height)) {
                continue;
            }
            let mut index = vec![RowIndex::new(); own.height];
            for (photo, shown) in requests.iter().enumerate() {
                let refused = |refusal| OracleError::Photo { photo, refusal };
                let truth = undisturbed(codec, asked, shown).map_err(refused)?;
                let luma = codec::luma(&truth).map_err(refused)?;
                for (row, pixels) in luma.pixels.chunks_exact(luma.width).enumerate() {
                    index[row].entry(hash(pixels)).or_default().push(photo);
                }
            }
            geometries.insert((own.width, own.height), index);
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
        let rows = luma.pixels.chunks_exact(width).zip(index);
        Ok(Rows(rows.map(|(row, index)| photos_with(index, row)).collect()))
    }
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
pub fn alone(codec: &ImageCodec, asked: &Request) -> Result<Bytes, Refusal> {
    undisturbed(codec, asked, asked)
}

/// The thumbnail that `asked` begins, with every band made from the photo of `shown`.
fn undisturbed(codec: &ImageCodec, asked: &Request, shown: &Request) -> Result<Bytes, Refusal> {
    let mut thumbnail = codec.fill(codec.decode(asked)?, &mut Default::default());
    let mut frame = Default::default();
    codec.fill(codec.decode(shown)?, &mut frame);
    while codec.band(&frame, &mut thumbnail) {}
    codec.encode(thumbnail)
}
