//! Where each parameter of a script comes from: published, inferred from what is, or invented.
//!
//! A number without its origin would be taken for a fact.

use serde::Serialize;
use serde_json::Value;

use super::Scenario;

/// What a value of the built-in script rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ParameterSource {
    /// By the operator, the ministry or the press.
    Published,
    /// Worked out from published figures.
    Inferred,
    /// Ours, and chosen so that the day fits the published figures.
    Fitted,
    /// Ours.
    Invented,
}

impl ParameterSource {
    /// In one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Inferred => "inferred",
            Self::Fitted => "fitted",
            Self::Invented => "invented",
        }
    }
}

/// A value of a script.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Parameter {
    /// Such as `fleet.slots`.
    pub path: String,
    /// As it is written.
    pub value: String,
    /// `None` where the value is not that of the built-in script: then its origin is the author.
    pub origin: Option<ParameterSource>,
}

/// The origins of the built-in script's values, by the beginnings of their paths: the longest that
/// fits counts.
const ORIGINS: [(&str, ParameterSource); 27] = [
    ("title", ParameterSource::Published),
    ("start", ParameterSource::Invented),
    ("end", ParameterSource::Invented),
    ("people", ParameterSource::Invented),
    ("people.aged_days", ParameterSource::Published),
    ("views", ParameterSource::Invented),
    ("views.per_day", ParameterSource::Inferred),
    ("views.by_hour", ParameterSource::Fitted),
    ("fleet", ParameterSource::Invented),
    ("fleet.pipeline", ParameterSource::Inferred),
    ("fleet.conversion_ms", ParameterSource::Fitted),
    ("caches", ParameterSource::Invented),
    ("caches.service_warm", ParameterSource::Fitted),
    ("caches.device_warm", ParameterSource::Fitted),
    ("platforms", ParameterSource::Invented),
    ("platforms.name", ParameterSource::Published),
    ("platforms.build", ParameterSource::Published),
    ("rollout", ParameterSource::Invented),
    ("rollout.0.at", ParameterSource::Published),
    ("detection.at", ParameterSource::Published),
    ("detection.canaries", ParameterSource::Invented),
    ("fix", ParameterSource::Published),
    ("server_change", ParameterSource::Published),
    ("estimate", ParameterSource::Invented),
    ("estimate.from", ParameterSource::Published),
    ("what_ifs", ParameterSource::Invented),
    ("published", ParameterSource::Published),
];

/// All values of a script, each with its origin.
pub fn parameters(script: &Scenario) -> Vec<Parameter> {
    let built_in = flat(&Scenario::of_the_day());
    let mut found = Vec::new();
    for (path, value) in flat(script) {
        let same = built_in.iter().any(|(known, usual)| *known == path && *usual == value);
        let origin = if same { origin(&path) } else { None };
        found.push(Parameter { path, value, origin });
    }
    found
}

fn origin(path: &str) -> Option<ParameterSource> {
    // A platform's place in its list says nothing about where its build comes from.
    let mut names: Vec<&str> = path.split('.').collect();
    if names[0] == "platforms" && names.len() > 1 {
        names.remove(1);
    }
    let path = names.join(".");
    let fits = |start: &str| {
        path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let fitting = ORIGINS.iter().filter(|(start, _)| fits(start));
    fitting.max_by_key(|(start, _)| start.len()).map(|&(_, origin)| origin)
}

fn flat(script: &Scenario) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let value = serde_json::to_value(script).expect("a script is numbers and strings");
    flatten(String::new(), &value, &mut found);
    found
}

fn flatten(path: String, value: &Value, found: &mut Vec<(String, String)>) {
    let join = |name: &str| if path.is_empty() { name.into() } else { format!("{path}.{name}") };
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| flatten(join(name), value, found))
        }
        Value::Array(list) if list.iter().all(Value::is_number) => {
            let numbers: Vec<String> = list.iter().map(Value::to_string).collect();
            found.push((path, numbers.join(" ")));
        }
        Value::Array(list) => {
            let numbered = list.iter().enumerate();
            numbered.for_each(|(place, value)| flatten(join(&place.to_string()), value, found));
        }
        Value::String(text) => found.push((path, text.clone())),
        Value::Null => found.push((path, "none".into())),
        other => found.push((path, other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_of_the_built_in_script_has_an_origin_and_every_origin_a_value() {
        let all = parameters(&Scenario::of_the_day());
        let without: Vec<_> = all.iter().filter(|one| one.origin.is_none()).collect();
        assert!(without.is_empty(), "{without:?}");
        for (start, _) in ORIGINS {
            let used = all.iter().any(|one| {
                let path = one.path.replace("platforms.0.", "platforms.");
                path.starts_with(start)
            });
            assert!(used, "{start} is the start of no value");
        }
    }

    #[test]
    fn a_value_that_somebody_changed_is_nobodys_publication() {
        let mut script = Scenario::of_the_day();
        script.fleet.slots += 1;
        script.people.aged_days += 1;
        let changed: Vec<String> = parameters(&script)
            .into_iter()
            .filter(|one| one.origin.is_none())
            .map(|one| one.path)
            .collect();
        assert_eq!(changed, ["fleet.slots", "people.aged_days"]);
    }
}
