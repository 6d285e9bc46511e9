//! Validates the bodies of requests: JSON, text, forms and files.

use super::error::{Validated, invalid, require};
use super::schema::{self, Text, Texts};
use super::{BodySpec, FilePart, Template, TextKind};

/// Holds what the validation of a body needs of its request.
#[derive(Clone, Copy)]
pub(super) struct BodyContext<'a> {
    /// Name of the request, such as `setup[1]`.
    pub(super) field: &'a str,
    /// True if the request is about a photo.
    pub(super) has_photo: bool,
    /// Parses the template of a field.
    pub(super) template: &'a dyn Fn(&Text, &str) -> Validated<Template>,
}

/// Holds the fields of a request that can describe its body.
pub(super) struct BodyFields {
    pub(super) json: Option<Text>,
    pub(super) body: Option<Text>,
    pub(super) form: Option<schema::Form>,
}

impl BodyFields {
    /// Validates the body of a request. `default` is the body without any field.
    pub(super) fn validate(
        self,
        at: BodyContext<'_>,
        headers: &Texts,
        default: BodySpec,
    ) -> Validated<BodySpec> {
        let Self { json, body, form } = self;
        let second = match (&json, &body, &form) {
            (Some(json), Some(_), _) | (Some(json), _, Some(_)) => Some(json),
            (None, Some(body), Some(_)) => Some(body),
            _ => None,
        };
        if let Some(second) = second {
            return Err(invalid(second, at.field, "json, body or form, and only one of them"));
        }
        if let Some(json) = json {
            let text = (at.template)(&json, &format!("{}.json", at.field))?;
            return Ok(BodySpec::Text { text, kind: TextKind::Json });
        }
        if let Some(body) = body {
            let text = (at.template)(&body, &format!("{}.body", at.field))?;
            return Ok(BodySpec::Text { text, kind: kind_of(headers) });
        }
        form.map_or(Ok(default), |form| self::form(form, at))
    }
}

/// Returns the kind of a text body by the header that declares its type.
fn kind_of(headers: &Texts) -> TextKind {
    let declared = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let declared = declared.map(|(_, text)| text.get_ref().to_ascii_lowercase());
    match declared {
        None => TextKind::Form,
        Some(declared) if declared.contains("x-www-form-urlencoded") => TextKind::Form,
        Some(declared) if declared.contains("json") => TextKind::Json,
        Some(_) => TextKind::Plain,
    }
}

fn form(form: schema::Form, at: BodyContext<'_>) -> Validated<BodySpec> {
    let field = format!("{}.form", at.field);
    let mut fields = Vec::new();
    for (name, text) in form.fields {
        let template = (at.template)(&text, &format!("{field}.fields.{name}"))?;
        fields.push((name, template));
    }
    let filename = |filename: Option<Text>| match filename {
        Some(filename) => (at.template)(&filename, &format!("{field}.filename")),
        None => Ok(Template::plain("photo")),
    };
    let mut files = Vec::new();
    match (form.file, form.filename) {
        (Some(name), name_of_file) => files.push(FilePart {
            name: name.into_inner(),
            filename: filename(name_of_file)?,
            media_type: None,
            content: None,
        }),
        (None, Some(name)) => {
            let reason = "needs file: the name of the field that holds the photo";
            return Err(invalid(&name, &format!("{field}.filename"), reason));
        }
        (None, None) => {}
    }
    for file in form.files {
        let name = format!("{field}.files");
        let has_photo = file.content.is_some() || at.has_photo;
        let reason = "only a request per photo has a photo: give its content";
        require(has_photo, &file.name, &name, reason)?;
        let content = file.content.map(|content| (at.template)(&content, &name));
        files.push(FilePart {
            filename: filename(file.filename)?,
            media_type: file.media_type.map(toml::Spanned::into_inner),
            content: content.transpose()?,
            name: file.name.into_inner(),
        });
    }
    if files.is_empty() && !form.multipart {
        return Ok(BodySpec::Fields(fields));
    }
    Ok(BodySpec::Multipart { fields, files })
}

impl BodySpec {
    /// Returns true if the body holds the photo, or text that is made of it.
    pub(super) fn has_photo(&self) -> bool {
        let uses_file = |template: &Template| {
            let mut is_used = false;
            template.variables(&mut |name| is_used |= name == "file");
            is_used
        };
        match self {
            Self::Empty => false,
            Self::Photo => true,
            Self::Text { text, .. } => uses_file(text),
            Self::Fields(fields) => fields.iter().any(|(_, text)| uses_file(text)),
            Self::Multipart { fields, files } => {
                let in_files = files.iter().any(|f| f.content.as_ref().is_none_or(uses_file));
                in_files || fields.iter().any(|(_, text)| uses_file(text))
            }
        }
    }

    /// Lists the templates of the body.
    pub(crate) fn templates(&self) -> Vec<&Template> {
        match self {
            Self::Empty | Self::Photo => Vec::new(),
            Self::Text { text, .. } => vec![text],
            Self::Fields(fields) => fields.iter().map(|(_, text)| text).collect(),
            Self::Multipart { fields, files } => {
                let files = files.iter().flat_map(|f| [Some(&f.filename), f.content.as_ref()]);
                fields.iter().map(|(_, text)| text).chain(files.flatten()).collect()
            }
        }
    }
}

/// Requires that a request sends the photo.
pub(super) fn require_photo(body: &BodySpec, path: &Text, field: &str) -> Validated<()> {
    let reason =
        "the request sends no photo: leave the body out, or use form.file or {base64(file)}";
    require(body.has_photo(), path, field, reason)
}
