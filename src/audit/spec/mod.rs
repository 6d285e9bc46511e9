//! A target: the service to be audited, as a file describes it.
//!
//! Only what a file can say is here. Everything in it has been held against bounds, and every name
//! in its templates is known to be there when it is needed, so that an audit does not find out half
//! way that its description has a hole.

mod error;
mod from_url;
mod schema;
mod sizes;
mod template;
mod validate;
mod variables;
pub(crate) mod escape {
    //! How values are written into texts of each kind.

    pub(crate) use super::template::{as_it_is, fully_escaped, in_json, in_path};
}

use std::path::Path;

use hyper::Method;
use hyper::header::HeaderName;

pub use self::error::{SpecError, TargetError};
pub use self::from_url::SingleUrl;
pub use self::sizes::{Sizes, SizesError};
pub use self::template::Template;
use super::client::Url;

/// The most bytes of a target's file.
pub const MOST_FILE_BYTES: u64 = 1 << 20;

/// The most people whose photos are sent.
pub const MOST_PEOPLE: usize = 64;

/// The most photos of one person.
pub const MOST_PHOTOS_EACH: usize = 16;

/// How a service comes by its photos.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// They are uploaded, and thumbnails are asked for later.
    Push,
    /// It fetches them, from a server on loopback that the audit runs.
    Pull,
    /// A photo goes in and its thumbnail comes out, in one exchange.
    Post,
}

/// What a thumbnail shows of its photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownFit {
    /// The centre square, `{size}` by `{size}` px.
    Cover,
    /// All of it, its longest side `{size}` px.
    Contain,
    /// Whatever the service likes: its dimensions are not looked at.
    Any,
}

/// Which of the things that an audit makes a request is sent for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Per {
    /// Each person.
    Person,
    /// Each person's album.
    Album,
    /// Each other person in each album.
    Member,
    /// Each photo.
    Photo,
}

/// A service, and how it is asked for thumbnails.
#[derive(Clone, Debug)]
pub struct Target {
    /// What reports call it.
    pub name: String,
    /// How it comes by photos.
    pub mode: Mode,
    /// Where it is; paths follow.
    pub base: Url,
    /// The photos that it is sent.
    pub photos: PhotosSpec,
    /// What is sent before photos are, in this order.
    pub setup: Vec<SetupRequest>,
    /// How a photo is uploaded, in push mode.
    pub upload: Option<SetupRequest>,
    /// How a thumbnail is asked for.
    pub thumbnail: ThumbnailEndpoint,
}

/// The photos of an audit.
#[derive(Clone, Copy, Debug)]
pub struct PhotosSpec {
    /// How many people have photos.
    pub people: usize,
    /// How many photos each of them has.
    pub each: usize,
    /// How many others are in each person's album.
    pub members: usize,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The files' format.
    pub format: PhotoFormat,
    /// Whether photos cut short are sent, too.
    pub truncated: bool,
    /// Whether each photo is uploaded, seen, and then replaced by the one that is asked for.
    pub replaced: bool,
}

/// What a photo's file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhotoFormat {
    /// Baseline JPEG of quality 92, without subsampling.
    Jpeg,
    /// PNG, 8 bits, RGB.
    Png,
}

impl PhotoFormat {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }
}

/// A request, and what is kept of its answer.
#[derive(Clone, Debug)]
pub struct SetupRequest {
    /// What it is sent for.
    pub per: Per,
    /// What is sent.
    pub request: RequestTemplate,
    /// Names, and where in the answer their values are.
    pub capture: Vec<(String, Capture)>,
}

/// Where a value is in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Capture {
    /// At a JSON pointer (RFC 6901) in the body.
    Pointer(String),
    /// In a header.
    Header(HeaderName),
}

/// A request as templates.
#[derive(Clone, Debug)]
pub struct RequestTemplate {
    /// Its method.
    pub method: Method,
    /// Its path and query, after the base; or a whole URL.
    pub path: Template,
    /// Its headers.
    pub headers: Vec<(HeaderName, Template)>,
    /// Its body.
    pub body: BodySpec,
}

/// A request's body.
#[derive(Clone, Debug)]
pub enum BodySpec {
    /// None.
    Empty,
    /// The photo's bytes.
    Photo,
    /// A text; names in it are escaped as JSON does it where `json` is set.
    Text {
        /// The text.
        text: Template,
        /// Whether it is JSON.
        json: bool,
    },
    /// `multipart/form-data`, with the photo as a file.
    Form {
        /// The photo's field.
        file: String,
        /// The photo's file name.
        filename: Template,
        /// Other fields.
        fields: Vec<(String, Template)>,
    },
}

/// How thumbnails are asked for, and what they should be.
#[derive(Clone, Debug)]
pub struct ThumbnailEndpoint {
    /// What is sent.
    pub request: RequestTemplate,
    /// What they show.
    pub fit: ShownFit,
    /// The sizes asked for in turn, in pixels.
    pub sizes: Sizes,
    /// The media type that they should have, if it is known.
    pub media_type: Option<String>,
    /// Whether no cache may give them to others.
    pub private: bool,
    /// The statuses by which a full house refuses.
    pub shed: Vec<u16>,
    /// The key that signs paths as thumbor does: HMAC-SHA1 of what follows `{signature}/`.
    pub sign_with: Option<Template>,
}

impl Target {
    /// Reads a file. `base` takes the place of the file's own.
    ///
    /// # Errors
    /// [`TargetError`]: the system's, or the first mistake with its line and field.
    pub fn read(path: &Path, base: Option<&Url>) -> Result<Self, TargetError> {
        let io = |source| TargetError::Io { path: path.into(), source };
        let length = std::fs::metadata(path).map_err(io)?.len();
        if length > MOST_FILE_BYTES {
            return Err(TargetError::Long { path: path.into(), found_bytes: length });
        }
        let text = std::fs::read_to_string(path).map_err(io)?;
        let environment = |name: &str| std::env::var(name).ok();
        Self::parse(&text, base, &environment)
            .map_err(|mistake| TargetError::Mistake { path: path.into(), mistake })
    }

    /// Reads a target's text; `environment` gives the values of `{env.NAME}`.
    ///
    /// # Errors
    /// The first [`Mistake`], with its line and field.
    pub fn parse(
        text: &str,
        base: Option<&Url>,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, SpecError> {
        let file: schema::File =
            toml::from_str(text).map_err(|error| SpecError::of_toml(text, &error))?;
        validate::target(file, base, environment).map_err(|wrong| SpecError::at(text, wrong))
    }
}
