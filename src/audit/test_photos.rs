//! Generates the photos of an audit: each has an owner and a watermark of its own.
//!
//! People and photos are new in every audit, so that no photo of an earlier audit is taken for a
//! photo of this one.

use bytes::Bytes;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use jpeg_encoder::SamplingFactor;
use uuid::Uuid;

use super::photo_copy::copied;
use super::spec::{PhotoFormat, PhotosSpec};
use crate::audit::watermark::{
    Codebook, MarkId, Raster, WatermarkError, embed_in_colour, person_colour,
};

/// JPEG quality of the photos, of 100. It is high, so that only the service makes a watermark hard
/// to read.
const QUALITY: u8 = 92;

/// Upper bound of the truncated photos. Each is of another person.
const MAX_TRUNCATED: usize = 4;

/// Largest number of a copy that its UUID holds. Larger numbers begin again.
const MAX_UUID_COPY: u64 = (1 << 56) - 1;

/// Holds one photo.
#[derive(Clone, Debug)]
pub struct TestPhoto {
    /// Index of the owner, from 0.
    pub owner: usize,
    /// Index among the owner's photos, from 0.
    pub number: usize,
    /// Id in the watermark.
    pub id: MarkId,
    /// File, as it is sent.
    pub file: Bytes,
    /// True if the file ends early.
    pub truncated: bool,
    /// Unique name, for services that want the client to choose one.
    pub uuid: Uuid,
}

/// Holds all photos of an audit.
#[derive(Clone, Debug)]
pub struct TestPhotos {
    /// Parameters of the photos.
    pub spec: PhotosSpec,
    /// Photos, grouped by owner. The truncated photos come last.
    pub all: Vec<TestPhoto>,
    /// Id and file of the earlier version of each whole photo, if photos are replaced.
    pub earlier: Vec<(MarkId, Bytes)>,
    /// Ids of all watermarks, and no other ids.
    pub codebook: Codebook,
    /// Name of the audit, which no other audit has.
    pub run: String,
}

impl TestPhotos {
    /// Generates the photos. The seed fixes the ids.
    ///
    /// # Errors
    /// Returns [`WatermarkError`] if there are more photos than ids, or if a photo is too small for
    /// a watermark.
    pub fn generate(spec: PhotosSpec, seed: u64) -> Result<Self, WatermarkError> {
        let whole = spec.people * spec.per_person;
        let truncated = if spec.truncated { MAX_TRUNCATED.min(spec.people) } else { 0 };
        let replaced = if spec.replaced { whole } else { 0 };
        let codebook = Codebook::new(whole + truncated + replaced, seed)?;
        let (ids, earlier_ids) = codebook.ids().split_at(whole + truncated);
        let file = |id, owner| {
            let colour = person_colour(owner);
            let image = embed_in_colour(id, spec.width, spec.height, None, colour)?;
            Ok(encode(&image, spec.format))
        };
        let mut all = Vec::new();
        for (index, &id) in ids.iter().enumerate() {
            let truncated = index >= whole;
            let (owner, number) = if truncated {
                (index - whole, spec.per_person)
            } else {
                (index / spec.per_person, index % spec.per_person)
            };
            let mut file = file(id, owner)?;
            if truncated {
                file.truncate(file.len() / 2);
            }
            let uuid = Uuid::new_v4();
            all.push(TestPhoto { owner, number, id, file: file.into(), truncated, uuid });
        }
        let earlier = earlier_ids.iter().enumerate();
        let earlier =
            earlier.map(|(photo, &id)| Ok((id, file(id, photo / spec.per_person)?.into())));
        let earlier = earlier.collect::<Result<_, WatermarkError>>()?;
        let run = Uuid::new_v4().simple().to_string()[..12].to_owned();
        Ok(Self { spec, all, earlier, codebook, run })
    }

    /// Returns the number of whole photos.
    pub fn whole(&self) -> usize {
        self.spec.people * self.spec.per_person
    }

    /// Returns the index of the photo with an id, and true if the id is of its earlier version.
    pub fn with_id(&self, id: MarkId) -> Option<(usize, bool)> {
        let current = self.all.iter().position(|photo| photo.id == id);
        let earlier = || self.earlier.iter().position(|(earlier, _)| *earlier == id);
        current.map(|photo| (photo, false)).or_else(|| earlier().map(|photo| (photo, true)))
    }

    /// Describes a photo, such as `person 3, photo 1`.
    pub fn describe(&self, photo: usize) -> String {
        let TestPhoto { owner, number, .. } = self.all[photo];
        format!("person {}, photo {}", owner + 1, number + 1)
    }

    /// Returns the file of a copy of a photo. Copy 0 is the photo itself.
    pub fn file(&self, photo: usize, copy: u64) -> Bytes {
        copied(&self.all[photo].file, self.spec.format, copy)
    }

    /// Returns the UUID of a copy of a photo, which no other copy has.
    pub(crate) fn uuid(&self, photo: usize, copy: u64) -> Uuid {
        Uuid::from_u128(self.all[photo].uuid.as_u128() ^ u128::from(copy & MAX_UUID_COPY))
    }

    /// Returns the photo and the copy with a UUID.
    pub(crate) fn with_uuid(&self, uuid: Uuid) -> Option<(usize, u64)> {
        let difference = |photo: &TestPhoto| photo.uuid.as_u128() ^ uuid.as_u128();
        let is_copy = |photo: &TestPhoto| difference(photo) <= u128::from(MAX_UUID_COPY);
        let photo = self.all.iter().position(is_copy)?;
        Some((photo, difference(&self.all[photo]) as u64))
    }

    /// Returns the index of a copy of a photo among its owner's photos, from 0. The photos are
    /// copied in laps, and each lap gives all owners the same new numbers.
    pub(crate) fn number(&self, photo: usize, copy: u64) -> u64 {
        let lap = copy.div_ceil(self.all.len() as u64);
        // The last number of a lap is that of a truncated photo.
        lap * (self.spec.per_person as u64 + 1) + self.all[photo].number as u64
    }

    /// Returns the members of a person's album: the people with the next indexes.
    pub(crate) fn members(&self, owner: usize) -> impl Iterator<Item = usize> + use<> {
        let people = self.spec.people;
        (1..=self.spec.members).map(move |offset| (owner + offset) % people)
    }

    /// Returns a person who is no member of a person's album.
    pub(crate) fn stranger_to(&self, owner: usize) -> usize {
        (owner + self.spec.people - 1) % self.spec.people
    }
}

fn encode(image: &Raster, format: PhotoFormat) -> Vec<u8> {
    match format {
        PhotoFormat::Jpeg => image
            .to_jpeg(QUALITY, SamplingFactor::F_1_1)
            .expect("a photo has at most 4096 px a side"),
        PhotoFormat::Png => {
            let mut file = Vec::new();
            PngEncoder::new_with_quality(&mut file, CompressionType::Fast, FilterType::Up)
                .write_image(&image.rgb, image.width, image.height, ExtendedColorType::Rgb8)
                .expect("memory takes every photo");
            file
        }
    }
}
