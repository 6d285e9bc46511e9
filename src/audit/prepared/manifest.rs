//! Writes photos and their manifest into a folder, and reads the manifest again.
//!
//! The manifest fixes the photos by their parameters and a seed, so that the judge can make them
//! again and compare each id. All that a service may store under, such as a photo's name, carries a
//! random run number.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::error::PreparedError;
use crate::audit::self_test;
use crate::audit::spec::{PhotoFormat, PhotosSpec, Sizes, Target};
use crate::audit::test_photos::TestPhotos;
use crate::codec::Fit;
use crate::output::json;

/// Name of the manifest in its folder.
pub const MANIFEST: &str = "manifest.json";

/// Name of the folder of the photos.
const PHOTOS: &str = "photos";

/// Identifies the format of the manifest.
const SCHEMA: &str = "double-exposure/prepared/1";

/// Upper bound of the bytes of a manifest.
const MAX_MANIFEST_BYTES: u64 = 16 << 20;

/// Selects the photos to prepare, and the thumbnails that the load tool should request.
#[derive(Clone, Debug)]
pub struct PrepareOptions {
    /// Name of the service in reports.
    pub name: String,
    /// Photos, and the people who own them.
    pub photos: PhotosSpec,
    /// Sizes of the thumbnails.
    pub sizes: Sizes,
    /// Fit of the thumbnails, or `None` if any fit is accepted.
    pub fit: Option<Fit>,
    /// Seed of the photos' ids.
    pub seed: u64,
}

/// Lists prepared photos for the load tool and for the judge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Format of the manifest.
    pub schema: String,
    /// Version of the program that prepared the photos.
    pub made_by: String,
    /// Random number of this run. Names and paths carry it.
    pub run: String,
    /// Name of the service in reports.
    pub name: String,
    /// Seed of the photos' ids.
    pub seed: u64,
    /// Width of the photos in pixels.
    pub width: u32,
    /// Height of the photos in pixels.
    pub height: u32,
    /// Format of the photos, which is `jpeg` or `png`.
    pub format: String,
    /// Sizes of the thumbnails to request, in pixels.
    pub sizes: Vec<u32>,
    /// Fit of the thumbnails, which is `cover`, `contain` or `any`.
    pub fit: String,
    /// People, with numbers from 1.
    pub people: Vec<ManifestPerson>,
    /// Photos of all people.
    pub photos: Vec<ManifestPhoto>,
}

/// Describes a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestPerson {
    /// Number of the person, from 1.
    pub number: usize,
    /// Name of the person, which no other run has.
    pub name: String,
    /// Numbers of the people who may see the person's album, without the person.
    pub members: Vec<usize>,
}

/// Describes a photo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestPhoto {
    /// Name of the photo, by which records name it. No other run has it.
    pub name: String,
    /// UUID of the photo, for services that want the client to choose one.
    pub uuid: Uuid,
    /// Number of the owner, from 1.
    pub owner: usize,
    /// Number among the owner's photos, from 1.
    pub number: usize,
    /// True if the photo's file ends early. A service may refuse it.
    pub truncated: bool,
    /// Versions in the order in which they are uploaded. Each replaces the one before.
    pub versions: Vec<PhotoVersion>,
}

/// Describes a version of a photo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhotoVersion {
    /// Number of the version, from 1.
    pub version: u32,
    /// Id in the watermark, in hexadecimal digits.
    pub id: String,
    /// Path of the file in the manifest's folder.
    pub file: String,
    /// Length of the file in bytes.
    pub bytes: usize,
}

