//! Describes the URLs from which a service fetches photos.
//!
//! A service that keys a cache or a temporary file by a part of a URL mixes photos whose URLs
//! differ in another part only. So the photos' URLs differ in one part, and in each in turn.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use toml::Spanned;

use super::error::{InvalidField, Validated, invalid, one_of};
use super::schema;
use crate::audit::client::{Url, UrlError};

/// Names the only part in which the URLs of photos differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceVariation {
    /// Last segment of the path.
    Name,
    /// Query.
    Query,
    /// Folder of the path.
    Folder,
    /// Host.
    Host,
}

impl SourceVariation {
    /// Lists all variations by name.
    pub const ALL: [(&'static str, Self); 4] = [
        ("name", Self::Name),
        ("query", Self::Query),
        ("folder", Self::Folder),
        ("host", Self::Host),
    ];

    /// Returns the name of the part.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, part)| *part == self).map_or("", |(name, _)| name)
    }
}

/// Describes the origin server of an audit in pull mode.
#[derive(Clone, Debug)]
pub struct SourceSpec {
    /// Address on which the audit serves the photos. Port 0 is a free port.
    pub listen: SocketAddr,
    /// URLs by which the service reaches that address, or none for the address itself.
    pub urls: Vec<Url>,
    /// Parts in which the photos' URLs differ, each in turn.
    pub vary: Vec<SourceVariation>,
}

impl Default for SourceSpec {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            urls: Vec::new(),
            vary: SourceVariation::ALL.map(|(_, part)| part).into(),
        }
    }
}

impl SourceSpec {
    /// Returns the reason why the service could not know the address of the photos.
    pub fn problem(&self) -> Option<String> {
        let is_any = self.listen.ip().is_unspecified() && self.urls.is_empty();
        is_any.then(|| {
            let listen = self.listen;
            format!(
                "{listen} is every address of this machine: give the URL by which the service \
                 reaches it, as --source-url http://host.example:{}",
                listen.port()
            )
        })
    }

    /// Returns a warning if other machines can reach the photos.
    pub fn warning(&self) -> Option<String> {
        let ip = self.listen.ip();
        (!is_loopback(ip)).then(|| {
            format!(
                "other machines can fetch the photos from {} while the audit runs; the photos \
                 are coloured stripes, and their paths cannot be guessed",
                self.listen
            )
        })
    }
}

fn is_loopback(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}

/// Validates the table `[source]` of a target's file.
pub(super) fn source(table: &Spanned<schema::Source>) -> Validated<SourceSpec> {
    let mut spec = SourceSpec::default();
    let schema::Source { listen, url, vary } = table.get_ref();
    if let Some(listen) = listen {
        let reason = "no address and port, such as 127.0.0.1:8000 or 0.0.0.0:8000";
        let parsed = listen.get_ref().parse();
        spec.listen = parsed.map_err(|_| invalid(listen, "source.listen", reason))?;
    }
    for url in url {
        let parsed = url.get_ref().parse();
        let parsed =
            parsed.map_err(|error: UrlError| invalid(url, "source.url", error.to_string()))?;
        spec.urls.push(parsed);
    }
    if let Some(vary) = vary {
        spec.vary.clear();
        for part in vary {
            spec.vary.push(one_of(part, "source.vary", &SourceVariation::ALL)?);
        }
        if spec.vary.is_empty() {
            let reason = "names no part: write [\"name\", \"query\", \"folder\", \"host\"]";
            return Err(invalid(table, "source.vary", reason));
        }
    }
    match spec.problem() {
        Some(reason) => {
            Err(InvalidField { span: table.span(), field: "source.listen".to_owned(), reason })
        }
        None => Ok(spec),
    }
}
