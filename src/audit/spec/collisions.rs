//! Refuses templates that give two photos one place, or the photos of two audits.
//!
//! A service that is asked for two photos by one request answers both with one of them. The answer
//! would show another person's photo, and the service would be blamed for the target's file. So all
//! requests are rendered with values that differ as the service's would, and compared.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use hyper::Method;

use super::error::InvalidField;
use super::{
    BodySpec, LoadWork, Mode, Per, Place, RequestTemplate, SetupRequest, Target, Template,
};
use crate::audit::work_queue::load_work;

/// Upper bound of the photos, with copies, whose requests are compared.
const MAX_RENDERED: usize = 20_000;

/// Locates the paths of a target in its file.
pub(super) struct PathSpans {
    pub(super) setup: Vec<Range<usize>>,
    pub(super) upload: Range<usize>,
    pub(super) thumbnail: Range<usize>,
}

/// Describes what a rendered request is about. People, photos and audits have indexes from 0.
#[derive(Clone, Copy)]
struct Subject {
    run: u8,
    owner: usize,
    member: usize,
    viewer: usize,
    /// Index among the owner's photos.
    photo: usize,
}

/// Checks that each photo has a place of its own, in this audit and in a later one.
pub(super) fn check(target: &Target, spans: &PathSpans) -> Result<(), InvalidField> {
    let renderer = Renderer::new(target);
    // After the first request the cookies of people may differ, which are not known yet.
    if let Some((step, span)) = target.setup.first().zip(spans.setup.first()) {
        renderer.check_step(step).map_err(|reason| {
            let field = format!("{}.path", step.name);
            InvalidField { span: span.clone(), field, reason }
        })?;
    }
    let invalid = |span: &Range<usize>, field: &str, reason| InvalidField {
        span: span.clone(),
        field: field.to_owned(),
        reason,
    };
    // An upload whose response names the photo may have one path for all photos, and so may one
    // whose photo is named by its content.
    let mut is_named_by_content = false;
    target.thumbnail.request.path.variables(&mut |name| is_named_by_content |= name == "file");
    let is_checked = |upload: &&SetupRequest| upload.capture.is_empty() && !is_named_by_content;
    if let Some(upload) = target.upload.as_ref().filter(is_checked) {
        let checked = renderer.check_photos(&upload.request);
        checked.map_err(|reason| invalid(&spans.upload, "upload.path", reason))?;
    }
    if target.mode == Mode::Post {
        return Ok(());
    }
    let thumbnail = &target.thumbnail.request;
    let checked = renderer.check_photos(thumbnail);
    let checked = checked.and_then(|()| renderer.check_audits(thumbnail));
    checked.map_err(|reason| invalid(&spans.thumbnail, "thumbnail.path", reason))
}

/// Renders requests with placeholders in place of the values that responses give.
struct Renderer<'t> {
    target: &'t Target,
    /// Captured variables, each with the things that have a value of it.
    captured: HashMap<&'t str, Per>,
    /// Variables of the accounts, which are those of every audit.
    accounts: Vec<&'t str>,
}

impl<'t> Renderer<'t> {
    fn new(target: &'t Target) -> Self {
        let steps = target.setup.iter().chain(&target.upload).chain(&target.after_upload);
        let captured = steps
            .flat_map(|step| step.capture.iter().map(|(name, _)| (name.as_str(), step.per)))
            .collect();
        let accounts = target.accounts.names().map(String::as_str).collect();
        Self { target, captured, accounts }
    }

    /// Checks that the requests for two photos differ in path or body. Headers do not count,
    /// because they say who asks and not what for.
    fn check_photos(&self, request: &RequestTemplate) -> Result<(), String> {
        let mut places: HashMap<String, Subject> = HashMap::new();
        let (mut first, mut missing) = (None, [false; 2]);
        for subject in self.photos() {
            let place = self.place(request, subject);
            let known = *places.entry(place).or_insert(subject);
            if (known.owner, known.photo) != (subject.owner, subject.photo) {
                first.get_or_insert((known, subject));
                missing[usize::from(known.owner == subject.owner)] = true;
            }
        }
        let Some((one, other)) = first else { return Ok(()) };
        let names = [(missing[0], "{person.number}"), (missing[1], "{photo.number}")];
        let names = names.iter().filter(|(is_missing, _)| *is_missing).map(|(_, name)| *name);
        Err(format!(
            "{} and {} have the same path and body: add {}, or a name that only one photo has, \
             such as {{uuid}}",
            one.describe(),
            other.describe(),
            names.collect::<Vec<_>>().join(" and ")
        ))
    }

    /// Checks that a later audit names its photos differently.
    fn check_audits(&self, request: &RequestTemplate) -> Result<(), String> {
        let is_same = self.photos().any(|subject| {
            self.place(request, subject) == self.place(request, Subject { run: 1, ..subject })
        });
        if !is_same {
            return Ok(());
        }
        let reason = "a later audit would name its photos alike, and be answered with these: add \
                      {run}, {uuid}, or a value that a response gives";
        Err(reason.to_owned())
    }

