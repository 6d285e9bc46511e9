//! Shows mixed thumbnails on a contact sheet, each beside the unmixed thumbnail.

use bytes::Bytes;
use maud::{Markup, html};

use crate::output::figure::{self, MAX_PICTURE_BYTES, breakable};
use crate::output::terminal::{self, grouped};
use crate::repro::{Exhibit, PhotoSet, ReproResults};

/// Returns the sheet with as many exhibits as fit into [`MAX_PICTURE_BYTES`], the first ones first.
/// `truths` holds the unmixed thumbnail of each exhibit.
pub(super) fn sheet(photo_set: &PhotoSet, results: &ReproResults, truths: &[Bytes]) -> Markup {
    let exhibits = &results.exhibits;
    let fitting = count_fitting(exhibits, truths);
    html! {
        @if exhibits.is_empty() {
            p { "No thumbnail of these runs was mixed, so there are no pictures." }
        } @else {
            p {
                "A run of this report made each of them. Torn thumbnails, with some rows of \
                 another photo, come first; swapped ones, with only such rows, come after. Beside \
                 the rows is the name of the owner whose photo they show."
                @if fitting < exhibits.len() {
                    " " (grouped(exhibits.len() - fitting)) " more are left out, to keep the page \
                    small. They are in the folder " code { "pictures" } " beside it."
                }
            }
            div.sheet {
                @for (index, (exhibit, truth)) in
                    exhibits.iter().zip(truths).take(fitting).enumerate() {
                    (pair(index + 1, exhibit, truth, photo_set))
                }
            }
        }
    }
}

/// Counts the exhibits, from the first on, whose pictures fit into [`MAX_PICTURE_BYTES`].
fn count_fitting(exhibits: &[Exhibit], truths: &[Bytes]) -> usize {
    let sizes = exhibits.iter().zip(truths).map(|(e, truth)| e.thumbnail.len() + truth.len());
    let sums = sizes.scan(0, |sum, size| {
        *sum += size;
        Some(*sum)
    });
    sums.take_while(|sum| *sum <= MAX_PICTURE_BYTES).count()
}

fn pair(number: usize, exhibit: &Exhibit, truth: &Bytes, photo_set: &PhotoSet) -> Markup {
    let requested = photo_set.owner_of[exhibit.photo];
    let owner = &photo_set.owners[requested];
    let name =
        |owner: Option<usize>| owner.map_or("no photo", |owner| photo_set.owners[owner].as_str());
    let rows = figure::rows(&exhibit.bands, Some(requested), name);
    let caption = html! {
        b { (number) ". " (terminal::outcome(exhibit.outcome)) } ": "
        "photo of " b { (breakable(owner)) } "; "
        (exhibit.kind) ", " (exhibit.in_flight) " in flight"
    };
    figure::pair(&caption, owner, &rows, &exhibit.thumbnail, truth)
}
