//! Reads the accounts of people whom the service knows already.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use toml::Spanned;

use super::error::InvalidField;
use super::schema;
use super::scope::is_capture_name;
use super::{MAX_FILE_BYTES, MAX_PEOPLE};

/// Holds the named values of each person's account. They are never printed.
#[derive(Clone, Default)]
pub struct Accounts(Vec<BTreeMap<String, String>>);

impl Accounts {
    /// Returns the values of each account.
    pub fn get(&self) -> &[BTreeMap<String, String>] {
        &self.0
    }

    /// Returns the names that every account has.
    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        self.0.first().into_iter().flat_map(BTreeMap::keys)
    }

    /// Returns true if the accounts have a value of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.first().is_some_and(|account| account.contains_key(name))
    }

    /// Reads the accounts that a target's file names.
    pub(super) fn read(
        source: &Spanned<schema::Accounts>,
        folder: &Path,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, InvalidField> {
        let invalid = |reason: String| InvalidField {
            span: source.span(),
            field: "accounts".to_owned(),
            reason,
        };
        let schema::Accounts { file, env } = source.get_ref();
        let (origin, text) = match (file, env) {
            (Some(file), None) => {
                let path = folder.join(file.get_ref());
                let name = path.display().to_string();
                let bytes = std::fs::metadata(&path).map(|metadata| metadata.len());
                if bytes.as_ref().is_ok_and(|bytes| *bytes > MAX_FILE_BYTES) {
                    return Err(invalid(format!("{name} has more than {MAX_FILE_BYTES} bytes")));
                }
                let text = std::fs::read_to_string(&path);
                (name.clone(), text.map_err(|error| invalid(format!("{name}: {error}")))?)
            }
            (None, Some(env)) => {
                let name = env.get_ref();
                let unset = || invalid(format!("the environment has no {name}: set it"));
                (format!("the variable {name}"), environment(name).ok_or_else(unset)?)
            }
            _ => return Err(invalid("needs file or env, and not both".to_owned())),
        };
        Self::parse(&text).map_err(|reason| invalid(format!("{origin}: {reason}")))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let list: schema::AccountList = toml::from_str(text).map_err(|error| {
            // The parser's message quotes the file, which holds secrets.
            let start = error.span().map_or(0, |span| span.start);
            let line = text.bytes().take(start).filter(|&byte| byte == b'\n').count() + 1;
            format!("line {line} is no account: write [[account]] and a line such as user = \"a\"")
        })?;
        let accounts = list.account;
        if !(2..=MAX_PEOPLE).contains(&accounts.len()) {
            let count = accounts.len();
            return Err(format!("{count} accounts, and 2 to {MAX_PEOPLE} are needed"));
        }
        for (number, account) in (1..).zip(&accounts) {
            if account.keys().ne(accounts[0].keys()) {
                return Err(format!("account {number} has other names than account 1"));
            }
        }
        match accounts[0].keys().find(|name| !is_capture_name(name)) {
            Some(name) => Err(format!("{name} is no name of a variable: choose another name")),
            None => Ok(Self(accounts)),
        }
    }
}

impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} accounts", self.0.len())
    }
}

/// Returns the number of people: as many as the file says, or as there are accounts.
pub(super) fn people(
    accounts: &Accounts,
    number: Option<&Spanned<i64>>,
    default: usize,
) -> Result<usize, InvalidField> {
    let count = accounts.get().len();
    match number {
        None if count > 0 => Ok(count),
        None => Ok(default),
        Some(number) if count > 0 && *number.get_ref() > count as i64 => {
            let reason = format!("{} people, and only {count} accounts", number.get_ref());
            Err(InvalidField { span: number.span(), field: "photos.people".to_owned(), reason })
        }
        Some(number) => Ok(*number.get_ref() as usize),
    }
}

#[test]
fn accounts_have_the_same_names_and_no_message_tells_their_values() {
    let two = "[[account]]\nuser = \"a\"\n[[account]]\nuser = \"b\"\n";
    let accounts = Accounts::parse(two).unwrap();
    assert_eq!(accounts.get()[1]["user"], "b");
    assert!(accounts.has("user") && !accounts.has("a"));
    assert_eq!(format!("{accounts:?}"), "2 accounts");
    for (text, expected) in [
        ("[[account]]\nuser = \"a\"\n", "1 accounts, and 2 to 64"),
        (&two.replace("user = \"b\"", "name = \"b\""), "account 2 has other names"),
        (&two.replace("user", "run"), "run is no name"),
        (&two.replace("\"b\"", "'secret"), "line 4 is no account"),
    ] {
        let error = Accounts::parse(text).unwrap_err();
        assert!(error.contains(expected) && !error.contains("secret"), "{error}");
    }
}
