//! The photos of an audit: each painted with an id of its own, each somebody's.
//!
//! People and photos are made anew for every audit, so that nothing that an earlier one left in a
//! service can be taken for this one's.

use bytes::Bytes;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use uuid::Uuid;

use super::spec::{PhotoFormat, PhotosSpec};
use crate::audit::watermark::{Codebook, MarkId, Raster, WatermarkError, embed};

/// Quality of the photos that are sent, of 100: what makes marks hard to read should be the
/// service's doing.
const QUALITY: u8 = 92;

/// Photos that are sent cut short, each of another person.
const TRUNCATED: usize = 4;

/// One photo.
#[derive(Clone, Debug)]
pub struct TestPhoto {
    /// Whose it is, from 0.
    pub owner: usize,
    /// Which of its owner's it is, from 0.
    pub number: usize,
    /// What is painted into it.
    pub id: MarkId,
    /// Its file, as it is sent.
    pub file: Bytes,
    /// Whether the file ends early.
    pub truncated: bool,
    /// A name of its own, for services that want the client to choose one.
    pub uuid: Uuid,
}

/// All photos of an audit.
#[derive(Clone, Debug)]
pub struct TestPhotos {
    /// What the photos are.
    pub photos: PhotosSpec,
    /// The photos, an owner's in a row; those cut short come last.
    pub all: Vec<TestPhoto>,
    /// Of each photo that is replaced, its earlier version's file, in the order of the photos.
    pub earlier: Vec<(MarkId, Bytes)>,
    /// The ids that are in them, and no others.
    pub issued: Codebook,
    /// A word that no other audit has.
    pub run: String,
}

impl TestPhotos {
    /// Paints the photos. The seed fixes their ids.
    ///
    /// # Errors
    /// [`MarkError`], if there are more than can be told apart or their sides are too short.
    ///
    /// # Panics
    /// Never for photos within [`Photos`]' bounds.
    pub fn paint(photos: PhotosSpec, seed: u64) -> Result<Self, WatermarkError> {
        let whole = photos.people * photos.each;
        let cut = if photos.truncated { TRUNCATED.min(photos.people) } else { 0 };
        let replaced = if photos.replaced { whole } else { 0 };
        let issued = Codebook::new(whole + cut + replaced, seed)?;
        let (now, before) = issued.ids().split_at(whole + cut);
        let mut all = Vec::new();
        for (place, &id) in now.iter().enumerate() {
            let truncated = place >= whole;
            let (owner, number) = if truncated {
                (place - whole, photos.each)
            } else {
                (place / photos.each, place % photos.each)
            };
            let picture = embed(id, photos.width, photos.height, None)?;
            let mut file = file(&picture, photos.format);
            if truncated {
                file.truncate(file.len() / 2);
            }
            let uuid = Uuid::new_v4();
            all.push(TestPhoto { owner, number, id, file: file.into(), truncated, uuid });
        }
        let earlier = before.iter().map(|&id| {
            let picture = embed(id, photos.width, photos.height, None)?;
            Ok((id, Bytes::from(file(&picture, photos.format))))
        });
        let earlier = earlier.collect::<Result<_, WatermarkError>>()?;
        let run = Uuid::new_v4().simple().to_string()[..12].to_owned();
        Ok(Self { photos, all, earlier, issued, run })
    }

    /// Photos that are whole.
    pub fn whole(&self) -> usize {
        self.photos.people * self.photos.each
    }

    /// The photo that an id is painted into, and whether into an earlier version of it.
    pub fn of(&self, id: MarkId) -> Option<(usize, bool)> {
        let now = self.all.iter().position(|subject| subject.id == id);
        let before = || self.earlier.iter().position(|(earlier, _)| *earlier == id);
        now.map(|photo| (photo, false)).or_else(|| before().map(|photo| (photo, true)))
    }

    /// A photo in words, such as `person 3, photo 1`.
    pub fn name(&self, photo: usize) -> String {
        let TestPhoto { owner, number, .. } = self.all[photo];
        format!("person {}, photo {}", owner + 1, number + 1)
    }

    /// The members of a person's album: those who come after him.
    pub(crate) fn members(&self, owner: usize) -> impl Iterator<Item = usize> + use<> {
        let people = self.photos.people;
        (1..=self.photos.members).map(move |place| (owner + place) % people)
    }

    /// Somebody who is in no album of a person's.
    pub(crate) fn stranger_to(&self, owner: usize) -> usize {
        (owner + self.photos.people - 1) % self.photos.people
    }
}

/// A picture's file.
pub(super) fn file(picture: &Raster, format: PhotoFormat) -> Vec<u8> {
    let Raster { width, height, rgb } = picture;
    let mut file = Vec::new();
    match format {
        PhotoFormat::Jpeg => {
            let mut encoder = Encoder::new(&mut file, QUALITY);
            encoder.set_sampling_factor(SamplingFactor::F_1_1);
            let (width, height) = (*width as u16, *height as u16);
            encoder.encode(rgb, width, height, ColorType::Rgb).expect("memory takes every photo");
        }
        PhotoFormat::Png => {
            PngEncoder::new_with_quality(&mut file, CompressionType::Fast, FilterType::Up)
                .write_image(rgb, *width, *height, ExtendedColorType::Rgb8)
                .expect("memory takes every photo");
        }
    }
    file
}
