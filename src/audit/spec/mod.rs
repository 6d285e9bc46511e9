//! Describes a target, the service to audit, as a TOML file or a URL declares it.
//!
//! A [`Target`] is validated: its numbers are within bounds, and each variable of its templates has
//! a value when the request is built. So an audit cannot fail half way because of its description.

mod accounts;
mod body;
mod collisions;
mod error;
mod escape;
mod expression;
mod schema;
mod scope;
mod sizes;
mod source;
mod template;
mod validate;

use std::path::Path;
use std::time::Duration;

use hyper::Method;
use hyper::header::HeaderName;
use serde::Serialize;

pub use self::accounts::Accounts;
use self::error::InvalidField;
pub use self::error::SpecError;
pub(crate) use self::escape::{Place, percent_encoded};
use self::expression::Values;
pub(crate) use self::scope::is_secret_name;
pub use self::sizes::{Sizes, SizesError};
pub use self::source::{SourceSpec, SourceVariation};
pub use self::template::Template;
use super::client::{TlsTrust, Url, UrlError};
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
    /// The service fetches photos from a server that the audit runs.
    Pull,
    /// The audit sends a photo and gets its thumbnail in one exchange.
    Post,
}

/// Names the work that the load asks of a service. Only push has uploads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LoadWork {
    /// Thumbnails of the photos that the service has before the load.
    Thumbnails,
    /// Uploads of copies of the photos, and then the thumbnails of these copies.
    Uploads,
    /// Uploads, thumbnails of the copies, and thumbnails of the other photos.
    Both,
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
    /// Certificates that the audit trusts, if the base is an `https://` URL.
    pub tls: TlsTrust,
    /// Accounts of the people, which are no accounts if the setup creates the people.
    pub accounts: Accounts,
    /// Parameters of the photos.
    pub photos: PhotosSpec,
    /// Origin server from which the service fetches photos, in pull mode.
    pub source: SourceSpec,
    /// Requests before the uploads, in this order.
    pub setup: Vec<SetupRequest>,
    /// Request that uploads a photo, in push mode.
    pub upload: Option<SetupRequest>,
    /// Requests after the uploads, in this order.
    pub after_upload: Vec<SetupRequest>,
    /// Request for a thumbnail.
    pub thumbnail: ThumbnailEndpoint,
    /// Work of the load, or `None` if the audit chooses it.
    pub load: Option<LoadWork>,
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

    /// Returns the extension of a file's name.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
        }
    }
}

/// Names the person whose cookies a request carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// Owner of the album or the photo.
    Owner,
    /// Member of the album, in a request per member.
    Member,
}

/// Describes a request, and the values to capture from its response.
#[derive(Clone, Debug)]
pub struct SetupRequest {
    /// Name of the request in messages, such as `setup[1]`.
    pub name: String,
    /// Things for each of which the request is sent.
    pub per: Per,
    /// Person whose cookies the request carries.
    pub sender: Sender,
    /// Template of the request.
    pub request: RequestTemplate,
    /// Condition until which the request is repeated, if it waits for the service.
    pub ready: Option<Ready>,
    /// Names, and the sources of their values in the response.
    pub capture: Vec<(String, Capture)>,
}

/// Describes the response for which a request is repeated.
#[derive(Clone, Debug)]
pub struct Ready {
    /// Statuses of the response.
    pub statuses: Vec<u16>,
    /// Regular expression that the body matches.
    pub pattern: Option<Template>,
    /// Time between two requests.
    pub interval: Duration,
    /// Upper bound of the time until the response.
    pub limit: Duration,
}

/// Describes the source of a value in a response.
#[derive(Clone, Debug)]
pub struct Capture {
    /// Part of the response that holds the value.
    pub from: CaptureFrom,
    /// Regular expression whose first group, or whole match, is the value.
    pub pattern: Option<Template>,
}

