//! Where in a script a value stands.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The line, counted from 1, of a place in bytes.
pub(super) fn line(text: &str, place: usize) -> usize {
    1 + text.as_bytes()[..place.min(text.len())].iter().filter(|&&byte| byte == b'\n').count()
}

/// The line of the value at a path such as `rollout[1].at`: of the innermost part that is there.
pub(super) fn line_of(text: &str, path: &str) -> usize {
    let Ok(document) = DeTable::parse(text) else { return 1 };
    let mut found = 0;
    let mut names = path.split(['.', '[', ']']).filter(|name| !name.is_empty());
    let Some(mut value) = names.next().and_then(|name| in_table(document.get_ref(), name)) else {
        return 1;
    };
    loop {
        found = found.max(line(text, value.span().start));
        let inner = names.next().and_then(|name| match value.get_ref() {
            DeValue::Table(table) => in_table(table, name),
            DeValue::Array(list) => list.get(name.parse::<usize>().ok()?),
            _ => None,
        });
        let Some(inner) = inner else { return found };
        value = inner;
    }
}

fn in_table<'t, 'i>(table: &'t DeTable<'i>, name: &str) -> Option<&'t Spanned<DeValue<'i>>> {
    table.iter().find(|(key, _)| key.get_ref() == name).map(|(_, value)| value)
}
