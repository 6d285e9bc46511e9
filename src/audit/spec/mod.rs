//! Describes a target, the service to audit, as a TOML file or a URL declares it.
//!
//! A [`Target`] is validated: its numbers are within bounds, and each variable of its templates has
//! a value when the request is built. So an audit cannot fail half way because of its description.

mod error;
mod schema;
mod sizes;
mod template;
mod validate;

use std::path::Path;

use hyper::Method;
use hyper::header::HeaderName;

use self::error::InvalidField;
pub use self::error::SpecError;
pub use self::sizes::{Sizes, SizesError};
pub use self::template::Template;
pub(crate) use self::template::{in_json, in_path, percent_encoded, verbatim};
use super::client::{Url, UrlError};
use crate::codec::Fit;

/// Upper bound of the bytes of a target's file.
pub const MAX_FILE_BYTES: u64 = 1 << 20;

/// Upper bound of the people whose photos are sent.
pub const MAX_PEOPLE: usize = 64;

/// Upper bound of the photos of one person.
pub const MAX_PHOTOS_PER_PERSON: usize = 16;

/// Names the way in which a service gets its photos.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The audit uploads photos, and requests thumbnails later.
    Push,
    /// The service fetches photos from a server on loopback that the audit runs.
    Pull,
    /// The audit sends a photo and gets its thumbnail in one exchange.
    Post,
}

/// Names the things for each of which a request is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Per {
    /// Each person.
    Person,
    /// Each person's album.
    Album,
    /// Each member of each album except the owner.
    Member,
    /// Each photo.
    Photo,
}

/// Describes a service, and the requests for its thumbnails.
#[derive(Clone, Debug)]
pub struct Target {
    /// Name of the service in reports.
    pub name: String,
    /// Way in which the service gets its photos.
    pub mode: Mode,
    /// URL to which the paths of requests are appended.
    pub base: Url,
    /// Parameters of the photos.
    pub photos: PhotosSpec,
    /// Requests before the uploads, in this order.
    pub setup: Vec<SetupRequest>,
    /// Request that uploads a photo, in push mode.
    pub upload: Option<SetupRequest>,
    /// Request for a thumbnail.
    pub thumbnail: ThumbnailEndpoint,
}

/// Describes the photos of an audit.
#[derive(Clone, Copy, Debug)]
pub struct PhotosSpec {
    /// Number of people, at most [`MAX_PEOPLE`].
    pub people: usize,
    /// Number of photos of each person, at most [`MAX_PHOTOS_PER_PERSON`].
    pub per_person: usize,
    /// Number of members of each person's album, without its owner.
    pub members: usize,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Format of the files.
    pub format: PhotoFormat,
    /// True if truncated photos are sent too.
    pub truncated: bool,
    /// True if each photo replaces an earlier version that was uploaded and requested.
    pub replaced: bool,
}

/// Names the format of a photo's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhotoFormat {
    /// Baseline JPEG of quality 92, without subsampling.
    Jpeg,
    /// PNG in RGB with 8 bits per sample.
    Png,
}

impl PhotoFormat {
    /// Returns the media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }
}

/// Describes a request, and the values to capture from its response.
#[derive(Clone, Debug)]
pub struct SetupRequest {
    /// Things for each of which the request is sent.
    pub per: Per,
    /// Template of the request.
    pub request: RequestTemplate,
    /// Names, and the sources of their values in the response.
    pub capture: Vec<(String, Capture)>,
}

/// Names the source of a value in a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Capture {
    /// JSON pointer (RFC 6901) into the body.
    Pointer(String),
    /// Name of a header.
    Header(HeaderName),
}

/// Holds the templates of a request.
#[derive(Clone, Debug)]
pub struct RequestTemplate {
    /// Method of the request.
    pub method: Method,
    /// Path and query after the base, or a whole URL.
    pub path: Template,
    /// Headers of the request.
    pub headers: Vec<(HeaderName, Template)>,
    /// Body of the request.
    pub body: BodySpec,
}

