//! stub
use crate::incident::{Compared, Findings, Picture};

/// What a page is made from.
#[derive(Clone, Copy)]
pub struct Page<'a> {
    /// The day.
    pub findings: &'a Findings,
    /// Other days beside it.
    pub compared: &'a [Compared],
    /// Mixed thumbnails.
    pub pictures: &'a [Picture],
}
impl Page<'_> {
    /// The page.
    pub fn html(&self) -> String { String::new() }
}
