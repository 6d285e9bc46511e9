//! The simple targets, which take a URL and no file.

use super::{Mode, SpecError, Target};
use crate::audit::client::Url;

/// A service that needs nothing but a URL.
#[derive(Clone, Debug)]
pub struct SingleUrl {
    /// Pull or post.
    pub mode: Mode,
    /// Where a thumbnail is asked for, with `{size}` and, in pull mode, `{source}`.
    pub url: String,
}

/// Why a URL makes no target.
#[derive(Debug, thiserror::Error)]
pub enum SingleUrlError {
    /// It is no URL.
    #[error(transparent)]
    Url(#[from] crate::audit::client::UrlError),
    /// A name in it is unknown, or one is missing.
    #[error("{0}")]
    Mistake(String),
}

impl SingleUrl {
    /// The target.
    ///
    /// # Errors
    /// If the URL is none, or its names are not those of its mode.
    pub fn target(&self) -> Result<Target, SingleUrlError> {
        let (base, path) = split(&self.url);
        Url::parse(base)?;
        let mode = if self.mode == Mode::Pull { "pull" } else { "post" };
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let text = format!(
            "name = {}\nmode = \"{mode}\"\nbase = {}\n[thumbnail]\npath = {}\n",
            quoted(base),
            quoted(base),
            quoted(path),
        );
        let environment = |name: &str| std::env::var(name).ok();
        Target::parse(&text, None, &environment)
            .map_err(|SpecError { what, .. }| SingleUrlError::Mistake(what))
    }
}

/// The scheme and authority, and the rest from its slash on.
fn split(url: &str) -> (&str, &str) {
    let authority = url.find("://").map_or(0, |at| at + 3);
    match url[authority..].find('/') {
        Some(slash) => url.split_at(authority + slash),
        None => (url, "/"),
    }
}
