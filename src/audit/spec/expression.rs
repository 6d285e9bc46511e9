//! Evaluates the expressions of templates: variables, quoted texts, and calls of functions.
//!
//! A value is text or bytes. Bytes, such as a hash, stand in a request only after a function that
//! encodes them, so that no file hashes the digits of a hash by mistake.

use std::borrow::Cow;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha1::{Digest, Sha1};
use sha2::Sha256;

use super::escape::{percent_decoded, percent_encoded};

/// Returns the values of variables, or `None` for a variable without a value.
pub(crate) type Values<'v, 'f> = &'f dyn Fn(&str) -> Option<Cow<'v, [u8]>>;

/// Names a function of templates. Each function joins its arguments, except the key of an HMAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Base64,
    Base64Url,
    Base64UrlPadded,
    Hex,
    Unhex,
    Sha1,
    Sha256,
    HmacSha1,
    HmacSha256,
    UrlEncode,
    UrlDecode,
    Raw,
}

impl Function {
    /// Lists the functions by name.
    pub(super) const ALL: [(&'static str, Self); 12] = [
        ("base64", Self::Base64),
        ("base64url", Self::Base64Url),
        ("base64url_padded", Self::Base64UrlPadded),
        ("hex", Self::Hex),
        ("unhex", Self::Unhex),
        ("sha1", Self::Sha1),
        ("sha256", Self::Sha256),
        ("hmac_sha1", Self::HmacSha1),
        ("hmac_sha256", Self::HmacSha256),
        ("urlencode", Self::UrlEncode),
        ("urldecode", Self::UrlDecode),
        ("raw", Self::Raw),
    ];

    pub(super) fn name(self) -> &'static str {
        let named = Self::ALL.iter().find(|(_, function)| *function == self);
        named.map_or("", |(name, _)| name)
    }

    /// Returns true if the function takes a key as its first argument.
    pub(super) fn has_key(self) -> bool {
        matches!(self, Self::HmacSha1 | Self::HmacSha256)
    }

    fn gives_bytes(self) -> bool {
        use Function::{HmacSha1, HmacSha256, Sha1, Sha256, Unhex};
        matches!(self, Unhex | Sha1 | Sha256 | HmacSha1 | HmacSha256)
    }

    fn apply(self, key: &[u8], data: &[u8]) -> Option<Vec<u8>> {
        Some(match self {
            Self::Base64 => STANDARD.encode(data).into_bytes(),
            Self::Base64Url => URL_SAFE_NO_PAD.encode(data).into_bytes(),
            Self::Base64UrlPadded => URL_SAFE.encode(data).into_bytes(),
            Self::Hex => data.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect(),
            Self::Unhex => unhex(data)?,
            Self::Sha1 => Sha1::digest(data).to_vec(),
            Self::Sha256 => Sha256::digest(data).to_vec(),
            Self::HmacSha1 => {
                let mac = Hmac::<Sha1>::new_from_slice(key).ok()?;
                mac.chain_update(data).finalize().into_bytes().to_vec()
            }
            Self::HmacSha256 => {
                let mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
                mac.chain_update(data).finalize().into_bytes().to_vec()
            }
            Self::UrlEncode => {
                percent_encoded(&String::from_utf8_lossy(data)).into_owned().into_bytes()
            }
            Self::UrlDecode => percent_decoded(data),
            Self::Raw => data.to_vec(),
        })
    }
}

fn unhex(digits: &[u8]) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> =
        digits.iter().map(|&digit| char::from(digit).to_digit(16)).collect();
    let pairs = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(pairs.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect())
}

/// Holds a parsed expression.
#[derive(Clone)]
pub(super) enum Expression {
    /// Text of the template around its braces.
    Own(String),
    /// Quoted text in braces.
    Text(String),
    /// Environment variable with its value.
    Secret(String, String),
    Variable(String),
    /// Template of `[values]` in the argument of a function.
    Joined(Vec<Expression>),
    Call(Function, Vec<Expression>),
}

