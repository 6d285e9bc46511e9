//! Validates a target's file, and makes a [`Target`] of it.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use hyper::Method;
use hyper::header::HeaderName;
use toml::Spanned;

use super::accounts::{self, Accounts};
use super::body::{BodyContext, BodyFields, require_photo};
use super::collisions::{self, PathSpans};
use super::error::{Validated, invalid, one_of, require};
use super::schema::{self, CaptureSource, Number, Text, Texts};
use super::scope::{Scope, in_scope, is_capture_name};
use super::template::Names;
use super::{
    BodySpec, Capture, CaptureFrom, LoadWork, MAX_PEOPLE, MAX_PHOTOS_PER_PERSON, Mode, Per,
    PhotoFormat, PhotosSpec, Place, Ready, RequestTemplate, Sender, SetupRequest, SourceSpec,
    Target, Template, ThumbnailEndpoint, source,
};
use crate::audit::client::{TlsTrust, Url, UrlError};
use crate::codec::Fit;

/// Bounds of the sides of a photo, in pixels.
const PHOTO_PX: RangeInclusive<i64> = 64..=4096;

/// Upper bound of the requests of a setup, and of the requests after the uploads.
const MAX_SETUP_REQUESTS: usize = 32;

/// Number of people, if the file does not say it.
const PEOPLE: usize = 12;

/// Upper bound of the time for which a request waits for the service, in milliseconds.
const MAX_READY_MS: i64 = 600_000;

type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

