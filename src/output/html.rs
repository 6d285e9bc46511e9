//! Writes a self-contained HTML page: its shell, its content security policy and its style, and the
//! parts of which all pages consist.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("style.css");

/// Content security policy of a page: a browser may show the pictures that are inside the page, and
/// apply its style, and may do nothing else.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; \
                      base-uri 'none'; form-action 'none'";

/// Returns a document as [`page`] does, in which a browser may also run `script`, a text in `main`.
/// The policy names the script by its hash.
pub(crate) fn page_with_script(
    title: &str,
    style: &str,
    skip: (&str, &str),
    header: &Markup,
    main: &Markup,
    script: &str,
) -> String {
    let hash = STANDARD.encode(Sha256::digest(script));
    let policy = format!("{POLICY}; script-src 'sha256-{hash}'");
    document(title, style, skip, header, main, &policy)
}

/// Returns a whole HTML document. `style` is added to the style that all pages share; `skip` is the
/// target and the text of the link that skips the header.
pub(crate) fn page(
    title: &str,
    style: &str,
    skip: (&str, &str),
    header: &Markup,
    main: &Markup,
) -> String {
    document(title, style, skip, header, main, POLICY)
}

fn document(
    title: &str,
    style: &str,
    skip: (&str, &str),
    header: &Markup,
    main: &Markup,
    policy: &str,
) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
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

/// Returns a section under a heading. `id` is the id of the heading.
pub(crate) fn section(id: &str, heading: &str, content: &Markup) -> Markup {
    html! { section aria-labelledby=(id) { h2 id=(id) { (heading) } (content) } }
}

/// Returns a region that scrolls sideways where its content is too wide for the window. `label` is
/// its name for screen readers.
pub(crate) fn wide(label: &str, content: &Markup) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label={ (label) ", scrolls sideways" } {
            (content)
        }
    }
}

/// Returns a table with a row of column names above its other rows.
pub(crate) fn table(class: &str, caption: Option<&str>, head: &[&str], rows: &Markup) -> Markup {
    html! {
        table class=(class) {
            @if let Some(caption) = caption { caption { (caption) } }
            thead { tr { @for name in head { th scope="col" { (name) } } } }
            tbody { (rows) }
        }
    }
}
