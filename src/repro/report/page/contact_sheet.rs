//! The contact sheet: mixed thumbnails as they were made, each beside what it should have been.
//!
//! Rows are outlined by owner and the owner's name stands beside them, so that nobody has to know
//! the photos, or to tell colours apart, to see whose rows these are.

use std::ops::Range;

use bytes::Bytes;
use maud::{Markup, html};

use crate::output::figure::{self, MAX_PICTURE_BYTES, Rows, breakable};
use crate::output::terminal;
use crate::repro::{Exhibit, PhotoSet, ReproResults};

/// The sheet: as many exhibits as fit into [`MAX_PICTURE_BYTES`]. `truths` are what each exhibit
/// should have been.
pub(super) fn sheet(subjects: &PhotoSet, findings: &ReproResults, truths: &[Bytes]) -> Markup {
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
    sums.take_while(|sum| *sum <= MAX_PICTURE_BYTES).count()
}

fn pair(number: usize, exhibit: &Exhibit, truth: &Bytes, subjects: &PhotoSet) -> Markup {
    let asked = subjects.owner_of[exhibit.asked];
    let owner = &subjects.owners[asked];
    let name =
        |owner: Option<usize>| owner.map_or("nobody", |owner| subjects.owners[owner].as_str());
    let rows: Vec<Rows<'_>> = rows(exhibit)
        .into_iter()
        .map(|(rows, shown)| Rows { rows, is_stranger: shown != Some(asked), name: name(shown) })
        .collect();
    let caption = html! {
        b { (number) ". " (terminal::outcome(exhibit.outcome)) } ": "
        b { (breakable(owner)) } " asked; "
        (exhibit.kind) ", " (exhibit.in_flight) " in flight"
    };
    figure::pair(&caption, owner, &rows, &exhibit.made, truth)
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
