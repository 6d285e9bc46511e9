//! Lists the variables that a template may use.

use super::{Mode, Per};

/// Names the request that a template belongs to, which decides the template's variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Request before the uploads.
    Setup(Per),
    /// Upload of a photo.
    Upload,
    /// Request after the uploads.
    AfterUpload(Per),
    /// Request for a thumbnail.
    Thumbnail,
}

/// Lists every variable that a template may use. Accounts and responses to earlier requests define
/// the `captured` variables.
pub(super) fn in_scope(captured: &[(Per, String)], scope: Scope, mode: Mode) -> Vec<String> {
    let per = match scope {
        Scope::Setup(per) | Scope::AfterUpload(per) => per,
        Scope::Upload | Scope::Thumbnail => Per::Photo,
    };
    let is_thumbnail = scope == Scope::Thumbnail;
    let has_size = is_thumbnail || matches!(scope, Scope::AfterUpload(_));
    let groups: [(bool, &[&str]); 7] = [
        (true, &["run", "person.number"]),
        (per >= Per::Album, &["album.number"]),
        (per == Per::Member, &["member.number"]),
        (
            per == Per::Photo,
            &["photo.number", "uuid", "file", "file.bytes", "file.type", "file.extension"],
        ),
        (has_size, &["size"]),
        (is_thumbnail, &["number", "viewer.number"]),
        (is_thumbnail && mode == Mode::Pull, &["source", "source.escaped"]),
    ];
    let groups = groups.into_iter().filter(|(is_in_scope, _)| *is_in_scope);
    let mut all: Vec<String> =
        groups.flat_map(|(_, names)| names).map(|name| (*name).to_owned()).collect();
    for (of, name) in captured {
        let is_person = *of == Per::Person;
        if is_person || *of == per || (*of <= per && *of != Per::Member) {
            all.push(name.clone());
        }
        if is_person && per == Per::Member {
            all.push(format!("member.{name}"));
        }
        if is_person && is_thumbnail {
            all.push(format!("viewer.{name}"));
        }
    }
    all
}

/// Returns true if a captured variable may have this name. The name begins with a letter and has no
/// dot, which tells the name from the variables that the audit defines.
pub(super) fn is_capture_name(name: &str) -> bool {
    const RESERVED: [&str; 7] = ["run", "uuid", "size", "number", "source", "file", "env"];
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !RESERVED.contains(&name)
}

/// Returns true if a captured variable of this name is taken for a secret.
pub(crate) fn is_secret_name(name: &str) -> bool {
    const SECRETS: [&str; 10] = [
        "token", "secret", "password", "passwd", "key", "session", "csrf", "xsrf", "cookie", "auth",
    ];
    let name = name.to_ascii_lowercase();
    SECRETS.iter().any(|secret| name.contains(secret))
}
