//! Shows a mixed thumbnail beside the unmixed one, with its rows outlined and named.
//!
//! Rows are outlined by owner, and the owner's name is beside them, so that a reader sees their
//! owners without knowing the photos and without telling colours apart.

use std::ops::Range;

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use maud::{Markup, html};

use crate::codec::{self, Format};

/// Upper bound of the bytes of a page's pictures. As text they are longer by a third.
pub const MAX_PICTURE_BYTES: usize = 12 << 20;

/// Describes adjacent rows of a thumbnail that show the photo of one owner.
pub(crate) struct Rows<'a> {
    /// Rows, from the top.
    pub(crate) rows: Range<u32>,
    /// True if the rows show another owner's photo.
    pub(crate) is_stranger: bool,
    /// Name of the owner.
    pub(crate) name: &'a str,
}

/// Returns the rows of each owner, top to bottom. Adjacent bands that show the same owner are
/// joined; `own` is the owner of the thumbnail.
pub(crate) fn rows<'a, O: Copy + PartialEq>(
    bands: &[(Range<u32>, O)],
    own: O,
    name: impl Fn(O) -> &'a str,
) -> Vec<Rows<'a>> {
    let runs = bands.chunk_by(|(_, above), (_, below)| above == below);
    let joined = runs.map(|run| {
        let ((first, owner), (last, _)) = (&run[0], &run[run.len() - 1]);
        Rows { rows: first.start..last.end, is_stranger: *owner != own, name: name(*owner) }
    });
    joined.collect()
}

/// Shows a mixed thumbnail beside the unmixed one, which shows `owner`'s photo only.
pub(crate) fn pair(
    caption: &Markup,
    owner: &str,
    rows: &[Rows<'_>],
    mixed: &Bytes,
    truth: &Bytes,
) -> Markup {
    let ratio = ratio(mixed, rows.last().map_or(1, |last| last.rows.end.max(1)));
    let in_words: Vec<_> = rows
        .iter()
        .map(|Rows { rows, name, .. }| format!("rows {} to {} of {name}", rows.start, rows.end - 1))
        .collect();
    let in_words = in_words.join(", ");
    let alt = format!("{owner}’s thumbnail as it was made, top to bottom: {in_words}");
    html! {
        figure.pair {
            figcaption { (caption) }
            div.prints {
                (made(mixed, &alt, ratio, rows))
                (single("should be", truth, &format!("only {owner}’s photo"), ratio))
            }
        }
    }
}

/// Shows a picture with its rows outlined, top to bottom, and their owners beside them.
pub(crate) fn made(picture: &Bytes, alt: &str, ratio: f64, rows: &[Rows<'_>]) -> Markup {
    let height = rows.last().map_or(1, |last| last.rows.end.max(1));
    html! {
        div.print {
            p { "made" }
            div.made {
                div.photo style={ "--ratio:" (format!("{ratio:.4}")) } {
                    img src=(data_uri(picture)) alt=(alt);
                    @for Rows { rows, is_stranger, .. } in rows {
                        span.rows.stranger[*is_stranger] style={
                            "top:" (percent(rows.start, height))
                            "%;height:" (percent(rows.end - rows.start, height)) "%"
                        } {}
                    }
                }
                ol.owners aria-label="owners of the rows, top to bottom" {
                    @for Rows { rows, is_stranger, name } in rows {
                        li.stranger[*is_stranger]
                            style={ "flex-grow:" (rows.end - rows.start) } {
                            span.owner { (breakable(name)) }
                        }
                    }
                }
            }
        }
    }
}

/// Shows a picture without outlines.
pub(crate) fn single(title: &str, picture: &Bytes, alt: &str, ratio: f64) -> Markup {
    html! {
        div.print {
            p { (title) }
            div.photo style={ "--ratio:" (format!("{ratio:.4}")) } {
                img src=(data_uri(picture)) alt=(alt);
            }
        }
    }
}

/// Returns a picture's width divided by its `height`; 1 if the picture cannot be read.
pub(crate) fn ratio(picture: &Bytes, height: u32) -> f64 {
    let width = codec::probe(picture).map_or(height, |header| header.width);
    f64::from(width) / f64::from(height)
}

fn percent(rows: u32, height: u32) -> String {
    format!("{:.3}", 100.0 * f64::from(rows) / f64::from(height))
}

/// Returns a name that the browser may break after each `_`, `-` and `.`, as in file names.
pub(crate) fn breakable(name: &str) -> Markup {
    html! {
        @for part in name.split_inclusive(['_', '-', '.']) { (part) wbr; }
    }
}

/// Returns a picture as a `data:` URI.
pub(crate) fn data_uri(picture: &Bytes) -> String {
    let kind = match codec::probe(picture).map(|header| header.format) {
        Ok(Format::Png) => "png",
        Ok(Format::WebP) => "webp",
        Ok(Format::Jpeg) | Err(_) => "jpeg",
    };
    format!("data:image/{kind};base64,{}", Base64Display::new(picture, &STANDARD))
}
