//! The contact sheet: mixed thumbnails as they were made, each beside what it should have been.
//!
//! Rows are outlined by owner and the owner's name stands beside them, so that nobody has to know
//! the photos, or to tell colours apart, to see whose rows these are.

use std::ops::Range;

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use maud::{Markup, html};

use crate::codec;
use crate::report::paper;
use crate::repro::{Exhibit, Findings, Subjects};

/// Bytes of pictures that a page holds at most, before they are written as text, which makes them
/// longer by a third.
pub const MOST_PICTURE_BYTES: usize = 12 << 20;

/// The sheet: as many exhibits as fit into [`MOST_PICTURE_BYTES`]. `truths` are what each exhibit
/// should have been.
pub(super) fn sheet(subjects: &Subjects, findings: &Findings, truths: &[Bytes]) -> Markup {
    let exhibits = &findings.exhibits;
    let fitting = fitting(exhibits, truths);
    html! {
        @if exhibits.is_empty() {
            p { "No thumbnail of these runs was mixed, so there is nothing to show." }
        } @else {
            p {
                "Each was made by a run of this report; torn ones stand first. Beside the rows \
                 stands the name of the owner whose photo they show."
                @if fitting < exhibits.len() {
                    " " (exhibits.len() - fitting) " more are left out, so that the page stays \
                    small: they lie in the folder " code { "pictures" } " beside it."
                }
            }
            div.sheet {
                @for (place, (exhibit, truth)) in
                    exhibits.iter().zip(truths).take(fitting).enumerate() {
                    (pair(place + 1, exhibit, truth, subjects))
                }
            }
        }
    }
}

/// How many exhibits, from the first on, stay within the bound.
fn fitting(exhibits: &[Exhibit], truths: &[Bytes]) -> usize {
    let sizes = exhibits.iter().zip(truths).map(|(e, truth)| e.made.len() + truth.len());
    let sums = sizes.scan(0, |sum, size| {
        *sum += size;
        Some(*sum)
    });
    sums.take_while(|sum| *sum <= MOST_PICTURE_BYTES).count()
}

fn pair(number: usize, exhibit: &Exhibit, truth: &Bytes, subjects: &Subjects) -> Markup {
    let asked = subjects.owner_of[exhibit.asked];
    let name =
        |owner: Option<usize>| owner.map_or("nobody", |owner| subjects.owners[owner].as_str());
    let rows = rows(exhibit).into_iter();
    Pair {
        caption: html! {
            b { (number) ". " (paper::outcome(exhibit.outcome)) } ": "
            b { (breakable(&subjects.owners[asked])) } " asked; "
            (exhibit.kind) ", " (exhibit.in_flight) " in flight"
        },
        owner: &subjects.owners[asked],
        rows: rows.map(|(rows, shown)| (rows, name(shown), shown != Some(asked))).collect(),
        made: &exhibit.made,
        truth,
    }
    .print()
}

/// A mixed thumbnail beside what it should have been.
pub(crate) struct Pair<'a> {
    /// What stands above it.
    pub(crate) caption: Markup,
    /// Whose photo was asked for.
    pub(crate) owner: &'a str,
    /// Rows top to bottom, whose they are, and whether that is a stranger.
    pub(crate) rows: Vec<(Range<u32>, &'a str, bool)>,
    pub(crate) made: &'a Bytes,
    pub(crate) truth: &'a Bytes,
}

impl Pair<'_> {
    /// The two prints.
    pub(crate) fn print(&self) -> Markup {
        let Self { caption, owner, rows, made, truth } = self;
        let height = rows.last().map_or(1, |(rows, ..)| rows.end.max(1));
        let ratio = ratio(made, height);
        html! {
            figure.pair {
                figcaption { (caption) }
                div.prints {
                    div.print {
                        p { "made" }
                        div.made {
                            div.photo style={ "--ratio:" (ratio) } {
                                img src=(data_uri(made)) alt=(in_words(rows, owner));
                                @for (rows, _, stranger) in rows {
                                    span.rows.stranger[*stranger] style={
                                        "top:" (percent(rows.start, height))
                                        "%;height:" (percent(rows.end - rows.start, height)) "%"
                                    } {}
                                }
                            }
                            ol.owners aria-label="owners of the rows, top to bottom" {
                                @for (rows, name, stranger) in rows {
                                    li.stranger[*stranger]
                                        style={ "flex-grow:" (rows.end - rows.start) } {
                                        span.owner { (breakable(name)) }
                                    }
                                }
                            }
                        }
                    }
                    div.print {
                        p { "should be" }
                        div.photo style={ "--ratio:" (ratio) } {
                            img src=(data_uri(truth)) alt={ "only " (owner) "’s photo" };
                        }
                    }
                }
            }
        }
    }
}

/// The rows of each owner, top to bottom; neighbours of the same owner are one.
fn rows(exhibit: &Exhibit) -> Vec<(Range<u32>, Option<usize>)> {
    let mut merged: Vec<(Range<u32>, Option<usize>)> = Vec::new();
    for (rows, owner) in &exhibit.bands {
        match merged.last_mut() {
            Some((above, same)) if same == owner => above.end = rows.end,
            _ => merged.push((rows.clone(), *owner)),
        }
    }
    merged
}

fn in_words(rows: &[(Range<u32>, &str, bool)], owner: &str) -> String {
    let rows: Vec<_> = rows
        .iter()
        .map(|(rows, name, _)| format!("rows {} to {} of {name}", rows.start, rows.end - 1))
        .collect();
    format!("{owner}’s thumbnail as it was made, top to bottom: {}", rows.join(", "))
}

/// Width by height. What the codec made, it can look into; else it is taken for a square.
fn ratio(made: &Bytes, height: u32) -> String {
    let width = codec::inspect(made).map_or(height, |header| header.width);
    format!("{:.4}", f64::from(width) / f64::from(height))
}

fn percent(rows: u32, height: u32) -> String {
    format!("{:.3}", 100.0 * f64::from(rows) / f64::from(height))
}

/// A name that may be broken behind its marks, as file names are.
fn breakable(name: &str) -> Markup {
    html! {
        @for part in name.split_inclusive(['_', '-', '.']) { (part) wbr; }
    }
}

fn data_uri(jpeg: &Bytes) -> String {
    format!("data:image/jpeg;base64,{}", Base64Display::new(jpeg, &STANDARD))
}
