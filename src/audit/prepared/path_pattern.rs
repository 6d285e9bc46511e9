//! Reads records from the paths of images, by a pattern such as `{photo}_{size}_*.jpg`.

use regex_lite::{Regex, escape};

use super::error::PreparedError;
use super::record::{AnswerRecord, NumberOrText};

/// Names that a pattern may hold in braces, each with the expression of its value.
const FIELDS: [(&str, &str); 8] = [
    ("photo", "[^/]+?"),
    ("size", "[0-9]{1,9}"),
    ("fit", "cover|contain|any"),
    ("viewer", "[^/]+?"),
    ("version", "[0-9]{1,9}"),
    ("status", "[0-9]{3}"),
    ("step", "[0-9]{1,9}"),
    ("machine", "[^/]+?"),
];

/// Upper bound of the bytes of a pattern.
const MAX_PATTERN_BYTES: usize = 1024;

/// Matches the paths of images.
pub(super) struct PathPattern {
    regex: Regex,
    /// True if the pattern matches names of files only, because it has no `/`.
    is_of_names: bool,
}

impl PathPattern {
    /// Parses a pattern: text, names in braces, and `*` for any characters except `/`.
    pub(super) fn parse(pattern: &str) -> Result<Self, PreparedError> {
        let invalid =
            |reason: String| PreparedError::Pattern { pattern: pattern.to_owned(), reason };
        if pattern.len() > MAX_PATTERN_BYTES {
            return Err(invalid(format!("more than {MAX_PATTERN_BYTES} bytes")));
        }
        let names = FIELDS.map(|(name, _)| format!("{{{name}}}")).join(", ");
        let mut expression = String::from("^");
        let mut rest = pattern;
        let mut used: Vec<&str> = Vec::new();
        while let Some(index) = rest.find(['{', '*']) {
            let (text, special) = rest.split_at(index);
            expression += &escape(text);
            if let Some(after) = special.strip_prefix('*') {
                expression += "[^/]*?";
                rest = after;
                continue;
            }
            let (name, after) = special[1..]
                .split_once('}')
                .ok_or_else(|| invalid("a brace is not closed".to_owned()))?;
            let found = FIELDS.iter().find(|(field, _)| *field == name);
            let (field, value) = found
                .ok_or_else(|| invalid(format!("{{{name}}} is no field: use {names}, or *")))?;
            if used.contains(field) {
                return Err(invalid(format!("{{{name}}} stands twice: use * for the second")));
            }
            used.push(field);
            expression += &format!("(?P<{field}>{value})");
            rest = after;
        }
        expression += &escape(rest);
        expression.push('$');
        if !used.contains(&"photo") {
            return Err(invalid("it has no {photo}, so that no image has an owner".to_owned()));
        }
        let regex = Regex::new(&expression).map_err(|error| invalid(error.to_string()))?;
        Ok(Self { regex, is_of_names: !pattern.contains('/') })
    }

    /// Returns the record of an image by its path, or `None` if the path does not match.
    pub(super) fn record(&self, path: &str) -> Option<AnswerRecord> {
        let matched = if self.is_of_names { path.rsplit('/').next()? } else { path };
        let captures = self.regex.captures(matched)?;
        let text = |name| captures.name(name).map(|value| value.as_str().to_owned());
        let number = |name| text(name).and_then(|digits| digits.parse::<u32>().ok());
        Some(AnswerRecord {
            photo: text("photo")?,
            size: number("size"),
            fit: text("fit"),
            viewer: text("viewer").map(|viewer| match viewer.parse() {
                Ok(number) => NumberOrText::Number(number),
                Err(_) => NumberOrText::Text(viewer),
            }),
            version: number("version"),
            status: number("status").and_then(|status| status.try_into().ok()),
            step: number("step"),
            machine: text("machine"),
            file: Some(path.to_owned()),
            ..AnswerRecord::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_gives_the_fields_of_its_pattern() {
        let pattern = PathPattern::parse("{photo}_{size}_{status}_*.jpg").expect("it is valid");
        let record = pattern.record("m1/ab-p01-2_128_200_17.jpg").expect("the name matches");
        let expected = AnswerRecord {
            photo: "ab-p01-2".into(),
            size: Some(128),
            status: Some(200),
            file: Some("m1/ab-p01-2_128_200_17.jpg".into()),
            ..AnswerRecord::default()
        };
        assert_eq!(record, expected);
        for other in ["ab_128_200.jpg", "ab_x_200_1.jpg", "ab_128_200_1.jpg.part", ""] {
            assert_eq!(pattern.record(other), None, "{other}");
        }
        let of_paths = PathPattern::parse("{machine}/{step}/{viewer}-{photo}.*").expect("valid");
        let record = of_paths.record("m1/32/7-ab.png").expect("the path matches");
        assert_eq!((record.machine.as_deref(), record.step), (Some("m1"), Some(32)));
        assert_eq!(record.viewer, Some(NumberOrText::Number(7.0)));
        assert_eq!(of_paths.record("32/7-ab.png"), None);
    }

    #[test]
    fn a_pattern_that_cannot_be_used_is_refused_with_the_reason() {
        for (pattern, reason) in [
            ("{size}.jpg", "no {photo}"),
            ("{photo}_{photo}", "twice"),
            ("{foto}", "is no field"),
            ("{photo", "not closed"),
        ] {
            let error = PathPattern::parse(pattern).err().expect("it is refused").to_string();
            assert!(error.contains(reason), "{pattern}: {error}");
        }
        assert!(PathPattern::parse(&format!("{{photo}}{}", "a".repeat(1024))).is_err());
    }
}