/// Describes the body of a request.
#[derive(Clone, Debug)]
pub enum BodySpec {
    /// Empty body.
    Empty,
    /// Bytes of the photo.
    Photo,
    /// Text with variables.
    Text {
        /// Template of the text.
        text: Template,
        /// True if the text is JSON, so that values are escaped for JSON strings.
        is_json: bool,
    },
    /// Form (`multipart/form-data`) with the photo as a file.
    Form {
        /// Name of the field that holds the photo.
        file_field: String,
        /// File name of the photo.
        filename: Template,
        /// Names and values of the other fields.
        fields: Vec<(String, Template)>,
    },
}

/// Describes the request for a thumbnail and its expected response.
#[derive(Clone, Debug)]
pub struct ThumbnailEndpoint {
    /// Template of the request.
    pub request: RequestTemplate,
    /// Fit of the thumbnail, or `None` if any fit and any dimensions are accepted.
    pub fit: Option<Fit>,
    /// Sizes to request in turn, in pixels.
    pub sizes: Sizes,
    /// Expected media type, if it is known.
    pub media_type: Option<String>,
    /// True if a shared cache must not store thumbnails.
    pub private: bool,
    /// Statuses by which the service sheds requests.
    pub shed: Vec<u16>,
    /// Key that signs paths as thumbor does, with HMAC-SHA1 of the text after `{signature}/`.
    pub sign_key: Option<Template>,
}

impl Target {
    /// Reads a target from a file. `base` replaces the base of the file.
    ///
    /// # Errors
    /// Returns [`SpecError`] if the file cannot be read, is too large, or has an invalid field.
    pub fn read(path: &Path, base: Option<&Url>) -> Result<Self, SpecError> {
        let io = |source| SpecError::Io { path: path.into(), source };
        let found_bytes = std::fs::metadata(path).map_err(io)?.len();
        if found_bytes > MAX_FILE_BYTES {
            return Err(SpecError::TooLarge { path: path.into(), found_bytes });
        }
        let text = std::fs::read_to_string(path).map_err(io)?;
        let mut target = Self::parse(&text, base, &environment);
        if let Err(SpecError::Invalid { path: file, .. }) = &mut target {
            *file = Some(path.into());
        }
        target
    }

    /// Makes a target from the URL of a thumbnail, in pull or post mode. The URL contains `{size}`
    /// and, in pull mode, `{source}`.
    ///
    /// # Errors
    /// Returns [`SpecError::Url`] if the text is no URL, or if its variables are not those of its
    /// mode.
    pub fn from_url(mode: Mode, url: &str) -> Result<Self, SpecError> {
        let authority = url.find("://").map_or(0, |index| index + 3);
        let (base, path) = match url[authority..].find('/') {
            Some(slash) => url.split_at(authority + slash),
            None => (url, "/"),
        };
        let invalid = |error: UrlError| SpecError::Url { reason: error.to_string() };
        base.parse::<Url>().map_err(invalid)?;
        let mode = if mode == Mode::Pull { "pull" } else { "post" };
        let [base, path] = [base, path].map(|text| serde_json::Value::from(text).to_string());
        let text = format!(
            "name = {base}\nmode = \"{mode}\"\nbase = {base}\n[thumbnail]\npath = {path}\n"
        );
        Self::parse(&text, None, &environment).map_err(|error| match error {
            SpecError::Invalid { reason, .. } => SpecError::Url { reason },
            other => other,
        })
    }

    /// Parses the text of a target's file. `environment` returns the values of `{env.NAME}`.
    ///
    /// # Errors
    /// Returns [`SpecError::Invalid`] for the first invalid field.
    pub fn parse(
        text: &str,
        base: Option<&Url>,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, SpecError> {
        toml::from_str(text)
            .map_err(|error| InvalidField::of_toml(text, &error))
            .and_then(|file| validate::target(file, base, environment))
            .map_err(|invalid| invalid.locate(text))
    }
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
