//! Holds a target's file against what a target can be, and makes one of it.

use std::ops::RangeInclusive;

use hyper::Method;
use hyper::header::HeaderName;
use toml::Spanned;

use super::error::Wrong;
use super::schema::{self, Number, Text, Texts};
use super::template::Unknown;
use super::variables::{Names, Place, can_be_captured};
use super::{
    BodySpec, Capture, MOST_PEOPLE, MOST_PHOTOS_EACH, Mode, Per, PhotoFormat, PhotosSpec,
    RequestTemplate, SetupRequest, ShownFit, Target, Template, ThumbnailEndpoint,
};
use crate::audit::client::Url;

/// Sides of the photos that are sent, in pixels.
const PHOTO_PX: RangeInclusive<i64> = 64..=4096;

/// The most requests of a setup.
const MOST_STEPS: usize = 32;

type Checked<T> = Result<T, Wrong>;
type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

/// Makes a target.
pub(super) fn target(
    file: schema::File,
    base: Option<&Url>,
    environment: Environment<'_>,
) -> Checked<Target> {
    let mode = one_of(
        &file.mode,
        "mode",
        &[("push", Mode::Push), ("pull", Mode::Pull), ("post", Mode::Post)],
    )?;
    let named = Url::parse(file.base.get_ref());
    let named = named.map_err(|error| wrong(&file.base, "base", error.to_string()))?;
    let mut reader = Reader { mode, names: Names::default(), environment };
    let photos = photos(&file.photos, mode)?;
    let setup = reader.setup(file.setup, photos)?;
    let upload = match (file.upload, mode) {
        (Some(upload), Mode::Push) => Some(reader.upload(upload.into_inner())?),
        (None, Mode::Push) => {
            let what = "push needs [upload]: say how a photo is uploaded";
            return Err(wrong(&file.mode, "mode", what.into()));
        }
        (Some(upload), _) => {
            let what = "only push has [upload]: take it out, or set mode = \"push\"";
            return Err(wrong(&upload, "upload", what.into()));
        }
        (None, _) => None,
    };
    let thumbnail = reader.thumbnail(file.thumbnail)?;
    let name = file.name.into_inner();
    Ok(Target {
        name,
        mode,
        base: base.cloned().unwrap_or(named),
        photos,
        setup,
        upload,
        thumbnail,
    })
}

fn wrong<T>(at: &Spanned<T>, field: &str, what: String) -> Wrong {
    Wrong { at: at.span(), field: field.to_owned(), what }
}

fn one_of<T: Copy>(text: &Text, field: &str, choices: &[(&str, T)]) -> Checked<T> {
    let found = choices.iter().find(|(word, _)| word == text.get_ref());
    found.map(|&(_, choice)| choice).ok_or_else(|| {
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        wrong(text, field, format!("{:?} is none of {}", text.get_ref(), words.join(", ")))
    })
}

fn number(
    number: Option<&Number>,
    field: &str,
    usual: i64,
    allowed: RangeInclusive<i64>,
) -> Checked<i64> {
    let Some(number) = number else { return Ok(usual) };
    if allowed.contains(number.get_ref()) {
        return Ok(*number.get_ref());
    }
    let (least, most) = allowed.into_inner();
    Err(wrong(number, field, format!("{} is not from {least} to {most}", number.get_ref())))
}

fn photos(file: &schema::Photos, mode: Mode) -> Checked<PhotosSpec> {
    let replaced = file.replaced.as_ref().is_some_and(|replaced| *replaced.get_ref());
    if let Some(at) = file.replaced.as_ref().filter(|_| replaced && mode != Mode::Push) {
        let what = "only what is pushed can be replaced: take it out";
        return Err(wrong(at, "photos.replaced", what.into()));
    }
    let people = number(file.people.as_ref(), "photos.people", 12, 2..=MOST_PEOPLE as i64)?;
    let each = number(file.each.as_ref(), "photos.each", 3, 1..=MOST_PHOTOS_EACH as i64)?;
    // A stranger must be left, or there is nobody whose photo may not be shown.
    let members = number(file.members.as_ref(), "photos.members", 0, 0..=people - 2)?;
    let width = number(file.width.as_ref(), "photos.width", 640, PHOTO_PX)?;
    let height = number(file.height.as_ref(), "photos.height", 480, PHOTO_PX)?;
    let formats = [("jpeg", PhotoFormat::Jpeg), ("png", PhotoFormat::Png)];
    let format = file.format.as_ref().map(|word| one_of(word, "photos.format", &formats));
    Ok(PhotosSpec {
        people: people as usize,
        each: each as usize,
        members: members as usize,
        width: width as u32,
        height: height as u32,
        format: format.transpose()?.unwrap_or(PhotoFormat::Jpeg),
        truncated: file.truncated.unwrap_or(true),
        replaced,
    })
}

