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
    #[serde(default)]
    pub(super) photos: Photos,
    #[serde(default)]
    pub(super) setup: Vec<Setup>,
    pub(super) upload: Option<Spanned<Upload>>,
    pub(super) thumbnail: Spanned<Thumbnail>,
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
pub(super) struct Setup {
    pub(super) per: Text,
    pub(super) method: Option<Text>,
    pub(super) path: Text,
    #[serde(default)]
    pub(super) headers: Texts,
    pub(super) json: Option<Text>,
    pub(super) body: Option<Text>,
    #[serde(default)]
    pub(super) capture: Texts,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Upload {
    pub(super) method: Option<Text>,
    pub(super) path: Text,
    #[serde(default)]
    pub(super) headers: Texts,
    pub(super) form: Option<Form>,
    #[serde(default)]
    pub(super) capture: Texts,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Form {
    pub(super) file: Text,
    pub(super) filename: Option<Text>,
    #[serde(default)]
    pub(super) fields: Texts,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Thumbnail {
    pub(super) method: Option<Text>,
    pub(super) path: Text,
    #[serde(default)]
    pub(super) headers: Texts,
    pub(super) form: Option<Form>,
    pub(super) fit: Option<Text>,
    pub(super) sizes: Option<Text>,
    #[serde(rename = "type")]
    pub(super) media_type: Option<Text>,
    pub(super) private: Option<bool>,
    #[serde(default)]
    pub(super) shed: Vec<Number>,
    pub(super) sign: Option<Sign>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sign {
    pub(super) with: Text,
    pub(super) key: Text,
}