/// Makes a target of a file in a folder. `base` replaces the base of the file.
pub(super) fn target(
    file: schema::File,
    base: Option<&Url>,
    folder: &Path,
    environment: Environment<'_>,
) -> Validated<Target> {
    let mode = one_of(
        &file.mode,
        "mode",
        &[("push", Mode::Push), ("pull", Mode::Pull), ("post", Mode::Post)],
    )?;
    let spans = PathSpans {
        setup: file.setup.iter().map(|step| step.path.span()).collect(),
        upload: file.upload.as_ref().map_or(0..0, |upload| upload.get_ref().path.span()),
        thumbnail: file.thumbnail.get_ref().path.span(),
    };
    let own_base = file.base.get_ref().parse();
    let own_base =
        own_base.map_err(|error: UrlError| invalid(&file.base, "base", error.to_string()))?;
    let accounts = file.accounts.as_ref();
    let accounts = accounts.map(|accounts| Accounts::read(accounts, folder, environment));
    let accounts = accounts.transpose()?.unwrap_or_default();
    let photos = photos(&file.photos, mode, &accounts)?;
    let captured = accounts.names().map(|name| (Per::Person, name.clone())).collect();
    let mut requests = RequestValidator { mode, captured, values: file.values, environment };
    requests.check_values()?;
    let is_push = mode == Mode::Push;
    let only_push = "only push has this: remove it, or set mode = \"push\"";
    let mut setup = Vec::new();
    for step in file.setup {
        let name = format!("setup[{}]", setup.len() + 1);
        setup.push(requests.step(step, &name, Scope::Setup, photos)?);
        let reason = "a setup has at most 32 requests";
        require(setup.len() <= MAX_SETUP_REQUESTS, &file.name, &name, reason)?;
    }
    let missing = "push needs [upload]: describe the upload of a photo";
    require(!is_push || file.upload.is_some(), &file.mode, "mode", missing)?;
    let upload = file.upload.map(|upload| {
        require(is_push, &upload, "upload", only_push)?;
        requests.upload(upload.into_inner())
    });
    let upload = upload.transpose()?;
    let mut after_upload = Vec::new();
    for step in file.after_upload {
        let name = format!("after_upload[{}]", after_upload.len() + 1);
        require(is_push, &step, &name, only_push)?;
        after_upload.push(requests.step(step.into_inner(), &name, Scope::AfterUpload, photos)?);
        let reason = "at most 32 requests follow the uploads";
        require(after_upload.len() <= MAX_SETUP_REQUESTS, &file.name, &name, reason)?;
    }
    let thumbnail = requests.thumbnail(file.thumbnail)?;
    if let Some(source) = &file.source {
        let reason = "only pull has this: remove it, or set mode = \"pull\"";
        require(mode == Mode::Pull, source, "source", reason)?;
    }
    let source = file.source.as_ref().map(source::source).transpose()?;
    let (name, base) = (file.name.into_inner(), base.cloned().unwrap_or(own_base));
    let (tls, source) = (TlsTrust::default(), source.unwrap_or_else(SourceSpec::default));
    let load = file.load.as_ref().map(|word| load(word, mode)).transpose()?;
    let target = Target {
        load,
        name,
        mode,
        base,
        tls,
        accounts,
        photos,
        source,
        setup,
        upload,
        after_upload,
        thumbnail,
    };
    if let Some(word) = &file.load {
        let reason = "a request of [[after_upload]] that is not per = \"photo\" cannot follow an \
                      upload during the load: remove it, or write \"thumbnails\"";
        let has_uploads = target.load != Some(LoadWork::Thumbnails);
        require(!has_uploads || target.can_upload_copies(), word, "load", reason)?;
    }
    collisions::check(&target, &spans)?;
    Ok(target)
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

fn load(word: &Text, mode: Mode) -> Validated<LoadWork> {
    let works = [
        ("thumbnails", LoadWork::Thumbnails),
        ("uploads", LoadWork::Uploads),
        ("both", LoadWork::Both),
    ];
    let work = one_of(word, "load", &works)?;
    let reason = "only push uploads photos: remove it, or write \"thumbnails\"";
    require(work == LoadWork::Thumbnails || mode == Mode::Push, word, "load", reason)?;
    Ok(work)
}

fn photos(file: &schema::Photos, mode: Mode, accounts: &Accounts) -> Validated<PhotosSpec> {
    let replaced = file.replaced.as_ref().is_some_and(|replaced| *replaced.get_ref());
    if let Some(flag) = &file.replaced {
        let reason = "only photos of push can be replaced: remove it";
        require(!replaced || mode == Mode::Push, flag, "photos.replaced", reason)?;
    }
    number(file.people.as_ref(), "photos.people", 2, 2..=MAX_PEOPLE as i64)?;
    let people = accounts::people(accounts, file.people.as_ref(), PEOPLE)? as i64;
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

impl<'a> Location<'a> {
    /// Returns the location of another field of the same request.
    fn with<'b>(self, field: &'b str) -> Location<'b> {
        Location { field, scope: self.scope }
    }

    /// Returns true if the request is about a photo.
    fn has_photo(self) -> bool {
        use Scope::{AfterUpload, Setup};
        !matches!(self.scope, Setup(per) | AfterUpload(per) if per != Per::Photo)
    }
}

/// Validates requests in their order, and collects the variables that their responses define.
struct RequestValidator<'e> {
    mode: Mode,
    /// The variables that accounts and responses define, each with the request that they answer.
    captured: Vec<(Per, String)>,
    /// Templates of `[values]`.
    values: BTreeMap<String, Text>,
    environment: Environment<'e>,
}

