//! States the published facts about the real event, this project's inference, and what a run does
//! not claim.

use maud::{Markup, html};

use super::html::{table, wide};

/// Published facts about 28 November 2024, each with its source.
const PUBLISHED: [(&str, &str); 8] = [
    (
        "It began with an update of the system that makes album thumbnails, rolled out gradually.",
        "operator’s notice",
    ),
    (
        "Thumbnails of photos of 35 days or older are made from a compressed copy.",
        "operator’s notice",
    ),
    (
        "It appeared only when traffic passed a certain level; under that load conversions ran \
         with image data mixed.",
        "operator’s notice",
    ),
    (
        "Part of the photo due to be processed next got into the photo being processed.",
        "ministry’s written guidance, 28 March 2025",
    ),
    ("Only album thumbnails were wrong; the photos themselves were not.", "operator’s notice"),
    ("Of the thumbnails in scope 0.3 % or fewer were wrong.", "operator, via the press"),
    (
        "About 135,000 people’s photos were shown to someone else. About 114,000 people were \
         shown someone else’s photo.",
        "operator’s notice",
    ),
    (
        "No log could tell exactly who was affected: the numbers of people are estimates.",
        "operator, via the press",
    ),
];

/// Shows the published facts with their sources, and this project's inference apart from them.
pub(crate) fn published() -> Markup {
    let rows = html! { @for (fact, source) in PUBLISHED { tr { td { (fact) } td { (source) } } } };
    html! {
        p {
            "On 28 November 2024 a messenger’s album service showed people other people’s photos \
             in its thumbnails. This project rebuilds a failure like it, to learn from it."
        }
        (wide("published facts", &table("facts", Some("Published"), &["fact", "source"], &rows)))
        p {
            "Sources: LY Corporation’s notice 016673, “Issue where LINE Album displays images \
             from other users”; the written guidance of Japan’s Ministry of Internal Affairs and \
             Communications of 28 March 2025; ITmedia and Impress Watch, 5 December 2024."
        }
        p.inferred {
            b { "Inferred, by this project: " }
            "buffers were shared under high load. This is the simplest mechanism we know that fits \
             all of these facts. Nothing published names a buffer, a thread, a pool, a race, a \
             library or a language."
        }
    }
}

/// Lists four conclusions that a reader must not draw from the page.
pub(crate) fn not_claimed() -> Markup {
    html! {
        ul {
            li { "That this is the operator’s code, language or cause." }
            li {
                "That a run without mixed thumbnails is a proof: " i { "n" } " clean ones bound \
                 the rate, at most 3/" i { "n" } " at 95 %. The proofs are in "
                code { "cargo test" } "."
            }
            li { "That a model proves anything for a larger size than its own." }
            li {
                "That our share of mixed thumbnails is theirs: ours depends on the load. It passes \
                 0.3 % at the knee, the load from which on the share rises steeply."
            }
        }
    }
}
