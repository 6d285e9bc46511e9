//! Parses the URL of a service, and accepts plain HTTP only.
//!
//! TLS would bring more code than the rest of the program has, and an audit would test it no better
//! than the tests of its terminator do. The services that an audit is for lie behind that
//! terminator.

use std::fmt;
use std::str::FromStr;

use hyper::Uri;

/// Upper bound of the bytes of a URL.
const MAX_BYTES: usize = 8 << 10;

/// Holds an `http://` URL: its authority, and its path with the query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    authority: String,
    path: String,
}

/// Describes why a text is no URL of a service.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// The URL needs TLS.
    #[error(
        "{found:?}: https is not supported; give the plain port behind the service's TLS, or put \
         a local TLS client such as stunnel or socat between"
    )]
    Encrypted {
        /// Text that was given.
        found: String,
    },
    /// The text is no URL with a host and without a user.
    #[error("{found:?} is no URL of a service: write it as http://127.0.0.1:8080")]
    NoUrl {
        /// Text that was given.
        found: String,
    },
}

impl FromStr for Url {
    type Err = UrlError;

    /// Parses the URL of a service: plain HTTP with a host.
    fn from_str(text: &str) -> Result<Self, UrlError> {
        let no_url = || UrlError::NoUrl { found: text.chars().take(200).collect() };
        if text.len() > MAX_BYTES {
            return Err(no_url());
        }
        let uri: Uri = text.trim_end_matches('/').parse().map_err(|_| no_url())?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => return Err(UrlError::Encrypted { found: text.to_owned() }),
            _ => return Err(no_url()),
        }
        let authority = uri.authority().ok_or_else(no_url)?;
        if authority.host().is_empty() || authority.as_str().contains('@') {
            return Err(no_url());
        }
        let port = authority.port_u16().unwrap_or(80);
        let path = uri.path_and_query().map_or("", |path| path.as_str());
        let path = path.trim_end_matches('/').to_owned();
        Ok(Self { authority: format!("{}:{port}", authority.host()), path })
    }
}

impl Url {
    /// Appends a path to the URL. Returns `path` itself if it is a whole URL.
    pub(crate) fn join_path(&self, path: &str) -> Result<Self, UrlError> {
        if path.starts_with("http:") || path.starts_with("https:") {
            return path.parse();
        }
        let path = format!("{}{path}", self.path);
        let no_url = || UrlError::NoUrl { found: path.chars().take(200).collect() };
        let is_valid =
            path.parse::<Uri>().is_ok() && path.starts_with('/') && path.len() <= MAX_BYTES;
        if is_valid { Ok(Self { authority: self.authority.clone(), path }) } else { Err(no_url()) }
    }

    /// Resolves the `Location` of a redirect against the URL.
    pub(crate) fn join_location(&self, location: &str) -> Result<Self, UrlError> {
        let host = Self { authority: self.authority.clone(), path: String::new() };
        if let Some(rest) = location.strip_prefix("//") {
            return format!("http://{rest}").parse();
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
        &self.authority
    }

    /// Returns path and query, as the first line of a request has them.
    pub(crate) fn path_and_query(&self) -> &str {
        if self.path.is_empty() { "/" } else { &self.path }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}{}", self.authority, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_http_with_a_host_is_accepted() {
        let parsed = |text: &str| text.parse().map(|url: Url| url.to_string());
        assert_eq!(parsed("http://a/").unwrap(), "http://a:80");
        assert_eq!(parsed("http://[::1]:81/x/").unwrap(), "http://[::1]:81/x");
        assert!(matches!(parsed("https://a"), Err(UrlError::Encrypted { .. })));
        for bad in ["", "a", "/a", "ftp://a", "http://", "http://me:key@a", "http:// a"] {
            assert!(matches!(parsed(bad), Err(UrlError::NoUrl { .. })), "{bad}");
        }
    }

    #[test]
    fn a_location_is_resolved_as_browsers_do() {
        let from = "http://a:8/b".parse::<Url>().unwrap().join_path("/c/d?e=/f").unwrap();
        for (location, to) in [
            ("/x", "http://a:8/x"),
            ("x?y", "http://a:8/b/c/x?y"),
            ("http://z/x", "http://z:80/x"),
            ("//z:1/x", "http://z:1/x"),
        ] {
            assert_eq!(from.join_location(location).unwrap().to_string(), to, "{location}");
        }
        assert!(from.join_location("https://z/").is_err());
    }
}