impl RequestValidator<'_> {
    fn check_values(&self) -> Validated<()> {
        for (name, value) in &self.values {
            let is_free = self.captured.iter().all(|(_, captured)| captured != name);
            let reason = "a name has letters, digits and _, and is none of the audit's own";
            let field = format!("values.{name}");
            require(is_free && is_capture_name(name), value, &field, reason)?;
        }
        Ok(())
    }

    fn step(
        &mut self,
        step: schema::Step,
        field: &str,
        scope: fn(Per) -> Scope,
        photos: PhotosSpec,
    ) -> Validated<SetupRequest> {
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
        let senders = [("owner", Sender::Owner), ("member", Sender::Member)];
        let field_as = format!("{field}.as");
        let sender = match &step.sender {
            Some(sender) => one_of(sender, &field_as, &senders)?,
            None => Sender::Owner,
        };
        if let Some(text) = step.sender.as_ref().filter(|_| sender == Sender::Member) {
            let reason = "only a request per member has a member";
            require(per == Per::Member, text, &field_as, reason)?;
        }
        let at = Location { field, scope: scope(per) };
        let body = BodyFields { json: step.json, body: step.body, form: step.form };
        let body = self.body(body, &step.headers, BodySpec::Empty, at)?;
        let request = self.request(step.method, "POST", &step.path, step.headers, body, at)?;
        let ready = step.ready.map(|ready| self.ready(ready, at)).transpose()?;
        let capture = self.capture(per, step.capture, at)?;
        Ok(SetupRequest { name: field.to_owned(), per, sender, request, ready, capture })
    }

    fn upload(&mut self, upload: schema::Upload) -> Validated<SetupRequest> {
        let at = Location { field: "upload", scope: Scope::Upload };
        let body = BodyFields { json: upload.json, body: upload.body, form: upload.form };
        let body = self.body(body, &upload.headers, BodySpec::Photo, at)?;
        require_photo(&body, &upload.path, "upload")?;
        let default = if matches!(body, BodySpec::Photo) { "PUT" } else { "POST" };
        let request =
            self.request(upload.method, default, &upload.path, upload.headers, body, at)?;
        let ready = upload.ready.map(|ready| self.ready(ready, at)).transpose()?;
        let capture = self.capture(Per::Photo, upload.capture, at)?;
        let (name, per, sender) = ("upload".to_owned(), Per::Photo, Sender::Owner);
        Ok(SetupRequest { name, per, sender, request, ready, capture })
    }

    fn thumbnail(&mut self, thumbnail: Spanned<schema::Thumbnail>) -> Validated<ThumbnailEndpoint> {
        let at = Location { field: "thumbnail", scope: Scope::Thumbnail };
        let thumbnail = thumbnail.into_inner();
        let (is_post, path) = (self.mode == Mode::Post, thumbnail.path);
        let body = BodyFields { json: thumbnail.json, body: thumbnail.body, form: thumbnail.form };
        let default = if is_post { BodySpec::Photo } else { BodySpec::Empty };
        let body = self.body(body, &thumbnail.headers, default, at)?;
        if is_post {
            require_photo(&body, &path, "thumbnail")?;
        }
        let default_method = if matches!(body, BodySpec::Empty) { "GET" } else { "POST" };
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
        let (method, headers) = (thumbnail.method, thumbnail.headers);
        let request = self.request(method, default_method, &path, headers, body, at)?;
        let has_source = uses(&request, |name| name.starts_with("source"));
        let reason = "pull needs {source} or {source.escaped} in the path: the photo's URL";
        require(self.mode != Mode::Pull || has_source, &path, "thumbnail.path", reason)?;
        Ok(ThumbnailEndpoint {
            request,
            fit: fit.transpose()?.flatten(),
            sizes: sizes.transpose()?.unwrap_or_default(),
            media_type: thumbnail.media_type.map(Spanned::into_inner),
            private: thumbnail.private.unwrap_or(self.mode == Mode::Push),
            shed,
        })
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
        let path = self.template(path, at.with(&field))?;
        let mut templates = Vec::new();
        for (name, value) in headers {
            let field = format!("{}.headers.{name}", at.field);
            let name = name.parse::<HeaderName>();
            let name = name.map_err(|_| invalid(&value, &field, "no name of a header"))?;
            templates.push((name, self.template(&value, at.with(&field))?));
        }
        Ok(RequestTemplate { method, path, headers: templates, body })
    }

    fn body(
        &self,
        body: BodyFields,
        headers: &Texts,
        default: BodySpec,
        at: Location<'_>,
    ) -> Validated<BodySpec> {
        let template = |text: &Text, field: &str| self.template(text, at.with(field));
        let context =
            BodyContext { field: at.field, has_photo: at.has_photo(), template: &template };
        body.validate(context, headers, default)
    }

    fn ready(&self, ready: schema::Ready, at: Location<'_>) -> Validated<Ready> {
        let field = |name: &str| format!("{}.ready.{name}", at.field);
        let mut statuses = Vec::new();
        for status in &ready.statuses {
            statuses.push(number(Some(status), &field("statuses"), 200, 100..=599)? as u16);
        }
        if statuses.is_empty() {
            statuses.push(200);
        }
        let pattern = ready.pattern.as_ref();
        let pattern = pattern.map(|text| self.pattern(text, at.with(&field("pattern"))));
        let (interval, limit) = (ready.interval_ms.as_ref(), ready.limit_ms.as_ref());
        let interval = number(interval, &field("interval_ms"), 500, 10..=MAX_READY_MS)?;
        let limit = number(limit, &field("limit_ms"), 60_000, 10..=MAX_READY_MS)?;
        let [interval, limit] = [interval, limit].map(|ms| Duration::from_millis(ms as u64));
        Ok(Ready { statuses, pattern: pattern.transpose()?, interval, limit })
    }

    fn capture(
        &mut self,
        per: Per,
        capture: BTreeMap<String, Spanned<CaptureSource>>,
        at: Location<'_>,
    ) -> Validated<Vec<(String, Capture)>> {
        let mut captured = Vec::new();
        for (name, source) in capture {
            let field = format!("{}.capture.{name}", at.field);
            let reason = "a name has letters, digits and _, and is none of the audit's own";
            require(is_capture_name(&name), &source, &field, reason)?;
            let is_new = self.captured.iter().all(|(_, captured)| *captured != name);
            let is_new = is_new && !self.values.contains_key(&name);
            require(is_new, &source, &field, "known before: choose another name")?;
            let (from, pattern) = match source.get_ref() {
                CaptureSource::Text(from) => (from, None),
                CaptureSource::Pattern(table) => (&table.from, Some(&table.pattern)),
            };
            let reason =
                "neither a JSON pointer, such as /id, nor header:NAME, cookie:NAME or body";
            let from = capture_from(from).ok_or_else(|| invalid(&source, &field, reason))?;
            let is_whole_body = from == CaptureFrom::Body && pattern.is_none();
            let reason = "needs a pattern, such as { from = \"body\", pattern = 'csrf=(.+?);' }";
            require(!is_whole_body, &source, &field, reason)?;
            let pattern = pattern.map(|pattern| {
                self.pattern(&Spanned::new(source.span(), pattern.clone()), at.with(&field))
            });
            let capture = Capture { from, pattern: pattern.transpose()? };
            self.captured.push((per, name.clone()));
            captured.push((name, capture));
        }
        Ok(captured)
    }

    /// Validates a regular expression, in which each variable matches its value.
    fn pattern(&self, text: &Text, at: Location<'_>) -> Validated<Template> {
        let template = self.template(text, at)?;
        let sample = template.fill(&|_| Some(b"x".as_slice().into()), Place::Pattern);
        regex_lite::Regex::new(&sample)
            .map(|_| template)
            .map_err(|error| invalid(text, at.field, format!("no regular expression: {error}")))
    }

    fn template(&self, text: &Text, at: Location<'_>) -> Validated<Template> {
        let variables = in_scope(&self.captured, at.scope, self.mode);
        let names =
            Names { variables: &variables, values: &self.values, environment: self.environment };
        Template::parse(text.get_ref(), names)
            .map_err(|error| invalid(text, at.field, error.to_string()))
    }
}

fn capture_from(text: &str) -> Option<CaptureFrom> {
    match text.split_once(':') {
        Some(("header", name)) => name.trim().parse().ok().map(CaptureFrom::Header),
        Some(("cookie", name)) => Some(CaptureFrom::Cookie(name.trim().to_owned())),
        _ if text == "body" => Some(CaptureFrom::Body),
        _ => {
            let is_pointer = text.is_empty() || text.starts_with('/');
            is_pointer.then(|| CaptureFrom::Pointer(text.to_owned()))
        }
    }
}

/// Returns true if a template of the request has a variable of this kind.
fn uses(request: &RequestTemplate, is_meant: impl Fn(&str) -> bool) -> bool {
    let headers = request.headers.iter().map(|(_, text)| text);
    let templates = [&request.path].into_iter().chain(headers).chain(request.body.templates());
    let mut is_used = false;
    for template in templates {
        template.variables(&mut |name| is_used |= is_meant(name));
    }
    is_used
}
