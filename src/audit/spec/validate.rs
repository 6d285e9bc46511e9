//! Validates a target's file, and makes a [`Target`] of it.

use std::ops::RangeInclusive;

use hyper::Method;
use hyper::header::HeaderName;
use toml::Spanned;

use super::error::InvalidField;
use super::schema::{self, Number, Text, Texts};
use super::template::{Scope, UnknownVariable, in_scope, is_capture_name};
use super::{
    BodySpec, Capture, MAX_PEOPLE, MAX_PHOTOS_PER_PERSON, Mode, Per, PhotoFormat, PhotosSpec,
    RequestTemplate, SetupRequest, Target, Template, ThumbnailEndpoint,
};
use crate::audit::client::{Url, UrlError};
use crate::codec::Fit;

/// Bounds of the sides of a photo, in pixels.
const PHOTO_PX: RangeInclusive<i64> = 64..=4096;

/// Upper bound of the requests of a setup.
const MAX_SETUP_REQUESTS: usize = 32;

type Validated<T> = Result<T, InvalidField>;
type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

/// Makes a target of a file. `base` replaces the base of the file.
pub(super) fn target(
    file: schema::File,
    base: Option<&Url>,
    environment: Environment<'_>,
) -> Validated<Target> {
    let mode = one_of(
        &file.mode,
        "mode",
        &[("push", Mode::Push), ("pull", Mode::Pull), ("post", Mode::Post)],
    )?;
    let own_base = file.base.get_ref().parse();
    let own_base =
        own_base.map_err(|error: UrlError| invalid(&file.base, "base", error.to_string()))?;
    let mut requests = RequestValidator { mode, captured: Vec::new(), environment };
    let photos = photos(&file.photos, mode)?;
    let setup = requests.setup(file.setup, photos)?;
    let is_push = mode == Mode::Push;
    let missing = "push needs [upload]: describe the upload of a photo";
    require(!is_push || file.upload.is_some(), &file.mode, "mode", missing)?;
    let upload = file.upload.map(|upload| {
        let superfluous = "only push has [upload]: remove it, or set mode = \"push\"";
        require(is_push, &upload, "upload", superfluous)?;
        requests.upload(upload.into_inner())
    });
    let upload = upload.transpose()?;
    let thumbnail = requests.thumbnail(file.thumbnail)?;
    let (name, base) = (file.name.into_inner(), base.cloned().unwrap_or(own_base));
    Ok(Target { name, mode, base, photos, setup, upload, thumbnail })
}

fn invalid<T>(value: &Spanned<T>, field: &str, reason: impl Into<String>) -> InvalidField {
    InvalidField { span: value.span(), field: field.to_owned(), reason: reason.into() }
}

fn require<T>(holds: bool, value: &Spanned<T>, field: &str, reason: &str) -> Validated<()> {
    if holds { Ok(()) } else { Err(invalid(value, field, reason)) }
}

fn one_of<T: Copy>(text: &Text, field: &str, choices: &[(&str, T)]) -> Validated<T> {
    let choice = choices.iter().find(|(name, _)| name == text.get_ref());
    choice.map(|&(_, choice)| choice).ok_or_else(|| {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        invalid(text, field, format!("{:?} is none of {}", text.get_ref(), names.join(", ")))
    })
}

fn number(
    number: Option<&Number>,
    field: &str,
    default: i64,
    allowed: RangeInclusive<i64>,
) -> Validated<i64> {
    let Some(number) = number else { return Ok(default) };
    if allowed.contains(number.get_ref()) {
        return Ok(*number.get_ref());
    }
    let (min, max) = allowed.into_inner();
    Err(invalid(number, field, format!("{} is not from {min} to {max}", number.get_ref())))
}

fn photos(file: &schema::Photos, mode: Mode) -> Validated<PhotosSpec> {
    let replaced = file.replaced.as_ref().is_some_and(|replaced| *replaced.get_ref());
    if let Some(flag) = &file.replaced {
        let reason = "only photos of push can be replaced: remove it";
        require(!replaced || mode == Mode::Push, flag, "photos.replaced", reason)?;
    }
    let people = number(file.people.as_ref(), "photos.people", 12, 2..=MAX_PEOPLE as i64)?;
    let max_photos = MAX_PHOTOS_PER_PERSON as i64;
    let per_person = number(file.per_person.as_ref(), "photos.per_person", 3, 1..=max_photos)?;
    // At least one person must be a stranger to each album, for the authorization probe.
    let members = number(file.members.as_ref(), "photos.members", 0, 0..=people - 2)?;
    let width = number(file.width.as_ref(), "photos.width", 640, PHOTO_PX)?;
    let height = number(file.height.as_ref(), "photos.height", 480, PHOTO_PX)?;
    let formats = [("jpeg", PhotoFormat::Jpeg), ("png", PhotoFormat::Png)];
    let format = file.format.as_ref().map(|word| one_of(word, "photos.format", &formats));
    Ok(PhotosSpec {
        people: people as usize,
        per_person: per_person as usize,
        members: members as usize,
        width: width as u32,
        height: height as u32,
        format: format.transpose()?.unwrap_or(PhotoFormat::Jpeg),
        truncated: file.truncated.unwrap_or(true),
        replaced,
    })
}

