//! Reads the headers that decide whether a shared cache may give a response to other people.
//!
//! Source: RFC 9111, sections 3 (storing), 3.5 (responses to `Authorization`), 4.1 (`Vary`) and
//! 5.2.2 (`Cache-Control`).

use hyper::HeaderMap;
use hyper::header::{CACHE_CONTROL, DATE, EXPIRES, HeaderName, VARY};
use jiff::fmt::rfc2822;

/// Holds the directives of `Cache-Control` in lower case, each with its argument if it has one.
struct Directives(Vec<(String, Option<String>)>);

/// Returns true if a shared cache may give the response to another person without asking the
/// service. A request with `Authorization` needs a directive that allows it.
pub(crate) fn may_be_shared(headers: &HeaderMap, has_authorization: bool) -> bool {
    let directives = Directives::read(headers);
    let has = |name| directives.argument(name).is_some();
    // With an argument, these two speak of single headers only.
    let is_whole = |name| directives.argument(name) == Some(None);
    if has("no-store") || is_whole("private") || is_whole("no-cache") || varies_by_person(headers) {
        return false;
    }
    let is_allowed = has("public") || has("s-maxage") || has("must-revalidate");
    if has_authorization && !is_allowed {
        return false;
    }
    let seconds = |name| directives.seconds(name);
    let lifetime = seconds("s-maxage").or_else(|| seconds("max-age")).or_else(|| expires(headers));
    let is_reused_stale = seconds("stale-while-revalidate").is_some_and(|seconds| seconds > 0);
    match lifetime {
        Some(seconds) => seconds > 0 || is_reused_stale,
        // A cache chooses the lifetime of a response that is declared public.
        None => has("public"),
    }
}

/// Returns true if a stored response is for requests with the same credentials only.
fn varies_by_person(headers: &HeaderMap) -> bool {
    let names = lines(headers, &VARY).flat_map(|line| line.split(','));
    names
        .map(|name| name.trim().to_ascii_lowercase())
        .any(|name| ["*", "cookie", "authorization"].contains(&name.as_str()))
}

/// Returns the seconds from `Date` to `Expires`. A date that cannot be read is in the past.
fn expires(headers: &HeaderMap) -> Option<i64> {
    let time = |name| {
        let text = lines(headers, name).next()?;
        rfc2822::parse(text).ok().map(|time| time.timestamp().as_second())
    };
    headers.get(EXPIRES)?;
    Some(time(&EXPIRES).zip(time(&DATE)).map_or(0, |(expires, date)| expires - date))
}

fn lines<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    headers.get_all(name).iter().filter_map(|line| line.to_str().ok())
}

impl Directives {
    fn read(headers: &HeaderMap) -> Self {
        let mut directives = Vec::new();
        for line in lines(headers, &CACHE_CONTROL) {
            let (mut text, mut is_quoted) = (String::new(), false);
            for c in line.chars().chain([',']) {
                match c {
                    '"' => is_quoted = !is_quoted,
                    ',' if !is_quoted => {
                        let (name, argument) = match text.split_once('=') {
                            Some((name, argument)) => (name, Some(argument.trim().to_owned())),
                            None => (text.as_str(), None),
                        };
                        directives.push((name.trim().to_ascii_lowercase(), argument));
                        text = String::new();
                    }
                    c => text.push(c),
                }
            }
        }
        Self(directives)
    }

    /// Returns the argument of a directive, or `None` if the directive is not there.
    fn argument(&self, name: &str) -> Option<Option<&str>> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, argument)| argument.as_deref())
    }

    /// Returns the seconds of a directive. A number that cannot be read is 0.
    fn seconds(&self, name: &str) -> Option<i64> {
        let argument = self.argument(name)?;
        Some(argument.and_then(|seconds| seconds.parse().ok()).unwrap_or(0))
    }
}

#[test]
fn a_response_is_shared_as_rfc_9111_says() {
    let response = |lines: &[(HeaderName, &str)]| {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name.clone(), value.parse().unwrap());
        }
        headers
    };
    let control = |value: &'static str| (CACHE_CONTROL, value);
    let date = (DATE, "Thu, 28 Nov 2024 10:00:00 GMT");
    let later = (EXPIRES, "Thu, 28 Nov 2024 11:00:00 GMT");
    // For each response: true if it is shared after a request with a cookie or a token in its URL,
    // and after a request with `Authorization`.
    for (lines, with_cookie, with_authorization) in [
        (vec![], false, false),
        (vec![control("max-age=600")], true, false),
        (vec![control("Max-Age=\"600\"")], true, false),
        (vec![control("max-age=0")], false, false),
        (vec![control("max-age=0, stale-while-revalidate=60")], true, false),
        (vec![control("public")], true, true),
        (vec![control("public, max-age=600")], true, true),
        (vec![control("private, max-age=600")], false, false),
        (vec![control("max-age=600"), control("private")], false, false),
        (vec![control("private=\"x-a, x-b\", max-age=600")], true, false),
        (vec![control("no-cache, max-age=600")], false, false),
        (vec![control("max-age=600, must-revalidate")], true, true),
        (vec![control("s-maxage=600")], true, true),
        (vec![control("s-maxage=0, max-age=600")], false, false),
        (vec![control("public, no-store")], false, false),
        (vec![control("public, max-age=600"), (VARY, "accept, Cookie")], false, false),
        (vec![control("public, max-age=600"), (VARY, "accept")], true, true),
        (vec![date.clone(), later.clone()], true, false),
        (vec![date, (EXPIRES, "0")], false, false),
    ] {
        let headers = response(&lines);
        let shared = [false, true].map(|authorization| may_be_shared(&headers, authorization));
        assert_eq!(shared, [with_cookie, with_authorization], "{lines:?}");
    }
}