    /// Checks that a request of the setup is not the same for two people or albums. A response
    /// with captures tells them apart, and a request that changes nothing may be repeated.
    fn check_step(&self, step: &SetupRequest) -> Result<(), String> {
        let is_safe = [Method::GET, Method::HEAD].contains(&step.request.method);
        if is_safe || !step.capture.is_empty() || step.per == Per::Photo {
            return Ok(());
        }
        let people = self.target.photos.people;
        let mut places: HashMap<String, Subject> = HashMap::new();
        for owner in 0..people {
            let member = (owner + 1) % people;
            let subject = Subject { run: 0, owner, member, viewer: owner, photo: 0 };
            let mut place = self.place(&step.request, subject);
            for (name, value) in &step.request.headers {
                place += &format!("\n{name}: {}", self.filled(value, subject));
            }
            if let Some(other) = places.insert(place, subject) {
                return Err(format!(
                    "person {} and person {} have the same request: add {{person.number}}",
                    other.owner + 1,
                    owner + 1
                ));
            }
        }
        Ok(())
    }

    /// Lists each photo for its owner and for the first member of its album. The number after a
    /// person's last whole photo is the truncated one's. Copies that the load uploads have the
    /// numbers after these, of which as many are listed as can look like another person's number
    /// before a photo's number, and at most [`MAX_RENDERED`] in all.
    fn photos(&self) -> impl Iterator<Item = Subject> + use<> {
        let spec = self.target.photos;
        let uploaded = spec.per_person + usize::from(spec.truncated);
        let of_copies = (10 * spec.people).min(MAX_RENDERED / spec.people);
        let has_copies = load_work(self.target) != LoadWork::Thumbnails;
        let count = if has_copies { uploaded.max(of_copies) } else { uploaded };
        let viewers = 1 + spec.members.min(1);
        (0..spec.people).flat_map(move |owner| {
            (0..count).flat_map(move |photo| {
                (0..viewers).map(move |index| Subject {
                    run: 0,
                    owner,
                    member: (owner + 1) % spec.people,
                    viewer: (owner + index) % spec.people,
                    photo,
                })
            })
        })
    }

    /// Renders the part of a request that names what it is about. In a body the photo's bytes name
    /// nothing.
    fn place(&self, request: &RequestTemplate, subject: Subject) -> String {
        let mut place = self.filled(&request.path, subject);
        let mut add = |template: &Template| {
            let value = |name: &str| match name {
                "file" => None,
                _ => self.value(name, subject),
            };
            place += &format!("\n{}", template.fill(&value, Place::Text));
        };
        match &request.body {
            BodySpec::Empty | BodySpec::Photo => {}
            BodySpec::Text { text, .. } => add(text),
            BodySpec::Fields(fields) => fields.iter().for_each(|(_, text)| add(text)),
            BodySpec::Multipart { fields, files } => {
                fields.iter().for_each(|(_, text)| add(text));
                files.iter().for_each(|file| add(&file.filename));
            }
        }
        place
    }

    fn filled(&self, template: &Template, subject: Subject) -> String {
        template.fill(&|name| self.value(name, subject), Place::Text)
    }

    fn value(&self, name: &str, subject: Subject) -> Option<Cow<'static, [u8]>> {
        let Subject { run, owner, member, viewer, photo } = subject;
        let of_person = |person: usize, name: &str| match name {
            "number" => (person + 1).to_string(),
            _ if self.accounts.contains(&name) => format!("<{name} {person}>"),
            _ => format!("<{name} {run} {person}>"),
        };
        let value = if let Some(name) = name.strip_prefix("member.") {
            of_person(member, name)
        } else if let Some(name) = name.strip_prefix("viewer.") {
            of_person(viewer, name)
        } else {
            match (name, self.captured.get(name)) {
                ("person.number" | "album.number", _) => (owner + 1).to_string(),
                ("photo.number", _) => (photo + 1).to_string(),
                ("run", _) => format!("<run {run}>"),
                ("size" | "number" | "file.bytes" | "file.type" | "file.extension", _) => {
                    String::new()
                }
                (_, Some(Per::Person | Per::Album)) => of_person(owner, name),
                (_, None) if self.accounts.contains(&name) => of_person(owner, name),
                (_, Some(Per::Member)) => format!("<{name} {run} {owner} {member}>"),
                (_, Some(Per::Photo) | None) => format!("<{name} {run} {owner} {photo}>"),
            }
        };
        Some(value.into_bytes().into())
    }
}

impl Subject {
    fn describe(self) -> String {
        format!("person {}, photo {}", self.owner + 1, self.photo + 1)
    }
}