/// Locates a template: its field, and the scope of its variables.
#[derive(Clone, Copy)]
struct Location<'a> {
    field: &'a str,
    scope: Scope,
}

/// Validates requests in their order, and collects the variables that their responses define.
struct RequestValidator<'e> {
    mode: Mode,
    /// The variables that the responses define, each with the request that they answer.
    captured: Vec<(Per, String)>,
    environment: Environment<'e>,
}

impl RequestValidator<'_> {
    fn setup(
        &mut self,
        setup: Vec<schema::Setup>,
        photos: PhotosSpec,
    ) -> Validated<Vec<SetupRequest>> {
        let mut requests = Vec::new();
        for (index, step) in setup.into_iter().enumerate() {
            let field = format!("setup[{}]", index + 1);
            let reason = format!("a setup has at most {MAX_SETUP_REQUESTS} requests");
            require(index < MAX_SETUP_REQUESTS, &step.per, &field, &reason)?;
            let per = one_of(
                &step.per,
                &format!("{field}.per"),
                &[
                    ("person", Per::Person),
                    ("album", Per::Album),
                    ("member", Per::Member),
                    ("photo", Per::Photo),
                ],
            )?;
            let has_members = per != Per::Member || photos.members > 0;
            let reason = "the albums have no members: set members in [photos], or remove this";
            require(has_members, &step.per, &format!("{field}.per"), reason)?;
            let at = Location { field: &field, scope: Scope::Setup(per) };
            let is_json = step.json.is_some();
            if let Some(json) = &step.json {
                require(step.body.is_none(), json, &field, "json or body, not both")?;
            }
            let body = match step.json.or(step.body) {
                Some(text) => BodySpec::Text { text: self.template(&text, at)?, is_json },
                None => BodySpec::Empty,
            };
            let request = self.request(step.method, "POST", &step.path, step.headers, body, at)?;
            let capture = self.capture(per, step.capture, &field)?;
            requests.push(SetupRequest { per, request, capture });
        }
        Ok(requests)
    }

    fn upload(&mut self, upload: schema::Upload) -> Validated<SetupRequest> {
        let at = Location { field: "upload", scope: Scope::Upload };
        let body = self.photo_body(upload.form, at)?;
        let default = if matches!(body, BodySpec::Photo) { "PUT" } else { "POST" };
        let request =
            self.request(upload.method, default, &upload.path, upload.headers, body, at)?;
        let capture = self.capture(Per::Photo, upload.capture, "upload")?;
        Ok(SetupRequest { per: Per::Photo, request, capture })
    }

    fn thumbnail(&mut self, thumbnail: Spanned<schema::Thumbnail>) -> Validated<ThumbnailEndpoint> {
        let at = Location { field: "thumbnail", scope: Scope::Thumbnail };
        let thumbnail = thumbnail.into_inner();
        let is_post = self.mode == Mode::Post;
        if let Some(form) = &thumbnail.form {
            let reason = "only post sends a photo for a thumbnail: remove the form";
            require(is_post, &form.file, "thumbnail.form", reason)?;
        }
        let (body, default_method) = match is_post {
            true => (self.photo_body(thumbnail.form, at)?, "POST"),
            false => (BodySpec::Empty, "GET"),
        };
        let sign_key = match thumbnail.sign {
            Some(sign) => {
                one_of(&sign.with, "thumbnail.sign.with", &[("thumbor", ())])?;
                let at = Location { field: "thumbnail.sign.key", ..at };
                Some(self.template(&sign.key, at)?)
            }
            None => None,
        };
        let path = thumbnail.path.get_ref();
        let has_signature = sign_key.is_none() || path.contains("{signature}/");
        let reason = "a signed path needs {signature}/ before the signed part";
        require(has_signature, &thumbnail.path, "thumbnail.path", reason)?;
        let has_source = path.contains("{source}") || path.contains("{source.");
        let reason = "pull needs {source} or {source.escaped} in the path: the photo's URL";
        require(self.mode != Mode::Pull || has_source, &thumbnail.path, "thumbnail.path", reason)?;
        let fits = [("cover", Some(Fit::Cover)), ("contain", Some(Fit::Contain)), ("any", None)];
        let fit = thumbnail.fit.as_ref().map(|fit| one_of(fit, "thumbnail.fit", &fits));
        let sizes = thumbnail.sizes.map(|sizes| {
            let parsed = sizes.get_ref().parse();
            parsed.map_err(|error: super::SizesError| {
                invalid(&sizes, "thumbnail.sizes", error.to_string())
            })
        });
        let mut shed = vec![429, 503];
        for status in &thumbnail.shed {
            shed.push(number(Some(status), "thumbnail.shed", 503, 400..=599)? as u16);
        }
        Ok(ThumbnailEndpoint {
            request: self.request(
                thumbnail.method,
                default_method,
                &thumbnail.path,
                thumbnail.headers,
                body,
                at,
            )?,
            fit: fit.transpose()?.flatten(),
            sizes: sizes.transpose()?.unwrap_or_default(),
            media_type: thumbnail.media_type.map(Spanned::into_inner),
            private: thumbnail.private.unwrap_or(self.mode == Mode::Push),
            shed,
            sign_key,
        })
    }

    fn photo_body(&self, form: Option<schema::Form>, at: Location<'_>) -> Validated<BodySpec> {
        let Some(form) = form else { return Ok(BodySpec::Photo) };
        let field = format!("{}.form", at.field);
        let at = Location { field: &field, ..at };
        let filename = match form.filename {
            Some(filename) => self.template(&filename, at)?,
            None => Template::plain("photo"),
        };
        let fields = form.fields.into_iter().map(|(name, text)| {
            let template = self.template(&text, at)?;
            Ok((name, template))
        });
        let fields = fields.collect::<Validated<_>>()?;
        Ok(BodySpec::Form { file_field: form.file.into_inner(), filename, fields })
    }

    fn request(
        &self,
        method: Option<Text>,
        default_method: &str,
        path: &Text,
        headers: Texts,
        body: BodySpec,
        at: Location<'_>,
    ) -> Validated<RequestTemplate> {
        let field = format!("{}.method", at.field);
        let method = match &method {
            Some(method) => method
                .get_ref()
                .parse::<Method>()
                .ok()
                .filter(|named| named.as_str().bytes().all(|byte| byte.is_ascii_uppercase()))
                .ok_or_else(|| invalid(method, &field, "a method is in capitals, such as GET"))?,
            None => default_method.parse().expect("the default methods are known"),
        };
        let field = format!("{}.path", at.field);
        let reason = format!("{:?} does not begin with / or a variable", path.get_ref());
        require(path.get_ref().starts_with(['/', '{']), path, &field, &reason)?;
        let path = self.template(path, Location { field: &field, ..at })?;
        let mut templates = Vec::new();
        for (name, value) in headers {
            let field = format!("{}.headers.{name}", at.field);
            let name = name.parse::<HeaderName>();
            let name = name.map_err(|_| invalid(&value, &field, "no name of a header"))?;
            templates.push((name, self.template(&value, Location { field: &field, ..at })?));
        }
        Ok(RequestTemplate { method, path, headers: templates, body })
    }

    fn capture(
        &mut self,
        per: Per,
        capture: Texts,
        field: &str,
    ) -> Validated<Vec<(String, Capture)>> {
        let mut captured = Vec::new();
        for (name, source) in capture {
            let field = format!("{field}.capture.{name}");
            let reason = "a name has letters, digits and _, and is none of the audit's own";
            require(is_capture_name(&name), &source, &field, reason)?;
            let reason = "captured before: choose another name";
            require(
                self.captured.iter().all(|(_, captured)| *captured != name),
                &source,
                &field,
                reason,
            )?;
            let parsed = match source.get_ref().strip_prefix("header:") {
                Some(header) => header.trim().parse().ok().map(Capture::Header),
                None => {
                    let pointer = source.get_ref();
                    let is_pointer = pointer.is_empty() || pointer.starts_with('/');
                    is_pointer.then(|| Capture::Pointer(pointer.clone()))
                }
            };
            let reason =
                "neither a JSON pointer, such as /id, nor a header, such as header:location";
            let parsed = parsed.ok_or_else(|| invalid(&source, &field, reason))?;
            self.captured.push((per, name.clone()));
            captured.push((name, parsed));
        }
        Ok(captured)
    }

    fn template(&self, text: &Text, at: Location<'_>) -> Validated<Template> {
        let variables = in_scope(&self.captured, at.scope, self.mode);
        let is_known = |name: &str| {
            variables.iter().any(|variable| variable == name)
                || name == "signature" && at.scope == Scope::Thumbnail
        };
        let template = Template::parse(text.get_ref(), &is_known, self.environment);
        template.map_err(|unknown| {
            let reason = match unknown {
                UnknownVariable::Environment(name) => {
                    format!("the environment has no {name}: set it")
                }
                UnknownVariable::Template(name) => {
                    let known = variables.join("}, {");
                    format!("unknown variable {{{name}}}; known are {{{known}}}, {{env.…}}")
                }
            };
            invalid(text, at.field, reason)
        })
    }
}
