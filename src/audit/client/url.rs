//! Parses the URL of a service, and joins paths to it.

use std::fmt;
use std::str::FromStr;

use hyper::Uri;

/// Upper bound of the bytes of a URL.
const MAX_BYTES: usize = 8 << 10;

/// Holds an `http://` or `https://` URL: its origin, and its path with the query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    origin: Origin,
    path: String,
}

/// Holds the part of a URL that one connection serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    is_tls: bool,
    host: String,
    /// Host and port.
    authority: String,
}

/// Describes why a text is no URL of a service.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// The text is no URL with a host.
    #[error("{found:?} is no URL of a service: write it as http://127.0.0.1:8080")]
    NoUrl {
        /// Text that was given.
        found: String,
    },
    /// The URL has a user or a password, which would be printed with it.
    #[error("a URL with a user or a password: send them as a header or as form fields")]
    UserInfo,
}

impl FromStr for Url {
    type Err = UrlError;

    /// Parses the URL of a service, with a host and without a user.
    fn from_str(text: &str) -> Result<Self, UrlError> {
        let no_url = || UrlError::NoUrl { found: text.chars().take(200).collect() };
        if text.len() > MAX_BYTES {
            return Err(no_url());
        }
        let uri: Uri = text.parse().map_err(|_| no_url())?;
        let is_tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(no_url()),
        };
        let authority = uri.authority().ok_or_else(no_url)?;
        if authority.as_str().contains('@') {
            return Err(UrlError::UserInfo);
        }
        let host = authority.host().to_owned();
        if host.is_empty() {
            return Err(no_url());
        }
        let port = authority.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let path = uri.path_and_query().map_or("", |path| path.as_str());
        let path = if path == "/" { "" } else { path }.to_owned();
        let authority = format!("{host}:{port}");
        Ok(Self { origin: Origin { is_tls, host, authority }, path })
    }
}

impl Url {
    /// Appends a path to the URL. Returns `path` itself if it is a whole URL.
    pub(crate) fn join_path(&self, path: &str) -> Result<Self, UrlError> {
        if path.starts_with("http:") || path.starts_with("https:") {
            return path.parse();
        }
        let path = format!("{}{path}", self.path.trim_end_matches('/'));
        let no_url = || UrlError::NoUrl { found: path.chars().take(200).collect() };
        let is_valid =
            path.parse::<Uri>().is_ok() && path.starts_with('/') && path.len() <= MAX_BYTES;
        if is_valid { Ok(Self { origin: self.origin.clone(), path }) } else { Err(no_url()) }
    }

    /// Resolves the `Location` of a redirect against the URL.
    pub(crate) fn join_location(&self, location: &str) -> Result<Self, UrlError> {
        let host = Self { origin: self.origin.clone(), path: String::new() };
        if let Some(rest) = location.strip_prefix("//") {
            return format!("{}://{rest}", self.scheme()).parse();
        }
        if location.starts_with('/') || location.contains("://") {
            return host.join_path(location);
        }
        let folder = self.path.split('?').next().unwrap_or_default();
        let folder = folder.rfind('/').map_or("/", |slash| &folder[..=slash]);
        host.join_path(&format!("{folder}{location}"))
    }

    /// Returns host and port.
    pub(crate) fn authority(&self) -> &str {
        &self.origin.authority
    }

    /// Returns the host, with the port if it is not the scheme's own. Services that check their
    /// name, such as virtual hosts, compare it as browsers send it.
    pub(crate) fn host_header(&self) -> &str {
        let own_port = if self.origin.is_tls { ":443" } else { ":80" };
        self.origin.authority.strip_suffix(own_port).unwrap_or(&self.origin.authority)
    }

    /// Returns path and query, as the first line of a request has them.
    pub(crate) fn path_and_query(&self) -> &str {
        if self.path.is_empty() { "/" } else { &self.path }
    }

    /// Returns true if the URL is of `https`.
    pub(crate) fn is_tls(&self) -> bool {
        self.origin.is_tls
    }

    pub(super) fn host(&self) -> &str {
        &self.origin.host
    }

    pub(super) fn origin(&self) -> Origin {
        self.origin.clone()
    }

    fn scheme(&self) -> &'static str {
        if self.origin.is_tls { "https" } else { "http" }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme(), self.origin.authority, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_http_and_https_with_a_host_are_accepted() {
        let parsed = |text: &str| text.parse().map(|url: Url| url.to_string());
        assert_eq!(parsed("http://a/").unwrap(), "http://a:80");
        assert_eq!(parsed("https://a/x").unwrap(), "https://a:443/x");
        assert_eq!(parsed("http://[::1]:81/x/").unwrap(), "http://[::1]:81/x/");
        assert_eq!(parsed("http://me:key@a"), Err(UrlError::UserInfo));
        for bad in ["", "a", "/a", "ftp://a", "http://", "http:// a"] {
            assert!(matches!(parsed(bad), Err(UrlError::NoUrl { .. })), "{bad}");
        }
    }

    #[test]
    fn a_path_keeps_its_last_slash_and_the_host_has_its_port_if_it_is_unusual() {
        let base = |text: &str| text.parse::<Url>().unwrap();
        for (from, path, to) in [
            ("http://a/x/", "/y/", "http://a:80/x/y/"),
            ("http://a/", "/y/?z=/", "http://a:80/y/?z=/"),
            ("http://a/x", "http://b/y/", "http://b:80/y/"),
        ] {
            assert_eq!(base(from).join_path(path).unwrap().to_string(), to);
        }
        let hosts = ["http://a", "https://a", "http://a:443", "https://a:8443"];
        let hosts = hosts.map(|text| base(text).host_header().to_owned());
        assert_eq!(hosts, ["a", "a", "a:443", "a:8443"]);
    }

    #[test]
    fn a_location_is_resolved_as_browsers_do() {
        let from = "http://a:8/b".parse::<Url>().unwrap().join_path("/c/d?e=/f").unwrap();
        for (location, to) in [
            ("/x", "http://a:8/x"),
            ("x?y", "http://a:8/b/c/x?y"),
            ("http://z/x", "http://z:80/x"),
            ("//z:1/x", "http://z:1/x"),
            ("https://z/x/", "https://z:443/x/"),
        ] {
            assert_eq!(from.join_location(location).unwrap().to_string(), to, "{location}");
        }
        assert!(from.join_location("ftp://z/").is_err());
    }
}
