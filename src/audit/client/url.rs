//! Where a service is. Plain HTTP only.
//!
//! TLS would bring more code than the rest of the program has, and would be tested here no better
//! than its terminator tests it. What an audit is about lies behind it.

use std::fmt;
use std::str::FromStr;

use hyper::Uri;

/// The most bytes of a URL.
const MOST_BYTES: usize = 8 << 10;

/// An `http://` URL: an authority, and a path with its query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    authority: String,
    path: String,
}

/// Why a text is no URL that can be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It is encrypted.
    #[error(
        "{found:?}: https is not spoken here; give the plain port behind the service's TLS, or put \
         a local TLS client such as stunnel or socat between"
    )]
    Encrypted {
        /// The text.
        found: String,
    },
    /// It is something else.
    #[error("{found:?} is no URL of a service: write it as http://127.0.0.1:8080")]
    NoUrl {
        /// The text.
        found: String,
    },
}

impl Url {
    /// Reads a URL.
    ///
    /// # Errors
    /// [`UrlError`], if it is not one of plain HTTP with a host.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let no_url = || UrlError::NoUrl { found: text.chars().take(200).collect() };
        if text.len() > MOST_BYTES {
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

    /// The URL of a path below this one; a whole URL stands for itself.
    pub(crate) fn below(&self, path: &str) -> Result<Self, UrlError> {
        if path.starts_with("http:") || path.starts_with("https:") {
            return Self::parse(path);
        }
        let path = format!("{}{path}", self.path);
        let no_url = || UrlError::NoUrl { found: path.chars().take(200).collect() };
        let known =
            path.parse::<Uri>().is_ok() && path.starts_with('/') && path.len() <= MOST_BYTES;
        if known { Ok(Self { authority: self.authority.clone(), path }) } else { Err(no_url()) }
    }

    /// Where a `Location` leads from here.
    pub(crate) fn led_to(&self, location: &str) -> Result<Self, UrlError> {
        let host = Self { authority: self.authority.clone(), path: String::new() };
        if let Some(rest) = location.strip_prefix("//") {
            return Self::parse(&format!("http://{rest}"));
        }
        if location.starts_with('/') || location.contains("://") {
            return host.below(location);
        }
        let folder = self.path.split('?').next().unwrap_or_default();
        let folder = folder.rfind('/').map_or("/", |slash| &folder[..=slash]);
        host.below(&format!("{folder}{location}"))
    }

    /// Host and port.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// Path and query, as a request names them.
    pub(crate) fn target(&self) -> &str {
        if self.path.is_empty() { "/" } else { &self.path }
    }
}

impl FromStr for Url {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        Self::parse(text)
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
    fn only_plain_http_with_a_host_is_a_service() {
        let shown = |text: &str| Url::parse(text).map(|url| url.to_string());
        assert_eq!(shown("http://a/").unwrap(), "http://a:80");
        assert_eq!(shown("http://[::1]:81/x/").unwrap(), "http://[::1]:81/x");
        assert!(matches!(shown("https://a"), Err(UrlError::Encrypted { .. })));
        for bad in ["", "a", "/a", "ftp://a", "http://", "http://me:key@a", "http:// a"] {
            assert!(matches!(shown(bad), Err(UrlError::NoUrl { .. })), "{bad}");
        }
    }

    #[test]
    fn a_location_leads_where_a_browser_would_go() {
        let from = Url::parse("http://a:8/b").unwrap().below("/c/d?e=/f").unwrap();
        for (location, to) in [
            ("/x", "http://a:8/x"),
            ("x?y", "http://a:8/b/c/x?y"),
            ("http://z/x", "http://z:80/x"),
            ("//z:1/x", "http://z:1/x"),
        ] {
            assert_eq!(from.led_to(location).unwrap().to_string(), to, "{location}");
        }
        assert!(from.led_to("https://z/").is_err());
    }
}