/// Writes photos and their manifest into a new or empty folder. Returns the manifest.
///
/// # Errors
/// Returns [`PreparedError`] if the folder is not empty or cannot be written, if the options are
/// out of bounds, or if thumbnails of these sizes cannot be read.
pub fn prepare(folder: &Path, options: &PrepareOptions) -> Result<Manifest, PreparedError> {
    fs::create_dir_all(folder).map_err(PreparedError::io(folder))?;
    let mut entries = fs::read_dir(folder).map_err(PreparedError::io(folder))?;
    if entries.next().is_some() {
        return Err(PreparedError::NotEmpty { path: folder.into() });
    }
    let target = Arc::new(options.target()?);
    let photos = Arc::new(TestPhotos::generate(target.photos, options.seed)?);
    self_test::run(&target, &photos)?;
    let manifest = Manifest::new(&target, &photos, options.seed);
    let photos_folder = folder.join(PHOTOS);
    fs::create_dir(&photos_folder).map_err(PreparedError::io(&photos_folder))?;
    for (index, photo) in manifest.photos.iter().enumerate() {
        let earlier = photos.earlier.get(index).map(|(_, file)| file);
        let files = earlier.into_iter().chain([&photos.all[index].file]);
        for (version, file) in photo.versions.iter().zip(files) {
            let path = folder.join(&version.file);
            fs::write(&path, file).map_err(PreparedError::io(&path))?;
        }
    }
    // The manifest comes last, so that a folder with a manifest is complete.
    let path = folder.join(MANIFEST);
    fs::write(&path, json::pretty(&manifest)).map_err(PreparedError::io(&path))?;
    Ok(manifest)
}

impl PrepareOptions {
    /// Returns the target whose photos and thumbnails these are. Its requests are never sent.
    fn target(&self) -> Result<Target, PreparedError> {
        let photos = &self.photos;
        let text = format!(
            "name = {}\nmode = \"push\"\nbase = \"http://recorded.invalid\"\n\
             [photos]\npeople = {}\nper_person = {}\nmembers = {}\nwidth = {}\nheight = {}\n\
             format = \"{}\"\ntruncated = {}\nreplaced = {}\n\
             [upload]\npath = \"/{{uuid}}\"\n\
             [thumbnail]\npath = \"/{{uuid}}/{{size}}\"\nfit = \"{}\"\n",
            serde_json::Value::from(self.name.as_str()),
            photos.people,
            photos.per_person,
            photos.members,
            photos.width,
            photos.height,
            format_name(photos.format),
            photos.truncated,
            photos.replaced,
            fit_name(self.fit),
        );
        let mut target = Target::parse(&text, None, &|_| None)?;
        target.thumbnail.sizes = self.sizes.clone();
        Ok(target)
    }
}

impl Manifest {
    /// Lists the photos of a target.
    fn new(target: &Target, photos: &TestPhotos, seed: u64) -> Self {
        let run = &photos.run;
        let person_name = |person: usize| format!("{run}-p{:02}", person + 1);
        let people = (0..photos.spec.people).map(|person| ManifestPerson {
            number: person + 1,
            name: person_name(person),
            members: photos.members(person).map(|member| member + 1).collect(),
        });
        let extension = match photos.spec.format {
            PhotoFormat::Jpeg => "jpg",
            PhotoFormat::Png => "png",
        };
        let listed = photos.all.iter().enumerate().map(|(index, photo)| {
            let name = format!("{}-{}", person_name(photo.owner), photo.number + 1);
            let earlier = photos.earlier.get(index).filter(|_| !photo.truncated);
            let earlier = earlier.map(|(id, file)| (id, file, "-earlier"));
            let versions = earlier.into_iter().chain([(&photo.id, &photo.file, "")]);
            let versions = (1..).zip(versions).map(|(version, (id, file, suffix))| PhotoVersion {
                version,
                id: id.to_string(),
                file: format!("{PHOTOS}/{name}{suffix}.{extension}"),
                bytes: file.len(),
            });
            let versions = versions.collect();
            ManifestPhoto {
                uuid: photo.uuid,
                owner: photo.owner + 1,
                number: photo.number + 1,
                truncated: photo.truncated,
                versions,
                name,
            }
        });
        Self {
            schema: SCHEMA.to_owned(),
            made_by: env!("CARGO_PKG_VERSION").to_owned(),
            run: run.clone(),
            name: target.name.clone(),
            seed,
            width: photos.spec.width,
            height: photos.spec.height,
            format: format_name(photos.spec.format).to_owned(),
            sizes: target.thumbnail.sizes.get().to_vec(),
            fit: fit_name(target.thumbnail.fit).to_owned(),
            people: people.collect(),
            photos: listed.collect(),
        }
    }

