//! The names that templates may use, and from when on each is known.

use super::{Mode, Per};

/// What a template is part of, which decides what it may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A request of the setup.
    Setup(Per),
    /// The upload of a photo.
    Upload,
    /// The request for a thumbnail.
    Thumbnail,
}

/// The names known so far: what earlier answers gave, and for whom.
#[derive(Default)]
pub(super) struct Names {
    captured: Vec<(Per, String)>,
}

impl Names {
    /// Notes that a step captures a name.
    pub(super) fn capture(&mut self, per: Per, name: &str) {
        self.captured.push((per, name.to_owned()));
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.captured.iter().any(|(_, captured)| captured == name)
    }

    /// Whether a template may use a name.
    pub(super) fn knows(&self, place: Place, mode: Mode, name: &str) -> bool {
        self.all(place, mode).iter().any(|known| known == name)
    }

    /// Every name that a template may use.
    pub(super) fn all(&self, place: Place, mode: Mode) -> Vec<String> {
        let mut all: Vec<String> = vec!["run".into(), "person.number".into()];
        let mut add = |name: &str| all.push(name.to_owned());
        let inner = match place {
            Place::Setup(per) => per,
            Place::Upload | Place::Thumbnail => Per::Photo,
        };
        if inner >= Per::Album {
            add("album.number");
        }
        if inner == Per::Member {
            add("member.number");
        }
        if inner == Per::Photo {
            add("photo.number");
            add("uuid");
        }
        if place == Place::Thumbnail {
            for name in ["size", "number", "viewer.number"] {
                add(name);
            }
            if mode == Mode::Pull {
                add("source");
                add("source.escaped");
            }
        }
        for (per, name) in &self.captured {
            if *per == Per::Person || *per == inner || (*per <= inner && *per != Per::Member) {
                add(name);
            }
            if *per == Per::Person && inner == Per::Member {
                add(&format!("member.{name}"));
            }
            if *per == Per::Person && place == Place::Thumbnail {
                add(&format!("viewer.{name}"));
            }
        }
        all
    }
}

/// Whether a word can be a captured name: it begins with a letter and has no dot, which sets apart
/// what the audit itself names.
pub(super) fn can_be_captured(name: &str) -> bool {
    const OURS: [&str; 7] = ["run", "uuid", "size", "number", "source", "signature", "env"];
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !OURS.contains(&name)
}
