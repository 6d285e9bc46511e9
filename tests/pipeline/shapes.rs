//! A codec whose photos differ in height: a frame's rows say whose they are, and a band is
//! nobody's if it finds two owners in its share of the frame. So old contents show, wherever in the
//! frame they lie, and whichever of two photos is the taller; and a band too many panics.

use crate::pipeline::{Codec, Frame};

/// Makes thumbnails of so many bands.
#[derive(Debug)]
pub(crate) struct Shapes {
    pub(crate) bands: u32,
}

/// A photo of so many rows; refused unless whole.
#[derive(Clone, Debug)]
pub(crate) struct Photo {
    pub(crate) owner: usize,
    pub(crate) rows: usize,
    pub(crate) whole: bool,
}

impl Photo {
    /// Photos of so many rows, whole or not, each of the owner with its place in the list.
    pub(crate) fn numbered(photos: impl IntoIterator<Item = (usize, bool)>) -> Vec<Self> {
        let photos = photos.into_iter().enumerate();
        photos.map(|(owner, (rows, whole))| Self { owner, rows, whole }).collect()
    }
}

/// The owner of each row.
#[derive(Default)]
pub(crate) struct Rows(Vec<u8>);

/// The owners of the bands made so far.
pub(crate) struct Thumbnail(Vec<usize>);

/// Stands for the owner of a band that shows nobody, or more than one.
pub(crate) const NOT_ONE: usize = usize::MAX;

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
        assert!(band < bands, "asked for a band past the last");
        // A short photo is stretched: its rows stand in more than one band.
        let (from, to) = (band * frame.0.len() / bands, (band + 1) * frame.0.len() / bands);
        let rows = frame.0.get(from..to.max(from + 1)).unwrap_or_default();
        let one = rows.first().filter(|first| rows.iter().all(|row| row == *first));
        thumbnail.0.push(one.map_or(NOT_ONE, |&owner| owner.into()));
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