/// Where a template stands: its field, and what it may name.
#[derive(Clone, Copy)]
struct At<'a> {
    field: &'a str,
    place: Place,
}

/// Reads requests in their order, and keeps the names that their answers give.
struct Reader<'e> {
    mode: Mode,
    names: Names,
    environment: Environment<'e>,
}

impl Reader<'_> {
    fn setup(
        &mut self,
        setup: Vec<schema::Setup>,
        photos: PhotosSpec,
    ) -> Checked<Vec<SetupRequest>> {
        let mut steps = Vec::new();
        for (place, step) in setup.into_iter().enumerate() {
            let field = format!("setup[{}]", place + 1);
            if place == MOST_STEPS {
                let what = format!("{MOST_STEPS} requests are the most");
                return Err(wrong(&step.per, &field, what));
            }
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
            if per == Per::Member && photos.members == 0 {
                let what = "nobody is a member: set members in [photos], or take this out";
                return Err(wrong(&step.per, &format!("{field}.per"), what.into()));
            }
            let at = At { field: &field, place: Place::Setup(per) };
            let body = match (step.json, step.body) {
                (Some(json), Some(_)) => {
                    return Err(wrong(&json, &field, "json or body, not both".into()));
                }
                (Some(json), None) => {
                    BodySpec::Text { text: self.template(&json, at)?, json: true }
                }
                (None, Some(text)) => {
                    BodySpec::Text { text: self.template(&text, at)?, json: false }
                }
                (None, None) => BodySpec::Empty,
            };
            let request = self.request(step.method, "POST", &step.path, step.headers, body, at)?;
            let capture = self.capture(per, step.capture, &field)?;
            steps.push(SetupRequest { per, request, capture });
        }
        Ok(steps)
    }

    fn upload(&mut self, upload: schema::Upload) -> Checked<SetupRequest> {
        let at = At { field: "upload", place: Place::Upload };
        let body = self.photo_body(upload.form, at)?;
        let usual = if matches!(body, BodySpec::Photo) { "PUT" } else { "POST" };
        let request = self.request(upload.method, usual, &upload.path, upload.headers, body, at)?;
        let capture = self.capture(Per::Photo, upload.capture, "upload")?;
        Ok(SetupRequest { per: Per::Photo, request, capture })
    }

    fn thumbnail(&mut self, thumbnail: Spanned<schema::Thumbnail>) -> Checked<ThumbnailEndpoint> {
        let at = At { field: "thumbnail", place: Place::Thumbnail };
        let thumbnail = thumbnail.into_inner();
        let (body, usual) = match self.mode {
            Mode::Post => (self.photo_body(thumbnail.form, at)?, "POST"),
            Mode::Push | Mode::Pull => match thumbnail.form {
                Some(form) => {
                    let what = "only post sends a photo for a thumbnail: take the form out";
                    return Err(wrong(&form.file, "thumbnail.form", what.into()));
                }
                None => (BodySpec::Empty, "GET"),
            },
        };
        let sign_with = match thumbnail.sign {
            Some(sign) => {
                one_of(&sign.with, "thumbnail.sign.with", &[("thumbor", ())])?;
                let at = At { field: "thumbnail.sign.key", ..at };
                Some(self.template(&sign.key, at)?)
            }
            None => None,
        };
        if sign_with.is_some() && !thumbnail.path.get_ref().contains("{signature}/") {
            let what = "a signed path has {signature}/ before what is signed";
            return Err(wrong(&thumbnail.path, "thumbnail.path", what.into()));
        }
        let source = thumbnail.path.get_ref();
        if self.mode == Mode::Pull && !source.contains("{source}") && !source.contains("{source.") {
            let what = "pull needs {source} or {source.escaped} in the path: the photo's URL";
            return Err(wrong(&thumbnail.path, "thumbnail.path", what.into()));
        }
        let fits =
            [("cover", ShownFit::Cover), ("contain", ShownFit::Contain), ("any", ShownFit::Any)];
        let fit = thumbnail.fit.as_ref().map(|fit| one_of(fit, "thumbnail.fit", &fits));
        let sizes = thumbnail.sizes.map(|sizes| {
            let read = sizes.get_ref().parse();
            read.map_err(|error: super::SizesError| {
                wrong(&sizes, "thumbnail.sizes", error.to_string())
            })
        });
        let mut shed = vec![429, 503];
        for status in &thumbnail.shed {
            shed.push(number(Some(status), "thumbnail.shed", 503, 400..=599)? as u16);
        }
        Ok(ThumbnailEndpoint {
            request: self.request(
                thumbnail.method,
                usual,
                &thumbnail.path,
                thumbnail.headers,
                body,
                at,
            )?,
            fit: fit.transpose()?.unwrap_or(ShownFit::Any),
            sizes: sizes.transpose()?.unwrap_or_default(),
            media_type: thumbnail.media_type.map(Spanned::into_inner),
            private: thumbnail.private.unwrap_or(self.mode == Mode::Push),
            shed,
            sign_with,
        })
    }

    fn photo_body(&self, form: Option<schema::Form>, at: At<'_>) -> Checked<BodySpec> {
        let Some(form) = form else { return Ok(BodySpec::Photo) };
        let field = format!("{}.form", at.field);
        let at = At { field: &field, ..at };
        let filename = match form.filename {
            Some(filename) => self.template(&filename, at)?,
            None => Template::plain("photo"),
        };
        let fields = form.fields.into_iter().map(|(name, text)| {
            let template = self.template(&text, at)?;
            Ok((name, template))
        });
        let fields = fields.collect::<Checked<_>>()?;
        Ok(BodySpec::Form { file: form.file.into_inner(), filename, fields })
    }

    fn request(
        &self,
        method: Option<Text>,
        usual: &str,
        path: &Text,
        headers: Texts,
        body: BodySpec,
        at: At<'_>,
    ) -> Checked<RequestTemplate> {
        let field = format!("{}.method", at.field);
        let method = match &method {
            Some(method) => method
                .get_ref()
                .parse::<Method>()
                .ok()
                .filter(|named| named.as_str().bytes().all(|byte| byte.is_ascii_uppercase()))
                .ok_or_else(|| wrong(method, &field, "a method is in capitals, as GET".into()))?,
            None => usual.parse().expect("the usual methods are known"),
        };
        let field = format!("{}.path", at.field);
        let begins = path.get_ref().starts_with(['/', '{']);
        if !begins {
            let what = format!("{:?} does not begin with / or a name", path.get_ref());
            return Err(wrong(path, &field, what));
        }
        let path = self.template(path, At { field: &field, ..at })?;
        let mut read = Vec::new();
        for (name, value) in headers {
            let field = format!("{}.headers.{name}", at.field);
            let known = name.parse::<HeaderName>();
            let known = known.map_err(|_| wrong(&value, &field, "no header's name".into()))?;
            read.push((known, self.template(&value, At { field: &field, ..at })?));
        }
        Ok(RequestTemplate { method, path, headers: read, body })
    }

    fn capture(
        &mut self,
        per: Per,
        capture: Texts,
        field: &str,
    ) -> Checked<Vec<(String, Capture)>> {
        let mut captured = Vec::new();
        for (name, place) in capture {
            let field = format!("{field}.capture.{name}");
            if !can_be_captured(&name) {
                let what = "a name has letters, digits and _, and is not one of the audit's own";
                return Err(wrong(&place, &field, what.into()));
            }
            if self.names.has(&name) {
                return Err(wrong(&place, &field, "captured before: choose another name".into()));
            }
            let found = match place.get_ref().strip_prefix("header:") {
                Some(header) => header.trim().parse().ok().map(Capture::Header),
                None => {
                    let pointer = place.get_ref();
                    let is_pointer = pointer.is_empty() || pointer.starts_with('/');
                    is_pointer.then(|| Capture::Pointer(pointer.clone()))
                }
            };
            let what = "neither a JSON pointer, as /id, nor a header, as header:location";
            let found = found.ok_or_else(|| wrong(&place, &field, what.into()))?;
            self.names.capture(per, &name);
            captured.push((name, found));
        }
        Ok(captured)
    }

    fn template(&self, text: &Text, at: At<'_>) -> Checked<Template> {
        let knows = |name: &str| {
            self.names.knows(at.place, self.mode, name)
                || name == "signature" && at.place == Place::Thumbnail
        };
        let read = Template::parse(text.get_ref(), &knows, self.environment);
        read.map_err(|unknown| {
            let what = match unknown {
                Unknown::Environment(name) => format!("the environment has no {name}: set it"),
                Unknown::Name(name) => {
                    let known = self.names.all(at.place, self.mode).join("}, {");
                    format!("nothing stands for {{{name}}} here; known are {{{known}}}, {{env.…}}")
                }
            };
            wrong(text, at.field, what)
        })
    }
}
