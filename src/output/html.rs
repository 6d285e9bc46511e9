//! Writes a self-contained HTML page: its shell, its policy and its style.

use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("style.css");

/// What browsers may do for this page: show pictures that lie in it, and apply its own style.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; \
                      base-uri 'none'; form-action 'none'";

/// A whole document: what every page here has round its own content. `style` is what it adds to
/// the style of all.
pub(crate) fn whole(
    title: &str,
    style: &str,
    skip: (&str, &str),
    header: &Markup,
    main: &Markup,
) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                link rel="icon" href="data:,";
                title { (title) }
                style { (PreEscaped(STYLE)) (PreEscaped(style)) }
            }
            body {
                a.skip href=(skip.0) { (skip.1) }
                header { (header) }
                main { (main) }
                footer { p { "Made by double-exposure " (env!("CARGO_PKG_VERSION")) "." } }
            }
        }
    }
    .into_string()
}