/// Names a part of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaptureFrom {
    /// JSON pointer (RFC 6901) into the body.
    Pointer(String),
    /// Name of a header.
    Header(HeaderName),
    /// Name of a cookie that the response sets.
    Cookie(String),
    /// Body as text.
    Body,
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
        /// Kind of the text.
        kind: TextKind,
    },
    /// Fields of the type `application/x-www-form-urlencoded`.
    Fields(Vec<(String, Template)>),
    /// Form (`multipart/form-data`) with fields and files.
    Multipart {
        /// Names and values of the fields.
        fields: Vec<(String, Template)>,
        /// Files after the fields.
        files: Vec<FilePart>,
    },
}

/// Names the kind of a text body, which decides its default type and how values are escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextKind {
    /// JSON.
    Json,
    /// Fields of the type `application/x-www-form-urlencoded`.
    Form,
    /// Any other type, in which values stand as they are.
    Plain,
}

/// Describes a file of a form.
#[derive(Clone, Debug)]
pub struct FilePart {
    /// Name of the field.
    pub name: String,
    /// Name of the file.
    pub filename: Template,
    /// Media type, or `None` for the type of the photo.
    pub media_type: Option<String>,
    /// Content, or `None` for the photo.
    pub content: Option<Template>,
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
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut target = Self::parse_in(folder, &text, base, &environment);
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
        Self::parse_in(Path::new(""), text, base, environment)
    }

    fn parse_in(
        folder: &Path,
        text: &str,
        base: Option<&Url>,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, SpecError> {
        toml::from_str(text)
            .map_err(|error| InvalidField::of_toml(text, &error))
            .and_then(|file| validate::target(file, base, folder, environment))
            .map_err(|invalid| invalid.locate(text))
    }

    /// Returns true if a variable tells a secret: it comes from an account, stands in a header, or
    /// has a name such as `token` or `password`.
    pub(crate) fn is_secret(&self, variable: &str) -> bool {
        let name = variable.strip_prefix("viewer.").or_else(|| variable.strip_prefix("member."));
        let name = name.unwrap_or(variable);
        const PUBLIC: [&str; 5] = ["run", "uuid", "size", "number", "source"];
        if name.contains('.') || PUBLIC.contains(&name) {
            return false;
        }
        let mut templates = self.requests().flat_map(|request| &request.headers);
        is_secret_name(name)
            || self.accounts.has(name)
            || templates.any(|(_, template)| {
                let mut is_used = false;
                template.variables(&mut |used| is_used |= used == name || used == variable);
                is_used
            })
    }

    /// Returns true if all requests after the uploads are sent for each photo. The load cannot send
    /// the others for a copy.
    pub(crate) fn can_upload_copies(&self) -> bool {
        self.after_upload.iter().all(|step| step.per == Per::Photo)
    }

    /// Returns the names and values of the environment variables that the requests use.
    pub(crate) fn environment_secrets(&self) -> Vec<(&str, &str)> {
        let mut secrets = Vec::new();
        for request in self.requests() {
            let headers = request.headers.iter().map(|(_, text)| text);
            let body = request.body.templates();
            for template in [&request.path].into_iter().chain(headers).chain(body) {
                template.secrets(&mut |name, value| secrets.push((name, value)));
            }
        }
        secrets
    }

    /// Returns the values of the expressions that tell a secret in another form, such as in Base64,
    /// each with the expression.
    pub(crate) fn rendered_secrets(&self, values: Values<'_, '_>) -> Vec<(String, String)> {
        let is_secret = |name: &str| self.is_secret(name);
        let mut secrets = Vec::new();
        for request in self.requests() {
            let headers = request.headers.iter().map(|(_, text)| text);
            let body = request.body.templates();
            for template in [&request.path].into_iter().chain(headers).chain(body) {
                secrets.extend(template.rendered_secrets(values, &is_secret));
            }
        }
        secrets
    }

    fn requests(&self) -> impl Iterator<Item = &RequestTemplate> {
        let steps = self.setup.iter().chain(&self.upload).chain(&self.after_upload);
        steps.map(|step| &step.request).chain([&self.thumbnail.request])
    }
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