impl Expression {
    /// Returns the value, or `None` if a variable has none or a function cannot take it.
    pub(super) fn evaluate<'v>(&self, values: Values<'v, '_>) -> Option<Cow<'v, [u8]>> {
        match self {
            Self::Own(text) | Self::Text(text) => Some(text.clone().into_bytes().into()),
            Self::Secret(_, secret) => Some(secret.clone().into_bytes().into()),
            Self::Variable(name) => values(name),
            Self::Joined(pieces) => {
                let mut joined = Vec::new();
                for piece in pieces {
                    joined.extend_from_slice(&piece.evaluate(values)?);
                }
                Some(joined.into())
            }
            Self::Call(function, arguments) => {
                let mut arguments = arguments.iter();
                let key = match function.has_key() {
                    true => arguments.next()?.evaluate(values)?,
                    false => Cow::default(),
                };
                let mut data = Vec::new();
                for argument in arguments {
                    data.extend_from_slice(&argument.evaluate(values)?);
                }
                function.apply(&key, &data).map(Cow::Owned)
            }
        }
    }

    /// Returns true if the value is bytes that cannot stand in a request.
    pub(super) fn is_bytes(&self) -> bool {
        match self {
            Self::Variable(name) => name == "file",
            Self::Call(function, _) => function.gives_bytes(),
            _ => false,
        }
    }

    /// Returns true if the value is escaped already.
    pub(super) fn is_escaped(&self) -> bool {
        match self {
            Self::Variable(name) => name == "source.escaped",
            Self::Call(function, _) => matches!(function, Function::UrlEncode | Function::Raw),
            _ => false,
        }
    }

    /// Returns true if the value tells a secret. An HMAC does not tell its key.
    pub(super) fn tells_secret(&self, is_secret: &dyn Fn(&str) -> bool) -> bool {
        match self {
            Self::Own(_) | Self::Text(_) => false,
            Self::Secret(..) => true,
            Self::Variable(name) => is_secret(name),
            Self::Joined(pieces) => pieces.iter().any(|piece| piece.tells_secret(is_secret)),
            Self::Call(function, arguments) => {
                let arguments = &arguments[usize::from(function.has_key())..];
                arguments.iter().any(|argument| argument.tells_secret(is_secret))
            }
        }
    }

    /// Calls `each` with the name and the value of each environment variable.
    pub(super) fn secrets<'e>(&'e self, each: &mut dyn FnMut(&'e str, &'e str)) {
        match self {
            Self::Own(_) | Self::Text(_) | Self::Variable(_) => {}
            Self::Secret(name, value) => each(name, value),
            Self::Joined(parts) | Self::Call(_, parts) => {
                parts.iter().for_each(|part| part.secrets(each));
            }
        }
    }

    /// Calls `each` with the name of each variable.
    pub(super) fn variables<'e>(&'e self, each: &mut dyn FnMut(&'e str)) {
        match self {
            Self::Own(_) | Self::Text(_) | Self::Secret(..) => {}
            Self::Variable(name) => each(name),
            Self::Joined(parts) | Self::Call(_, parts) => {
                parts.iter().for_each(|part| part.variables(each));
            }
        }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own(text) => f.write_str(text),
            Self::Text(text) => write!(f, "'{text}'"),
            Self::Secret(name, _) => write!(f, "env.{name}"),
            Self::Variable(name) => f.write_str(name),
            Self::Joined(pieces) => pieces.iter().try_for_each(|piece| match piece {
                Self::Own(text) => f.write_str(text),
                piece => write!(f, "{{{piece}}}"),
            }),
            Self::Call(function, arguments) => {
                write!(f, "{}(", function.name())?;
                for (index, argument) in arguments.iter().enumerate() {
                    write!(f, "{}{argument}", if index > 0 { ", " } else { "" })?;
                }
                f.write_str(")")
            }
        }
    }
}
