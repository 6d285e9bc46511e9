//! States the source of each parameter of a scenario: published, inferred, fitted or invented.
//!
//! A reader would take a number without a source for a fact.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::Scenario;

/// Names the source of a value of the built-in scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ParameterSource {
    /// A publication of the operator, the ministry or the press.
    Published,
    /// A conclusion from published figures.
    Inferred,
    /// A value chosen by this project so that the results come near the published figures.
    Fitted,
    /// A value chosen freely by this project.
    Invented,
}

impl fmt::Display for ParameterSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// Describes a value of a scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Parameter {
    /// The path, such as `fleet.slots`.
    pub path: String,
    /// The value as text.
    pub value: String,
    /// The source; `None` if the value differs from the built-in scenario's.
    pub source: Option<ParameterSource>,
}

/// Sources of the built-in scenario's values, by prefixes of their paths. The longest matching
/// prefix counts.
const SOURCES: [(&str, ParameterSource); 27] = [
    ("title", ParameterSource::Published),
    ("start", ParameterSource::Invented),
    ("end", ParameterSource::Invented),
    ("people", ParameterSource::Invented),
    ("people.min_photo_age_days", ParameterSource::Published),
    ("views", ParameterSource::Invented),
    ("views.per_day", ParameterSource::Inferred),
    ("views.hourly_weights", ParameterSource::Fitted),
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

/// Lists all values of a scenario with their sources.
pub fn parameters(scenario: &Scenario) -> Vec<Parameter> {
    let built_in = flatten(&Scenario::built_in());
    let parameter = |(path, value): (String, String)| {
        let same = built_in.iter().any(|(known, usual)| *known == path && *usual == value);
        let source = if same { source(&path) } else { None };
        Parameter { path, value, source }
    };
    flatten(scenario).into_iter().map(parameter).collect()
}

fn source(path: &str) -> Option<ParameterSource> {
    // The sources hold for all platforms, so the index of a platform is left out of its path.
    let mut names: Vec<&str> = path.split('.').collect();
    if names[0] == "platforms" && names.len() > 1 {
        names.remove(1);
    }
    let path = names.join(".");
    let matches = |prefix: &str| {
        path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let matching = SOURCES.iter().filter(|(prefix, _)| matches(prefix));
    matching.max_by_key(|(prefix, _)| prefix.len()).map(|&(_, source)| source)
}

fn flatten(scenario: &Scenario) -> Vec<(String, String)> {
    let mut values = Vec::new();
    let value = serde_json::to_value(scenario).expect("a scenario is numbers and strings");
    collect(String::new(), &value, &mut values);
    values
}

fn collect(path: String, value: &Value, values: &mut Vec<(String, String)>) {
    let join = |name: &str| if path.is_empty() { name.into() } else { format!("{path}.{name}") };
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| collect(join(name), value, values))
        }
        Value::Array(list) if list.iter().all(Value::is_number) => {
            let numbers: Vec<String> = list.iter().map(Value::to_string).collect();
            values.push((path, numbers.join(" ")));
        }
        Value::Array(list) => {
            let numbered = list.iter().enumerate();
            numbered.for_each(|(index, value)| collect(join(&index.to_string()), value, values));
        }
        Value::String(text) => values.push((path, text.clone())),
        Value::Null => values.push((path, "none".into())),
        other => values.push((path, other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_of_the_built_in_scenario_has_a_source_and_every_source_a_value() {
        let all = parameters(&Scenario::built_in());
        let without: Vec<_> = all.iter().filter(|parameter| parameter.source.is_none()).collect();
        assert!(without.is_empty(), "{without:?}");
        for (prefix, _) in SOURCES {
            let used = all.iter().any(|parameter| {
                let path = parameter.path.replace("platforms.0.", "platforms.");
                path.starts_with(prefix)
            });
            assert!(used, "{prefix} is the prefix of no value");
        }
    }

    #[test]
    fn a_changed_value_has_no_source() {
        let mut scenario = Scenario::built_in();
        scenario.fleet.slots += 1;
        scenario.people.min_photo_age_days += 1;
        let parameters = parameters(&scenario).into_iter();
        let changed = parameters.filter(|parameter| parameter.source.is_none());
        let paths: Vec<String> = changed.map(|parameter| parameter.path).collect();
        assert_eq!(paths, ["fleet.slots", "people.min_photo_age_days"]);
    }
}