    /// Reads the manifest of a folder.
    ///
    /// # Errors
    /// Returns [`PreparedError`] if the file cannot be read, or is no manifest.
    pub fn read(folder: &Path) -> Result<Self, PreparedError> {
        let path = folder.join(MANIFEST);
        let invalid = |reason: String| PreparedError::Manifest { path: path.clone(), reason };
        let found = fs::metadata(&path).map_err(PreparedError::io(&path))?;
        if !found.is_file() || found.len() > MAX_MANIFEST_BYTES {
            return Err(invalid(format!(
                "a manifest is a file of at most {MAX_MANIFEST_BYTES} bytes: name the folder that \
                 audit prepare wrote"
            )));
        }
        let text = fs::read(&path).map_err(PreparedError::io(&path))?;
        let manifest: Self = serde_json::from_slice(&text).map_err(|e| invalid(e.to_string()))?;
        if manifest.schema != SCHEMA {
            let found = &manifest.schema;
            return Err(invalid(format!("the schema is {found:?}, and {SCHEMA:?} is read")));
        }
        Ok(manifest)
    }

    /// Makes the target and the photos of a manifest again.
    ///
    /// # Errors
    /// Returns [`PreparedError`] if the manifest differs from the one that belongs to its seed.
    pub(crate) fn restore(&self, folder: &Path) -> Result<(Target, TestPhotos), PreparedError> {
        let invalid =
            |reason: String| PreparedError::Manifest { path: folder.join(MANIFEST), reason };
        let whole = self.photos.iter().filter(|photo| !photo.truncated).count();
        let sizes: Vec<String> = self.sizes.iter().map(u32::to_string).collect();
        let options = PrepareOptions {
            name: self.name.clone(),
            photos: PhotosSpec {
                people: self.people.len(),
                per_person: whole / self.people.len().max(1),
                members: self.people.first().map_or(0, |person| person.members.len()),
                width: self.width,
                height: self.height,
                format: match self.format.as_str() {
                    "png" => PhotoFormat::Png,
                    _ => PhotoFormat::Jpeg,
                },
                truncated: self.photos.len() > whole,
                replaced: self.photos.iter().any(|photo| photo.versions.len() > 1),
            },
            sizes: sizes.join(",").parse().map_err(|_| invalid("sizes are invalid".to_owned()))?,
            fit: fit_of(&self.fit).ok_or_else(|| {
                invalid(format!("fit is {:?}, not cover, contain or any", self.fit))
            })?,
            seed: self.seed,
        };
        let target = options.target()?;
        let mut photos = TestPhotos::generate(target.photos, self.seed)?;
        photos.run.clone_from(&self.run);
        for (photo, listed) in photos.all.iter_mut().zip(&self.photos) {
            photo.uuid = listed.uuid;
        }
        let expected = Self::new(&target, &photos, self.seed);
        if expected.made_by != self.made_by {
            let (own, other) = (&expected.made_by, &self.made_by);
            return Err(invalid(format!(
                "version {other} prepared these photos, and this is {own}: judge them with {other}"
            )));
        }
        if expected != *self {
            let reason = "the manifest was changed, or another build prepared it: restore it, or \
                          prepare again";
            return Err(invalid(reason.to_owned()));
        }
        Ok((target, photos))
    }
}

fn format_name(format: PhotoFormat) -> &'static str {
    format.media_type().trim_start_matches("image/")
}

pub(super) fn fit_name(fit: Option<Fit>) -> &'static str {
    match fit {
        Some(Fit::Cover) => "cover",
        Some(Fit::Contain) => "contain",
        None => "any",
    }
}

/// Returns the fit of a word, or `None` if the word names no fit.
pub(super) fn fit_of(word: &str) -> Option<Option<Fit>> {
    match word {
        "cover" => Some(Some(Fit::Cover)),
        "contain" => Some(Some(Fit::Contain)),
        "any" => Some(None),
        _ => None,
    }
}
