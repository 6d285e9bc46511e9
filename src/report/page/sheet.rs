//! The contact sheet: mixed thumbnails as they were made, each beside what it should have been.
//!
//! Rows are outlined by owner and the owner's name stands beside them, so that nobody has to know
//! the photos, or to tell colours apart, to see whose rows these are.

use std::ops::Range;

use bytes::Bytes;
use maud::{Markup, html};

use super::print::{MOST_PICTURE_BYTES, Rows, breakable, made, ratio, single};
use crate::report::paper;
use crate::repro::{Exhibit, Findings, Subjects};

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
    let owner = &subjects.owners[asked];
    let rows = rows(exhibit);
    let height = rows.last().map_or(1, |(rows, _)| rows.end.max(1));
    let ratio = ratio(&exhibit.made, height);
    let name =
        |owner: Option<usize>| owner.map_or("nobody", |owner| subjects.owners[owner].as_str());
    let kind = paper::outcome(exhibit.outcome);
    let outlined: Vec<Rows<'_>> = rows
        .iter()
        .map(|(rows, shown)| Rows {
            rows: rows.clone(),
            is_stranger: *shown != Some(asked),
            name: name(*shown),
        })
        .collect();
    html! {
        figure.pair {
            figcaption {
                b { (number) ". " (kind) } ": " b { (breakable(owner)) } " asked; "
                (exhibit.kind) ", " (exhibit.in_flight) " in flight"
            }
            div.prints {
                (made(&exhibit.made, &in_words(&rows, owner, name), ratio, &outlined))
                (single("should be", truth, &format!("only {owner}’s photo"), ratio))
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

fn in_words<'s>(
    rows: &[(Range<u32>, Option<usize>)],
    owner: &str,
    name: impl Fn(Option<usize>) -> &'s str,
) -> String {
    let rows: Vec<_> = rows
        .iter()
        .map(|(rows, shown)| format!("rows {} to {} of {}", rows.start, rows.end - 1, name(*shown)))
        .collect();
    format!("{owner}’s thumbnail as it was made, top to bottom: {}", rows.join(", "))
}
