//! Deserializes a target's file from TOML, without validation.
//!
//! Every value that can be invalid keeps its position in the file, so that an error names its line.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

/// Holds a string and its position.
pub(super) type Text = Spanned<String>;
/// Holds a number and its position.
pub(super) type Number = Spanned<i64>;
/// Maps names to strings.
pub(super) type Texts = BTreeMap<String, Text>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) name: Text,
    pub(super) mode: Text,
    pub(super) base: Text,
    pub(super) load: Option<Text>,
    pub(super) accounts: Option<Spanned<Accounts>>,
    #[serde(default)]
    pub(super) values: Texts,
    #[serde(default)]
    pub(super) photos: Photos,
    pub(super) source: Option<Spanned<Source>>,
    #[serde(default)]
    pub(super) setup: Vec<Step>,
    pub(super) upload: Option<Spanned<Upload>>,
    #[serde(default)]
    pub(super) after_upload: Vec<Spanned<Step>>,
    pub(super) thumbnail: Spanned<Thumbnail>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Accounts {
    pub(super) file: Option<Text>,
    pub(super) env: Option<Text>,
}

/// Holds the accounts of a file or of an environment variable.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountList {
    pub(super) account: Vec<BTreeMap<String, String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Photos {
    pub(super) people: Option<Number>,
    pub(super) per_person: Option<Number>,
    pub(super) members: Option<Number>,
    pub(super) width: Option<Number>,
    pub(super) height: Option<Number>,
    pub(super) format: Option<Text>,
    pub(super) truncated: Option<bool>,
    pub(super) replaced: Option<Spanned<bool>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Source {
    pub(super) listen: Option<Text>,
    #[serde(default)]
    pub(super) url: Vec<Text>,
    pub(super) vary: Option<Vec<Text>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    pub(super) per: Text,
    #[serde(rename = "as")]
    pub(super) sender: Option<Text>,
    pub(super) method: Option<Text>,
    pub(super) path: Text,
    #[serde(default)]
    pub(super) headers: Texts,
    pub(super) json: Option<Text>,
    pub(super) body: Option<Text>,
    pub(super) form: Option<Form>,
    pub(super) ready: Option<Ready>,
    #[serde(default)]
    pub(super) capture: BTreeMap<String, Spanned<CaptureSource>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Upload {
    pub(super) method: Option<Text>,
    pub(super) path: Text,
    #[serde(default)]
    pub(super) headers: Texts,
    pub(super) json: Option<Text>,
    pub(super) body: Option<Text>,
    pub(super) form: Option<Form>,
    pub(super) ready: Option<Ready>,
    #[serde(default)]
    pub(super) capture: BTreeMap<String, Spanned<CaptureSource>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Form {
    pub(super) file: Option<Text>,
    pub(super) filename: Option<Text>,
    #[serde(default)]
    pub(super) fields: Texts,
    #[serde(default)]
    pub(super) files: Vec<FormFile>,
    #[serde(default)]
    pub(super) multipart: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FormFile {
    pub(super) name: Text,
    pub(super) filename: Option<Text>,
    #[serde(rename = "type")]
    pub(super) media_type: Option<Text>,
    pub(super) content: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ready {
    #[serde(default)]
    pub(super) statuses: Vec<Number>,
    pub(super) pattern: Option<Text>,
    pub(super) interval_ms: Option<Number>,
    pub(super) limit_ms: Option<Number>,
}

/// Holds the source of a captured value: a text, or a table with a pattern.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "write a source such as \"/id\", or { from = \"/id\", pattern = '…' }"
)]
pub(super) enum CaptureSource {
    Text(String),
    Pattern(CapturePattern),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CapturePattern {
    pub(super) from: String,
    pub(super) pattern: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Thumbnail {
    pub(super) method: Option<Text>,
    pub(super) path: Text,
    #[serde(default)]
    pub(super) headers: Texts,
    pub(super) json: Option<Text>,
    pub(super) body: Option<Text>,
    pub(super) form: Option<Form>,
    pub(super) fit: Option<Text>,
    pub(super) sizes: Option<Text>,
    #[serde(rename = "type")]
    pub(super) media_type: Option<Text>,
    pub(super) private: Option<bool>,
    #[serde(default)]
    pub(super) shed: Vec<Number>,
}
