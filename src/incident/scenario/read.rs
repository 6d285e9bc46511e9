//! Reads a scenario from TOML, and finds the line of an error.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::check::{Contradiction, check};
use super::{DEFAULT_SCENARIO, Scenario, Timestamp};

/// Maximum length of a scenario, in bytes.
pub const MAX_SCENARIO_BYTES: usize = 1 << 20;

/// Describes why a scenario is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// The text is not TOML, or it has unknown, missing or mistyped fields.
    #[error("line {line}: {why}")]
    Form {
        /// Line number, from 1.
        line: usize,
        /// The parser's reason.
        why: String,
    },
    /// The scenario contradicts itself.
    #[error("line {line}: {path}: {why}")]
    Contradiction {
        /// Line number, from 1.
        line: usize,
        /// The path of the value, such as `fix.at`.
        path: String,
        /// The contradiction.
        why: String,
    },
    /// The text is longer than [`MAX_SCENARIO_BYTES`].
    #[error("the scenario has {0} bytes: write at most {MAX_SCENARIO_BYTES}")]
    TooLong(usize),
}

impl Scenario {
    /// Returns the built-in scenario: 28 November 2024.
    pub fn built_in() -> Self {
        Self::read(DEFAULT_SCENARIO).expect("the built-in scenario is valid")
    }

    /// Reads a scenario from TOML.
    ///
    /// # Errors
    /// Returns [`ScenarioError`] if the text is too long, has another form, or contradicts itself.
    pub fn read(text: &str) -> Result<Self, ScenarioError> {
        if text.len() > MAX_SCENARIO_BYTES {
            return Err(ScenarioError::TooLong(text.len()));
        }
        let scenario: Self = toml::from_str(text).map_err(|error| ScenarioError::Form {
            line: error.span().map_or(1, |span| line_at(text, span.start)),
            why: error.message().trim().replace('\n', ", "),
        })?;
        check(&scenario).map_err(|Contradiction { path, why }| ScenarioError::Contradiction {
            line: line_of(text, &path),
            path,
            why,
        })?;
        Ok(scenario)
    }

    /// Checks that the scenario does not contradict itself after a change.
    ///
    /// # Errors
    /// Returns the path of the contradicting value and the reason.
    pub fn check(&self) -> Result<(), String> {
        check(self).map_err(|Contradiction { path, why }| format!("{path}: {why}"))
    }

    /// Returns the microseconds from the start to a timestamp of the scenario.
    pub(crate) fn us(&self, at: &Timestamp) -> u64 {
        (at.moment.millis() - self.start.moment.millis()).max(0) as u64 * 1_000
    }

    /// Returns the microseconds from the start to the end.
    pub(crate) fn length_us(&self) -> u64 {
        self.us(&self.end)
    }
}

/// Returns the line number, from 1, of an offset in bytes.
fn line_at(text: &str, offset: usize) -> usize {
    1 + text.as_bytes()[..offset.min(text.len())].iter().filter(|&&byte| byte == b'\n').count()
}

/// Returns the line of the value at a path such as `rollout[1].at`. If a part of the path is
/// missing, returns the line of the innermost part that exists.
fn line_of(text: &str, path: &str) -> usize {
    let Ok(document) = DeTable::parse(text) else { return 1 };
    let mut last = 0;
    let mut names = path.split(['.', '[', ']']).filter(|name| !name.is_empty());
    let Some(mut value) = names.next().and_then(|name| in_table(document.get_ref(), name)) else {
        return 1;
    };
    loop {
        last = last.max(line_at(text, value.span().start));
        let inner = names.next().and_then(|name| match value.get_ref() {
            DeValue::Table(table) => in_table(table, name),
            DeValue::Array(list) => list.get(name.parse::<usize>().ok()?),
            _ => None,
        });
        let Some(inner) = inner else { return last };
        value = inner;
    }
}

fn in_table<'t, 'i>(table: &'t DeTable<'i>, name: &str) -> Option<&'t Spanned<DeValue<'i>>> {
    table.iter().find(|(key, _)| key.get_ref() == name).map(|(_, value)| value)
}
