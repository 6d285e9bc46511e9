//! Implements a codec whose photos differ in height: a frame holds the owner of each row, and a
//! band with rows of two owners has no owner. So old contents show at any position of the frame,
//! whichever of two photos is taller. A call for a band after the last one panics.

use crate::pipeline::{Codec, Frame};

/// Makes thumbnails of `bands` bands.
#[derive(Debug)]
pub(crate) struct Shapes {
    pub(crate) bands: u32,
}

/// Describes a photo of `rows` rows, which can be decoded if it is whole.
#[derive(Clone, Debug)]
pub(crate) struct Photo {
    pub(crate) owner: usize,
    pub(crate) rows: usize,
    pub(crate) whole: bool,
}

impl Photo {
    /// Creates photos from pairs of row count and wholeness. A photo's owner is its index.
    pub(crate) fn numbered(photos: impl IntoIterator<Item = (usize, bool)>) -> Vec<Self> {
        let photos = photos.into_iter().enumerate();
        photos.map(|(owner, (rows, whole))| Self { owner, rows, whole }).collect()
    }
}

/// Holds the owner of each row.
#[derive(Default)]
pub(crate) struct Rows(Vec<u8>);

/// Holds the owners of the bands made so far.
pub(crate) struct Thumbnail(Vec<usize>);

/// Owner of a band that shows no owner or several owners.
const NO_SINGLE_OWNER: usize = usize::MAX;

impl Codec for Shapes {
    type Request = Photo;
    type Photo = Photo;
    type Frame = Rows;
    type Thumbnail = Thumbnail;
    type Output = Vec<usize>;
    type Error = usize;

    fn decode(&self, photo: &Photo) -> Result<Photo, usize> {
        if photo.whole { Ok(photo.clone()) } else { Err(photo.owner) }
    }

    fn fill(&self, photo: Photo, frame: &mut Rows) -> Thumbnail {
        let owner = u8::try_from(photo.owner).expect("an owner per letter");
        frame.0.extend(std::iter::repeat_n(owner, photo.rows));
        Thumbnail(Vec::new())
    }

    fn band(&self, frame: &Rows, thumbnail: &mut Thumbnail) -> bool {
        let (band, bands) = (thumbnail.0.len(), self.bands as usize);
        assert!(band < bands, "asked for a band after the last");
        // A short photo is stretched, so that more than one band shows a row.
        let (from, to) = (band * frame.0.len() / bands, (band + 1) * frame.0.len() / bands);
        let rows = frame.0.get(from..to.max(from + 1)).unwrap_or_default();
        let owner = rows.first().filter(|first| rows.iter().all(|row| row == *first));
        thumbnail.0.push(owner.map_or(NO_SINGLE_OWNER, |&owner| owner.into()));
        band + 1 < bands
    }

    fn encode(&self, thumbnail: Thumbnail) -> Result<Vec<usize>, usize> {
        Ok(thumbnail.0)
    }
}

impl Frame for Rows {
    fn clear(&mut self) {
        self.0.clear();
    }

    fn capacity(&self) -> usize {
        self.0.capacity()
    }
}
