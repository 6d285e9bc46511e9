//! What the server can do, for machines: OpenAPI 3.1.
//!
//! It is written by hand beside the routes and held against them by the tests.

/// The document, as it is served at `/openapi.json`.
pub const DOCUMENT: &str = include_str!("openapi.json");
