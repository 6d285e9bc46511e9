//! Keeps the cookies that the target gave to each person, as a browser does.
//!
//! The setup fills the jars, and the load only reads them, so that no two requests share state.

use hyper::header::{HeaderMap, SET_COOKIE};

/// Upper bound of the cookies of a person.
const MAX_COOKIES: usize = 64;

/// Upper bound of the bytes of a cookie.
const MAX_COOKIE_BYTES: usize = 4 << 10;

/// Holds the cookies of one person by name. All requests go to one service, so paths and domains
/// are not compared.
#[derive(Clone, Debug, Default)]
pub(crate) struct CookieJar(Vec<(String, String)>);

/// Holds a cookie that a response sets, or its name if the response removes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SetCookie {
    pub(crate) name: String,
    pub(crate) value: Option<String>,
}

impl CookieJar {
    /// Stores the cookies of a response. A full jar takes no further names.
    pub(crate) fn store(&mut self, cookies: Vec<SetCookie>) {
        for SetCookie { name, value } in cookies {
            self.0.retain(|(kept, _)| *kept != name);
            if let Some(value) = value
                && self.0.len() < MAX_COOKIES
            {
                self.0.push((name, value));
            }
        }
    }

    /// Returns the value of the header `cookie`, or `None` if there are no cookies.
    pub(crate) fn header(&self) -> Option<String> {
        let cookies = self.0.iter().map(|(name, value)| format!("{name}={value}"));
        let cookies = cookies.collect::<Vec<_>>().join("; ");
        (!cookies.is_empty()).then_some(cookies)
    }

    /// Returns the names and values of the cookies.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Reads every `Set-Cookie` of a response.
pub(crate) fn set_cookies(headers: &HeaderMap) -> Vec<SetCookie> {
    let lines = headers.get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines
        .filter(|line| line.len() <= MAX_COOKIE_BYTES)
        .filter_map(parse)
        .take(MAX_COOKIES)
        .collect()
}

fn parse(line: &str) -> Option<SetCookie> {
    let mut parts = line.split(';').map(str::trim);
    let (name, value) = parts.next()?.split_once('=')?;
    // Services remove a cookie by a date in the past, which is always of the year 1970 or before.
    let is_removed = parts.any(|attribute| {
        let attribute = attribute.to_ascii_lowercase();
        let max_age = attribute.strip_prefix("max-age=").and_then(|age| age.parse::<i64>().ok());
        max_age.is_some_and(|age| age <= 0)
            || attribute.starts_with("expires=") && attribute.contains("1970")
    });
    let name = name.trim();
    let value = (!is_removed).then(|| value.trim().to_owned());
    (!name.is_empty()).then(|| SetCookie { name: name.to_owned(), value })
}

#[test]
fn every_cookie_of_a_response_is_kept_until_it_is_removed() {
    let headers = |lines: &[&str]| {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(SET_COOKIE, line.parse().unwrap());
        }
        headers
    };
    let mut jar = CookieJar::default();
    assert_eq!(jar.header(), None);
    jar.store(set_cookies(&headers(&["a=1; Path=/; HttpOnly", "b=x=y; Max-Age=60", "nonsense"])));
    assert_eq!(jar.header().unwrap(), "a=1; b=x=y");
    jar.store(set_cookies(&headers(&["a=2", "b=; expires=Thu, 01 Jan 1970 00:00:00 GMT"])));
    assert_eq!(jar.header().unwrap(), "a=2");
    jar.store(set_cookies(&headers(&["a=; Max-Age=0"])));
    assert_eq!(jar.header(), None);
}

#[test]
fn a_jar_has_a_bound() {
    let mut jar = CookieJar::default();
    for number in 0..2 * MAX_COOKIES {
        jar.store(vec![SetCookie { name: number.to_string(), value: Some("x".to_owned()) }]);
    }
    assert_eq!(jar.0.len(), MAX_COOKIES);
}
